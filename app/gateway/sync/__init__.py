"""
`POST /s`: push and pull in one round trip, in CBOR.

A phone sends `[state, [[number, operation id, variables], …]]` and gets `[state, [[number, kind,
answer], …], delta]`; an ack without an answer leaves it out, and the delta is null where nothing
changed, or where only the acks could be told: `Retry-After` says then when to sync again.
What else goes wrong is answered in JSON, like everywhere.
"""

from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from app.foundation.errors import TemporarilyUnavailable, Unauthenticated
from app.foundation.text import text
from app.gateway.authentication import CHALLENGE, PROOF_REFUSALS, proven, sent_request
from app.gateway.codings import weights_of
from app.gateway.context import context_of, language_in
from app.gateway.dictionary import Dictionary, dictionary_of
from app.gateway.early import check_not_early
from app.gateway.sync import cbor
from app.gateway.sync.exchange import COMMANDS_MAX, NUMBER_MAX, Ack, Command, Exchange, Exchanged
from app.gateway.wire import JSON_MEDIA, BadRequest, body_of, bounded_body, refused

PATH = "/s"
MEDIA = "application/cbor"


class SyncEndpoint:
    """The lean front door to the same operations, for phones on bad lines."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        language = language_in(request)
        try:
            return await self._exchanged(request)
        except BadRequest as problem:
            return refused(problem, JSON_MEDIA, language=language)
        except (*PROOF_REFUSALS, Unauthenticated) as refusal:
            words = text(refusal.text_key, language, **refusal.details())
            return refused(BadRequest(401, refusal.code, words, CHALLENGE), JSON_MEDIA)
        except TemporarilyUnavailable as refusal:
            wait = {"retry-after": str(refusal.retry_after_seconds)}
            words = text(refusal.text_key, language)
            return refused(BadRequest(503, refusal.code, words, wait), JSON_MEDIA)

    async def _exchanged(self, request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != MEDIA:
            raise BadRequest(415, "MEDIA_TYPE", f"Send {MEDIA}.")
        sent = await bounded_body(request)
        state, commands = read(body_of(request, sent))
        if commands:
            check_not_early(request)
        context = await context_of(request)
        context.sent = sent_request(request, sent)
        context.caller = await proven(
            request, context.caller, context.sent, must_prove=bool(commands)
        )
        found = await self._exchange.of(state, commands, context, shared=_shared(request))
        # What tells a secret is neither held nor done later, so acks may be compressed.
        headers = {"cache-control": "private, no-store"}
        if found.retry_after_seconds is not None:
            headers["retry-after"] = str(found.retry_after_seconds)
        return Response(written(found), media_type=MEDIA, headers=headers)


def read(sent: bytes) -> tuple[str, list[Command]]:
    """
    Return the state and the commands of a request.

    Raises:
        BadRequest: It is not of the form above; the message says where.
    """
    try:
        match cbor.decode(sent):
            case [str(state), list(pushed)]:
                return state, [_command(one, place) for place, one in enumerate(pushed)]
            case _:
                raise _bad("Send [state, commands].")
    except cbor.NotCbor as broken:
        message = f"The body is not the CBOR of values that JSON has: {broken}."
        raise BadRequest(400, "BAD_CBOR", message) from None


def _command(pushed: cbor.Value, place: int) -> Command:
    if place >= COMMANDS_MAX:
        raise _bad(f"At most {COMMANDS_MAX} commands at a time.")
    match pushed:
        case [bool(), *_]:
            raise _bad(f"Command {place} has no number.")
        case [int(number), str(operation_id), dict(variables)] if 1 <= number <= NUMBER_MAX:
            if _has_bytes(variables):
                raise _bad(f"Command {place} has bytes in its variables.")
            return Command(number, operation_id, cast("dict[str, Any]", variables))
        case _:
            raise _bad(f"Command {place} is not [number from 1, operation id, variables].")


def _has_bytes(value: cbor.Value) -> bool:
    if isinstance(value, list):
        return any(map(_has_bytes, value))
    if isinstance(value, dict):
        return any(map(_has_bytes, value.values()))
    return isinstance(value, bytes)


def written(found: Exchanged) -> bytes:
    """Return what a phone is sent."""
    acks: list[cbor.Value] = [_ack(one) for one in found.acks]
    return cbor.encode([found.state, acks, found.delta])


def _ack(ack: Ack) -> cbor.Value:
    told: list[cbor.Value] = [ack.number, int(ack.kind)]
    if ack.answer:
        told.append(cast("dict[str, cbor.Value]", dict(ack.answer)))
    return told


def _shared(request: Request) -> Dictionary | None:
    """Return the dictionary that the phone names, if it is one of ours."""
    named = weights_of(request.headers.get("accept-encoding"))
    return next((one for coding in named if (one := dictionary_of(coding)) is not None), None)


def _bad(message: str) -> BadRequest:
    return BadRequest(400, "BAD_REQUEST", message)
