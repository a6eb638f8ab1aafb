"""A payoff certificate as a page: the borrower's own to print, and a check for whoever holds it."""

import html
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.foundation import database
from app.foundation.caller import BorrowerCaller
from app.foundation.text import language_of, text
from app.gateway.authentication import (
    CHALLENGE,
    PROOF_REFUSALS,
    caller_of,
    proven,
    sent_request,
)
from app.payments import queries

PAGE = Path(__file__).parent / "pages" / "certificate.html"

HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""The address holds the code, so it is neither kept, nor passed on, nor found."""


class CertificatePage:
    """
    `GET /certificates/NUMBER`: a certificate to look at and print.

    With `?code=` it is a check open to anybody, the name masked; without, and with the borrower's
    bearer token (and a proof, where the session is bound to a device), their own copy with the
    full name. Missing, somebody else's and a wrong
    code look the same: 404 and a sentence.
    """

    async def answer(self, request: Request) -> Response:
        """Show a certificate."""
        language = language_of(request.headers.get("accept-language"))
        number = str(request.path_params["number"]).lower()
        code = request.query_params.get("code")
        try:
            own = await self._own(request, number, language) if code is None else None
        except PROOF_REFUSALS as refusal:
            words = text(refusal.text_key, language)
            page = _page(language, status="UNKNOWN", explanation=words, words="", code=401)
            page.headers.update(CHALLENGE)
            return page
        shown = own or await self._checked(number, code or "", language)
        if shown is None:
            words = text("payments.certificate_status.CHECK_UNKNOWN", language)
            return _page(language, status="UNKNOWN", explanation=words, words="", code=404)
        status, words = shown
        explanation = text(f"payments.certificate_status.CHECK_{status}", language)
        return _page(language, status=status, explanation=explanation, words=words)

    async def _own(self, request: Request, number: str, language: str) -> tuple[str, str] | None:
        caller = await caller_of(request, database.current().clock.now())
        if not isinstance(caller, BorrowerCaller):
            return None
        await proven(request, caller, sent_request(request, b""), must_prove=True)
        view = await queries.certificate_by_number(caller.borrower_id, number)
        return None if view is None else (view.status.value, view.texts[language])

    async def _checked(self, number: str, code: str, language: str) -> tuple[str, str] | None:
        found = await queries.check_certificate(number, code)
        return None if found is None else (found.status.value, found.texts[language])


def _page(
    language: str, *, status: str, explanation: str, words: str, code: int = 200
) -> HTMLResponse:
    title, *clauses = words.splitlines() or [text("payments.certificate.title", language)]
    body = "".join(f"<p>{html.escape(clause)}</p>" for clause in clauses)
    certificate = f"<main><h1>{html.escape(title)}</h1>{body}</main>" if clauses else ""
    page = PAGE.read_text(encoding="utf-8")
    for place, filling in {
        "language": html.escape(language),
        "title": html.escape(title),
        "status": html.escape(status),
        "explanation": html.escape(explanation),
        "certificate": certificate,
    }.items():
        page = page.replace(f"<!--{place}-->", filling)
    return HTMLResponse(page, status_code=code, headers=HEADERS)
