"""A carrier of text messages for development: it delivers into a file that a developer can read."""

import asyncio
import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from app.foundation.clock import Clock, milliseconds, moment_of
from app.identity.ports import CarrierUnavailable
from app.identity.rules import masked_phone, phone_of

INBOX_MAX = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    copy INTEGER NOT NULL,
    phone TEXT NOT NULL,
    text TEXT NOT NULL,
    delivered_at INTEGER NOT NULL,
    UNIQUE (message_id, copy)
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text message as it arrived at a phone."""

    message_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How badly the twin behaves, as real carriers do."""

    delay: timedelta = timedelta(0)
    """Messages arrive after up to this long, and so out of order."""
    failure_percent: int = 0
    """How many of a hundred messages are not taken."""
    duplicate_percent: int = 0
    """How many of a hundred messages arrive twice."""


class SmsTwin:
    """
    The development twin of an SMS carrier: what is sent stands in its own SQLite file.

    It keeps numbers and texts in clear, so it has no place in production. Several processes may
    share the file. It takes each message id once, however often it is handed over.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        seed: int | None = None,
        weather: Weather | None = None,
        is_overheard: bool = False,
    ) -> None:
        """With `is_overheard` a developer at the terminal reads each message as it arrives."""
        self._path = path
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311 - weather, not a secret
        self._weather = weather or Weather()
        self._is_overheard = is_overheard
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute(_SCHEMA)

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Take a message with a one-time code.

        Raises:
            CarrierUnavailable: It was not taken this time.
        """
        await self.send(phone, text, message_id=message_id)

    async def send(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Take a message, once per id.

        Raises:
            CarrierUnavailable: It was not taken this time.
        """
        if self._happens(self._weather.failure_percent):
            raise CarrierUnavailable
        copies = 2 if self._happens(self._weather.duplicate_percent) else 1
        arrivals = [self._arrival() for _ in range(copies)]
        is_new = await asyncio.to_thread(self._take, phone, text, message_id, arrivals)
        if is_new and self._is_overheard:
            first_line = text.partition("\n")[0]
            sys.stderr.write(f"SMS to {masked_phone(phone)}: {first_line}\n")
            sys.stderr.flush()

    async def inbox(self, phone: str | None = None, limit: int = 20) -> list[Message]:
        """
        Return what has arrived by now, at one phone or at all, newest first; at most 200.

        Raises:
            InvalidInput: The phone is no mobile number.
        """
        number = None if phone is None else phone_of(phone, field="phone")
        return await asyncio.to_thread(self._arrived, number, max(0, min(limit, INBOX_MAX)))

    def _happens(self, percent: int) -> bool:
        return self._chance.randrange(100) < percent

    def _arrival(self) -> int:
        delay = self._chance.randint(0, self._weather.delay // timedelta(milliseconds=1))
        return milliseconds(self._clock.now()) + delay

    def _take(self, phone: str, text: str, message_id: str, arrivals: list[int]) -> bool:
        with self._opened() as file:
            file.execute("BEGIN IMMEDIATE")
            known = file.execute("SELECT 1 FROM message WHERE message_id = ?", [message_id])
            if known.fetchone() is not None:
                file.execute("ROLLBACK")
                return False
            file.executemany(
                "INSERT INTO message (message_id, copy, phone, text, delivered_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [(message_id, copy, phone, text, arrival) for copy, arrival in enumerate(arrivals)],
            )
            file.execute("COMMIT")
        return True

    def _arrived(self, phone: str | None, limit: int) -> list[Message]:
        with self._opened() as file:
            rows = file.execute(
                "SELECT message_id, phone, text, delivered_at FROM message"
                " WHERE delivered_at <= ? AND (phone = ? OR ? IS NULL)"
                " ORDER BY delivered_at DESC, number DESC LIMIT ?",
                [milliseconds(self._clock.now()), phone, phone, limit],
            ).fetchall()
        return [
            Message(message_id=message_id, phone=to, text=text, delivered_at=moment_of(arrival))
            for message_id, to, text, arrival in rows
        ]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        file = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            yield file
        finally:
            file.close()
