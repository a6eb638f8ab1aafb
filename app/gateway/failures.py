"""What no route has answered is answered here: in JSON, and without a word of what went wrong."""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.errors import Refusal, SealedDataBroken, TemporarilyUnavailable
from app.foundation.text import text
from app.gateway.context import language_in
from app.gateway.masking import INTERNAL, is_broken_seal, noted_fault
from app.gateway.wire import JSON_MEDIA, BadRequest, Words, refused

_CODES = {405: "METHOD_NOT_ALLOWED"}


class AnswerBrokenOff(Exception):
    """An answer had begun when it failed: the server is to cut it off, and knows no more."""


class JsonFailures:
    """
    Around every route: a path that is not there, a refusal and a fault are told in JSON.

    A fault's own text, which may hold what nobody should read, reaches neither the answer nor a
    log. A sender who hangs up, or whose body breaks off, is no fault of ours.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Pass a request on, and answer for it if it fails before an answer has begun.

        Raises:
            AnswerBrokenOff: It failed after that.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def noted_send(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted_send)
        except Exception as failure:  # noqa: BLE001 - whatever it is, it must not be shown
            await sound_broken_seals(failure, Met.GATEWAY)
            language = language_in(HTTPConnection(scope))
            problem = problem_of(failure, language, route=_route_of(scope))
            if has_begun:
                raise AnswerBrokenOff from None
            await refused(problem, JSON_MEDIA, language=language)(scope, receive, send)


async def told(request: Request, failure: Exception) -> Response:
    """Tell in JSON that a path or method is not there; Starlette would say it in plain text."""
    language = language_in(request)
    problem = problem_of(failure, language, route=_route_of(request.scope))
    return refused(problem, JSON_MEDIA, language=language)


HANDLERS = {HTTPException: told}
"""For Starlette, which answers its own refusals before `JsonFailures` sees them."""


def _route_of(scope: Scope) -> str:
    """Name the route that was taken, as we wrote it; the path itself is the client's to choose."""
    return str(getattr(scope.get("route"), "path", "none"))


def problem_of(failure: Exception, language: str, *, route: str) -> BadRequest:
    """Return what to tell the sender of a request that failed, in their language."""
    match failure:
        case HTTPException():
            return _unrouted(failure)
        case ClientDisconnect():
            return BadRequest(400, "BAD_REQUEST", Words("broke_off"))
        case TemporarilyUnavailable():
            wait = {"retry-after": str(failure.retry_after_seconds)}
            return BadRequest(503, failure.code, _words(failure, language), wait)
        case Refusal():
            return BadRequest(400, failure.code, _words(failure, language))
        case _ if is_broken_seal(failure):
            locked = SealedDataBroken()
            return BadRequest(403, locked.code, _words(locked, language))
        case _:
            reference = noted_fault(failure, route)
            words = text("foundation.fault.masked", language, reference=reference)
            return BadRequest(500, INTERNAL, words)


def _unrouted(failure: HTTPException) -> BadRequest:
    if failure.status_code == 404:  # noqa: PLR2004 - the status's own number
        return BadRequest(404, "NOT_FOUND", Words("nothing_here"), failure.headers)
    code = _CODES.get(failure.status_code, "BAD_REQUEST")
    return BadRequest(failure.status_code, code, failure.detail, failure.headers)


def _words(refusal: Refusal, language: str) -> str:
    return text(refusal.text_key, language, **refusal.details())
