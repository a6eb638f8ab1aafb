"""
Answers made short by the coding a client wants, around every route.

What is never compressed: an answer that says `no-transform`, which is how one that tells a secret
is marked (see `app.gateway.secrets`), what is compressed already, streams, parts of a resource,
and what has a digest of its bytes. Whoever refuses identity gets these, streams aside, as gzip
that only wraps.
"""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.gateway.codings import CODINGS, IDENTITY, Compress, chosen, stored, weights_of
from app.gateway.dictionary import shared_codings
from app.gateway.wire import JSON_MEDIA, BadRequest, refused

BYTES_MIN = 32
"""Shorter bodies never become shorter still by more than naming the coding costs."""

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
_DIGESTS = ("content-digest", "repr-digest")
_AS_BYTES = ("content-encoding", "content-range", *_DIGESTS)
"""Fields that speak of the very bytes of a body."""
NOT_ACCEPTABLE = BadRequest(406, "NOT_ACCEPTABLE", "Accept identity or gzip as content coding.")


class Compression:
    """
    Around the whole app: chooses a coding by the request's Accept-Encoding, zstd first.

    A request that takes neither identity nor gzip is refused before anything runs, since some
    answers may not be compressed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back in the coding it wants."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        weights = weights_of(headers.get("accept-encoding"))
        if chosen(weights, ("gzip",)) is None:
            await refused(NOT_ACCEPTABLE, JSON_MEDIA)(scope, receive, send)
            return
        shared = shared_codings(headers, weights)
        await self._app(scope, receive, Answering(send, weights, shared))


class Answering:
    """One answer on its way out: its start is held back until its body is there."""

    def __init__(
        self, send: Send, weights: Mapping[str, int], shared: Mapping[str, Compress]
    ) -> None:
        self._send = send
        self._weights = weights
        self._shared = shared
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Send a message of the answer on, or hold it back for the next one."""
        if message["type"] == "http.response.start":
            self._start = message
            if _is_stream(MutableHeaders(raw=message["headers"])):
                await self._send(message)
                self._start = None
            return
        if self._start is not None:
            start, self._start = self._start, None
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                message = {**message, "body": self._coded(start, message.get("body", b""))}
            await self._send(start)
        await self._send(message)

    def _coded(self, start: Message, body: bytes) -> bytes:
        """Return a whole body as it is to travel, and say so in the fields of its start."""
        fields = MutableHeaders(raw=start["headers"])
        start["headers"] = fields.raw
        if start["status"] in _BODILESS or not body:
            return body
        coding, shorter = IDENTITY, body
        if _may_be_compressed(fields):
            fields.add_vary_header("Accept-Encoding")
            if self._shared or "no-store" not in _directives(fields):
                fields.add_vary_header("Available-Dictionary")
            coding, shorter = self._shortened(body)
        if coding == IDENTITY:
            if chosen(self._weights, ()) == IDENTITY or "content-encoding" in fields:
                return body
            coding, shorter = "gzip", stored(body)
            for name in _DIGESTS:
                del fields[name]
        fields["content-encoding"] = coding
        fields["content-length"] = str(len(shorter))
        del fields["accept-ranges"]
        if fields.get("etag", "").startswith('"'):
            fields["etag"] = f"W/{fields['etag']}"
        return shorter

    def _shortened(self, body: bytes) -> tuple[str, bytes]:
        if len(body) < BYTES_MIN:
            return IDENTITY, body
        coding = chosen(self._weights, (*self._shared, *CODINGS)) or IDENTITY
        if coding == IDENTITY:
            return IDENTITY, body
        compress = self._shared.get(coding) or CODINGS[coding]
        shorter = compress(body)
        return (coding, shorter) if len(shorter) < len(body) else (IDENTITY, body)


def _may_be_compressed(fields: MutableHeaders) -> bool:
    media = _media(fields)
    if not (media.startswith("text/") or media in _SHORTENED):
        return False
    if any(name in fields for name in _AS_BYTES):
        return False
    return "no-transform" not in _directives(fields)


def _is_stream(fields: MutableHeaders) -> bool:
    """Tell whether a body comes in parts that must each arrive as it is said."""
    media = _media(fields)
    return media == "text/event-stream" or media.startswith("multipart/")


def _media(fields: MutableHeaders) -> str:
    return fields.get("content-type", "").split(";")[0].strip().lower()


def _directives(fields: MutableHeaders) -> set[str]:
    return {part.strip().lower() for part in fields.get("cache-control", "").split(",")}
