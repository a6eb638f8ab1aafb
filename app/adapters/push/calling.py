"""One call to a phone maker's service, and its answer: said, not taken, or unknown."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import httpx
import msgspec

from app.foundation.log import logger
from app.messaging.ports import OutcomeUnknown

log = logger(__name__)

CALL_SECONDS = 3.0
CONNECT_SECONDS = 1.5
ANSWER_BYTES_MAX = 64 * 1024
T = TypeVar("T")


class NotTaken(Exception):
    """The service said no, or was never reached: nothing was done. `code` is the word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, whatever its status."""

    status: int
    content: bytes = field(repr=False)

    @property
    def is_certain(self) -> bool:
        """Whether what it says of the message can be believed: faults of theirs say nothing."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR or self.status == _TOO_MUCH

    def read(self, kind: type[T]) -> T:
        """
        Read it as JSON of a kind.

        Raises:
            NotTaken: It is none, and its status says that nothing was done.
            OutcomeUnknown: It is none.
        """
        try:
            return msgspec.json.decode(self.content, type=kind)
        except (msgspec.DecodeError, ValueError, RecursionError) as unreadable:
            if self.status >= HTTPStatus.MULTIPLE_CHOICES and self.is_certain:
                raise NotTaken(f"HTTP{self.status}") from unreadable
            raise OutcomeUnknown from unreadable


_TOO_MUCH = HTTPStatus.SERVICE_UNAVAILABLE
"""Huawei's "流量控制": flow control."""


@dataclass(frozen=True, slots=True)
class Line:
    """Calls over httpx, each bounded in time and in the bytes of its answer."""

    seconds: float = CALL_SECONDS
    _trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    """Read once: making it takes longer than the call."""

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Said:
        """
        Call once; neither address nor body are ever logged.

        Raises:
            NotTaken: The service was not reached.
            OutcomeUnknown: No answer came that can be read, or none in time.
        """
        limits = httpx.Timeout(self.seconds, connect=CONNECT_SECONDS)
        try:
            async with (
                asyncio.timeout(self.seconds),
                httpx.AsyncClient(timeout=limits, trust_env=False, verify=self._trusted) as client,
                client.stream(method, url, headers=dict(headers), content=content) as answer,
            ):
                return Said(answer.status_code, await _bounded(answer))
        except (httpx.ConnectError, httpx.ConnectTimeout) as failure:
            raise NotTaken(type(failure).__name__) from failure
        except (httpx.HTTPError, TimeoutError) as failure:
            log.info("push_service_silent", error=type(failure).__name__)
            raise OutcomeUnknown from failure


async def _bounded(answer: httpx.Response) -> bytes:
    content = b""
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > ANSWER_BYTES_MAX:
            raise OutcomeUnknown
    return content
