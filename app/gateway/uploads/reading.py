"""What the headers of an upload's requests say, and what cannot come out right by them."""

import base64
import binascii
import re
from dataclasses import dataclass

from starlette.requests import Request

from app.foundation.ids import has_id_shape
from app.origination import queries
from app.origination.errors import (
    InvalidUpload,
    UploadCompleted,
    UploadLengthWrong,
    UploadOffsetWrong,
)
from app.origination.rules.documents import PART_BYTES, AddDocument, DocumentKind

PARTIAL_UPLOAD = "application/partial-upload"

_DIGITS = re.compile(r"[0-9]{1,15}")
_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):\s*(?:$|[,;])")
_DIGEST_HEADER_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """What a `PATCH` says it brings."""

    offset: int
    is_last: bool
    digest: bytes | None
    """The body's SHA-256, as stated beforehand."""


def append_of(request: Request, *, is_first: bool = False) -> Append:
    """
    Read what a `PATCH`, or the first request of an upload, says of the bytes it brings.

    Raises:
        InvalidUpload: A header is missing or malformed; it says which.
    """
    headers = request.headers
    media = headers.get("content-type", "").split(";")[0].strip().lower()
    if media != PARTIAL_UPLOAD and not is_first:
        raise InvalidUpload("Content-Type")
    offset = "0" if is_first else headers.get("upload-offset", "")
    complete = headers.get("upload-complete", "")
    if not _DIGITS.fullmatch(offset):
        raise InvalidUpload("Upload-Offset")
    if complete not in {"?0", "?1"}:
        raise InvalidUpload("Upload-Complete")
    stated = headers.get("content-digest")
    digest = None if stated is None else _digest_of(stated, "Content-Digest")
    return Append(offset=int(offset), is_last=complete == "?1", digest=digest)


def announced(request: Request, borrower_id: str) -> AddDocument:
    """
    Read from a creation what `addDocument` takes.

    Raises:
        InvalidUpload: A part of it is missing or malformed; it says which.
    """
    length = request.headers.get("upload-length", request.headers.get("content-length", ""))
    application_id = request.query_params.get("application", "")
    kind = request.query_params.get("kind", "")
    if not _DIGITS.fullmatch(length):
        raise InvalidUpload("Upload-Length")
    if not has_id_shape(application_id, "ap"):
        raise InvalidUpload("application")
    if kind not in set(DocumentKind):
        raise InvalidUpload("kind")
    return AddDocument(
        borrower_id=borrower_id,
        idempotency_key=request.headers.get("idempotency-key", "").strip('"'),
        application_id=application_id,
        kind=DocumentKind(kind),
        size_bytes=int(length),
        sha256=_digest_of(request.headers.get("repr-digest", ""), "Repr-Digest").hex(),
    )


def check_lengths(request: Request, document: queries.DocumentView, ask: Append) -> None:
    """
    Refuse before a byte is read what cannot come out right.

    Raises:
        UploadOffsetWrong: It begins elsewhere than the upload stands.
        UploadCompleted: All bytes are here.
        UploadLengthWrong: Its end is not where the announced length has it.
        InvalidUpload: A piece that is not the last is shorter than one step.
    """
    if document.is_complete:
        raise UploadCompleted
    if ask.offset != document.offset_bytes:
        raise UploadOffsetWrong(expected=document.offset_bytes, provided=ask.offset)
    length = request.headers.get("upload-length")
    if length is not None and length != str(document.size_bytes):
        provided = int(length) if _DIGITS.fullmatch(length) else 0
        raise UploadLengthWrong(expected=document.size_bytes, provided=provided)
    declared = request.headers.get("content-length", "")
    if not _DIGITS.fullmatch(declared):
        return
    after = ask.offset + int(declared)
    if after > document.size_bytes or (ask.is_last and after != document.size_bytes):
        raise UploadLengthWrong(expected=document.size_bytes, provided=after)
    is_short = 0 < int(declared) < PART_BYTES or (declared == "0" and ask.offset > 0)
    if not ask.is_last and is_short:
        raise InvalidUpload("Content-Length")


def is_empty(request: Request) -> bool:
    """Tell whether a request says that it has no body."""
    return request.headers.get("content-length") == "0"


def _digest_of(stated: str, header: str) -> bytes:
    found = _DIGEST.search(stated[:_DIGEST_HEADER_MAX])
    try:
        if found is not None:
            return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        pass
    raise InvalidUpload(header)
