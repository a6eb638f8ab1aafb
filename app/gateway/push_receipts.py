"""Receipts of pushes, as phone makers post them: believed where they are signed, once or twice."""

import hashlib
from collections import OrderedDict
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.gateway.message_receipts import forged, nothing_here, taken
from app.gateway.wire import bounded_body
from app.messaging.ports import Providers, Receipt
from app.messaging.rules import push_receipts
from app.messaging.rules.receipts import FRESH
from app.settings import HuaweiPushSettings, XiaomiPushSettings

BODY_BYTES_MAX = 512 * 1024
"""A thousand receipts, or what Xiaomi saves up in a second."""
NONCES_MAX = 10_000


class HuaweiReceipts:
    """
    `POST /callbacks/messages/huawei`: what became of pushes, signed with our callback key.

    Huawei signs a moment and a nonce, not the body. So a nonce is good for one body only, as far as
    this process has seen it; the same body may come again, and changes nothing.
    """

    def __init__(self, settings: HuaweiPushSettings | None, providers: Providers) -> None:
        self._settings = settings
        self._providers = providers
        self._seen: OrderedDict[str, tuple[datetime, bytes]] = OrderedDict()

    async def answer(self, request: Request) -> Response:
        """Take a batch."""
        thanks = {"code": "0", "message": "success"}
        return await taken(self._batch(request), self._providers, thanks=thanks)

    async def _batch(self, request: Request) -> list[Receipt]:
        nonce = self._nonce(request)
        body = await bounded_body(request, most=BODY_BYTES_MAX)
        self._check_once(nonce, body)
        return push_receipts.parse_huawei(body)

    def _nonce(self, request: Request) -> str:
        settings = self._settings
        if settings is None or not settings.callback_name:
            raise nothing_here()
        nonce = push_receipts.huawei_nonce(
            request.headers.get(push_receipts.HUAWEI_HEADER, ""),
            name=settings.callback_name,
            key=settings.callback_key.read(),
            now=database.current().clock.now(),
        )
        if nonce is None:
            raise forged(maker="huawei")
        return nonce

    def _check_once(self, nonce: str, body: bytes) -> None:
        now, digest = database.current().clock.now(), hashlib.sha256(body).digest()
        while self._seen:
            moment, _ = next(iter(self._seen.values()))
            if len(self._seen) < NONCES_MAX and now - moment <= 2 * FRESH:
                break
            _ = self._seen.popitem(last=False)
        _, first = self._seen.setdefault(nonce, (now, digest))
        if first != digest:
            raise forged(maker="huawei")


class XiaomiReceipts:
    """
    `POST /callbacks/messages/xiaomi`: what became of pushes, each by a parameter that we signed.

    Xiaomi throws away what it has posted once, so what is not ours is left out of a batch and the
    rest is taken; a batch without anything of ours is somebody else's.
    """

    def __init__(self, settings: XiaomiPushSettings | None, providers: Providers) -> None:
        self._settings = settings
        self._providers = providers

    async def answer(self, request: Request) -> Response:
        """Take a batch."""
        return await taken(self._batch(request), self._providers, thanks={"ok": True})

    async def _batch(self, request: Request) -> list[Receipt]:
        if self._settings is None:
            raise nothing_here()
        body = await bounded_body(request, most=BODY_BYTES_MAX)
        batch = push_receipts.parse_xiaomi(body, self._settings.app_secret.read())
        if not batch:
            raise forged(maker="xiaomi")
        return batch
