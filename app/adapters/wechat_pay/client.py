"""One signed call to WeChat Pay and its verified answer; what fails is told in two words."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from app.adapters.wechat_pay.keys import PlatformKeys
from app.adapters.wechat_pay.reading import Unreadable, read_json
from app.adapters.wechat_pay.signing import ForgedMessage, Merchant, SignedHeaders, UnknownSerial
from app.foundation.clock import Clock
from app.foundation.ids import Entropy
from app.foundation.log import logger
from app.payments.ports import RailUnavailable

log = logger(__name__)

CERTIFICATES = "/v3/certificates"
CALL_SECONDS = 5.0
DOWNLOAD_SECONDS = 60.0
"""A bill is long; what drips in more slowly than this is no answer either."""
ATTEMPTS_MAX = 2
ANSWER_BYTES_MAX = 64 * 1024 * 1024
LEAST_BETWEEN_DOWNLOADS = timedelta(seconds=60)
"""A flood of notices with made-up serial numbers makes no flood of downloads."""
UNKNOWN_YET = frozenset({401, 403, 408, 425, 429})
"""Answers that say nothing of the order: our key, our rights or their load."""


class Declined(Exception):
    """WeChat Pay says no, in a signed answer: `code` is its error code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(slots=True)
class WeChatClient:
    """Speaks API v3 over httpx: signs what it sends, believes only what WeChat Pay signed."""

    merchant: Merchant
    keys: PlatformKeys
    http: httpx.AsyncClient
    clock: Clock
    entropy: Entropy
    deadline_seconds: float = CALL_SECONDS
    _tried_at: datetime | None = None
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, target: str) -> dict[str, Any]:
        """
        Ask; `target` is path and query.

        Raises:
            RailUnavailable: No answer to be believed.
            Declined: A signed no.
        """
        return await self._call("GET", target, b"", "")

    async def post(self, path: str, values: dict[str, Any], *, serial: str = "") -> dict[str, Any]:
        """
        Act; the same values make the same bytes, so that an attempt repeated is the same order.

        `serial` is the platform key under which fields of the values are encrypted.

        Raises:
            RailUnavailable: No answer to be believed; what it did is unknown.
            Declined: A signed no.
        """
        return await self._call("POST", path, msgspec.json.encode(values), serial)

    async def download(self, url: str) -> bytes:
        """
        Fetch a bill; its address is signed like any other, its bytes are checked by their hash.

        Raises:
            RailUnavailable: No bill came.
        """
        address = httpx.URL(url)
        if address.host != self.http.base_url.host:
            raise RailUnavailable  # our signature goes to WeChat Pay and nowhere else
        answer = await self._sent(
            "GET", address.raw_path.decode(), b"", "", deadline=DOWNLOAD_SECONDS
        )
        if not answer.is_success or len(answer.content) > ANSWER_BYTES_MAX:
            raise RailUnavailable
        return answer.content

    async def refresh(self, *, is_forced: bool = False) -> None:
        """
        Download the platform certificates if it is time, or if a message names one we lack.

        Raises:
            RailUnavailable: They did not come, or are not WeChat Pay's.
        """
        async with self._loading:
            now = self.clock.now()
            last = self._tried_at
            is_soon = last is not None and now - last < LEAST_BETWEEN_DOWNLOADS
            if not (is_forced or self.keys.is_stale(now)) or is_soon:
                return
            self._tried_at = now
            answer = await self._sent("GET", CERTIFICATES, b"", "")
            if not answer.is_success:
                raise RailUnavailable
            try:
                headers = SignedHeaders.of(answer.headers)
                self.keys.load(answer.content, headers, self.clock.now())
            except ForgedMessage as forged:
                log.warning("wechat_certificates_forged", why=str(forged))
                raise RailUnavailable from None
            log.info("wechat_certificates_loaded", count=len(self.keys.certificates))

    async def _call(self, method: str, target: str, body: bytes, serial: str) -> dict[str, Any]:
        await self.refresh()
        answer = await self._sent(method, target, body, serial)
        await self._check(answer)
        try:
            said = read_json(answer.content or b"{}", dict[str, Any])
        except Unreadable:
            raise RailUnavailable from None
        if answer.is_success:
            return said
        raise Declined(answer.status_code, str(said.get("code", "")))

    async def _sent(
        self, method: str, target: str, body: bytes, serial: str, *, deadline: float | None = None
    ) -> httpx.Response:
        """Send once, and once more if nothing came back: under our own ids that is safe."""
        for left in range(ATTEMPTS_MAX - 1, -1, -1):
            nonce = self.entropy(16).hex().upper()
            headers = {
                "Accept": "application/json",
                "Authorization": self.merchant.authorization(
                    method, target, body, now=self.clock.now(), nonce=nonce
                ),
            }
            if body:
                headers["Content-Type"] = "application/json"
            if serial or self.keys.public_key_id:
                headers["Wechatpay-Serial"] = serial or self.keys.public_key_id
            try:
                async with asyncio.timeout(deadline or self.deadline_seconds):
                    answer = await self.http.request(method, target, content=body, headers=headers)
            except (httpx.HTTPError, TimeoutError) as failure:
                log.warning("wechat_unanswered", error=type(failure).__name__, left=left)
                continue
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and left:
                continue
            return answer
        raise RailUnavailable

    async def _check(self, answer: httpx.Response) -> None:
        """
        Believe an answer only if WeChat Pay signed it.

        Raises:
            RailUnavailable: It did not, or it says nothing of the order.
        """
        is_silent = answer.status_code in UNKNOWN_YET
        if is_silent or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            log.warning("wechat_unavailable", status=answer.status_code)
            raise RailUnavailable
        try:
            await self.believe(SignedHeaders.of(answer.headers), answer.content, is_notice=False)
        except ForgedMessage as forged:
            log.warning("wechat_answer_forged", why=str(forged))
            raise RailUnavailable from None

    async def believe(self, headers: SignedHeaders, body: bytes, *, is_notice: bool) -> None:
        """
        See that WeChat Pay signed a message; an unknown key is looked for once.

        Raises:
            ForgedMessage: It did not.
        """
        check = self.keys.check_once if is_notice else self.keys.check
        try:
            check(headers, body, self.clock.now())
        except UnknownSerial:
            try:
                await self.refresh(is_forced=True)
            except RailUnavailable:
                raise ForgedMessage("signed by a key we could not look up") from None
            check(headers, body, self.clock.now())
