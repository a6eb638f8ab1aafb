"""Rows of staff as they are written: sealed as a whole, and noted in the audit chain."""

from collections.abc import Collection, Sequence
from functools import partial

from app.foundation import audit
from app.foundation.caller import StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import NotFound, Unauthenticated
from app.foundation.outbox import announce
from app.foundation.sealing.rows import facts_seal, row_seal
from app.identity.events import StaffRoleChanged
from app.identity.models import StaffRow, StaffSessionRow
from app.identity.queries.staff import staff_by_id
from app.identity.queries.staff_rows import (
    SEALS,
    chained_of,
    check_session,
    check_staff,
    session_cell,
    session_facts,
)
from app.identity.rules.passwords import kept_password
from app.identity.rules.roles import RoleChangeState
from app.identity.rules.values import StaffMember

WRITTEN = ("role", "password_hash", "totp_secret", "row_version", "row_seal")
"""What is written of a row that is there; the last used code's step has a statement of its own."""


async def locked_staff(staff_id: str) -> StaffRow:
    """
    Lock a member of staff's row and prove it whole, so that nothing false is sealed anew.

    Raises:
        NotFound: There is no such member.
        SealBroken: The row is not as it was last written.
    """
    row = await StaffRow.filter(id=staff_id).select_for_update().first()
    if row is None:
        raise NotFound
    await check_staff([row])
    return row


async def at_work(
    tx: Transaction, staff_id: str, roles: Collection[StaffRole]
) -> StaffMember | None:
    """
    Return who works here by now in one of some roles, for what they are given in this transaction.

    Their place stays as it is until it ends: whoever takes it away waits, and finds what they were
    given. To be asked after what is given is locked, one person in a transaction, and before the
    audit chain, so that nobody waits in a circle with whoever ends them.

    Raises:
        SealBroken: A role or name was written behind our back.
    """
    if tx.dialect == "postgres":
        await tx.rows("SELECT id FROM staff WHERE id = ? FOR KEY SHARE", [staff_id])
    found = (await staff_by_id([staff_id]))[0]
    works = found is not None and not found.has_left and found.role in roles
    return found if works else None


async def locked_everybody() -> list[StaffRow]:
    """
    Lock the rows of all who work or worked here, so that of two who end each other one is refused.

    Raises:
        SealBroken: A row is not as it was last written.
    """
    rows = await StaffRow.all().order_by("id").select_for_update()
    await check_staff(rows)
    return rows


def roles_of(everybody: Sequence[StaffRow]) -> dict[str, StaffRole]:
    """Return the role of each who works here, by id."""
    return {
        row.id: StaffRole(row.role)
        for row in everybody
        if kept_password(row.password_hash).ended_at is None
    }


async def put_in_role(
    tx: Transaction, row: StaffRow, role: StaffRole, *, checker_id: str | None
) -> None:
    """Write another role, and what follows: what waits of their changes of role is rejected."""
    row.role = role.value
    await keep_staff(tx, row)
    await reject_changes(tx, row.id, checker_id)
    await announce(tx, StaffRoleChanged(staff_id=row.id))


async def reject_changes(tx: Transaction, staff_id: str, checker_id: str | None) -> None:
    """Reject what somebody proposed, and what was proposed for them."""
    await tx.run(
        "UPDATE staff_role_change SET state = ?, checker_id = ?, decided_at = ?, live_key = NULL"
        " WHERE state = ? AND (staff_id = ? OR maker_id = ?)",
        [
            RoleChangeState.REJECTED.value,
            checker_id,
            milliseconds(tx.now),
            RoleChangeState.PROPOSED.value,
            staff_id,
            staff_id,
        ],
    )


async def keep_staff(tx: Transaction, row: StaffRow, *, is_new: bool = False) -> None:
    """
    Write a row with its next version and seal.

    Raises:
        IntegrityError: Somebody signs in with this name already.
    """
    row.row_version += 1
    row.row_seal = row_seal(SEALS, partial(getattr, row))
    if is_new:
        await row.save(force_create=True)
    else:
        await row.save(update_fields=WRITTEN)
    await audit.note_cells(tx, chained_of(partial(getattr, row)))


async def start_staff_session(tx: Transaction, staff_id: str, passkey_id: str | None) -> str:
    """Start a session for somebody who has just proved who they are; return its id."""
    session_id, now = tx.new_id("sf"), milliseconds(tx.now)
    await StaffSessionRow.create(
        id=session_id,
        staff_id=staff_id,
        started_at=now,
        seen_at=now,
        passkey_id=passkey_id,
        seal=facts_seal(session_cell(session_id, staff_id), session_facts(now, None)),
    )
    return session_id


async def end_staff_sessions(tx: Transaction, staff_id: str) -> int:
    """End every session of a member of staff; return how many there were."""
    ended = await tx.rows(
        "UPDATE staff_session SET ended_at = ? WHERE staff_id = ? AND ended_at IS NULL"
        " RETURNING id",
        [milliseconds(tx.now), staff_id],
    )
    return len(ended)


async def note_stepped_up(tx: Transaction, session_id: str, staff_id: str) -> None:
    """
    Note that the holder of a running session proved who they are once more.

    Raises:
        Unauthenticated: The session is over.
        SealBroken: It is not as it was last written.
    """
    rows = await tx.rows(
        "UPDATE staff_session SET seen_at = seen_at WHERE id = ? AND staff_id = ?"
        " AND ended_at IS NULL"
        " RETURNING id AS session_id, staff_id, started_at, stepped_up_at, seal",
        [session_id, staff_id],
    )
    if not rows:
        raise Unauthenticated
    check_session(rows[0])
    now = milliseconds(tx.now)
    facts = session_facts(rows[0]["started_at"], now)
    await tx.run(
        "UPDATE staff_session SET stepped_up_at = ?, seal = ? WHERE id = ?",
        [now, facts_seal(session_cell(session_id, staff_id), facts), session_id],
    )
