"""The twin's own SQLite file: orders, and notices still to be sent."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.adapters.rail import accounts, holders
from app.adapters.rail.accounts import Withdrawal
from app.adapters.rail.holders import Named
from app.adapters.rail.scenarios import Ask, Order, PlannedNotice
from app.foundation.clock import milliseconds, moment_of
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import RailOrderKind

ATTEMPTS_MAX = 30
BACKOFF_SECONDS_MAX = 60.0
LEASE_SECONDS = 15.0
BATCH_MAX = 50
BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE IF NOT EXISTS rail_order (
    order_id TEXT PRIMARY KEY, kind TEXT NOT NULL, amount_fen INTEGER NOT NULL,
    payee_mac TEXT NOT NULL, provider_ref TEXT NOT NULL UNIQUE, settles_at INTEGER NOT NULL,
    outcome TEXT NOT NULL, reason TEXT, paid_fen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rail_notice (
    notice_id TEXT PRIMARY KEY, body BLOB NOT NULL, due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, drops INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rail_notice_due ON rail_notice (due_at);
"""

Decided = tuple[Order, tuple[PlannedNotice, ...]]
Decision = Callable[[FailureReason | None], Decided]
"""What becomes of an order, by why it cannot go well whatever else; None if it can."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One notice leased for sending; `number` counts from 1."""

    notice_id: str
    body: bytes
    number: int
    drops: int

    @property
    def is_lost(self) -> bool:
        """Whether this attempt is one of those that never arrive."""
        return self.number <= self.drops


class Books:
    """
    What the twin has promised, one short transaction at a time.

    Every call opens the file, so threads and processes may share it, and one that is killed leaves
    it as after its last whole call.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as books:
            books.executescript(_TABLES + accounts.TABLE + holders.TABLE)

    def find(self, order_id: str) -> Order | None:
        """Return the order under this id."""
        with self._opened() as books:
            return _read(books, order_id)

    def settled_between(self, since: datetime, until: datetime) -> list[Order]:
        """Return the orders that came to an end from one moment until before another, in order."""
        with self._opened() as books:
            ids = books.execute(
                "SELECT order_id FROM rail_order WHERE settles_at >= ? AND settles_at < ?"
                " ORDER BY settles_at, order_id",
                [milliseconds(since), milliseconds(until)],
            ).fetchall()
            found = (_read(books, order_id) for (order_id,) in ids)
            return [order for order in found if order is not None]

    def find_or_add(
        self,
        order_id: str,
        decision: Decision,
        *,
        named: Named | None = None,
        wanted: Withdrawal | None = None,
    ) -> tuple[Order, bool]:
        """
        Return the order under this id, or write down the one decided now; and if it is new.

        A name is compared with the card's holder, and what a debit wants with what is on the card;
        with success it is taken, and the name is the holder's from now on.
        """
        with self._opened() as books:
            known = _read(books, order_id)
            if known is not None:
                return known, False
            refusal = None if named is None else holders.refusal_of(books, named)
            if refusal is None and wanted is not None:
                refusal = accounts.refusal_of(books, wanted)
            order = _write(books, decision(refusal))
            if order.outcome is RailStatus.SUCCEEDED:
                if named is not None:
                    holders.keep(books, named)
                if wanted is not None:
                    accounts.take(books, wanted)
            return order, True

    def put_on_card(self, card_mac: str, balance_fen: int) -> None:
        """Let a card have exactly so much on it from now on."""
        with self._opened() as books:
            accounts.put(books, card_mac, balance_fen)

    def card_balance(self, card_mac: str) -> int | None:
        """Return what is on a card; None where nothing is known of it."""
        with self._opened() as books:
            return accounts.balance(books, card_mac)

    def lease_due(self, now: datetime) -> list[Attempt]:
        """Take the notices due now; they fall due again soon if nobody says how it went."""
        until = milliseconds(now + timedelta(seconds=LEASE_SECONDS))
        with self._opened() as books:
            rows = books.execute(
                "UPDATE rail_notice SET attempts = attempts + 1, due_at = ? WHERE notice_id IN"
                " (SELECT notice_id FROM rail_notice WHERE due_at <= ? ORDER BY due_at LIMIT ?)"
                " RETURNING notice_id, body, attempts, drops",
                [until, milliseconds(now), BATCH_MAX],
            ).fetchall()
        return [Attempt(*row) for row in rows]

    def close_attempt(self, attempt: Attempt, now: datetime, *, is_taken: bool) -> None:
        """Forget a notice that was taken or tried enough; else put it off, ever longer."""
        seconds = min(2.0 ** (attempt.number - 2), BACKOFF_SECONDS_MAX)
        with self._opened() as books:
            if is_taken or attempt.number >= ATTEMPTS_MAX:
                books.execute("DELETE FROM rail_notice WHERE notice_id = ?", [attempt.notice_id])
            else:
                books.execute(
                    "UPDATE rail_notice SET due_at = ? WHERE notice_id = ?",
                    [milliseconds(now + timedelta(seconds=seconds)), attempt.notice_id],
                )

    def next_due_at(self) -> datetime | None:
        """Return when the next notice falls due; None when there is none."""
        with self._opened() as books:
            (due_at,) = books.execute("SELECT MIN(due_at) FROM rail_notice").fetchone()
        return None if due_at is None else moment_of(due_at)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        books = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            # A killed process loses nothing in this mode; only a power cut could.
            books.execute("PRAGMA synchronous = OFF")
            books.execute("BEGIN IMMEDIATE")
            yield books
            books.commit()
        finally:
            books.close()


def _read(books: sqlite3.Connection, order_id: str) -> Order | None:
    row = books.execute(
        "SELECT kind, amount_fen, payee_mac, provider_ref, settles_at, outcome, reason, paid_fen"
        " FROM rail_order WHERE order_id = ?",
        [order_id],
    ).fetchone()
    if row is None:
        return None
    kind, amount_fen, payee_mac, provider_ref, settles_at, outcome, reason, paid_fen = row
    return Order(
        ask=Ask(
            order_id=order_id,
            kind=RailOrderKind(kind),
            amount_fen=amount_fen,
            payee_mac=payee_mac,
        ),
        provider_ref=provider_ref,
        settles_at=moment_of(settles_at),
        outcome=RailStatus(outcome),
        reason=None if reason is None else FailureReason(reason),
        paid_fen=paid_fen,
    )


def _write(books: sqlite3.Connection, decided: Decided) -> Order:
    order, notices = decided
    books.executemany(
        "INSERT INTO rail_notice (notice_id, body, due_at, drops) VALUES (?, ?, ?, ?)",
        [(one.notice_id, one.body, milliseconds(one.due_at), one.drops) for one in notices],
    )
    books.execute(
        "INSERT INTO rail_order (order_id, kind, amount_fen, payee_mac, provider_ref, settles_at,"
        " outcome, reason, paid_fen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            order.ask.order_id,
            order.ask.kind.value,
            order.ask.amount_fen,
            order.ask.payee_mac,
            order.provider_ref,
            milliseconds(order.settles_at),
            order.outcome.value,
            None if order.reason is None else order.reason.value,
            order.paid_fen,
        ],
    )
    return order
