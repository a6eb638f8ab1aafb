"""A certificate's page: the borrower's own copy, and a check for whoever holds the code."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation import outbox
from app.foundation.database import Database, transaction
from app.gateway.certificates import CertificatePage
from app.loanmath.schedule import Method, Terms
from app.payments import operations
from app.payments.operations import ReverseRepayment
from app.payments.rules import RepaymentRef, RepaymentView
from app.payments.rules.certificate import CertificateView
from app.servicing import operations as servicing
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, OpenLoan, ReversalReason
from tests.payments.certified import (
    NAME,
    certificate_of,
    certify_as_the_worker_does,
    join,
    paid_off,
)


@dataclass(frozen=True)
class Shown:
    token: str
    certificate: CertificateView
    repayment: RepaymentView


@pytest.fixture
async def shown(database: Database) -> Shown:
    """Give a borrower with a certificate."""
    assert database.dialect
    signed_in = await join()
    certify_as_the_worker_does()
    async with transaction() as tx:
        terms = Terms(
            principal_fen=1_200_000,
            annual_rate=Decimal("0.12"),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=tx.today,
            count=12,
        )
        command = OpenLoan(
            borrower_id=signed_in.borrower_id,
            application_id="ap00000000000001",
            product_code="orchard_inputs",
            terms=terms,
            agreement_id="ag00000000000001",
            charge_codes=(INTEREST_CHARGE, PENALTY_CHARGE),
            disbursement_id="db00000000000001",
        )
        loan = await servicing.open_loan(tx, command)
    repayment = await paid_off(loan)
    return Shown(signed_in.access_token, await certificate_of(loan), repayment)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    assert database.dialect
    app = Starlette(routes=[Route("/certificates/{number}", CertificatePage().answer)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_whoever_has_the_code_sees_it_checked_and_masked(
    client: httpx.AsyncClient, shown: Shown
) -> None:
    path, certificate = f"/certificates/{shown.certificate.number}", shown.certificate
    answer = await client.get(path, params={"code": certificate.code})
    assert answer.status_code == 200
    assert "现在有效" in answer.text
    assert "石*" in answer.text
    assert NAME not in answer.text
    assert certificate.sha256 in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_borrower_prints_their_own_with_the_full_name(
    client: httpx.AsyncClient, shown: Shown
) -> None:
    path = f"/certificates/{shown.certificate.number.upper()}"
    own = {"authorization": f"Bearer {shown.token}", "accept-language": "en"}
    answer = await client.get(path, headers=own)
    assert answer.status_code == 200
    assert NAME in answer.text
    assert '<html lang="en">' in answer.text
    assert "Certificate of Payoff" in answer.text


async def test_without_code_or_token_nothing_is_told(
    client: httpx.AsyncClient, shown: Shown
) -> None:
    number = shown.certificate.number
    for path in (
        f"/certificates/{number}",
        f"/certificates/{number}?code=0000-0000-0000-0000",
        "/certificates/pc00000000000000?code=0000",
        "/certificates/%3Cscript%3E?code=%3Cscript%3E",
    ):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert "没有查到" in answer.text
        assert "石" not in answer.text
        assert "<script" not in answer.text
    wrong = await client.get(f"/certificates/{number}", headers={"authorization": "Bearer no"})
    assert wrong.status_code == 404


async def test_a_revoked_one_says_so(client: httpx.AsyncClient, shown: Shown) -> None:
    view = shown.repayment
    ref = RepaymentRef(borrower_id=view.loan.borrower_id, repayment_id=view.repayment_id)
    async with transaction() as tx:
        await operations.reverse(
            tx, ReverseRepayment(repayment=ref, reason=ReversalReason.CHARGED_BACK)
        )
    await outbox.drain()
    path = f"/certificates/{shown.certificate.number}"
    answer = await client.get(path, params={"code": shown.certificate.code})
    assert answer.status_code == 200
    assert "已经作废" in answer.text
    assert 'class="status REVOKED"' in answer.text
