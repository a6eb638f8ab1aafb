"""Values in clear for staff: each counted, on record before it is seen, and vouched for by two."""

from dataclasses import dataclass

from app.foundation import idempotency
from app.foundation.audit import ALARM, Entry, is_recorded_since, record
from app.foundation.caller import StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import Forbidden, NotFound
from app.foundation.log import logger
from app.privacy.errors import (
    OwnRevealRequest,
    RevealRequestNotOpen,
    SecondPersonNeeded,
    TooManyRevealRequests,
)
from app.privacy.operations.looks import Look, record_look
from app.privacy.rules import Reason
from app.privacy.rules.reveals import (
    APPROVED_FOR,
    APPROVERS,
    ASKED_FOR,
    DAY,
    HOUR,
    REVEALS,
    WAITING_MAX,
    Field,
    RequestState,
    is_above_limit,
)

log = logger(__name__)

REVEALED = "desk.revealed"
REVEAL_LIMIT = ALARM + "reveal_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which value a member of staff wants to see, of whom, why, and who they are."""

    staff_id: str
    staff_role: StaffRole
    staff_name: str
    borrower_id: str
    field: Field
    reason: Reason
    ticket_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReveal:
    """Approve or refuse that somebody else sees a value."""

    approver_id: str
    request_id: str
    is_approved: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the second person."""
        return self.approver_id


async def record_reveal(tx: Transaction, asked: Asked) -> str | SecondPersonNeeded:
    """
    Put a reveal on record, in the transaction that opens the value; return its id.

    Within the limits one person is enough, unless the value itself needs two; else an approved
    request is spent. The member of staff's own row is held until the transaction ends, so that
    many at once get no more than one after the other. Who reaches a limit is told to the auditors.
    """
    await hold_staff(tx, asked.staff_id)
    counts = await _counts(tx, asked.staff_id)
    is_limited = is_above_limit(within_hour=counts[0], within_day=counts[1])
    request_id = approver_id = None
    if is_limited or REVEALS[asked.field].needs_second_person:
        spent = await _spend_request(tx, asked)
        if spent is None:
            if is_limited:
                await _sound_limit(tx, asked.staff_id, counts)
            return SecondPersonNeeded()
        request_id, approver_id = spent
    reveal_id = tx.new_id("rv")
    about = {"reveal": reveal_id, "field": asked.field.value}
    if request_id is not None and approver_id is not None:
        about |= {"request": request_id, "approver": approver_id}
    look = Look(
        staff_id=asked.staff_id,
        staff_role=asked.staff_role,
        staff_name=asked.staff_name,
        borrower_id=asked.borrower_id,
        what=REVEALS[asked.field].what,
        reason=asked.reason,
        ticket_id=asked.ticket_id,
    )
    look_id = await record_look(tx, look, kind=REVEALED, about=about)
    await tx.run(
        "INSERT INTO reveal (id, staff_id, borrower_id, field, look_id, request_id, revealed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            reveal_id,
            asked.staff_id,
            asked.borrower_id,
            asked.field,
            look_id,
            request_id,
            milliseconds(tx.now),
        ],
    )
    return reveal_id


async def request_reveal(tx: Transaction, asked: Asked) -> str:
    """
    Ask for a second person; return the request's id.

    Raises:
        TooManyRevealRequests: Ten of this member of staff wait already.
    """
    await hold_staff(tx, asked.staff_id)
    waiting = await tx.rows(
        "SELECT COUNT(*) AS waiting FROM reveal_request"
        " WHERE staff_id = ? AND state = ? AND asked_at > ?",
        [asked.staff_id, RequestState.ASKED, milliseconds(tx.now - ASKED_FOR)],
    )
    if waiting[0]["waiting"] >= WAITING_MAX:
        raise TooManyRevealRequests(WAITING_MAX)
    request_id = tx.new_id("rq")
    await tx.run(
        "INSERT INTO reveal_request (id, staff_id, staff_name, borrower_id, field, reason,"
        " ticket_id, state, asked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            request_id,
            asked.staff_id,
            asked.staff_name,
            asked.borrower_id,
            asked.field,
            asked.reason,
            asked.ticket_id,
            RequestState.ASKED,
            milliseconds(tx.now),
        ],
    )
    about = {"request": request_id, "field": asked.field.value, "reason": asked.reason.value}
    await record(tx, Entry("reveal.requested", asked.borrower_id, asked.staff_id, about))
    return request_id


async def decide_reveal(tx: Transaction, command: DecideReveal, role: StaffRole) -> None:
    """
    Be the second person, once per idempotency key.

    Raises:
        Forbidden: The role approves no reveals.
        NotFound: There is no such request.
        OwnRevealRequest: The caller asked for it.
        RevealRequestNotOpen: It is decided, or has waited for more than a day.
        IdempotencyConflict: The key was used for another command.
    """
    if role not in APPROVERS:
        raise Forbidden
    claim = await idempotency.claim(tx, command)
    if claim.answer is not None:
        return
    found = await tx.rows(
        "SELECT staff_id, borrower_id FROM reveal_request WHERE id = ?", [command.request_id]
    )
    if not found:
        raise NotFound("input.requestId")
    if found[0]["staff_id"] == command.approver_id:
        raise OwnRevealRequest
    state = RequestState.APPROVED if command.is_approved else RequestState.REFUSED
    decided = await tx.rows(
        "UPDATE reveal_request SET state = ?, approver_id = ?, decided_at = ?"
        " WHERE id = ? AND state = ? AND asked_at > ? RETURNING id",
        [
            state,
            command.approver_id,
            milliseconds(tx.now),
            command.request_id,
            RequestState.ASKED,
            milliseconds(tx.now - ASKED_FOR),
        ],
    )
    if not decided:
        raise RevealRequestNotOpen
    kind = "reveal.approved" if command.is_approved else "reveal.refused"
    about = {"request": command.request_id}
    await record(tx, Entry(kind, found[0]["borrower_id"], command.approver_id, about))
    await claim.settle(tx, {"request_id": command.request_id})


async def hold_staff(tx: Transaction, staff_id: str) -> None:
    """Lock a member of staff's own row until the transaction ends, on both databases."""
    await tx.run(
        "INSERT INTO reveal_gate (staff_id, counted_at) VALUES (?, ?)"
        " ON CONFLICT (staff_id) DO UPDATE SET counted_at = excluded.counted_at",
        [staff_id, milliseconds(tx.now)],
    )


async def _counts(tx: Transaction, staff_id: str) -> tuple[int, int]:
    rows = await tx.rows(
        "SELECT COUNT(*) AS within_day, CAST(COALESCE(SUM(CASE WHEN revealed_at > ? THEN 1 ELSE 0"
        " END), 0) AS BIGINT) AS within_hour FROM reveal WHERE staff_id = ? AND revealed_at > ?",
        [milliseconds(tx.now - HOUR), staff_id, milliseconds(tx.now - DAY)],
    )
    return rows[0]["within_hour"], rows[0]["within_day"]


async def _spend_request(tx: Transaction, asked: Asked) -> tuple[str, str] | None:
    """Spend an approved request for exactly this value and reason; it opens once."""
    spent = await tx.rows(
        "UPDATE reveal_request SET state = ? WHERE state = ? AND id = (SELECT id FROM"
        " reveal_request WHERE staff_id = ? AND borrower_id = ? AND field = ? AND reason = ?"
        " AND COALESCE(ticket_id, '') = ? AND state = ? AND decided_at > ?"
        " ORDER BY decided_at, id LIMIT 1) RETURNING id, approver_id",
        [
            RequestState.SPENT,
            RequestState.APPROVED,
            asked.staff_id,
            asked.borrower_id,
            asked.field,
            asked.reason,
            asked.ticket_id or "",
            RequestState.APPROVED,
            milliseconds(tx.now - APPROVED_FOR),
        ],
    )
    return (spent[0]["id"], spent[0]["approver_id"]) if spent else None


async def _sound_limit(tx: Transaction, staff_id: str, counts: tuple[int, int]) -> None:
    """Tell the auditors once an hour."""
    if await is_recorded_since(REVEAL_LIMIT, staff_id, tx.now - HOUR):
        return
    log.critical("alarm", kind=REVEAL_LIMIT, staff_id=staff_id)
    about = {"within_hour": counts[0], "within_day": counts[1]}
    await record(tx, Entry(REVEAL_LIMIT, None, staff_id, about))
