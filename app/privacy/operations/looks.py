"""Privacy's use cases: putting a look on record with the look itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.foundation.audit import ALARM, OPERATOR, Entry, record
from app.foundation.caller import StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.log import logger
from app.foundation.revision import revise_all
from app.privacy.models import LookRow
from app.privacy.queries.comparing import look_digest
from app.privacy.rules import Reason, What

log = logger(__name__)

LOOKED = "desk.looked"
CANARY_LOOKED_AT = ALARM + "canary_looked_at"
CANARY_SET = "canary.set"
CANARY_TAKEN_BACK = "canary.taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who looks at whose data, at what of it, and why."""

    staff_id: str
    staff_role: StaffRole
    staff_name: str
    """As the borrower is to read it; a work name, not a secret."""
    borrower_id: str
    what: What
    reason: Reason
    ticket_id: str | None = None


async def record_look(
    tx: Transaction,
    look: Look,
    *,
    kind: str = LOOKED,
    about: Mapping[str, str | int] = MappingProxyType({}),
) -> str:
    """
    Put a look on record, in the transaction that reads what is looked at.

    The borrower sees it from the moment the transaction commits, and so does the audit chain, as
    an entry of this kind. If it does not commit, nothing may be shown. Whoever looks at a canary, a
    borrower made up to be looked at by nobody, sets off an alarm and is told nothing of it.

    Returns:
        The look's id.
    """
    return (await record_looks(tx, [look], kind=kind, about=about))[0]


async def record_looks(
    tx: Transaction,
    looks: Sequence[Look],
    *,
    kind: str = LOOKED,
    about: Mapping[str, str | int] = MappingProxyType({}),
) -> list[str]:
    """Put many looks on record as `record_look` does one; as many statements as for one."""
    if not looks:
        return []
    rows = [
        LookRow(
            id=tx.new_id("lk"),
            borrower_id=look.borrower_id,
            staff_id=look.staff_id,
            staff_role=look.staff_role,
            staff_name=look.staff_name,
            what=look.what,
            reason=look.reason,
            ticket_id=look.ticket_id,
            looked_at=tx.now,
        )
        for look in looks
    ]
    await LookRow.bulk_create(rows)
    people = sorted({look.borrower_id for look in looks})
    await revise_all(tx, people)
    marks = ", ".join("?" for _ in people)
    found = await tx.rows(f"SELECT borrower_id FROM canary WHERE borrower_id IN ({marks})", people)
    canaries = {one["borrower_id"] for one in found}
    for row, look in zip(rows, looks, strict=True):
        told = {"look": row.id, "what": look.what.value, "reason": look.reason.value, **about}
        told["row"] = look_digest(row)
        if look.ticket_id is not None:
            told["ticket"] = look.ticket_id
        await record(tx, Entry(kind, look.borrower_id, look.staff_id, told))
        if look.borrower_id in canaries:
            log.critical("alarm", kind=CANARY_LOOKED_AT, staff_id=look.staff_id, look_id=row.id)
            alarm = Entry(CANARY_LOOKED_AT, look.borrower_id, look.staff_id, {"look": row.id})
            await record(tx, alarm)
    return [row.id for row in rows]


async def set_canary(borrower_id: str, *, is_on: bool) -> None:
    """
    Say that nobody has a reason to look at a borrower, or take that back; for the operator.

    It is on record for the auditors when it changes anything; the borrower is not told.
    """
    async with transaction() as tx:
        if is_on:
            changed = await tx.rows(
                "INSERT INTO canary (borrower_id, set_at) VALUES (?, ?)"
                " ON CONFLICT (borrower_id) DO NOTHING RETURNING borrower_id",
                [borrower_id, milliseconds(tx.now)],
            )
        else:
            changed = await tx.rows(
                "DELETE FROM canary WHERE borrower_id = ? RETURNING borrower_id", [borrower_id]
            )
        if changed:
            kind = CANARY_SET if is_on else CANARY_TAKEN_BACK
            await record(tx, Entry(kind, borrower_id, OPERATOR))
