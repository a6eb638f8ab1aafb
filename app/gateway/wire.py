"""What travels: bodies bounded in size and time, and JSON as UTF-8."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from app.foundation.errors import REFUSED
from app.foundation.text import text
from app.gateway import unfolding
from app.gateway.negotiation import GRAPHQL_MEDIA, JSON_MEDIA

__all__ = [
    "BODY_BYTES_MAX",
    "GRAPHQL_MEDIA",
    "JSON_MEDIA",
    "BadRequest",
    "Words",
    "arriving",
    "body_of",
    "bounded_body",
    "header_of",
    "json_response",
    "refused",
    "written_response",
]

NOT_MODIFIED = 304
BODY_BYTES_MAX = 64 * 1024
DIGITS_MAX = 18
"""Of a Content-Length; more of them say no more than that it is too long."""
BODY_SECONDS_MAX = 60.0
"""How long a body may take: 64 KiB take 18 s at 30 kbit/s, and lines break off."""
SILENCE_SECONDS_MAX = 15.0
"""How long a sender may send nothing in the middle of a body."""


RETRY_AFTER = "retryAfterSeconds"
"""The extension that says when to send the same again, where waiting helps."""
DEVELOPERS_LANGUAGE = "en"
"""Of what only who writes a client, or another system, ever reads."""


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence for people, by its key among the gateway's refusals."""

    key: str
    data: Mapping[str, object] = field(default_factory=dict[str, object])

    def said(self, language: str) -> str:
        """Return the sentence in a language."""
        return text(f"gateway.refusal.{self.key}", language, **self.data)


class BadRequest(Exception):
    """
    The HTTP request itself is wrong, or cannot be taken now; nothing was run.

    What may happen to a person with an app that is in order has `Words` and is told in their
    language; what only a wrong client meets is said to its developer, in English.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str | Words,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        self._message = message

    def __str__(self) -> str:
        """Return what a developer reads."""
        return self.said(DEVELOPERS_LANGUAGE)

    @property
    def waiting(self) -> dict[str, int]:
        """Return what its extensions say of coming back later."""
        seconds = self.headers.get("retry-after")
        return {} if seconds is None else {RETRY_AFTER: int(seconds)}

    def said(self, language: str) -> str:
        """Return what is told in a language."""
        return self._message.said(language) if isinstance(self._message, Words) else self._message


def header_of(connection: HTTPConnection, name: bytes) -> str | None:
    """
    Return the first of a request's header fields of a name, given in lower case; None without one.

    Starlette's own mapping takes ten calls for each, and raises within for each that is not there.
    """
    for given, value in connection.scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return None


async def bounded_body(request: Request, *, most: int = BODY_BYTES_MAX) -> bytes:
    """
    Read a body of at most so many bytes, as it came, from a sender who keeps sending.

    Raises:
        BadRequest: It is longer (413), or its sender is too slow (408).
    """
    if (_declared(request) or 0) > most:
        raise _too_large(most)
    body = b""
    async for part in arriving(request, seconds_max=BODY_SECONDS_MAX):
        body += part
        if len(body) > most:
            raise _too_large(most)
    return body


async def arriving(request: Request, *, seconds_max: float) -> AsyncIterator[bytes]:
    """
    Yield a body part by part as it comes, from a sender who keeps sending, for so long at most.

    What was declared is the whole of it: that nothing follows is not waited for, as a server may
    say so in a message of its own, a turn of the event loop later.

    Raises:
        BadRequest: Nothing came for a while, or it is not all here in time (408).
        ClientDisconnect: The line broke.
    """
    loop = asyncio.get_running_loop()
    end, is_last = loop.time() + seconds_max, False
    declared, so_far = _declared(request), 0
    while not is_last:
        now = loop.time()
        if now > end:
            raise _too_slow()
        try:
            async with asyncio.timeout_at(min(end, now + SILENCE_SECONDS_MAX)):
                message = await request.receive()
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        so_far += len(part)
        is_last = not message.get("more_body", False) or so_far == declared
        yield part


def _declared(request: Request) -> int | None:
    """Return how many bytes a request says it has; None where it does not say."""
    declared = header_of(request, b"content-length") or ""
    return int(declared[:DIGITS_MAX]) if declared.isdecimal() else None


def body_of(request: Request, sent: bytes, *, most: int = BODY_BYTES_MAX) -> bytes:
    """
    Return what a body says once its Content-Encoding is taken off.

    Raises:
        BadRequest: The encoding is unknown (415), broken (400), or unfolds to too much (413).
    """
    encoding = header_of(request, b"content-encoding") or ""
    try:
        return unfolding.opened(sent, encoding, most=most)
    except unfolding.UnknownEncoding:
        message = f"Send the body as it is, or one of {unfolding.ACCEPTED}."
        accepted = {"accept-encoding": unfolding.ACCEPTED}
        raise BadRequest(415, "CONTENT_ENCODING", message, accepted) from None
    except unfolding.BrokenEncoding:
        raise BadRequest(400, "BAD_ENCODING", "The body is not encoded as it says.") from None
    except unfolding.TooLarge:
        raise _too_large(most) from None


def _too_slow() -> BadRequest:
    return BadRequest(408, "TOO_SLOW", Words("too_slow"), {"connection": "close"})


def _too_large(most: int) -> BadRequest:
    return BadRequest(413, "BODY_TOO_LARGE", Words("too_large", {"most": most}))


def json_response(
    content: Any,  # noqa: ANN401 - any JSON value
    *,
    status: int = 200,
    media: str = JSON_MEDIA,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with JSON in UTF-8 (escaped Chinese is 3.6 times the bytes), never to be cached."""
    return written_response(orjson.dumps(content), status=status, media=media, headers=headers)


def written_response(
    body: bytes, *, status: int, media: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON that is written already."""
    return _Written(status, body, _content_type(media), headers or {})


def unchanged_response(tag: str) -> Response:
    """Say that what the client has is still what it would get (304)."""
    return _Written(NOT_MODIFIED, b"", None, {"etag": tag})


@cache
def _content_type(media: str) -> tuple[bytes, bytes]:
    return b"content-type", f"{media}; charset=utf-8".encode("latin-1")


_STORED_BY_NOBODY = (b"cache-control", b"private, no-store")


class _Written(Response):
    """
    An answer that nobody may store unless it says so, whose header fields are all known.

    Starlette's looks through the fields for what is missing, which takes longer than some answers.
    """

    def __init__(  # pyright: ignore[reportMissingSuperCall]
        self,
        status: int,
        body: bytes,
        content_type: tuple[bytes, bytes] | None,
        headers: Mapping[str, str],
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
        ]
        if "cache-control" not in headers:
            self.raw_headers.append(_STORED_BY_NOBODY)
        if content_type is not None:
            self.raw_headers += [content_type, (b"content-length", b"%d" % len(body))]


def refused(
    problem: BadRequest,
    media: str,
    *,
    language: str = DEVELOPERS_LANGUAGE,
    status: int | None = None,
) -> Response:
    """Answer a wrong request as a GraphQL error, in JSON whatever happens."""
    REFUSED.of(problem.code).add()
    errors: Sequence[dict[str, Any]] = [
        {
            "message": problem.said(language),
            "extensions": {"code": problem.code, **problem.waiting},
        }
    ]
    return json_response(
        {"errors": errors}, status=status or problem.status, media=media, headers=problem.headers
    )
