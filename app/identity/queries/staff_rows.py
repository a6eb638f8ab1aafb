"""Rows of staff as they are read: as their last writer left them, or not at all."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from app.foundation import audit
from app.foundation.audit.cells import Found
from app.foundation.sealing import Cell, Sealed, SealedTable, unseal
from app.foundation.sealing.rows import ValueOf, check_facts, check_row, seal_cell
from app.identity.models import PasskeyRow, StaffRow, passkey_cell, staff_cell

SEALS: SealedTable = StaffRow.seals
COLUMNS = ("id", "name", "role", "password_hash", "totp_secret", "row_version", "row_seal")
"""All that the seal of a member of staff's row is about."""


async def check_staff(rows: Sequence[StaffRow]) -> None:
    """
    Prove that rows of staff are as they were last written; one query for any number.

    Raises:
        SealBroken: A role, name, password or authenticator secret was altered or put back.
    """
    await _check([partial(getattr, row) for row in rows])


async def check_staff_values(values: Mapping[str, Any]) -> None:
    """
    Prove one row of staff, read as `COLUMNS`.

    Raises:
        SealBroken: As `check_staff` says.
    """
    await _check([values.__getitem__])


async def _check(rows: Sequence[ValueOf]) -> None:
    for value_of in rows:
        check_row(SEALS, value_of)
    await audit.check_cells([found for value_of in rows for found in chained_of(value_of)])


def chained_of(value_of: ValueOf) -> list[Found]:
    """Return what the audit chain knows of a row: its seal, and its authenticator secret."""
    staff_id = value_of("id")
    return [
        (seal_cell("staff", staff_id, staff_id), _bytes(value_of("row_seal"))),
        (staff_cell(staff_id), _bytes(value_of("totp_secret"))),
    ]


async def public_key_of(row: PasskeyRow) -> str:
    """
    Open a passkey's public key, as `devices.kept_bytes` reads it.

    Raises:
        SealBroken: It is another one than was registered, was taken away since, or was another
            person's.
    """
    cell = passkey_cell(row.id, row.staff_id, "public_key")
    sealed = Sealed(row.public_key)
    await audit.check_cells([(cell, sealed)])
    return await unseal(cell, sealed)


def session_cell(session_id: str, staff_id: str) -> Cell:
    """Return the place of the seal of a member of staff's session."""
    return seal_cell("staff_session", session_id, staff_id)


def session_facts(started_at: int, stepped_up_at: int | None) -> tuple[int | None, ...]:
    """Return what a session's seal is about, besides the session and whose it is."""
    return (started_at, stepped_up_at)


def check_session(row: Mapping[str, Any]) -> None:
    """
    Prove that a session is the one it was started as, read with all that its seal is about.

    Raises:
        SealBroken: It was moved to somebody else, or proven by nobody.
    """
    cell = session_cell(row["session_id"], row["staff_id"])
    check_facts(cell, session_facts(row["started_at"], row["stepped_up_at"]), _bytes(row["seal"]))


def change_cell(change_id: str, staff_id: str) -> Cell:
    """Return the place of the seal of a proposed change of role."""
    return seal_cell("staff_role_change", change_id, staff_id)


def change_facts(row: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Return what a proposal's seal is about, besides the proposal and whose role it is."""
    return (row["role_before"], row["role_after"], row["maker_id"], row["proposed_at"])


def _bytes(value: Any) -> bytes | None:  # noqa: ANN401 - as drivers give it
    return None if value is None else bytes(value)
