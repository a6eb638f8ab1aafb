"""Notices from the payment rail: checked, then handed to the room whose order they are about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.foundation.ids import has_id_shape
from app.foundation.log import logger
from app.gateway.wire import BadRequest, bounded_body, json_response, refused
from app.origination import operations as origination
from app.origination.rules import lender_words
from app.payments import operations as payments
from app.payments import rules

log = logger(__name__)


class NoticeReader(Protocol):
    """Reads a provider's own notices; one adapter per provider."""

    async def read(self, headers: Mapping[str, str], body: bytes) -> rules.RailNotice | None:
        """
        Read one notice; None for what is none of our business.

        Raises:
            NoticeForged: The provider did not send it just now, or sent it before.
            NoticeMalformed: It did, and it says nothing we can read.
        """
        ...


class ProviderCallback:
    """
    `POST /callbacks/rail` where a provider of its own form moves money: the same promises.

    Nothing is read before its signature is checked; anything but 2xx makes the provider try again.
    """

    def __init__(self, reader: NoticeReader) -> None:
        self._reader = reader

    async def answer(self, request: Request) -> Response:
        """Take one notice."""
        try:
            body = await bounded_body(request)
            notice = await self._reader.read(request.headers, body)
        except BadRequest as problem:
            return refused(problem, "application/json")
        except rules.NoticeForged as forged:
            log.warning("rail_notice_forged", why=str(forged))
            problem = BadRequest(401, "BAD_SIGNATURE", "The signature is missing, wrong or old.")
            return refused(problem, "application/json")
        except rules.NoticeMalformed:
            problem = BadRequest(400, "BAD_NOTICE", "This is not a notice of the rail.")
            return refused(problem, "application/json")
        if notice is not None:
            await _hand_on(notice)
        return json_response({"code": "SUCCESS"})


async def _hand_on(notice: rules.RailNotice) -> None:
    """Hand a checked notice to the room whose order it is about."""
    goes_out = notice.kind is rules.RailOrderKind.DISBURSEMENT
    if goes_out and has_id_shape(notice.order_id, "rf"):
        await payments.accept_refund_notice(notice)
    elif goes_out:
        await origination.accept_disbursement_notice(notice)
    else:
        await payments.accept_callback(notice)


class RailCallback:
    """
    `POST /callbacks/rail`: a hint that an order has moved.

    A notice may come twice, late, out of order, or from somebody else; only a signed one is read,
    and taking one again changes nothing. Anything but 2xx makes the rail send it again.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def answer(self, request: Request) -> Response:
        """Take one notice."""
        try:
            body = await bounded_body(request)
            notice = self._checked(request, body, database.current().clock.now())
        except BadRequest as problem:
            return refused(problem, "application/json")
        await _hand_on(notice)
        return json_response({"ok": True})

    def _checked(self, request: Request, body: bytes, now: datetime) -> rules.RailNotice:
        if not rules.verify_signature(self._secret, request.headers, body, now):
            log.warning("rail_notice_forged", bytes=len(body))
            raise BadRequest(401, "BAD_SIGNATURE", "The signature is missing, wrong or old.")
        try:
            return rules.parse_notice(body)
        except ValueError:
            raise BadRequest(400, "BAD_NOTICE", "This is not a notice of the rail.") from None


class LenderCallback:
    """
    `POST /callbacks/lenders/{partner}`: another lender's word on what was handed over to it.

    Each lender signs with a secret of its own, so none speaks for another; where the settings hold
    no secret, nobody does. A word may come twice, late or out of order: taking one again changes
    nothing. Anything but 2xx makes the lender send it again.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def answer(self, request: Request) -> Response:
        """Take one word."""
        partner_code = request.path_params["partner"]
        try:
            body = await bounded_body(request)
            word = self._checked(partner_code, request.headers, body)
        except BadRequest as problem:
            return refused(problem, "application/json")
        await origination.accept_lender_word(partner_code, word)
        return json_response({"ok": True})

    def _checked(
        self, partner_code: str, headers: Mapping[str, str], body: bytes
    ) -> lender_words.LenderWord:
        secret = lender_words.lender_secret(self._secret, partner_code)
        now = database.current().clock.now()
        if not self._secret or not lender_words.is_signed(secret, headers, body, now):
            log.warning("lender_word_forged", bytes=len(body))
            raise BadRequest(401, "BAD_SIGNATURE", "The signature is missing, wrong or old.")
        try:
            return lender_words.parse_word(body)
        except ValueError:
            raise BadRequest(400, "BAD_NOTICE", "This is not a lender's word.") from None
