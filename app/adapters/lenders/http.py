"""Other lenders over HTTP: our calls signed as their callbacks are, with a secret for each."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, TypeVar

import httpx
import msgspec
import orjson

from app.foundation.clock import Clock
from app.foundation.log import logger
from app.origination.ports import HandoverRefused, LenderAnswer, LenderUnavailable
from app.origination.rules.lender_words import LENDER_HEADER, lender_secret, sign_word

log = logger(__name__)

CALL_SECONDS = 8.0
BODY_MAX = 4_096
"""Bytes of an answer; what is longer says nothing we asked for."""
REFUSED = "REFUSED"
Part = TypeVar("Part")
_Reason = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{0,31}\Z")]


class _Taken(msgspec.Struct, frozen=True):
    reference: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]


class _Declined(msgspec.Struct, frozen=True):
    reason: _Reason = REFUSED


class _Stands(msgspec.Struct, frozen=True):
    answer: LenderAnswer | None = None


class HttpLenders:
    """
    Lenders behind one address, each under its code.

    `POST {address}/{partner}/handovers/{id}` hands over the fields as a JSON object,
    `POST …/{id}/take-back` says to stop and delete, `GET …/{id}` asks. The signature is over the
    method and path, a line break, and the body, so that no call can be made from another. 422 is a
    refusal that says why; anything but an answer that can be read is none.
    """

    def __init__(
        self, address: str, *, secret: str, clock: Clock, client: httpx.AsyncClient | None = None
    ) -> None:
        self._address = address.rstrip("/")
        self._secret = secret
        self._clock = clock
        self._client = client

    async def hand_over(
        self, partner_code: str, handover_id: str, handed: Mapping[str, str]
    ) -> str:
        """
        Hand over exactly these fields, or find them handed over; return the lender's reference.

        Raises:
            LenderUnavailable: No answer that can be read.
            HandoverRefused: The lender takes nothing under this id.
        """
        body = orjson.dumps(dict(handed), option=orjson.OPT_SORT_KEYS)
        answer = await self._call("POST", partner_code, f"/handovers/{handover_id}", body)
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise HandoverRefused(_read(answer, _Declined).reason)
        return _read(_well(answer), _Taken).reference

    async def take_back(self, partner_code: str, handover_id: str) -> None:
        """
        Tell the lender to stop using what was handed over and delete it.

        Raises:
            LenderUnavailable: It did not say that it does.
        """
        path = f"/handovers/{handover_id}/take-back"
        _ = _well(await self._call("POST", partner_code, path, b"{}"))

    async def answer_on(self, partner_code: str, handover_id: str) -> LenderAnswer | None:
        """
        Ask whether the lender goes on; None while it has not said.

        Raises:
            LenderUnavailable: No answer that can be read.
        """
        answer = await self._call("GET", partner_code, f"/handovers/{handover_id}", b"")
        return _read(_well(answer), _Stands).answer

    async def run(self, _stop: object) -> None:
        """Do nothing: lenders send their callbacks themselves."""

    async def _call(self, method: str, partner_code: str, path: str, body: bytes) -> httpx.Response:
        whole = f"/{partner_code}{path}"
        signed = f"{method} {whole}\n".encode() + body
        secret = lender_secret(self._secret, partner_code)
        headers = {
            "Content-Type": "application/json",
            LENDER_HEADER: sign_word(secret, signed, self._clock.now()),
        }
        try:
            if self._client is not None:
                return await self._client.request(
                    method, self._address + whole, content=body, headers=headers
                )
            async with httpx.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as client:
                return await client.request(
                    method, self._address + whole, content=body, headers=headers
                )
        except httpx.HTTPError as failure:
            log.info("lender_silent", partner=partner_code, error=type(failure).__name__)
            raise LenderUnavailable from failure


def _well(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise LenderUnavailable
    return answer


def _read(answer: httpx.Response, kind: type[Part]) -> Part:
    if len(answer.content) > BODY_MAX:
        raise LenderUnavailable
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise LenderUnavailable from unreadable
