"""Staff identify a borrower: asked for in a session, confirmed by two of them, on record."""

from datetime import timedelta

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import Caller, StaffCaller, StaffRole
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound, RateLimited
from app.foundation.sealing import seal
from app.identity.errors import OwnIdentification
from app.identity.models import IdentificationRow, SessionRow, identification_cell
from app.identity.operations.continuity import live_session
from app.identity.operations.guessing import forget_guesses
from app.identity.operations.pins import reset_pin
from app.identity.operations.trusting import show
from app.identity.queries.stepping_up import check_stepped_up
from app.identity.rules.codes import whole_seconds
from app.identity.rules.identifying import (
    ASKED_PER_DAY_MAX,
    REASON_MAX,
    WAITS_FOR,
    AskToBeIdentified,
    Identification,
    IdentificationState,
    Identify,
)
from app.identity.rules.recovery import Evidence

IDENTIFIERS = frozenset({StaffRole.SUPERVISOR})
"""Who may say who somebody is."""
QUEUE_MAX = 100


async def ask_to_be_identified(command: AskToBeIdentified) -> Identification:
    """
    Ask staff to see who holds a session; asked again while they have not, it is the same.

    One that waited for a week, or was asked with another word on the PIN, makes way for a new one.

    Raises:
        NotFound: The session is over.
        RateLimited: Five were asked in this session within a day.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return _seen(await IdentificationRow.get(id=claim.answer["id"]))
        await live_session(command.borrower_id, command.session_id)
        row = await IdentificationRow.get_or_none(live_key=command.session_id)
        if row is not None and not _is_what_is_asked(row, command, tx):
            row.live_key = None  # pyright: ignore[reportAttributeAccessIssue] - the column may be empty
            await row.save(update_fields=["live_key"])
            row = None
        if row is None:
            await _check_asked(tx, command.session_id)
            row = await IdentificationRow.create(
                id=tx.new_id("if"),
                borrower_id=command.borrower_id,
                session_id=command.session_id,
                live_key=command.session_id,
                forgets_pin=command.forgets_pin,
                asked_at=milliseconds(tx.now),
            )
            about = {"identification": row.id, "session": row.session_id}
            entry = Entry("identification.asked", row.borrower_id, row.borrower_id, about)
            await record(tx, entry)
        await claim.settle(tx, {"id": row.id})
    return _seen(row)


async def identifications_for(caller: Caller) -> list[Identification] | None:
    """Return who waits to be identified, longest first; None for whom it does not concern."""
    if not isinstance(caller, StaffCaller) or caller.role not in IDENTIFIERS:
        return None
    since = milliseconds(current().clock.now() - WAITS_FOR)
    waiting = IdentificationRow.filter(live_key__isnull=False, asked_at__gt=since)
    return [_seen(row) for row in await waiting.order_by("asked_at", "id").limit(QUEUE_MAX)]


async def identify_borrower(caller: StaffCaller, command: Identify) -> Identification:
    """
    Say whether a session is in its borrower's hands: two must say so, one may refuse.

    Confirmed, the session is trusted fully, and a PIN that was forgotten can be set anew.

    Raises:
        Forbidden: The role identifies nobody.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        InvalidInput: There is no reason, or it is too long.
        NotFound: Nobody waits under this id, or the session is over.
        OwnIdentification: The caller was the first to say so.
    """
    if caller.role not in IDENTIFIERS:
        raise Forbidden
    reason = " ".join(command.reason.split())
    if not 0 < len(reason) <= REASON_MAX:
        raise InvalidInput("input.reason", "identity.reason.freeze_reason", most=REASON_MAX)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return _seen(await IdentificationRow.get(id=claim.answer["id"]))
        row = await _waiting(tx, command.identification_id)
        if row.proposed_by == caller.staff_id and command.is_borrower:
            raise OwnIdentification
        cell = identification_cell(row.id, row.borrower_id)
        row.reason = await seal(tx, cell, reason)
        if command.is_borrower and row.proposed_by is None:
            row.proposed_by, row.proposed_at = caller.staff_id, milliseconds(tx.now)
        else:
            row.settled_by, row.settled_at = caller.staff_id, milliseconds(tx.now)
            row.is_confirmed, row.live_key = command.is_borrower, None
        await row.save()
        if row.is_confirmed:
            await _let_in(tx, row, caller)
        seen = _seen(row)
        about = {"identification": row.id, "session": row.session_id}
        kind = f"identification.{seen.state.lower()}"
        await record(tx, Entry(kind, row.borrower_id, caller.staff_id, about))
        await claim.settle(tx, {"id": row.id})
    return seen


def _is_what_is_asked(row: IdentificationRow, command: AskToBeIdentified, tx: Transaction) -> bool:
    """Tell whether a question still waits, and says of the PIN what is said now."""
    is_waiting = row.asked_at > milliseconds(tx.now - WAITS_FOR)
    return is_waiting and row.forgets_pin == command.forgets_pin


async def _check_asked(tx: Transaction, session_id: str) -> None:
    """
    Check how often a session asked; it is held.

    Raises:
        RateLimited: As often as it may within a day.
    """
    since = milliseconds(tx.now - timedelta(days=1))
    asked = await IdentificationRow.filter(session_id=session_id, asked_at__gt=since).values_list(
        "asked_at", flat=True
    )
    if len(asked) >= ASKED_PER_DAY_MAX:
        free_at = moment_of(min(int(str(one)) for one in asked)) + timedelta(days=1)
        raise RateLimited(whole_seconds(free_at - tx.now))


async def _waiting(tx: Transaction, identification_id: str) -> IdentificationRow:
    since = milliseconds(tx.now - WAITS_FOR)
    live = IdentificationRow.filter(
        id=identification_id, live_key__isnull=False, asked_at__gt=since
    )
    row = await live.select_for_update().first()
    if row is None:
        raise NotFound("input.identificationId")
    return row


async def _let_in(tx: Transaction, row: IdentificationRow, caller: StaffCaller) -> None:
    session: SessionRow = await live_session(row.borrower_id, row.session_id)
    await show(tx, session, {Evidence.STAFF})
    await forget_guesses(tx, row.borrower_id)
    if row.forgets_pin:
        await reset_pin(tx, row.borrower_id, actor=caller.staff_id)


def _seen(row: IdentificationRow) -> Identification:
    state = IdentificationState.ASKED
    if row.settled_at is not None:
        state = IdentificationState.CONFIRMED if row.is_confirmed else IdentificationState.REFUSED
    elif row.proposed_by is not None:
        state = IdentificationState.PROPOSED
    return Identification(
        identification_id=row.id,
        borrower_id=row.borrower_id,
        state=state,
        forgets_pin=row.forgets_pin,
        asked_at=moment_of(row.asked_at),
    )
