"""The file of a carrier's twin: what it took, what reached which phone, and receipts to be sent."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from app.foundation.clock import milliseconds, moment_of
from app.messaging.ports import Answer

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    copy INTEGER NOT NULL,
    phone TEXT NOT NULL,
    text TEXT NOT NULL,
    delivered_at INTEGER NOT NULL,
    UNIQUE (message_id, copy)
);
CREATE TABLE IF NOT EXISTS request (
    request_id TEXT PRIMARY KEY,
    taken_at INTEGER NOT NULL,
    answer TEXT NOT NULL,
    known_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS receipt (
    number INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    answer TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS receipt_due ON receipt (due_at);
"""
LEASE = timedelta(seconds=10)
TRIES_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text message as it arrived at a phone."""

    message_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A request as the twin takes it: what will have become of it, and when that is known."""

    request_id: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    arrivals: tuple[int, ...]
    """Milliseconds since 1970 of each copy that reaches the phone."""
    answer: Answer
    receipts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReceipt:
    """A receipt to be posted."""

    number: int
    request_id: str
    answer: Answer


class Books:
    """Every write is one transaction, so that any number of processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as file:
            _ = file.execute("PRAGMA journal_mode=WAL")
            _ = file.executescript(_SCHEMA)

    def take(self, taken: Taken, now: datetime) -> bool:
        """Take a request, once per id; False where it had been taken."""
        known_at = min(taken.receipts, default=max(taken.arrivals, default=milliseconds(now)))
        with self._writing() as file:
            known = file.execute("SELECT 1 FROM request WHERE request_id = ?", [taken.request_id])
            if known.fetchone() is not None:
                return False
            _ = file.execute(
                "INSERT INTO request (request_id, taken_at, answer, known_at) VALUES (?, ?, ?, ?)",
                [taken.request_id, milliseconds(now), taken.answer, known_at],
            )
            _ = file.executemany(
                "INSERT INTO message (message_id, copy, phone, text, delivered_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (taken.request_id, copy, taken.to, taken.text, arrival)
                    for copy, arrival in enumerate(taken.arrivals)
                ],
            )
            _ = file.executemany(
                "INSERT INTO receipt (request_id, answer, due_at) VALUES (?, ?, ?)",
                [(taken.request_id, taken.answer, due_at) for due_at in taken.receipts],
            )
        return True

    def answer(self, request_id: str, now: datetime) -> Answer:
        """Say how a request stands."""
        with self._opened() as file:
            row = file.execute(
                "SELECT answer, known_at FROM request WHERE request_id = ?", [request_id]
            ).fetchone()
        if row is None:
            return Answer.ABSENT
        return Answer(row[0]) if row[1] <= milliseconds(now) else Answer.ACCEPTED

    def lease_due(self, now: datetime, limit: int) -> list[DueReceipt]:
        """Take receipts that are due; each is due again in ten seconds unless it is sent."""
        with self._writing() as file:
            rows = file.execute(
                "SELECT number, request_id, answer FROM receipt WHERE due_at <= ? AND tries < ?"
                " ORDER BY due_at, number LIMIT ?",
                [milliseconds(now), TRIES_MAX, limit],
            ).fetchall()
            _ = file.executemany(
                "UPDATE receipt SET due_at = ?, tries = tries + 1 WHERE number = ?",
                [(milliseconds(now + LEASE), number) for number, _, _ in rows],
            )
        return [
            DueReceipt(number=number, request_id=request_id, answer=Answer(answer))
            for number, request_id, answer in rows
        ]

    def sent(self, number: int) -> None:
        """Forget a receipt that was taken."""
        with self._writing() as file:
            _ = file.execute("DELETE FROM receipt WHERE number = ?", [number])

    def arrived(self, phone: str | None, now: datetime, limit: int) -> list[Message]:
        """Return what has arrived by now, at one phone or at all, newest first."""
        with self._opened() as file:
            rows = file.execute(
                "SELECT message_id, phone, text, delivered_at FROM message"
                " WHERE delivered_at <= ? AND (phone = ? OR ? IS NULL)"
                " ORDER BY delivered_at DESC, number DESC LIMIT ?",
                [milliseconds(now), phone, phone, limit],
            ).fetchall()
        return [
            Message(message_id=message_id, phone=to, text=text, delivered_at=moment_of(arrival))
            for message_id, to, text, arrival in rows
        ]

    def receipts_left(self) -> int:
        """Return how many receipts were not taken."""
        with self._opened() as file:
            return file.execute("SELECT count(*) FROM receipt").fetchone()[0]

    def taken_ids(self) -> list[str]:
        """Return the id of every request that was taken."""
        with self._opened() as file:
            return [row[0] for row in file.execute("SELECT request_id FROM request").fetchall()]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as file:
            _ = file.execute("BEGIN IMMEDIATE")
            try:
                yield file
            except BaseException:
                _ = file.execute("ROLLBACK")
                raise
            _ = file.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        file = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            yield file
        finally:
            file.close()
