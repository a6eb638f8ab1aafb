"""Carriers for development: they deliver into a file a developer can read, badly when asked to."""

import asyncio
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson

from app.adapters.sms.books import Books, DueReceipt, Message, Taken
from app.foundation.clock import Clock, milliseconds
from app.foundation.log import logger
from app.identity.ports import CarrierUnavailable
from app.identity.rules import masked_phone, phone_of
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Report
from app.messaging.rules.receipts import SIGNATURE_HEADER, signature_of

log = logger(__name__)

INBOX_MAX = 200
BATCH_MAX = 50
IDLE_SECONDS = 0.5
CALL_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How badly a twin behaves, as real carriers do; each is how many of a hundred."""

    delay: timedelta = timedelta(0)
    """Messages arrive after up to this long, and so out of order."""
    failure_percent: int = 0
    """Are not taken."""
    duplicate_percent: int = 0
    """Arrive twice."""
    lost_answer_percent: int = 0
    """Are taken, and the caller never learns of it."""
    undelivered_percent: int = 0
    """Are taken and never arrive."""
    receipt_delay: timedelta = timedelta(seconds=2)
    duplicate_receipt_percent: int = 0
    dropped_receipt_percent: int = 0


STORM = Weather(
    delay=timedelta(seconds=3),
    failure_percent=30,
    lost_answer_percent=10,
    undelivered_percent=5,
    receipt_delay=timedelta(seconds=5),
    duplicate_receipt_percent=30,
    dropped_receipt_percent=10,
)
"""What the product must stand: three in ten fail, three in ten receipts come twice."""


class MessageTwin:
    """
    The development twin of a carrier: what is sent stands in its own SQLite file.

    It keeps numbers and texts in clear, so it has no place in production. Several processes may
    share the file. It takes each request id once, however often it is handed over, and posts a
    signed receipt for each, late and sometimes twice.
    """

    absent_after = timedelta(seconds=20)
    """It answers in less; what it does not know after that never came."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        name: str = "twin",
        seed: int | None = None,
        weather: Weather | None = None,
        callback_url: str = "",
        secret: str = "",
        is_overheard: bool = False,
    ) -> None:
        """With `is_overheard` a developer at the terminal reads each message as it arrives."""
        self._books = Books(path)
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311 - weather, not a secret
        self.weather = weather or Weather()
        self._callback_url = callback_url
        self._secret = secret
        self._is_overheard = is_overheard
        self.name = name
        self.is_down = False

    @property
    def is_resting(self) -> bool:
        """Never: what keeps calls from a failing carrier is put around it (`Guarded`)."""
        return False

    async def send(self, message: Outgoing) -> Report:
        """
        Take a message, once per id.

        Raises:
            OutcomeUnknown: It may have been taken.
        """
        if self.is_down:
            raise OutcomeUnknown
        if self._happens(self.weather.failure_percent):
            return Report(answer=Answer.REFUSED, why="TWIN_BUSY")
        await self.take(message.to, message.sentence, request_id=message.request_id)
        if self._happens(self.weather.lost_answer_percent):
            raise OutcomeUnknown
        return Report(answer=Answer.ACCEPTED, provider_ref=f"{self.name}-{message.request_id}")

    async def ask(self, asked: Asked) -> Report:
        """
        Say how a request stands.

        Raises:
            OutcomeUnknown: It is down.
        """
        if self.is_down:
            raise OutcomeUnknown
        answer = await asyncio.to_thread(self._books.answer, asked.request_id, self._clock.now())
        return Report(answer=answer, provider_ref=f"{self.name}-{asked.request_id}")

    async def take(self, to: str, text: str, *, request_id: str) -> None:
        """Take a message that weather lets through, once per id."""
        weather = self.weather
        is_undelivered = self._happens(weather.undelivered_percent)
        copies = 2 if self._happens(weather.duplicate_percent) else 1
        receipts = 2 if self._happens(weather.duplicate_receipt_percent) else 1
        if not self._callback_url or self._happens(weather.dropped_receipt_percent):
            receipts = 0
        taken = Taken(
            request_id=request_id,
            to=to,
            text=text,
            arrivals=() if is_undelivered else tuple(self._arrival() for _ in range(copies)),
            answer=Answer.UNDELIVERED if is_undelivered else Answer.DELIVERED,
            receipts=tuple(self._arrival(weather.receipt_delay) for _ in range(receipts)),
        )
        is_new = await asyncio.to_thread(self._books.take, taken, self._clock.now())
        if is_new and self._is_overheard:
            first_line = text.partition("\n")[0]
            sys.stderr.write(f"{self._overheard(to)}: {first_line}\n")
            sys.stderr.flush()

    async def taken_ids(self) -> list[str]:
        """Return the id of every request it ever took, each once."""
        return await asyncio.to_thread(self._books.taken_ids)

    async def everything(self) -> list[Message]:
        """Return every copy that reached any phone, whenever."""
        return await asyncio.to_thread(
            self._books.arrived, None, datetime.max.replace(tzinfo=UTC), -1
        )

    async def receipts_left(self) -> int:
        """Return how many receipts nobody has taken."""
        return await asyncio.to_thread(self._books.receipts_left)

    async def run(self, stop: asyncio.Event) -> None:
        """Post receipts as they fall due, until told to stop."""
        async with httpx.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as client:
            while not stop.is_set():
                if await self.send_due(client) == 0:
                    try:
                        _ = await asyncio.wait_for(stop.wait(), IDLE_SECONDS)
                    except TimeoutError:
                        continue

    async def send_due(self, client: httpx.AsyncClient) -> int:
        """Post every receipt that is due; return how many were tried."""
        due = await asyncio.to_thread(self._books.lease_due, self._clock.now(), BATCH_MAX)
        for receipt in due:
            await self._post(client, receipt)
        return len(due)

    async def _post(self, client: httpx.AsyncClient, receipt: DueReceipt) -> None:
        said = {
            "request_id": receipt.request_id,
            "answer": receipt.answer,
            "provider_ref": f"{self.name}-{receipt.request_id}",
        }
        body = orjson.dumps([said])
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: signature_of(self._secret, body, self._clock.now()),
        }
        try:
            answer = await client.post(self._callback_url, content=body, headers=headers)
        except httpx.HTTPError as failure:
            log.info("receipt_not_taken", error=type(failure).__name__)
            return
        if answer.is_success:
            await asyncio.to_thread(self._books.sent, receipt.number)

    def _overheard(self, to: str) -> str:
        return f"{self.name} to {to[:6]}…"

    def _happens(self, percent: int) -> bool:
        return self._chance.randrange(100) < percent

    def _arrival(self, most: timedelta | None = None) -> int:
        longest = self.weather.delay if most is None else most
        delay = self._chance.randint(0, longest // timedelta(milliseconds=1))
        return milliseconds(self._clock.now()) + delay


class SmsTwin(MessageTwin):
    """A carrier of text messages for development; one-time codes and invitations go by it too."""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Take a message with a one-time code.

        Raises:
            CarrierUnavailable: It was not taken this time.
        """
        if self.is_down or self._happens(self.weather.failure_percent):
            raise CarrierUnavailable
        await self.take(phone, text, request_id=message_id)

    async def inbox(self, phone: str | None = None, limit: int = 20) -> list[Message]:
        """
        Return what has arrived by now, at one phone or at all, newest first; at most 200.

        Raises:
            InvalidInput: The phone is no mobile number.
        """
        number = None if phone is None else phone_of(phone, field="phone")
        most = max(0, min(limit, INBOX_MAX))
        return await asyncio.to_thread(self._books.arrived, number, self._clock.now(), most)

    def _overheard(self, to: str) -> str:
        return f"SMS to {masked_phone(to)}"
