"""
An emulated phone: sends the app's own operations over HTTP, signed.

It sends again what was cut off, and what the gateway had no time for.
"""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import orjson

from app.commands.keystore import Keystore
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.signatures import Purpose
from app.gateway.masking import TIMEOUT

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
TRIES_MAX = 40
WAIT_SECONDS = 0.25
WAIT_SECONDS_MAX = 60.0
"""Nobody looks at a phone that waits for longer, whatever a problem says."""
WORTH_ANOTHER_TRY = frozenset({408, 429})
"""Statuses, besides those of a server's error: the body was too slow; too much was asked."""
PASSING = frozenset({TemporarilyUnavailable.code, TIMEOUT})
"""Codes of what was not done, or not heard of, since the system was busy."""
REFRESH = "refresh_session"
UNMASKED = frozenset(
    {
        "accept_in_wallet",
        "application",
        "applications",
        "ask",
        "auto_debit",
        "contact_attempts",
        "home",
        "household",
        "household_plan",
        "me",
        "my_correction_requests",
        "my_data",
        "my_human_reviews",
        "complaint",
        "my_tickets",
        "ticket",
        "pay_in_wallet",
        "payoff_certificate",
    }
)
"""Reads that show less, or nothing, to a session with a key unless they are signed."""
Variables = Mapping[str, Any]
TIMEOUT_SECONDS = 10.0


class PhoneError(Exception):
    """The gateway answered with something the story does not expect; the message shows it."""


@dataclass(slots=True)
class Traffic:
    """What went over the wire, HTTP/1.1 heads included, in bytes; and how often it was retried."""

    up: int = 0
    down: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Proves:
    """What a request is signed as, and over which token."""

    purpose: Purpose
    token: str = field(repr=False)


@dataclass(slots=True)
class Phone:
    """
    A client with one session.

    A lost connection is a fact of life where our borrowers live: the same operation with the same
    idempotency key is sent again until an answer comes. So it is where the answer says that the
    system was busy.
    """

    address: str
    path: str = "/graphql"
    graph: str = "borrower"
    language: str = "zh-Hans"
    token: str | None = field(default=None, repr=False)
    keystore: Keystore | None = field(default=None, repr=False)
    """Signs what the phone sends, once it has a key."""
    loses_reply: Callable[[], bool] = lambda: False
    """Whether the next answer is lost on the way, after the server has done its work."""
    traffic: Traffic = field(default_factory=Traffic)
    before_sending: Callable[[str], None] = lambda _name: None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How waiting is done: by the clock on the wall, or by moving a clock that stands still."""
    transport: httpx.AsyncBaseTransport | None = None
    """The way to the gateway; the network unless an app in this process is handed in."""

    async def run(self, operation: str, **variables: object) -> dict[str, Any]:
        """
        Send an operation of `fixtures/operations` and return its data.

        Raises:
            PhoneError: The answer carries errors, or none came.
        """
        query = document(self.graph, operation)
        body = orjson.dumps({"query": query, "variables": variables})
        self.before_sending(operation)
        answer = await self._post(body, self.proves(operation, query, variables))
        content = orjson.loads(answer.content)
        if content.get("errors"):
            raise PhoneError(f"{operation}: {content['errors']}")
        return content["data"]

    async def do(self, operation: str, **given: object) -> dict[str, Any]:
        """
        Send a mutation that must succeed, under a fresh idempotency key unless one is given.

        Raises:
            PhoneError: It was refused; the message tells the problem.
        """
        answer = await self.tried(operation, **given)
        if not answer["__typename"].endswith("Success"):
            raise PhoneError(f"{operation}: {answer}")
        return answer

    async def tried(self, operation: str, **given: object) -> dict[str, Any]:
        """Send a mutation and return its union member, success or problem."""
        keyed = {"idempotencyKey": self.new_key(), **given}
        data = await self.run(operation, input=keyed)
        return next(iter(data.values()))

    @staticmethod
    def new_key() -> str:
        """Return an idempotency key that nothing else has."""
        return secrets.token_urlsafe(9)

    def proves(self, operation: str, query: str, variables: Variables) -> "Proves | None":
        """Tell what proves an operation: nothing without a key, and where nothing is at stake."""
        if self.keystore is None or self.keystore.private_key is None:
            return None
        if operation == REFRESH:
            return Proves(Purpose.REFRESH, variables["input"]["refreshToken"])
        is_shown = operation in UNMASKED or query.lstrip().startswith("mutation")
        return Proves(Purpose.PROOF, self.token) if self.token and is_shown else None

    async def do_all(self, *commands: tuple[str, Mapping[str, object]]) -> list[dict[str, Any]]:
        """
        Send mutations that must succeed, one after the other.

        Raises:
            PhoneError: One was refused; those after it were not sent.
        """
        return [await self.do(operation, **given) for operation, given in commands]

    async def _post(self, body: bytes, proves: "Proves | None") -> httpx.Response:
        headers = {
            "content-type": "application/json",
            "accept": "application/graphql-response+json",
        }
        return await self.answered("POST", self.path, body, headers, proves)

    async def answered(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        proves: "Proves | None" = None,
    ) -> httpx.Response:
        """
        Send a request again and again until it is answered, signed anew each time.

        An answer that the system is busy is one only if none better has come in the end.

        Raises:
            PhoneError: It never was.
        """
        busy: httpx.Response | None = None
        own = {"accept-language": self.language, **headers}
        if self.token is not None:
            own["authorization"] = f"Bearer {self.token}"
        for _ in range(TRIES_MAX):
            if proves is not None and self.keystore is not None:
                own["proof"] = self.keystore.proof(
                    proves.purpose, target=path, body=body, token=proves.token
                )
            try:
                async with self._client() as client:
                    answer = await client.request(method, path, content=body, headers=own)
            except httpx.TransportError:
                self.traffic.retries += 1
                await self.pause(WAIT_SECONDS)
                continue
            self._count(answer)
            is_lost = self.loses_reply()
            self.traffic.retries += is_lost
            if is_lost or answer.is_server_error or answer.status_code in WORTH_ANOTHER_TRY:
                await self.pause(_wait_seconds(answer))
                continue
            passing = _passing_problems(self.content_of(answer))
            if not passing:
                return answer
            busy = answer
            self.traffic.retries += 1
            await self.pause(max(map(_told_seconds, passing)))
        if busy is not None:
            return busy
        raise PhoneError(f"no answer after {TRIES_MAX} tries")

    def content_of(self, answer: httpx.Response) -> bytes:
        """Return the body of an answer, as it was before it was made short for the way."""
        return answer.content

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | AsyncIterator[bytes],
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """
        Ask for something that is no operation, by the bearer token alone: a file, an upload.

        Raises:
            httpx.TransportError: The line broke.
        """
        own = {"authorization": f"Bearer {self.token}", "accept-language": self.language}
        async with self._client() as client:
            answer = await client.request(method, path, content=content, headers=own | {**headers})
        if isinstance(content, bytes):
            self._count(answer)
        return answer

    def _count(self, answer: httpx.Response) -> None:
        sent = answer.request
        self.traffic.up += _head(
            f"{sent.method} {sent.url.raw_path.decode()} HTTP/1.1", sent.headers
        )
        self.traffic.up += len(sent.content)
        self.traffic.down += _head(f"HTTP/1.1 {answer.status_code} OK", answer.headers)
        self.traffic.down += len(answer.content)

    async def enroll(self, name: str, **more: object) -> str:
        """
        Make a key and add this phone by it; return the device's id.

        The key is kept before it is used: should every answer be lost, it is still the one.

        Raises:
            PhoneError: It was refused.
        """
        assert self.keystore is not None, "the phone has a keystore"
        begun = await self.do("begin_device_enrollment", **more)
        self.keystore.make_key()
        enrolled = await self.do("enroll_device", name=name, **self.keystore.enrollment(begun))
        self.keystore.key_id = enrolled["keyId"]
        self.keystore.keep()
        return enrolled["deviceId"]

    async def sign_in_with_key(self, now: float | None = None) -> dict[str, Any]:
        """
        Sign in by this phone's key; a clock that is off signs the server's nonce instead.

        Raises:
            PhoneError: The key does not sign in any more.
        """
        assert self.keystore is not None, "the phone has a keystore"
        self.token = None
        signed = self.keystore.sign_in(secrets.token_urlsafe(9), int(now or time.time()))
        answer = await self.tried("sign_in_with_device", **signed)
        if answer["__typename"] == "DeviceClockProblem":
            signed = self.keystore.sign_in(secrets.token_urlsafe(9), answer["nonce"])
            answer = await self.tried("sign_in_with_device", **signed)
        if not answer["__typename"].endswith("Success"):
            raise PhoneError(f"sign_in_with_device: {answer}")
        self.token = answer["accessToken"]
        return answer

    async def code_in_inbox(self, phone: str, *, after: str = "") -> str:
        """
        Wait for a one-time code that the development carrier delivered to a number.

        Raises:
            PhoneError: The newest code is still `after`.
        """
        for _ in range(TRIES_MAX):
            newest = await self.newest_code(phone)
            if newest not in {"", after}:
                return newest
            await self.pause(WAIT_SECONDS)
        raise PhoneError("no code arrived")

    async def newest_code(self, phone: str) -> str:
        """
        Return the newest one-time code at a number; nothing if none has come yet.

        Raises:
            PhoneError: The inbox does not answer.
        """
        for _ in range(TRIES_MAX):
            try:
                async with self._client() as client:
                    answer = await client.get("/dev/inbox", params={"phone": phone})
                messages: list[dict[str, str]] = orjson.loads(answer.content)
            except (httpx.TransportError, orjson.JSONDecodeError):
                await self.pause(WAIT_SECONDS)
                continue
            codes = (re.search(r"(?<!\d)\d{6}(?!\d)", one["text"]) for one in messages)
            return next((found[0] for found in codes if found), "")
        raise PhoneError("the inbox does not answer")

    def _client(self) -> httpx.AsyncClient:
        """Connect anew each time, as a phone does that was cut off."""
        return httpx.AsyncClient(
            base_url=self.address, timeout=TIMEOUT_SECONDS, transport=self.transport
        )


def _wait_seconds(answer: httpx.Response) -> float:
    """Return how long the gateway wants the next try put off."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else WAIT_SECONDS


def _passing_problems(content: bytes) -> list[dict[str, Any]]:
    """Return what in an answer of the graph, a result or an error, says that the system is busy."""
    if not content.startswith(b"{") or not any(code.encode() in content for code in PASSING):
        return []
    told: dict[str, Any] = orjson.loads(content)
    results = (told.get("data") or {}).values()
    problems = [*results, *(one.get("extensions") for one in told.get("errors") or ())]
    return [
        cast("dict[str, Any]", one)
        for one in problems
        if isinstance(one, dict) and cast("dict[str, Any]", one).get("code") in PASSING
    ]


def _told_seconds(problem: Mapping[str, Any]) -> float:
    """Return how long a problem wants the next try put off, within what is bearable."""
    return min(problem.get("retryAfterSeconds") or WAIT_SECONDS, WAIT_SECONDS_MAX)


def _head(first_line: str, headers: httpx.Headers) -> int:
    lines = sum(len(name) + len(value) + 4 for name, value in headers.raw)
    return len(first_line) + 2 + lines + 2


def document(graph: str, operation: str) -> str:
    """
    Return the text of one of the app's own operations, without its comments.

    Raises:
        PhoneError: There is no such operation.
    """
    path = OPERATIONS / graph / f"{operation}.graphql"
    if not path.exists():
        raise PhoneError(f"there is no operation {operation!r} in fixtures/operations/{graph}")
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))
