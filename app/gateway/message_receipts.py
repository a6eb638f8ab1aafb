"""Receipts of messages: signed ones are believed, others make us ask; either may come twice."""

import hmac
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.foundation.log import logger
from app.gateway.wire import BadRequest, bounded_body, json_response, refused
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
        try:
            body = await bounded_body(request)
            batch = self._checked(request, body, database.current().clock.now())
        except BadRequest as problem:
            return refused(problem, "application/json")
        for receipt in batch:
            _ = await messaging.accept_receipt(receipt, self._providers)
        return json_response({"ok": True})

    def _checked(self, request: Request, body: bytes, now: datetime) -> list[Receipt]:
        if not receipts.is_signed(self._secret, request.headers, body, now):
            log.warning("receipt_forged", bytes=len(body))
            raise BadRequest(401, "BAD_SIGNATURE", "The signature is missing, wrong or old.")
        try:
            return receipts.parse_receipts(body)
        except ValueError:
            raise BadRequest(400, "BAD_NOTICE", "This is no batch of receipts.") from None


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
            raise BadRequest(404, "NOT_FOUND", "There is nothing here.")


def _ids(body: bytes) -> list[str]:
    try:
        return receipts.parse_status_reports(body)
    except ValueError:
        raise BadRequest(400, "BAD_NOTICE", "This is no batch of reports.") from None
