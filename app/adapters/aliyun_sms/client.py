"""One signed call to Aliyun, and its answer in three words: said, refused, or unknown."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import httpx
import msgspec

from app.adapters.aliyun_sms.signing import AccessKey, canonical_query, signed_headers
from app.foundation.clock import Clock
from app.foundation.log import logger
from app.messaging.ports import OutcomeUnknown

log = logger(__name__)

VERSION = "2017-05-25"
CALL_SECONDS = 4.0
ANSWER_BYTES_MAX = 256 * 1024
T = TypeVar("T")


class NotTaken(Exception):
    """Aliyun said no, or was never reached: nothing was done. `code` is its word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Failure(msgspec.Struct):
    code: str = msgspec.field(name="Code", default="")


@dataclass(slots=True)
class AliyunClient:
    """Speaks the RPC style of Aliyun's OpenAPI over httpx."""

    address: str
    key: AccessKey
    clock: Clock
    nonce: Callable[[], str]
    http: httpx.AsyncClient | None = None
    """Handed in by tests; otherwise one is opened for each call."""
    seconds: float = CALL_SECONDS
    _host: str = field(init=False)
    _trusted: ssl.SSLContext = field(init=False, default_factory=ssl.create_default_context)
    """Read once: making it takes longer than the call."""

    def __post_init__(self) -> None:
        """Keep the host as it stands in the header that is signed."""
        self._host = httpx.URL(self.address).netloc.decode()

    async def call(self, action: str, parameters: Mapping[str, str], kind: type[T]) -> T:
        """
        Call one action.

        Raises:
            NotTaken: It was certainly not carried out.
            OutcomeUnknown: It may have been.
        """
        query = canonical_query(parameters)
        headers = signed_headers(
            self.key,
            action=action,
            version=VERSION,
            host=self._host,
            query=query,
            at=self.clock.now(),
            nonce=self.nonce(),
        )
        answer = await self._sent(action, f"{self.address}/?{query}", headers)
        return self._read(action, answer, kind)

    async def _sent(self, action: str, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            if self.http is not None:
                return await self.http.post(url, headers=headers, timeout=self.seconds)
            async with self._client() as client:
                return await client.post(url, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as failure:
            raise NotTaken(type(failure).__name__) from failure
        except httpx.HTTPError as failure:
            log.info("aliyun_silent", action=action, error=type(failure).__name__)
            raise OutcomeUnknown from failure

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=self.seconds, trust_env=False, verify=self._trusted)

    def _read(self, action: str, answer: httpx.Response, kind: type[T]) -> T:
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise OutcomeUnknown
        if answer.is_success:
            return _decoded(answer.content, kind)
        code = _decoded(answer.content, _Failure).code or f"HTTP{answer.status_code}"
        log.info("aliyun_refuses", action=action, status=answer.status_code, code=code[:60])
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise OutcomeUnknown
        raise NotTaken(code)


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise OutcomeUnknown from unreadable
