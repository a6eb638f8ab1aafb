"""What uploads answer: where they stand, and problem details (RFC 9457) for whatever is wrong."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from app.foundation import database
from app.foundation.errors import ContinuityNeeded, NotFound, Refusal, Unauthenticated
from app.foundation.text import text
from app.gateway.authentication import CHALLENGE
from app.gateway.wire import BadRequest
from app.identity.errors import ProofInvalid, ProofReplayed, ProofRequired
from app.origination import queries
from app.origination.errors import (
    DocumentNotAPicture,
    DocumentTooLarge,
    DocumentTooManyPixels,
    InvalidUpload,
    UploadAltered,
    UploadCompleted,
    UploadLengthWrong,
    UploadOffsetWrong,
    UploadOver,
)
from app.origination.rules.documents import PART_BYTES

PROBLEM_MEDIA = "application/problem+json"
IANA = "https://iana.org/assignments/http-problem-types#"
TYPES: Mapping[type[Refusal], tuple[int, str]] = {
    UploadOffsetWrong: (409, IANA + "mismatching-upload-offset"),
    UploadCompleted: (400, IANA + "completed-upload"),
    UploadLengthWrong: (400, IANA + "inconsistent-upload-length"),
    DocumentTooLarge: (413, ""),
    DocumentNotAPicture: (415, ""),
    DocumentTooManyPixels: (422, ""),
    UploadAltered: (422, ""),
    UploadOver: (410, ""),
    InvalidUpload: (400, ""),
    NotFound: (404, ""),
    Unauthenticated: (401, ""),
    ContinuityNeeded: (403, ""),
    ProofRequired: (401, ""),
    ProofInvalid: (401, ""),
    ProofReplayed: (401, ""),
}
"""The status of each refusal, and its type where the draft has one; others are 400 or 503."""


def problem(refusal: Refusal, language: str, headers: Mapping[str, str] | None = None) -> Response:
    """Tell a refusal as problem details, in the caller's language, with what the phone needs."""
    seconds: int | None = getattr(refusal, "retry_after_seconds", None)
    status, kind = TYPES.get(type(refusal), (400 if seconds is None else 503, ""))
    said = dict(headers or {})
    if status == 401:  # noqa: PLR2004 - the status's own number
        said |= CHALLENGE
    if seconds is not None:
        said["retry-after"] = str(seconds)
    content: dict[str, Any] = {
        "type": kind or _type_of(refusal.code),
        "title": text(refusal.text_key, language, **refusal.details()),
        "status": status,
        "code": refusal.code,
    }
    if refusal.field is not None:
        content["field"] = refusal.field
    match refusal:
        case UploadOffsetWrong():
            content |= {
                "expected-offset": refusal.expected,
                "provided-offset": refusal.provided,
            }
            said["upload-offset"] = str(refusal.expected)
        case UploadLengthWrong():
            content |= {"expected-length": refusal.expected, "provided-length": refusal.provided}
        case DocumentTooLarge():
            content["max-size"] = refusal.bytes_max
        case _:
            pass
    return told(content, status=status, media=PROBLEM_MEDIA, headers=said)


def not_read(unread: BadRequest, language: str) -> Response:
    """Tell in the same form that a request could not be read to its end."""
    content: dict[str, Any] = {
        "type": _type_of(unread.code),
        "title": unread.said(language),
        "status": unread.status,
        "code": unread.code,
    }
    return told(content, status=unread.status, media=PROBLEM_MEDIA, headers=unread.headers)


def _type_of(code: str) -> str:
    return f"urn:qingmiao:problem:{code.lower().replace('_', '-')}"


def standing(document: queries.DocumentView, bytes_max: int) -> dict[str, str]:
    """Return the headers that say how much of a document is here, and for how long."""
    now = database.current().clock.now()
    seconds_left = max(0, int((document.expires_at - now).total_seconds()))
    return {
        "upload-offset": str(document.offset_bytes),
        "upload-complete": "?1" if document.is_complete else "?0",
        "upload-length": str(document.size_bytes),
        "upload-limit": f"{limit(bytes_max)}, max-age={seconds_left}",
    }


def limit(bytes_max: int) -> str:
    """Return what `Upload-Limit` says."""
    return f"max-size={bytes_max}, min-size=1, min-append-size={PART_BYTES}"


def empty(status: int, headers: Mapping[str, str]) -> Response:
    """Answer with headers alone, never to be cached."""
    return Response(status_code=status, headers={"cache-control": "private, no-store", **headers})


def told(
    content: Mapping[str, Any], *, status: int, media: str, headers: Mapping[str, str]
) -> Response:
    """Answer with JSON, never to be cached."""
    kept = {"cache-control": "private, no-store", **headers}
    return Response(orjson.dumps(content), status_code=status, media_type=media, headers=kept)
