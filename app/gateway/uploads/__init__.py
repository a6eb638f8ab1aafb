"""
Documents uploaded piece by piece (IETF draft-ietf-httpbis-resumable-upload), for lines that break.

`addDocument` announces a document and says where it goes; `POST` does so together with the first
bytes, for clients that speak the draft. `HEAD` tells how much is there, `PATCH`
appends from there on, `DELETE` gives it up, `GET` shows the borrower their own picture.
What has arrived is durable in steps of 8 KB while a request is still on its way, so a broken line
loses less than one step. A session bound to a key proves a request before its bytes arrive: the
proof covers the body's hash as `Content-Digest` (RFC 9530) states it, and bytes that turn out to be
others are taken back.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database, pictures
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.errors import ContinuityNeeded, NotFound, Refusal, Unauthenticated
from app.foundation.ids import has_id_shape
from app.foundation.text import language_of
from app.gateway import hints
from app.gateway.authentication import caller_of, proven, sent_request
from app.gateway.uploads.answers import empty, limit, not_read, problem, standing, told
from app.gateway.uploads.reading import Append, announced, append_of, check_lengths, is_empty
from app.gateway.wire import BadRequest, arriving
from app.origination import operations as origination
from app.origination import queries
from app.origination.errors import InvalidUpload, UploadAltered, UploadLengthWrong
from app.origination.rules.documents import PART_BYTES, DocumentKind, RemoveDocument

__all__ = ["CREATION_PATH", "METHODS", "PATH", "DocumentUploads"]

CREATION_PATH = "/u"
PATH = "/u/{document_id}"
SMALL_SIDE = 480
"""Pixels of the longer side on a slow line: as wide as a cheap phone's screen."""
SECONDS_MAX = 2_400.0
"""How long one request may send: 8 MB take 37 minutes at 30 kbit/s, and the next goes on."""
METHODS = ["GET", "HEAD", "PATCH", "DELETE", "OPTIONS"]


class DocumentUploads:
    """The upload resource of every document."""

    async def answer(self, request: Request) -> Response:
        """Answer one request; whatever is wrong with it is told as problem details (RFC 9457)."""
        language = language_of(request.headers.get("accept-language"))
        try:
            if request.method == "OPTIONS":
                limits = await queries.document_rules()
                return empty(204, {"upload-limit": limit(limits.bytes_max)})
            return await self._answer(request, language)
        except Refusal as refusal:
            return problem(refusal, language)
        except BadRequest as unread:
            return not_read(unread, language)

    async def _answer(self, request: Request, language: str) -> Response:
        document_id = str(request.path_params.get("document_id", ""))
        caller = await _borrower(request, document_id)
        if request.method != "POST" and not has_id_shape(document_id):
            raise NotFound
        match request.method:
            case "POST":
                return await _created(request, caller, language)
            case "PATCH":
                return await _append(request, caller, document_id, language)
            case "DELETE":
                await proven(request, caller, sent_request(request, b""), must_prove=True)
                await origination.remove_document(
                    RemoveDocument(
                        borrower_id=caller.borrower_id,
                        idempotency_key=f"delete-{document_id}",
                        document_id=document_id,
                    )
                )
                return empty(204, {})
            case "HEAD":
                document = await queries.document(caller.borrower_id, document_id)
                limits = await queries.document_rules()
                return empty(204, standing(document, limits.bytes_max))
            case _:
                shown = await proven(request, caller, sent_request(request, b""), must_prove=True)
                assert isinstance(shown, BorrowerCaller), "a borrower stays one"
                picture = await queries.picture_of(shown.borrower_id, document_id)
                return await _shown(request, picture)


async def _shown(request: Request, picture: bytes) -> Response:
    """Show a picture: smaller where the line is slow, unless the query asks for `size=full`."""
    if hints.is_slow(request.headers) and request.query_params.get("size") != "full":
        picture = (await pictures.fit(picture, longest=SMALL_SIDE)).content
    headers = {
        "cache-control": "private, no-store",
        "vary": hints.FIELDS,
        "x-content-type-options": "nosniff",
        **hints.ASKED_FOR,
    }
    return Response(picture, media_type="image/jpeg", headers=headers)


async def _borrower(request: Request, document_id: str) -> BorrowerCaller:
    """
    Return the borrower who asks.

    Raises:
        Unauthenticated: Nobody has signed in, or the session is over.
        ContinuityNeeded: The session is not trusted with what this needs.
        NotFound: There is no such document, or it is somebody else's.
    """
    caller = await caller_of(request, database.current().clock.now())
    if not isinstance(caller, BorrowerCaller):
        raise Unauthenticated
    needed = Trust.FULL
    if request.method == "HEAD" or (
        request.method == "PATCH" and await _is_evidence(caller, document_id)
    ):
        needed = Trust.KNOWN
    if not caller.trust.reaches(needed):
        raise ContinuityNeeded(is_known=caller.trust.reaches(Trust.KNOWN))
    return caller


async def _is_evidence(caller: BorrowerCaller, document_id: str) -> bool:
    """
    Tell whether bytes go to a picture with a ticket, which takes no more trust than a reply to it.

    Only where it matters: whoever is trusted in full sends all they like, and others nothing.
    """
    if caller.trust is not Trust.KNOWN or not has_id_shape(document_id):
        return False
    document = await queries.document(caller.borrower_id, document_id)
    return document.kind is DocumentKind.TICKET_EVIDENCE


async def _created(request: Request, caller: BorrowerCaller, language: str) -> Response:
    """
    Announce a document and take its first bytes, in one request; again, it is the same document.

    The query says for which `application` and of which `kind`; `Idempotency-Key`, `Upload-Length`
    and `Repr-Digest` stand for what `addDocument` takes.
    """
    ask = append_of(request, is_first=True)
    await _proven(request, caller, ask)
    command = announced(request, caller.borrower_id)
    document_id = await origination.add_document(command)
    location = {"location": PATH.format(document_id=document_id)}
    limits = await queries.document_rules()
    try:
        answer = await _taken(request, caller.borrower_id, document_id, ask, language)
    except Refusal as refusal:
        return problem(refusal, language, location)
    answer.status_code = 201 if answer.status_code in {200, 204} else answer.status_code
    answer.headers.update(location | {"upload-limit": limit(limits.bytes_max)})
    return answer


async def _append(
    request: Request, caller: BorrowerCaller, document_id: str, language: str
) -> Response:
    ask = append_of(request)
    await _proven(request, caller, ask)
    return await _taken(request, caller.borrower_id, document_id, ask, language)


async def _proven(request: Request, caller: BorrowerCaller, ask: Append) -> None:
    """
    Let a session bound to a key prove a request before its body is read.

    Raises:
        InvalidUpload: The body's hash is not stated, so nothing could be proven.
        ProofRequired, ProofInvalid, ProofReplayed: As for every mutation.
    """
    if caller.device_id is not None and ask.digest is None and not is_empty(request):
        raise InvalidUpload("Content-Digest")
    digest = hashlib.sha256(b"").digest() if ask.digest is None else ask.digest
    sent = replace(sent_request(request, b""), body_hash=digest)
    await proven(request, caller, sent, must_prove=True)


async def _taken(
    request: Request, borrower_id: str, document_id: str, ask: Append, language: str
) -> Response:
    """Take a body into an upload, and make the picture once its last byte is here."""
    before = await queries.document(borrower_id, document_id)
    check_lengths(request, before, ask)
    reached = await _received(request, borrower_id, before, ask)
    if not ask.is_last:
        return empty(204, {"upload-complete": "?0", "upload-offset": str(reached)})
    headers = {"upload-complete": "?1", "upload-offset": str(reached)}
    await origination.receive_last(borrower_id, document_id, offset=reached)
    try:
        await origination.finish_upload(document_id)
    except Refusal as refusal:
        return problem(refusal, language, headers)
    document = await queries.document(borrower_id, document_id)
    done = {"id": document_id, "state": document.state.value}
    return told(done, status=200, media="application/json", headers=headers)


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

    The step that had begun when it broke off is lost, those before are kept.

    Raises:
        ClientDisconnect: The line broke.
        BadRequest: The sender fell silent, or took too long (408).
    """
    held = bytearray()
    async for chunk in arriving(request, seconds_max=SECONDS_MAX):
        held += chunk
        whole = len(held) - len(held) % PART_BYTES
        if whole:
            yield bytes(held[:whole])
            del held[:whole]
    if held:
        yield bytes(held)
