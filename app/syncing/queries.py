"""Which number a phone goes on with, what its commands were answered, and what it holds."""

from app.foundation.database import fetch
from app.foundation.holding import Held, Holding, Withheld, held_by
from app.foundation.sealing import unseal
from app.syncing.models import HeldAnswerRow, NumberedCommandRow, ack_cell, body_cell
from app.syncing.rules import HeldAnswer, Noted

HOLDINGS = (
    Holding(
        section="numbered_commands",
        model=NumberedCommandRow,
        columns=("id", "number", "noted_at"),
        withheld={"ack": Withheld.SAME_ELSEWHERE},
    ),
    Holding(
        section="held_answers",
        model=HeldAnswerRow,
        columns=("id", "operation_id", "held_at"),
        withheld={"body": Withheld.SAME_ELSEWHERE},
    ),
)
"""Answers say again what the other rooms' tables hold."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)


async def expected_number(phone_id: str) -> int:
    """Return the number that a phone's next command has."""
    rows = await fetch(
        "SELECT MAX(number) AS last FROM numbered_command WHERE phone_id = ?", [phone_id]
    )
    return (rows[0]["last"] or 0) + 1


async def noted(command_id: str, borrower_id: str) -> Noted | None:
    """Return what is known of a command; None if it is not done, or too long ago."""
    row = await NumberedCommandRow.get_or_none(id=command_id, borrower_id=borrower_id)
    if row is None:
        return None
    ack = await unseal(ack_cell(row.id, borrower_id), row.ack) if row.ack else None
    return Noted(command_hash=row.command_hash, ack=ack)


async def held_answer(session_id: str, borrower_id: str, state: str) -> HeldAnswer | None:
    """Return what a phone holds under a state; None if we do not know any more."""
    row = await HeldAnswerRow.get_or_none(id=held_id(session_id, state), borrower_id=borrower_id)
    if row is None:
        return None
    body = await unseal(body_cell(row.id, borrower_id), row.body)
    return HeldAnswer(state=state, release=row.release, tag=row.tag, body=body)


def held_id(session_id: str, state: str) -> str:
    """Return the key of what a session's phone holds under a state."""
    return f"{session_id}.{state}"
