"""Other lenders' local twin: takes what is handed over, answers late, twice and out of order."""

import asyncio
import hashlib
import hmac
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import orjson

from app.foundation.clock import Clock, milliseconds
from app.foundation.log import logger
from app.origination.ports import HandoverRefused, LenderAnswer, LenderUnavailable
from app.origination.rules.lender_words import (
    LENDER_HEADER,
    LenderWord,
    lender_secret,
    sign_word,
)

log = logger(__name__)

IDLE_SECONDS = 0.5
CALL_SECONDS = 5.0
RETRY_AFTER = timedelta(seconds=5)
TRIES_MAX = 30
BATCH_MAX = 50
AMOUNT_MAX_FEN = 80_000_000
"""What this lender lends; it declines whoever asks for more."""
TOO_MUCH, TAKEN_BACK = "TOO_MUCH", "TAKEN_BACK"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS handover (
    handover_id TEXT PRIMARY KEY, partner TEXT NOT NULL, mac TEXT NOT NULL, fields TEXT NOT NULL,
    answer TEXT NOT NULL, reason TEXT, answers_at INTEGER NOT NULL, is_deleted INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word (
    event_id TEXT PRIMARY KEY, partner TEXT NOT NULL, body BLOB NOT NULL, due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How slow and how unreliable the twin is; what happens to an id is always the same."""

    answer_seconds: float = 2.0
    """How long it thinks."""
    twice_percent: int = 30
    """How many of a hundred words come twice."""
    lost_percent: int = 10
    """Of how many hand-overs in a hundred the first answer to our call is lost, though taken."""


USUAL = Knobs()


class LenderTwin:
    """
    The development twin of every lender that referrals name.

    It keeps which fields came, and of what they said a keyed hash only; taken back, not even that.
    Everything is in a SQLite file of its own, words included, so it survives `kill -9`, and any
    number of processes may share the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        callback_url: str,
        secret: str,
        clock: Clock,
        knobs: Knobs = USUAL,
    ) -> None:
        self._path = path
        self._callback_url = callback_url
        self._secret = secret
        self._clock = clock
        self._knobs = knobs
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as books:
            books.executescript(_SCHEMA)

    async def hand_over(
        self, partner_code: str, handover_id: str, handed: Mapping[str, str]
    ) -> str:
        """
        Take what is handed over, or find it taken under this id.

        Raises:
            LenderUnavailable: The answer was lost, the first time.
            HandoverRefused: It was taken back before.
            ValueError: The id was used for something else.
        """
        is_new = await asyncio.to_thread(self._take, partner_code, handover_id, dict(handed))
        if is_new and self._chance(handover_id, "lost") < self._knobs.lost_percent:
            raise LenderUnavailable
        return f"tw-{handover_id}"

    async def take_back(self, partner_code: str, handover_id: str) -> None:
        """Delete what was handed over; under this id nothing is taken any more."""
        await asyncio.to_thread(self._delete, partner_code, handover_id)

    async def answer_on(self, partner_code: str, handover_id: str) -> LenderAnswer | None:
        """Say whether it goes on; None while it thinks, or where it has nothing."""
        return await asyncio.to_thread(self._answer, partner_code, handover_id)

    async def fields_of(self, handover_id: str) -> list[str] | None:
        """Return which fields came under an id; None where nothing did, or it was deleted."""
        return await asyncio.to_thread(self._fields, handover_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Send words as they fall due, until told to stop."""
        async with httpx.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as client:
            while not stop.is_set():
                if await self.send_due(client) == 0:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), IDLE_SECONDS)

    async def send_due(self, client: httpx.AsyncClient) -> int:
        """Try every word that is due; return how many were tried."""
        due = await asyncio.to_thread(self._due)
        for event_id, partner, body in due:
            is_taken = await self._post(client, partner, body)
            await asyncio.to_thread(self._close, event_id, is_taken=is_taken)
        return len(due)

    async def _post(self, client: httpx.AsyncClient, partner: str, body: bytes) -> bool:
        secret = lender_secret(self._secret, partner)
        headers = {
            "Content-Type": "application/json",
            LENDER_HEADER: sign_word(secret, body, self._clock.now()),
        }
        try:
            answer = await client.post(
                f"{self._callback_url}/{partner}", content=body, headers=headers
            )
        except httpx.HTTPError as failure:
            log.info("lender_word_unanswered", error=type(failure).__name__)
            return False
        return answer.is_success

    def _take(self, partner: str, handover_id: str, handed: dict[str, str]) -> bool:
        written = orjson.dumps(handed, option=orjson.OPT_SORT_KEYS)
        mac = hmac.digest(self._secret.encode(), written, "sha256").hex()
        is_too_much = int(handed.get("AMOUNT", "0")) > AMOUNT_MAX_FEN
        answer = LenderAnswer.DECLINED if is_too_much else LenderAnswer.ACCEPTED
        reason = TOO_MUCH if is_too_much else None
        answers_at = self._clock.now() + timedelta(seconds=self._knobs.answer_seconds)
        with self._opened() as books:
            known = books.execute(
                "SELECT mac, is_deleted FROM handover WHERE handover_id = ?", [handover_id]
            ).fetchone()
            if known is not None:
                if known[1]:
                    raise HandoverRefused(TAKEN_BACK)
                if known[0] != mac:
                    message = f"{handover_id} is another hand-over's id"
                    raise ValueError(message)
                return False
            books.execute(
                "INSERT INTO handover VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                [
                    handover_id,
                    partner,
                    mac,
                    orjson.dumps(sorted(handed)).decode(),
                    answer.value,
                    reason,
                    milliseconds(answers_at),
                ],
            )
            word = LenderWord(
                event_id=handover_id, handover_id=handover_id, answer=answer, reason=reason
            )
            self._plan(books, partner, word, answers_at)
        return True

    def _plan(
        self, books: sqlite3.Connection, partner: str, word: LenderWord, at: datetime
    ) -> None:
        twice = self._chance(word.handover_id, "twice") < self._knobs.twice_percent
        for number in range(2 if twice else 1):
            event_id = f"{word.handover_id}.{number}"
            body = _body(event_id, word)
            due_at = milliseconds(at + timedelta(seconds=number))
            books.execute(
                "INSERT INTO word (event_id, partner, body, due_at) VALUES (?, ?, ?, ?)",
                [event_id, partner, body, due_at],
            )

    def _delete(self, partner: str, handover_id: str) -> None:
        with self._opened() as books:
            books.execute(
                "INSERT INTO handover VALUES (?, ?, '', '[]', '', NULL, 0, 1)"
                " ON CONFLICT (handover_id) DO UPDATE SET mac = '', fields = '[]', answer = '',"
                " reason = NULL, is_deleted = 1",
                [handover_id, partner],
            )
            books.execute("DELETE FROM word WHERE event_id LIKE ? || '.%'", [handover_id])

    def _answer(self, partner: str, handover_id: str) -> LenderAnswer | None:
        with self._opened() as books:
            row = books.execute(
                "SELECT answer FROM handover WHERE handover_id = ? AND partner = ?"
                " AND is_deleted = 0 AND answers_at <= ?",
                [handover_id, partner, milliseconds(self._clock.now())],
            ).fetchone()
        return None if row is None else LenderAnswer(row[0])

    def _fields(self, handover_id: str) -> list[str] | None:
        with self._opened() as books:
            row = books.execute(
                "SELECT fields FROM handover WHERE handover_id = ? AND is_deleted = 0",
                [handover_id],
            ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def _due(self) -> list[tuple[str, str, bytes]]:
        with self._opened() as books:
            return books.execute(
                "SELECT event_id, partner, body FROM word WHERE due_at <= ? AND tries < ?"
                " ORDER BY due_at, event_id LIMIT ?",
                [milliseconds(self._clock.now()), TRIES_MAX, BATCH_MAX],
            ).fetchall()

    def _close(self, event_id: str, *, is_taken: bool) -> None:
        with self._opened() as books:
            if is_taken:
                books.execute("DELETE FROM word WHERE event_id = ?", [event_id])
                return
            again = milliseconds(self._clock.now() + RETRY_AFTER)
            books.execute(
                "UPDATE word SET tries = tries + 1, due_at = ? WHERE event_id = ?",
                [again, event_id],
            )

    def _chance(self, handover_id: str, what: str) -> int:
        """Return the same number from 0 to 99 for the same id."""
        dice = hashlib.sha256(f"{what}:{handover_id}".encode()).digest()
        return int.from_bytes(dice[:4], "big") % 100

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        books = sqlite3.connect(self._path, timeout=5.0, isolation_level="IMMEDIATE")
        try:
            with books:
                yield books
        finally:
            books.close()


def _body(event_id: str, word: LenderWord) -> bytes:
    said = {"event_id": event_id, "handover_id": word.handover_id, "answer": word.answer}
    return orjson.dumps(said if word.reason is None else {**said, "reason": word.reason})
