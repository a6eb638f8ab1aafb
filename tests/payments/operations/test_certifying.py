"""A loan paid off has one payoff certificate that holds; a loan owed again has none."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.canonical import sha256_of
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.loanmath.waterfall import DueKind
from app.payments import operations, queries
from app.payments.events import RepaymentReversed
from app.payments.models import PayoffCertificateRow
from app.payments.operations import Repay, ReverseRepayment
from app.payments.rules import RepaymentRef, RepaymentView
from app.payments.rules.certificate import (
    CertificateStatus,
    RevocationReason,
    code_of,
    words_of,
)
from app.servicing import queries as loans
from app.servicing.events import LoanPaidOff, LoanReopened
from app.servicing.rules import LoanRef, ReversalReason
from tests.payments.certified import (
    NAME,
    RESIDENT_ID,
    certificate_of,
    certify_as_the_worker_does,
    join,
    paid_off,
)
from tests.payments.conftest import Lend, move_business_date, notice_of

PayOff = Callable[[LoanRef], Awaitable[RepaymentView]]


@pytest.fixture
async def gao(database: Database) -> str:
    """Give a borrower whose profile is complete."""
    assert database.dialect
    return (await join()).borrower_id


@pytest.fixture
def pay_off(gao: str) -> PayOff:
    """Pay a loan off by a quote, and let certificates follow."""
    assert gao
    certify_as_the_worker_does()
    paid = 0

    async def pay_off_now(loan: LoanRef) -> RepaymentView:
        nonlocal paid
        paid += 1
        return await paid_off(loan, f"n{paid}")

    return pay_off_now


async def reverse(view: RepaymentView) -> None:
    ref = RepaymentRef(borrower_id=view.loan.borrower_id, repayment_id=view.repayment_id)
    async with transaction() as tx:
        await operations.reverse(
            tx, ReverseRepayment(repayment=ref, reason=ReversalReason.CHARGED_BACK)
        )


async def told(name: str) -> int:
    rows = await fetch("SELECT COUNT(*) AS found FROM outbox_fact WHERE name = ?", [name])
    return rows[0]["found"]


async def test_a_loan_paid_off_gets_a_certificate_of_what_was_lent_and_repaid(
    lend: Lend, gao: str, pay_off: PayOff, clock: FixedClock
) -> None:
    loan = await lend(gao)
    assert await queries.payoff_certificate(loan) is None
    await move_business_date(clock.now().date() + timedelta(days=40))
    clock.advance(timedelta(days=40))
    paid = await pay_off(loan)

    certificate = await certificate_of(loan)
    content = certificate.content
    state = await loans.state_of(loan, clock.now().date())
    assert certificate.status is CertificateStatus.VALID
    assert content["number"] == certificate.number
    assert content["borrower"] == {"name": "石*", "resident_id": "612***…14"}
    assert content["loan"] == {
        "number": loan.loan_id,
        "agreement": "ag00000000000001",
        "product": {"zh-Hans": "orchard_inputs", "en": "orchard_inputs"},
        "currency": "CNY",
        "principal_fen": 1_200_000,
        "opened_on": "2026-11-21",
        "closed_on": "2026-12-31",
    }
    assert content["lenders"] == [
        {
            "code": "qingmiao",
            "name": {"zh-Hans": "qingmiao", "en": "qingmiao"},
            "share": "1",
            "principal_fen": 1_200_000,
        }
    ]
    repaid = content["repaid_fen"]
    assert repaid["total"] == paid.amount_fen == sum(a.amount_fen for a in state.allocations)
    assert repaid["principal"] == 1_200_000
    assert repaid["total"] == sum(repaid[kind.lower()] for kind in DueKind)
    assert "已经全部结清" in content["statement"]["zh-Hans"]


async def test_the_hash_and_code_can_be_worked_out_from_the_document_alone(
    lend: Lend, gao: str, pay_off: PayOff
) -> None:
    loan = await lend(gao)
    await pay_off(loan)
    certificate = await certificate_of(loan)
    assert sha256_of(certificate.document) == certificate.sha256
    assert code_of(certificate.sha256) == certificate.code
    for language, words in certificate.texts.items():
        assert words == words_of(certificate.document, language, name=NAME)
        assert NAME in words
        assert certificate.code in words
        assert certificate.sha256 in words
    assert "壹万贰仟元整" in certificate.texts["zh-Hans"]


async def test_neither_name_nor_number_is_stored_in_clear(
    lend: Lend, gao: str, pay_off: PayOff
) -> None:
    await pay_off(await lend(gao))
    kept = str(await fetch("SELECT * FROM payoff_certificate"))
    announced = str(await fetch("SELECT payload FROM outbox_fact"))
    for personal in (NAME, "石*", RESIDENT_ID, "612***"):
        assert personal not in kept
        assert personal not in announced


async def test_a_certificate_is_issued_once_however_often_it_is_told(
    lend: Lend, gao: str, pay_off: PayOff
) -> None:
    loan = await lend(gao)
    await pay_off(loan)
    first = await certificate_of(loan)
    again = LoanPaidOff(loan_id=loan.loan_id, borrower_id=loan.borrower_id)

    async def deliver() -> None:
        async with transaction() as tx:
            await operations.certify(tx, again)

    await asyncio.gather(*(deliver() for _ in range(20)))
    assert await certificate_of(loan) == first
    assert await PayoffCertificateRow.all().count() == 1
    assert await told("PayoffCertificateIssued") == 1


async def test_twenty_deliveries_at_once_make_one_certificate(lend: Lend, gao: str) -> None:
    loan = await lend(gao)
    outbox.subscribe([])
    await paid_off(loan)
    fact = LoanPaidOff(loan_id=loan.loan_id, borrower_id=loan.borrower_id)

    async def deliver() -> None:
        async with transaction() as tx:
            await operations.certify(tx, fact)

    await asyncio.gather(*(deliver() for _ in range(20)))
    assert await PayoffCertificateRow.all().count() == 1


async def test_a_loan_still_owed_has_none_whatever_is_told(lend: Lend, gao: str) -> None:
    loan = await lend(gao)
    async with transaction() as tx:
        await operations.certify(
            tx, LoanPaidOff(loan_id=loan.loan_id, borrower_id=loan.borrower_id)
        )
    assert await queries.payoff_certificate(loan) is None
    assert await told("PayoffCertificateIssued") == 0


async def test_a_chargeback_revokes_it_and_paying_again_makes_another(
    lend: Lend, gao: str, pay_off: PayOff, clock: FixedClock
) -> None:
    loan = await lend(gao)
    paid = await pay_off(loan)
    first = await certificate_of(loan)
    clock.advance(timedelta(hours=1))
    await reverse(paid)
    await outbox.drain()

    revoked = await certificate_of(loan)
    assert revoked.number == first.number
    assert revoked.document == first.document
    assert (revoked.status, revoked.revocation) == (
        CertificateStatus.REVOKED,
        RevocationReason.REOPENED,
    )
    assert await told("LoanReopened") == 1
    assert await told("PayoffCertificateRevoked") == 1

    clock.advance(timedelta(hours=1))
    await pay_off(loan)
    second = await certificate_of(loan)
    assert second.status is CertificateStatus.VALID
    assert second.number != first.number
    assert await PayoffCertificateRow.all().count() == 2


async def test_facts_out_of_order_leave_the_certificate_the_loan_deserves(
    lend: Lend, gao: str, pay_off: PayOff
) -> None:
    loan = await lend(gao)
    paid = await pay_off(loan)
    await reverse(paid)
    for fact in (
        LoanReopened(loan_id=loan.loan_id, borrower_id=loan.borrower_id),
        LoanPaidOff(loan_id=loan.loan_id, borrower_id=loan.borrower_id),
        RepaymentReversed(
            repayment_id=paid.repayment_id,
            borrower_id=loan.borrower_id,
            loan_id=loan.loan_id,
            amount_fen=paid.amount_fen,
            balance_fen=1,
            reason="CHARGED_BACK",
        ),
    ):
        async with transaction() as tx:
            await operations.certify(tx, fact)
    assert (await certificate_of(loan)).status is CertificateStatus.REVOKED
    assert await told("PayoffCertificateRevoked") == 1


async def test_one_that_states_what_is_no_longer_so_gives_way_to_another(
    lend: Lend, gao: str, pay_off: PayOff, clock: FixedClock
) -> None:
    """Closed and reopened and closed again before anything was delivered: the figures differ."""
    loan = await lend(gao)
    paid = await pay_off(loan)
    first = await certificate_of(loan)
    outbox.subscribe([])
    await reverse(paid)
    clock.advance(timedelta(days=31))
    await move_business_date(clock.now().date())
    await paid_off(loan, "later")
    certify_as_the_worker_does()
    async with transaction() as tx:
        await operations.certify(
            tx, LoanPaidOff(loan_id=loan.loan_id, borrower_id=loan.borrower_id)
        )

    second = await certificate_of(loan)
    assert second.number != first.number
    assert second.content["loan"]["closed_on"] == clock.now().date().isoformat()
    old = await queries.certificate_by_number(gao, first.number)
    assert old is not None
    assert old.revocation is RevocationReason.RESTATED


async def test_an_overpaid_loan_is_closed_for_the_borrower_too(
    lend: Lend, gao: str, pay_off: PayOff
) -> None:
    loan = await lend(gao)
    assert pay_off
    view = await operations.repay(
        Repay(loan=loan, amount_fen=1_200_500, idempotency_key="more", allow_overpayment=True)
    )
    await operations.accept_callback(notice_of(view))
    await outbox.drain()
    certificate = await certificate_of(loan)
    assert certificate.content["repaid_fen"]["total"] == 1_200_000


async def test_whoever_has_number_and_code_can_check_it_and_nobody_else(
    lend: Lend, gao: str, pay_off: PayOff
) -> None:
    loan = await lend(gao)
    paid = await pay_off(loan)
    certificate = await certificate_of(loan)
    typed = certificate.code.lower().replace("-", " ").replace("0", "o")
    checked = await queries.check_certificate(certificate.number, typed)
    assert checked is not None
    assert (checked.status, checked.sha256) == (CertificateStatus.VALID, certificate.sha256)
    assert (checked.masked_name, checked.masked_resident_id) == ("石*", "612***…14")
    assert NAME not in checked.texts["zh-Hans"]

    assert await queries.check_certificate(certificate.number, "0000-0000-0000-0000") is None
    assert await queries.check_certificate("pc00000000000000", certificate.code) is None
    assert await queries.check_certificate("nonsense", certificate.code) is None

    await reverse(paid)
    await outbox.drain()
    checked = await queries.check_certificate(certificate.number, certificate.code)
    assert checked is not None
    assert checked.status is CertificateStatus.REVOKED


async def test_a_certificate_is_its_borrowers_own(lend: Lend, gao: str, pay_off: PayOff) -> None:
    loan = await lend(gao)
    await pay_off(loan)
    number = (await certificate_of(loan)).number
    other = "br000000000wang0"
    assert await queries.payoff_certificate(LoanRef(other, loan.loan_id)) is None
    assert await queries.certificate_by_number(other, number) is None
