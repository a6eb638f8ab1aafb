"""
A borrower leaves: every way in ends at once, and after some days they are forgotten.

Until then whoever proves the phone number by a code is back as if nothing had been. The number is
free for somebody new from the moment its borrower is forgotten.
"""

from datetime import datetime

from app.foundation import audit
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import blind_indexes
from app.identity.events import BorrowerLeft, BorrowerReturned
from app.identity.operations.guessing import forget_guesses
from app.identity.queries import contact_of
from app.identity.rules.devices import EndReason


async def begin_leaving(tx: Transaction, borrower_id: str, until: datetime) -> None:
    """
    End every session and device of a borrower, who may come back until a moment.

    Raises:
        NotFound: There is no such borrower, or they are leaving already.
    """
    now = milliseconds(tx.now)
    begun = await tx.rows(
        "UPDATE borrower SET leaves_at = ? WHERE id = ? AND leaves_at IS NULL RETURNING id",
        [milliseconds(until), borrower_id],
    )
    if not begun:
        raise NotFound
    await tx.run(
        "UPDATE session SET ended_at = ? WHERE borrower_id = ? AND ended_at IS NULL",
        [now, borrower_id],
    )
    await tx.run(
        "UPDATE device SET ended_at = ?, ended_reason = ?"
        " WHERE borrower_id = ? AND ended_at IS NULL",
        [now, EndReason.CLOSED.value, borrower_id],
    )
    await revise(tx, borrower_id)
    await announce(tx, BorrowerLeft(borrower_id=borrower_id))
    await audit.record(tx, audit.Entry("borrower.left", borrower_id, borrower_id))


async def come_back(tx: Transaction, borrower_id: str) -> bool:
    """Take a leaving borrower back, as signing in does; tell whether they were leaving."""
    back = await tx.rows(
        "UPDATE borrower SET leaves_at = NULL WHERE id = ? AND leaves_at IS NOT NULL RETURNING id",
        [borrower_id],
    )
    if not back:
        return False
    await revise(tx, borrower_id)
    await announce(tx, BorrowerReturned(borrower_id=borrower_id))
    await audit.record(tx, audit.Entry("borrower.returned", borrower_id, borrower_id))
    return True


async def is_to_be_forgotten(tx: Transaction, borrower_id: str) -> bool:
    """Tell whether a borrower's days to come back are over; they cannot come back meanwhile."""
    lock = " FOR UPDATE" if tx.dialect == "postgres" else ""
    rows = await tx.rows(
        f"SELECT id FROM borrower WHERE id = ? AND leaves_at <= ?{lock}",
        [borrower_id, milliseconds(tx.now)],
    )
    return bool(rows)


async def forget_ways_in(tx: Transaction, borrower_id: str) -> None:
    """
    Delete the codes ever sent to a borrower, with their keys, and what counted or stopped them.

    A code's phone number is sealed under the code's own key, which goes with it, and so is that of
    a number whose holder said “not me”; nothing is left that would be sent there.

    Raises:
        NotFound: There is no such borrower.
        SealBroken: The borrower's phone does not open, so its codes cannot be found.
    """
    await forget_guesses(tx, borrower_id)
    phone = (await contact_of(borrower_id)).phone
    for index in blind_indexes("one_time_code.phone", phone):
        await _forget_codes(tx, borrower_id, index)
    for index in blind_indexes("stopped_number.phone", phone):
        of_stop = "subject_id IN (SELECT id FROM stopped_number WHERE phone_index = ?)"
        await tx.run(f"DELETE FROM data_key WHERE {of_stop}", [index])
        await tx.run("DELETE FROM stopped_number WHERE phone_index = ?", [index])


async def _forget_codes(tx: Transaction, borrower_id: str, index: str) -> None:
    mine = "WHERE borrower_id = ? OR phone_index = ?"
    both = [borrower_id, index]
    of_codes = f"subject_id IN (SELECT id FROM one_time_code {mine})"
    await tx.run(f"DELETE FROM data_key WHERE {of_codes}", both)
    await tx.run(f"DELETE FROM one_time_code {mine}", both)
    of_device = "SELECT device_index FROM code_send WHERE phone_index = ?"
    await tx.run(
        f"DELETE FROM sms_gate WHERE gate_key = ? OR gate_key IN ({of_device})", [index, index]
    )
    await tx.run("DELETE FROM code_send WHERE phone_index = ?", [index])
