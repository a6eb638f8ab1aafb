"""What the twin knows of cards: as much money as a scenario put there, without end elsewhere."""

import sqlite3
from dataclasses import dataclass

from app.payments.ports import FailureReason

TABLE = """
CREATE TABLE IF NOT EXISTS rail_account (
    card_mac TEXT PRIMARY KEY, balance_fen INTEGER NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What is to be taken from a card, and how much must be left on it."""

    card_mac: str
    amount_fen: int
    floor_fen: int


def refusal_of(books: sqlite3.Connection, wanted: Withdrawal) -> FailureReason | None:
    """Say why it cannot be taken; None if it can, or if nothing is known of the card."""
    balance_fen = balance(books, wanted.card_mac)
    if balance_fen is None or balance_fen - wanted.amount_fen >= wanted.floor_fen:
        return None
    if balance_fen < wanted.amount_fen:
        return FailureReason.INSUFFICIENT_FUNDS
    return FailureReason.INSUFFICIENT_ABOVE_FLOOR


def balance(books: sqlite3.Connection, card_mac: str) -> int | None:
    """Return what is on a card; None where nothing is known of it."""
    row = books.execute(
        "SELECT balance_fen FROM rail_account WHERE card_mac = ?", [card_mac]
    ).fetchone()
    return None if row is None else row[0]


def put(books: sqlite3.Connection, card_mac: str, balance_fen: int) -> None:
    """Let a card have exactly so much on it from now on."""
    books.execute(
        "INSERT INTO rail_account (card_mac, balance_fen) VALUES (?, ?)"
        " ON CONFLICT (card_mac) DO UPDATE SET balance_fen = excluded.balance_fen",
        [card_mac, balance_fen],
    )


def take(books: sqlite3.Connection, wanted: Withdrawal) -> None:
    """Take it from a card of which something is known."""
    books.execute(
        "UPDATE rail_account SET balance_fen = balance_fen - ? WHERE card_mac = ?",
        [wanted.amount_fen, wanted.card_mac],
    )
