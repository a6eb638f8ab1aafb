"""
Documents uploaded piece by piece (IETF draft-ietf-httpbis-resumable-upload), for lines that break.

`addDocument` announces a document and says where it goes. `HEAD` tells how much is there, `PATCH`
appends from there on, `DELETE` gives it up, `GET` shows the borrower their own picture.
What has arrived is durable in steps of 8 KB while a request is still on its way, so a broken line
loses less than one step. A session bound to a key proves a request before its bytes arrive: the
proof covers the body's hash as `Content-Digest` (RFC 9530) states it, and bytes that turn out to be
others are taken back.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.errors import ContinuityNeeded, NotFound, Refusal, Unauthenticated
from app.foundation.text import language_of, text
from app.gateway.authentication import CHALLENGE, caller_of, proven, sent_request
from app.identity.errors import ProofInvalid, ProofReplayed, ProofRequired
from app.origination import operations as origination
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
from app.origination.rules.documents import PART_BYTES, RemoveDocument

PATH = "/u/{document_id}"
METHODS = ["GET", "HEAD", "PATCH", "DELETE", "OPTIONS"]
PARTIAL_UPLOAD = "application/partial-upload"
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


class DocumentUploads:
    """The upload resource of every document."""

    async def answer(self, request: Request) -> Response:
        """Answer one request; whatever is wrong with it is told as problem details (RFC 9457)."""
        language = language_of(request.headers.get("accept-language"))
        try:
            if request.method == "OPTIONS":
                limits = await queries.document_rules()
                return _empty(204, {"upload-limit": _limit(limits.bytes_max)})
            return await self._answer(request, language)
        except Refusal as refusal:
            return _problem(refusal, language)

    async def _answer(self, request: Request, language: str) -> Response:
        caller = await _borrower(request)
        document_id = str(request.path_params["document_id"])
        match request.method:
            case "PATCH":
                return await _append(request, caller, document_id, language)
            case "DELETE":
                await proven(request, caller, sent_request(request, b""), must_prove=True)
                await origination.remove_document(
                    RemoveDocument(
                        borrower_id=caller.borrower_id,
                        idempotency_key=f"delete-{document_id[:16]}",
                        document_id=document_id[:16],
                    )
                )
                return _empty(204, {})
            case "HEAD":
                document = await queries.document(caller.borrower_id, document_id)
                limits = await queries.document_rules()
                return _empty(204, _standing(document, limits.bytes_max))
            case _:
                shown = await proven(request, caller, sent_request(request, b""), must_prove=True)
                assert isinstance(shown, BorrowerCaller), "a borrower stays one"
                picture = await queries.picture_of(shown.borrower_id, document_id)
                headers = {
                    "cache-control": "private, no-store",
                    "x-content-type-options": "nosniff",
                }
                return Response(picture, media_type="image/jpeg", headers=headers)


async def _borrower(request: Request) -> BorrowerCaller:
    """
    Return the borrower who asks.

    Raises:
        Unauthenticated: Nobody has signed in, or the session is over.
        ContinuityNeeded: The session is not trusted with what this needs.
    """
    caller = await caller_of(request, database.current().clock.now())
    if not isinstance(caller, BorrowerCaller):
        raise Unauthenticated
    needed = Trust.KNOWN if request.method == "HEAD" else Trust.FULL
    if not caller.trust.reaches(needed):
        raise ContinuityNeeded(is_known=caller.trust.reaches(Trust.KNOWN))
    return caller


async def _append(
    request: Request, caller: BorrowerCaller, document_id: str, language: str
) -> Response:
    ask = append_of(request)
    digest = hashlib.sha256(b"").digest() if ask.digest is None else ask.digest
    if caller.device_id is not None and ask.digest is None and not _is_empty(request):
        raise InvalidUpload("Content-Digest")
    sent = replace(sent_request(request, b""), body_hash=digest)
    await proven(request, caller, sent, must_prove=True)
    before = await queries.document(caller.borrower_id, document_id)
    _check_lengths(request, before, ask)
    reached = await _received(request, caller.borrower_id, before, ask)
    if not ask.is_last:
        return _empty(204, {"upload-complete": "?0", "upload-offset": str(reached)})
    await origination.receive_last(caller.borrower_id, document_id, offset=reached)
    try:
        await origination.finish_upload(document_id)
    except Refusal as refusal:
        return _problem(refusal, language, {"upload-complete": "?1", "upload-offset": str(reached)})
    document = await queries.document(caller.borrower_id, document_id)
    done = {"id": document_id, "state": document.state.value}
    headers = {"upload-complete": "?1", "upload-offset": str(reached)}
    return _json(done, status=200, media="application/json", headers=headers)


def append_of(request: Request) -> Append:
    """
    Read what a `PATCH` says of itself.

    Raises:
        InvalidUpload: A header is missing or malformed; it says which.
    """
    headers = request.headers
    if headers.get("content-type", "").split(";")[0].strip().lower() != PARTIAL_UPLOAD:
        raise InvalidUpload("Content-Type")
    offset, complete = headers.get("upload-offset", ""), headers.get("upload-complete", "")
    if not _DIGITS.fullmatch(offset):
        raise InvalidUpload("Upload-Offset")
    if complete not in {"?0", "?1"}:
        raise InvalidUpload("Upload-Complete")
    stated = headers.get("content-digest")
    digest = None if stated is None else _digest_of(stated)
    return Append(offset=int(offset), is_last=complete == "?1", digest=digest)


def _digest_of(stated: str) -> bytes:
    found = _DIGEST.search(stated[:_DIGEST_HEADER_MAX])
    try:
        if found is not None:
            return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        pass
    raise InvalidUpload("Content-Digest")


def _is_empty(request: Request) -> bool:
    return request.headers.get("content-length") == "0"


def _check_lengths(request: Request, document: queries.DocumentView, ask: Append) -> None:
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
    if not ask.is_last and int(declared) < PART_BYTES:
        raise InvalidUpload("Content-Length")


async def _received(
    request: Request, borrower_id: str, document: queries.DocumentView, ask: Append
) -> int:
    """Keep the body step by step; return how far the upload has got."""
    reached, hashed = ask.offset, hashlib.sha256()
    refused: Refusal | None = None
    try:
        async for content in _steps(request):
            hashed.update(content)
            kept = await origination.append_bytes(
                borrower_id, document.document_id, offset=reached, content=content
            )
            reached = kept.offset_bytes
    except UploadLengthWrong as too_long:
        refused = too_long
    if refused is None and ask.digest is not None and hashed.digest() != ask.digest:
        refused = UploadAltered()
    if refused is not None:
        await origination.take_back_bytes(
            borrower_id, document.document_id, since=ask.offset, now_at=reached
        )
        raise refused
    return reached


async def _steps(request: Request) -> AsyncIterator[bytes]:
    """
    Yield whole steps of the body as they arrive, and the rest once it has ended.

    Raises:
        ClientDisconnect: The line broke; the step that had begun is lost, those before are kept.
    """
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        whole = len(held) - len(held) % PART_BYTES
        if whole:
            yield bytes(held[:whole])
            del held[:whole]
    if held:
        yield bytes(held)


def _standing(document: queries.DocumentView, bytes_max: int) -> dict[str, str]:
    now: datetime = database.current().clock.now()
    seconds_left = max(0, int((document.expires_at - now).total_seconds()))
    return {
        "upload-offset": str(document.offset_bytes),
        "upload-complete": "?1" if document.is_complete else "?0",
        "upload-length": str(document.size_bytes),
        "upload-limit": f"{_limit(bytes_max)}, max-age={seconds_left}",
    }


def _limit(bytes_max: int) -> str:
    return f"max-size={bytes_max}, min-size=1, min-append-size={PART_BYTES}"


def _empty(status: int, headers: Mapping[str, str]) -> Response:
    return Response(status_code=status, headers={"cache-control": "private, no-store", **headers})


def _json(
    content: Mapping[str, Any], *, status: int, media: str, headers: Mapping[str, str]
) -> Response:
    kept = {"cache-control": "private, no-store", **headers}
    return Response(orjson.dumps(content), status_code=status, media_type=media, headers=kept)


def _problem(refusal: Refusal, language: str, headers: Mapping[str, str] | None = None) -> Response:
    """Tell a refusal as problem details, in the caller's language, with what the phone needs."""
    seconds: int | None = getattr(refusal, "retry_after_seconds", None)
    status, kind = TYPES.get(type(refusal), (400 if seconds is None else 503, ""))
    said = dict(headers or {})
    if status == 401:  # noqa: PLR2004 - the status's own number
        said |= CHALLENGE
    if seconds is not None:
        said["retry-after"] = str(seconds)
    content: dict[str, Any] = {
        "type": kind or f"urn:qingmiao:problem:{refusal.code.lower().replace('_', '-')}",
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
    return _json(content, status=status, media=PROBLEM_MEDIA, headers=said)
