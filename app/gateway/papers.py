"""Papers for download: the agreement, the cost certificate, the payoff certificate, as PDF."""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.foundation import database
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.errors import ContinuityNeeded, NotFound, Refusal, Unauthenticated
from app.foundation.papers.blocks import Paper
from app.foundation.papers.setting import set_pdf
from app.foundation.text import language_of, text
from app.gateway.authentication import CHALLENGE, PROOF_REFUSALS, caller_of, proven, sent_request
from app.origination import queries as origination
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


class PaperDownload:
    """
    `GET` one kind of paper with the borrower's bearer token, and a proof where a key is bound.

    The session must be trusted in full, as for reading the same in clear. Missing and somebody
    else's look the same: 404 and a sentence. The same paper is the same bytes; `Content-Digest`
    (RFC 9530) names them.
    """

    def __init__(self, paper_of: PaperOf) -> None:
        self._paper_of = paper_of

    async def answer(self, request: Request) -> Response:
        """Hand a paper out, or say why not."""
        language = language_of(request.headers.get("accept-language"))
        try:
            caller = await _borrower(request)
            paper = await self._paper_of(caller.borrower_id, str(request.path_params["id"]))
        except (*PROOF_REFUSALS, Unauthenticated) as refusal:
            return _refused(refusal, 401, language, CHALLENGE)
        except ContinuityNeeded as refusal:
            return _refused(refusal, 403, language)
        except NotFound as refusal:
            return _refused(refusal, 404, language)
        pdf = await set_pdf(paper)
        digest = base64.b64encode(hashlib.sha256(pdf).digest()).decode()
        name = str(request.path_params["id"])
        headers = {
            **HEADERS,
            "content-digest": f"sha-256=:{digest}:",
            "content-disposition": f'attachment; filename="{name}.pdf"',
        }
        return Response(pdf, media_type="application/pdf", headers=headers)


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


def _refused(
    refusal: Refusal, status: int, language: str, more: Mapping[str, str] | None = None
) -> Response:
    words = text(refusal.text_key, language, **refusal.details())
    return PlainTextResponse(words, status_code=status, headers={**HEADERS, **(more or {})})
