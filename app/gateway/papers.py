"""Files for download: agreement and certificates as PDF, and the evidence of a signature."""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.foundation import database
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.errors import (
    ContinuityNeeded,
    NotFound,
    RateLimited,
    Refusal,
    TemporarilyUnavailable,
    Unauthenticated,
)
from app.foundation.ids import has_id_shape
from app.foundation.papers.blocks import Paper
from app.foundation.papers.setting import set_pdf
from app.foundation.text import language_of, text
from app.gateway.authentication import CHALLENGE, PROOF_REFUSALS, caller_of, proven, sent_request
from app.origination import queries as origination
from app.origination.operations.evidencing import NotInChain, export_evidence
from app.payments import queries as payments
from app.payments.rules.papers import payoff_paper

HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}

PaperOf = Callable[[str, str], Awaitable[Paper]]
"""Finds a paper by its borrower and its id; NotFound where it is not theirs."""


async def _payoff(borrower_id: str, number: str) -> Paper:
    view = await payments.certificate_by_number(borrower_id, number)
    if view is None:
        raise NotFound
    return payoff_paper(view)


PAPERS: Mapping[str, PaperOf] = {
    "/agreements/{id}.pdf": origination.paper_of_agreement,
    "/cost-certificates/{id}.pdf": origination.paper_of_certificate,
    "/certificates/{id}.pdf": _payoff,
}
"""Where each kind of paper is found; they name their borrower, so only that one gets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What is handed out."""

    content: bytes = field(repr=False)
    media_type: str
    name: str


class Download:
    """
    `GET` one kind of file with the borrower's bearer token, and a proof where a key is bound.

    The session must be trusted in full, as for reading the same in clear. Missing and somebody
    else's look the same: 404 and a sentence. `Content-Digest` (RFC 9530) names the bytes.
    """

    def __init__(self, file_of: Callable[[str, str], Awaitable[File]]) -> None:
        self._file_of = file_of

    async def answer(self, request: Request) -> Response:
        """Hand a file out, or say why not."""
        language = language_of(request.headers.get("accept-language"))
        try:
            caller = await _borrower(request)
            file_id = str(request.path_params["id"])
            if not has_id_shape(file_id):
                raise NotFound
            file = await self._file_of(caller.borrower_id, file_id)
        except Refusal as refusal:
            return _answered(refusal, language)
        digest = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
        headers = {
            **HEADERS,
            "content-digest": f"sha-256=:{digest}:",
            "content-disposition": f'attachment; filename="{file.name}"',
        }
        return Response(file.content, media_type=file.media_type, headers=headers)


def _set(paper_of: PaperOf) -> Callable[[str, str], Awaitable[File]]:
    async def file_of(borrower_id: str, paper_id: str) -> File:
        pdf = await set_pdf(await paper_of(borrower_id, paper_id))
        return File(content=pdf, media_type="application/pdf", name=f"{paper_id}.pdf")

    return file_of


async def _evidence(borrower_id: str, agreement_id: str) -> File:
    """Hand the evidence of a signature to the one who signed; it is on the audit chain."""
    try:
        written = await export_evidence(agreement_id, actor=borrower_id, borrower_id=borrower_id)
    except NotInChain:
        raise NotFound from None
    name = f"{agreement_id}-evidence.json"
    return File(content=written, media_type="application/json", name=name)


DOWNLOADS: Mapping[str, Download] = {
    **{path: Download(_set(paper_of)) for path, paper_of in PAPERS.items()},
    "/agreements/{id}/evidence.json": Download(_evidence),
}
"""Every file a borrower may have, by its path."""


async def _borrower(request: Request) -> BorrowerCaller:
    """
    Return the borrower who asks.

    Raises:
        Unauthenticated: Nobody has signed in, or the session is over.
        ContinuityNeeded: The session is not trusted with what papers say.
        ProofRequired: The session is bound to a key, and the request is not signed.
        ProofInvalid: The proof is not this request's.
        ProofReplayed: The proof was used before.
    """
    caller = await caller_of(request, database.current().clock.now())
    if not isinstance(caller, BorrowerCaller):
        raise Unauthenticated
    if not caller.trust.reaches(Trust.FULL):
        raise ContinuityNeeded(is_known=caller.trust.reaches(Trust.KNOWN))
    await proven(request, caller, sent_request(request, b""), must_prove=True)
    return caller


def _answered(refusal: Refusal, language: str) -> Response:
    if isinstance(refusal, (*PROOF_REFUSALS, Unauthenticated)):
        return _refused(refusal, 401, language, CHALLENGE)
    match refusal:
        case ContinuityNeeded():
            return _refused(refusal, 403, language)
        case NotFound():
            return _refused(refusal, 404, language)
        case RateLimited(retry_after_seconds=seconds):
            return _refused(refusal, 429, language, {"retry-after": str(seconds)})
        case TemporarilyUnavailable(retry_after_seconds=seconds):
            return _refused(refusal, 503, language, {"retry-after": str(seconds)})
        case _:
            raise refusal


def _refused(
    refusal: Refusal, status: int, language: str, more: Mapping[str, str] | None = None
) -> Response:
    words = text(refusal.text_key, language, **refusal.details())
    return PlainTextResponse(words, status_code=status, headers={**HEADERS, **(more or {})})
