"""Papers go to their borrower alone, as PDF with its font inside, the same bytes each time."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation.database import Database
from app.foundation.errors import RateLimited
from app.foundation.papers.blocks import Clause, Paper, Title
from app.foundation.papers.setting import UNDER_WAY_MAX, pdf_of, set_pdf
from app.gateway.papers import DOWNLOADS
from app.identity import operations as identity
from app.identity.rules import SignedIn, VerifyCode
from app.origination import queries
from app.origination.rules.evidence import findings_of, read_file
from tests.cards import forget_sends
from tests.origination.conftest import World, small_catalog, world

__all__ = ["small_catalog", "world"]

NOT_MARKUP = "#panic() $x$ *重* _斜_ ]] \\u{41}"
AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    assert database.dialect
    routes = [Route(path, download.answer) for path, download in DOWNLOADS.items()]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


def paper(zh: str) -> Paper:
    return Paper(
        title="合同",
        issuer="青苗",
        number="1",
        footer="",
        made_at=AT,
        blocks=[Title(zh="合同", en="Agreement"), Clause(zh=zh, en="gloss", label="一、")],
    )


def test_a_paper_is_the_same_bytes_embeds_its_font_and_takes_nothing_as_markup() -> None:
    pdf = pdf_of(paper(NOT_MARKUP))
    assert pdf == pdf_of(paper(NOT_MARKUP))
    assert pdf != pdf_of(paper(NOT_MARKUP + "。"))
    assert pdf.startswith(b"%PDF-1.")
    assert re.search(rb"/FontName ?/[A-Z]{6}\+NotoSansCJKsc", pdf), "a subset of the font"
    assert b"/FontFile3" in pdf
    assert len(pdf) < 40_000, "and no more of it than is used"


async def test_only_the_borrower_gets_paper_and_evidence_and_only_when_fully_trusted(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []
    verify = identity.verify_code

    async def noting(command: VerifyCode) -> object:
        done = await verify(command)
        assert isinstance(done, SignedIn)
        tokens.append(done.access_token)
        return done

    monkeypatch.setattr(identity, "verify_code", noting)
    _, application_id = await world.sign()
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    certificate = await world.certificate(application_id)
    await world.sign_in("19900000777")
    await forget_sends()
    await world.sign_in(world.persona("orchard_farmer")["contact"]["phone"])
    own, stranger, new_session = tokens

    async def get(path: str, token: str | None) -> httpx.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return await client.get(path, headers=headers)

    pdf_path = f"/agreements/{agreement.agreement_id}.pdf"
    evidence_path = f"/agreements/{agreement.agreement_id}/evidence.json"
    for path in (pdf_path, f"/cost-certificates/{certificate.certificate_id}.pdf"):
        shown = await get(path, own)
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "application/pdf"
        assert shown.headers["cache-control"] == "private, no-store"
        digest = base64.b64encode(hashlib.sha256(shown.content).digest()).decode()
        assert shown.headers["content-digest"] == f"sha-256=:{digest}:"
        assert (await get(path, own)).content == shown.content
    evidence = await get(evidence_path, own)
    assert all(one.holds for one in findings_of(read_file(evidence.content)))
    assert json.loads(evidence.content)["evidence"]["agreement"]["text"] == agreement.text

    for path in (pdf_path, evidence_path):
        assert (await get(path, None)).status_code == 401
        assert (await get(path, new_session)).status_code == 403
        missing = path.replace(agreement.agreement_id, "ag00000000000000")
        theirs, none = await get(path, stranger), await get(missing, own)
        assert (theirs.status_code, theirs.text) == (none.status_code, none.text)
        assert theirs.status_code == 404
        assert (await get(path.replace(agreement.agreement_id, "%00"), own)).status_code == 404


async def test_papers_asked_for_by_the_dozen_are_refused_before_they_take_the_machine() -> None:
    asked = [set_pdf(paper(str(number))) for number in range(UNDER_WAY_MAX + 5)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, bytes) for one in done) == UNDER_WAY_MAX
    assert sum(isinstance(one, RateLimited) for one in done) == 5
    assert (await set_pdf(paper("again"))).startswith(b"%PDF-1.")
