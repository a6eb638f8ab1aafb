"""
Whatever changes something is refused in TLS early data (RFC 8470), which anybody may send again.

We take no early data ourselves: a proxy that does says so by `Early-Data: 1`. A read passes.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.foundation.text import language_of
from app.gateway.wire import JSON_MEDIA, BadRequest, Words, refused

EARLY_DATA = "early-data"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing (RFC 9110, section 9.2.1)."""


class TooEarly(BadRequest):
    """It came before the handshake was over: 425, to be sent again once it is."""

    def __init__(self) -> None:
        super().__init__(425, "TOO_EARLY", Words("too_early"))


def check_not_early(connection: HTTPConnection) -> None:
    """
    See that whoever asks to change something is no replay of somebody else's.

    A malformed or repeated header says the same as one of `1` (RFC 8470, section 5.1).

    Raises:
        TooEarly: It may be one.
    """
    if EARLY_DATA in connection.headers:
        raise TooEarly


class NothingEarly:
    """
    Before every route: what its method says may change something waits for the handshake.

    Paths on which reads come by POST look into what is asked, and check it themselves.
    """

    def __init__(self, app: ASGIApp, *, looked_into: frozenset[str]) -> None:
        self._app = app
        self._looked_into = looked_into

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and scope["path"] not in self._looked_into
        ):
            connection = HTTPConnection(scope)
            try:
                check_not_early(connection)
            except TooEarly as problem:
                language = language_of(connection.headers.get("accept-language"))
                await refused(problem, JSON_MEDIA, language=language)(scope, receive, send)
                return
        await self._app(scope, receive, send)
