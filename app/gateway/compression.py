"""
Answers made short by the coding a client wants, around every route.

What is never compressed: an answer that says `no-transform`, which is how one that tells a secret
is marked (see `app.gateway.secrets`), what is compressed already, streams, parts of a resource,
and what has a digest of its bytes. Whoever refuses identity gets these, streams aside, as gzip
that only wraps.

What our own app is answered, and nobody may store, is dated by the hour: then the field is the
same as in the answer before, which HTTP/2 says in one byte instead of 24. Nobody reckons by it: RFC
9110 needs Date for the age of what is stored, and the app takes the time from our nonces.

Every answer passes here, so what depends on a header field alone is worked out once for each value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from functools import lru_cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.foundation import database
from app.gateway.codings import CODINGS, IDENTITY, Compress, chosen, stored, weights_of
from app.gateway.dictionary import is_shared, is_the_apps, shared_codings
from app.gateway.wire import JSON_MEDIA, BadRequest, refused

BYTES_MIN = 32
"""Shorter bodies never become shorter still by more than naming the coding costs."""
VALUES_KEPT = 512
"""How many values of a header field are remembered; clients send a handful."""

_BODILESS = frozenset({204, 205, 206, 304})
_SHORTENED = frozenset(
    {
        "application/cbor",
        "application/graphql-response+json",
        "application/javascript",
        "application/json",
        "application/problem+json",
        "application/schema+json",
        "application/xml",
        "image/svg+xml",
    }
)
_AS_BYTES = frozenset({b"content-encoding", b"content-range", b"content-digest", b"repr-digest"})
"""Fields that speak of the very bytes of a body."""
NOT_ACCEPTABLE = BadRequest(406, "NOT_ACCEPTABLE", "Accept identity or gzip as content coding.")


Now = Callable[[], datetime]


def _now() -> datetime:
    return database.current().clock.now()


class Kind(Enum):
    """What a media type says of a body."""

    TEXT = "It becomes shorter."
    PACKED = "It is as short as it gets."
    STREAM = "It comes in parts, and each must arrive as it is said."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an Accept-Encoding header asks for."""

    weights: Mapping[str, int]
    takes_plain: bool = field(init=False)
    is_served: bool = field(init=False)
    """Whether every answer can be given in some coding it takes."""
    names_shared: bool = field(init=False)
    """Whether it names a coding that needs a dictionary."""
    is_the_apps: bool = field(init=False)
    """Whether it is our own app's."""
    coding: str = field(init=False)
    """What to use where no dictionary is shared."""

    def __post_init__(self) -> None:
        """Work out what follows."""
        put = object.__setattr__
        put(self, "takes_plain", chosen(self.weights, ()) == IDENTITY)
        put(self, "is_served", chosen(self.weights, ("gzip",)) is not None)
        put(self, "names_shared", any(is_shared(coding) for coding in self.weights))
        put(self, "is_the_apps", any(is_the_apps(coding) for coding in self.weights))
        put(self, "coding", chosen(self.weights, tuple(CODINGS)) or IDENTITY)


class Compression:
    """
    Around the whole app: chooses a coding by the request's Accept-Encoding, zstd first.

    A request that takes neither identity nor gzip is refused before anything runs, since some
    answers may not be compressed.
    """

    def __init__(self, app: ASGIApp, *, now: Now = _now) -> None:
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back in the coding it wants."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"accept-encoding"]
        wanted = _wanted(b",".join(given))
        if not wanted.is_served:
            await refused(NOT_ACCEPTABLE, JSON_MEDIA)(scope, receive, send)
            return
        shared: Mapping[str, Compress] = {}
        if wanted.names_shared:
            shared = shared_codings(Headers(scope=scope), wanted.weights)
        await self._app(scope, receive, _Answering(send, wanted, shared, self._now))


class _Answering:
    """One answer on its way out: its start is held back until its body is there."""

    __slots__ = ("_now", "_send", "_shared", "_start", "_wanted")

    def __init__(
        self, send: Send, wanted: Wanted, shared: Mapping[str, Compress], now: Now
    ) -> None:
        self._send = send
        self._wanted = wanted
        self._shared = shared
        self._now = now
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Send a message of the answer on, or hold it back for the next one."""
        if message["type"] == "http.response.start":
            if self._wanted.is_the_apps:
                _date(message, self._now)
            if _kind(dict(message["headers"]).get(b"content-type", b"")) is Kind.STREAM:
                await self._send(message)
            else:
                self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                message = {**message, "body": self._coded(start, message.get("body", b""))}
            await self._send(start)
        await self._send(message)

    def _coded(self, start: Message, body: bytes) -> bytes:
        """Return a whole body as it is to travel, and say so in the fields of its start."""
        if start["status"] in _BODILESS or not body:
            return body
        fields: dict[bytes, bytes] = dict(start["headers"])
        directives = _directives(fields.get(b"cache-control", b""))
        coding, shorter = IDENTITY, body
        if (
            _kind(fields.get(b"content-type", b"")) is Kind.TEXT
            and "no-transform" not in directives
            and _AS_BYTES.isdisjoint(fields)
        ):
            coding, shorter = self._shortened(body)
            if "no-store" not in directives or coding != IDENTITY:
                _vary(start, by_dictionary=bool(self._shared) or "no-store" not in directives)
        if coding == IDENTITY:
            if self._wanted.takes_plain or b"content-encoding" in fields:
                return body
            coding, shorter = "gzip", stored(body)
        _say(start, coding, shorter)
        return shorter

    def _shortened(self, body: bytes) -> tuple[str, bytes]:
        coding = self._wanted.coding
        if self._shared:
            coding = chosen(self._wanted.weights, (*self._shared, *CODINGS)) or IDENTITY
        if coding == IDENTITY or len(body) < BYTES_MIN:
            return IDENTITY, body
        compress = self._shared.get(coding) or CODINGS[coding]
        shorter = compress(body)
        return (coding, shorter) if len(shorter) < len(body) else (IDENTITY, body)


def _date(start: Message, now: Now) -> None:
    """Date what nobody may store by the hour."""
    cache_control = dict(start["headers"]).get(b"cache-control", b"")
    if "no-store" in _directives(cache_control):
        hour = now().replace(minute=0, second=0, microsecond=0)
        start["headers"] = [*start["headers"], (b"date", _http_date(hour))]


def _vary(start: Message, *, by_dictionary: bool) -> None:
    fields = MutableHeaders(raw=list(start["headers"]))
    fields.add_vary_header("Accept-Encoding")
    if by_dictionary:
        fields.add_vary_header("Available-Dictionary")
    start["headers"] = fields.raw


def _say(start: Message, coding: str, body: bytes) -> None:
    """Say in the fields what became of a body; other bytes are another representation."""
    fields = MutableHeaders(raw=list(start["headers"]))
    fields["content-encoding"] = coding
    fields["content-length"] = str(len(body))
    for name in ("accept-ranges", "content-digest", "repr-digest"):
        del fields[name]
    if fields.get("etag", "").startswith('"'):
        fields["etag"] = f"W/{fields['etag']}"
    start["headers"] = fields.raw


@lru_cache(1)
def _http_date(moment: datetime) -> bytes:
    return format_datetime(moment, usegmt=True).encode()


@lru_cache(VALUES_KEPT)
def _wanted(accept_encoding: bytes) -> Wanted:
    return Wanted(weights_of(accept_encoding.decode("latin-1")))


@lru_cache(VALUES_KEPT)
def _kind(content_type: bytes) -> Kind:
    media = content_type.decode("latin-1").split(";")[0].strip().lower()
    if media == "text/event-stream" or media.startswith("multipart/"):
        return Kind.STREAM
    return Kind.TEXT if media.startswith("text/") or media in _SHORTENED else Kind.PACKED


@lru_cache(VALUES_KEPT)
def _directives(cache_control: bytes) -> frozenset[str]:
    parts = cache_control.decode("latin-1").split(",")
    return frozenset(part.strip().lower() for part in parts)
