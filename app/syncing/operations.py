"""Noting a phone's commands beside their effects, and what it was given to hold."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import StillInFlight
from app.foundation.idempotency import beside_effect
from app.foundation.sealing import seal
from app.syncing.models import ack_cell, body_cell
from app.syncing.queries import held_id
from app.syncing.rules import ACKS_KEPT, HELD_FOR, HeldAnswer, Numbered


@contextmanager
def numbering(command: Numbered) -> Iterator[None]:
    """
    Let what is carried out meanwhile be noted under its number, in the effect's own transaction.

    The effect and the number it used up are there together or not at all, wherever the power goes.

    Raises:
        StillInFlight: Inside: the same number is being carried out by another request.
    """

    async def note(tx: Transaction) -> None:
        if not await _note(tx, command):
            raise StillInFlight

    with beside_effect(note):
        yield


async def acknowledge(command: Numbered, ack: str) -> None:
    """Write down what a command was answered, and note it where nothing had to change."""
    async with transaction() as tx:
        await _note(tx, command)
        closed = await seal(tx, ack_cell(command.id, command.borrower_id), ack)
        await tx.run(
            "UPDATE numbered_command SET ack = ? WHERE id = ? AND ack IS NULL",
            [closed, command.id],
        )
        await tx.run(
            "DELETE FROM numbered_command WHERE phone_id = ? AND number <= ?",
            [command.phone_id, command.number - ACKS_KEPT],
        )


async def _note(tx: Transaction, command: Numbered) -> bool:
    """Note a command; say whether it was not there yet."""
    noted = await tx.rows(
        "INSERT INTO numbered_command"
        " (id, phone_id, borrower_id, number, command_hash, noted_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        [
            command.id,
            command.phone_id,
            command.borrower_id,
            command.number,
            command.command_hash,
            milliseconds(tx.now),
        ],
    )
    return bool(noted)


async def hold(
    session_id: str, borrower_id: str, answer: HeldAnswer, *, instead_of: str | None
) -> None:
    """
    Remember what a phone is given to hold, beside what it holds now: the reply may be lost.

    Whatever else it held of the operation is let go, and what lay too long.
    """
    row_id = held_id(session_id, answer.state)
    async with transaction() as tx:
        body = await seal(tx, body_cell(row_id, borrower_id), answer.body)
        await tx.run(
            "INSERT INTO held_answer"
            " (id, session_id, borrower_id, operation_id, release, tag, body, held_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " release = excluded.release, tag = excluded.tag, body = excluded.body,"
            " held_at = excluded.held_at",
            [
                row_id,
                session_id,
                borrower_id,
                answer.operation_id,
                answer.release,
                answer.tag,
                body,
                milliseconds(tx.now),
            ],
        )
        kept = held_id(session_id, instead_of) if instead_of else row_id
        await tx.run(
            "DELETE FROM held_answer WHERE session_id = ? AND operation_id = ?"
            " AND id NOT IN (?, ?)",
            [session_id, answer.operation_id, row_id, kept],
        )
        await tx.run(
            "DELETE FROM held_answer WHERE borrower_id = ? AND held_at < ?",
            [borrower_id, milliseconds(tx.now - HELD_FOR)],
        )
