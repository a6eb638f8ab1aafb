"""Receipts of messages: signed ones are believed, others make us ask; either may come twice."""

import hmac
from collections.abc import Awaitable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.foundation.log import logger
from app.gateway.wire import JSON_MEDIA, BadRequest, bounded_body, json_response, refused
from app.messaging import operations as messaging
from app.messaging.ports import Providers, Receipt
from app.messaging.rules import receipts

log = logger(__name__)


class MessageReceipts:
    """
    `POST /callbacks/messages`: what became of messages, from whoever shares our secret.

    A receipt may come twice, late, before the answer to its own call, or from somebody else; only a
    signed one is read, and taking one again changes nothing. Where the settings hold no secret,
    nobody is heard. Anything but 2xx makes the carrier send it again.
    """

    def __init__(self, secret: str, providers: Providers) -> None:
        self._secret = secret
        self._providers = providers

    async def answer(self, request: Request) -> Response:
        """Take a batch."""
        return await taken(self._batch(request), self._providers, thanks={"ok": True})

    async def _batch(self, request: Request) -> list[Receipt]:
        body = await bounded_body(request)
        now = database.current().clock.now()
        if not receipts.is_signed(self._secret, request.headers, body, now):
            raise forged(bytes=len(body))
        return receipts.parse_receipts(body)


async def taken(
    batch: Awaitable[list[Receipt]], providers: Providers, *, thanks: Mapping[str, object]
) -> Response:
    """Take a batch in and thank for it; refuse one that is not believed, or cannot be read."""
    try:
        believed = await batch
    except BadRequest as problem:
        return refused(problem, JSON_MEDIA)
    except ValueError:
        return refused(BadRequest(400, "BAD_NOTICE", "This is no batch of receipts."), JSON_MEDIA)
    for receipt in believed:
        _ = await messaging.accept_receipt(receipt, providers)
    return json_response(thanks)


def forged(**about: object) -> BadRequest:
    """Return the refusal of what its carrier did not sign, and leave a line in the log."""
    log.warning("receipt_forged", **about)
    return BadRequest(401, "BAD_SIGNATURE", "The signature is missing, wrong or old.")


def nothing_here() -> BadRequest:
    """Return the refusal where nobody is heard."""
    return BadRequest(404, "NOT_FOUND", "There is nothing here.")


class AliyunReports:
    """
    `POST /callbacks/messages/aliyun/{token}`: Aliyun's status reports, which nobody signs.

    They are hints. The token in the address keeps strangers from making us ask all day; what is
    believed is what Aliyun answers when it is asked about our own id.
    """

    def __init__(self, token: str, providers: Providers) -> None:
        self._token = token
        self._providers = providers

    async def answer(self, request: Request) -> Response:
        """Ask about every message of a batch."""
        try:
            body = await bounded_body(request)
            self._check(str(request.path_params["token"]))
            ids = _ids(body)
        except BadRequest as problem:
            return refused(problem, "application/json")
        for request_id in ids:
            _ = await messaging.ask_about(request_id, self._providers)
        return json_response({"code": 0, "msg": "成功"})

    def _check(self, given: str) -> None:
        if not self._token or not hmac.compare_digest(given.encode(), self._token.encode()):
            raise nothing_here()


def _ids(body: bytes) -> list[str]:
    try:
        return receipts.parse_status_reports(body)
    except ValueError:
        raise BadRequest(400, "BAD_NOTICE", "This is no batch of reports.") from None
