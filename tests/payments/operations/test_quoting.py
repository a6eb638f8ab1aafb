"""A payoff quote, paid on its day, leaves exactly nothing; anything else is refused."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, Refusal
from app.ledger import queries as ledger
from app.loanmath.schedule import EarlyFee, Method, Terms
from app.payments import operations, queries
from app.payments.errors import (
    AmountAboveBalance,
    NothingOwed,
    QuoteExpired,
    QuoteInUse,
    QuoteNotYetValid,
)
from app.payments.operations import QuotePayoff, Repay
from app.payments.ports import RailStatus
from app.payments.rules import PayoffQuoteView, RepaymentStatus
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, LoanRef, OpenLoan
from tests.payments.conftest import (
    MEI,
    WANG,
    Lend,
    Pay,
    TestRail,
    move_business_date,
    notice_of,
    now_of,
    stored,
)
from tests.published import publish_catalog

START_DAY = date(2026, 11, 21)


async def quoted(loan: LoanRef, key: str = "quote") -> PayoffQuoteView:
    return await operations.quote_payoff(QuotePayoff(loan=loan, idempotency_key=key))


async def refused(loan: LoanRef, quote: PayoffQuoteView, **more: int | str) -> Refusal:
    """Try to pay a quote, which must be refused, and prove that nothing changed."""
    before = await stored()
    parts = {
        "amount_fen": quote.amount_fen,
        "payoff_quote_id": quote.quote_id,
        "idempotency_key": "refused",
    } | more
    with pytest.raises(Refusal) as refusal:
        await operations.repay(Repay(loan=loan, **parts))  # pyright: ignore[reportArgumentType] - as given
    assert await stored() == before
    return refusal.value


@pytest.mark.parametrize("days", [0, 20, 75])
async def test_a_quote_paid_closes_the_loan_to_exactly_nothing(
    lend: Lend, pay: Pay, days: int
) -> None:
    loan = await lend()
    await move_business_date(START_DAY + timedelta(days=days))
    quote = await quoted(loan)
    parts = quote.principal_fen + quote.interest_fen + quote.fee_fen + quote.penalty_fen
    assert parts == quote.amount_fen

    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    await operations.accept_callback(notice_of(view))

    receipt = (await now_of(view)).receipt
    assert receipt is not None
    assert (receipt.is_closed, receipt.balance_fen, receipt.unapplied_fen) == (True, 0, 0)
    summary = await loans.loan(loan)
    assert (summary.is_closed, summary.balance_fen, summary.unapplied_fen) == (True, 0, 0)
    assert (await ledger.verify()).problems == ()


async def test_a_quote_after_part_repayments_closes_to_nothing_too(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await move_business_date(START_DAY + timedelta(days=10))
    first = await pay(loan, 54_321)
    await operations.accept_callback(notice_of(first))
    await move_business_date(START_DAY + timedelta(days=45))
    quote = await quoted(loan)
    view = await pay(loan, quote.amount_fen, "payoff", payoff_quote_id=quote.quote_id)
    await operations.accept_callback(notice_of(view))
    summary = await loans.loan(loan)
    assert (summary.is_closed, summary.balance_fen, summary.unapplied_fen) == (True, 0, 0)


async def test_what_was_paid_ahead_for_days_left_out_stands_against_the_quote(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    first = await pay(loan, 400_000)
    await operations.accept_callback(notice_of(first))
    await move_business_date(START_DAY + timedelta(days=5))

    quote = await quoted(loan)
    parts = quote.principal_fen + quote.interest_fen + quote.fee_fen + quote.penalty_fen
    assert parts - quote.credit_fen == quote.amount_fen
    assert quote.credit_fen > 0
    above = Repay(loan=loan, amount_fen=quote.amount_fen + 1, idempotency_key="above")
    with pytest.raises(AmountAboveBalance) as refusal:
        await operations.repay(above)
    assert refusal.value.balance_fen == quote.amount_fen

    view = await pay(loan, quote.amount_fen + 1, "payoff", allow_overpayment=True)
    await operations.accept_callback(notice_of(view))
    receipt = (await now_of(view)).receipt
    assert receipt is not None
    assert (receipt.is_closed, receipt.balance_fen, receipt.unapplied_fen) == (True, 0, 1)
    assert sum(part.amount_fen for part in receipt.parts) == quote.amount_fen
    assert min(part.amount_fen for part in receipt.parts) > 0


async def test_a_quote_ends_with_its_business_day(lend: Lend) -> None:
    quote = await quoted(await lend())
    assert quote.quoted_on == START_DAY
    assert quote.valid_until == datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert await queries.payoff_quote(quote.loan, quote.quote_id) == quote


async def test_the_price_holds_for_money_that_arrives_after_midnight(
    lend: Lend, pay: Pay, clock: FixedClock
) -> None:
    loan = await lend()
    clock.advance(timedelta(hours=13, minutes=55))
    quote = await quoted(loan)
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    clock.advance(timedelta(minutes=10))
    await move_business_date(START_DAY + timedelta(days=1))
    await operations.accept_callback(notice_of(view, occurred_at=clock.now()))
    now = await now_of(view)
    assert now.received_on == START_DAY
    assert (await loans.loan(loan)).balance_fen == 0


async def test_the_price_does_not_hold_for_money_that_moved_days_later(
    lend: Lend, pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    loan = await lend()
    quote = await quoted(loan)
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    clock.advance(timedelta(minutes=30))
    await operations.poll_pending(rail)
    clock.advance(timedelta(days=3))
    await move_business_date(START_DAY + timedelta(days=3))
    await operations.accept_callback(notice_of(view, occurred_at=clock.now()))
    now = await now_of(view)
    assert (now.status, now.received_on) == (
        RepaymentStatus.ALLOCATED,
        START_DAY + timedelta(days=3),
    )
    assert (await loans.loan(loan)).balance_fen > 0


async def test_asking_twice_with_one_key_is_one_quote(lend: Lend) -> None:
    loan = await lend()
    quotes = await asyncio.gather(*(quoted(loan) for _ in range(20)))
    assert all(quote == quotes[0] for quote in quotes)
    assert len((await stored())["payoff_quote"]) == 1


async def test_the_key_of_a_repayment_is_no_key_for_a_quote(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 100, "same")
    with pytest.raises(IdempotencyConflict):
        await quoted(loan, "same")


async def test_the_loan_of_somebody_else_has_no_quote(lend: Lend) -> None:
    loan = await lend()
    before = await stored()
    with pytest.raises(NotFound):
        await quoted(LoanRef(borrower_id=WANG, loan_id=loan.loan_id))
    assert await stored() == before


async def test_a_closed_loan_has_no_quote(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    quote = await quoted(loan)
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    await operations.accept_callback(notice_of(view))
    before = await stored()
    with pytest.raises(NothingOwed):
        await quoted(loan, "again")
    assert await stored() == before


async def test_yesterdays_quote_is_refused(lend: Lend) -> None:
    loan = await lend()
    quote = await quoted(loan)
    await move_business_date(START_DAY + timedelta(days=1))
    refusal = await refused(loan, quote)
    assert isinstance(refusal, QuoteExpired)
    assert refusal.quoted_on == START_DAY


async def test_a_quote_the_loan_has_outrun_is_refused(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    quote = await quoted(loan)
    view = await pay(loan, 500_000)
    await operations.accept_callback(notice_of(view))
    assert isinstance(await refused(loan, quote), QuoteExpired)


async def test_a_quote_is_paid_in_full_or_not_at_all(lend: Lend) -> None:
    loan = await lend()
    quote = await quoted(loan)
    for amount_fen in (quote.amount_fen - 1, quote.amount_fen + 1):
        refusal = await refused(loan, quote, amount_fen=amount_fen)
        assert isinstance(refusal, InvalidInput)
        assert refusal.field == "input.amount"


async def test_a_quote_is_paid_once_at_a_time(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    quote = await quoted(loan)
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    refusal = await refused(loan, quote)
    assert isinstance(refusal, QuoteInUse)
    assert refusal.repayment_id == view.repayment_id

    await operations.accept_callback(notice_of(view, RailStatus.FAILED))
    again = await pay(loan, quote.amount_fen, "again", payoff_quote_id=quote.quote_id)
    assert again.status is RepaymentStatus.PENDING


async def test_a_hundred_payers_of_one_quote_start_one_repayment(lend: Lend) -> None:
    loan = await lend()
    quote = await quoted(loan)
    commands = [
        Repay(
            loan=loan,
            amount_fen=quote.amount_fen,
            idempotency_key=f"key-{number}",
            payoff_quote_id=quote.quote_id,
        )
        for number in range(100)
    ]
    answers = await asyncio.gather(
        *(operations.repay(command) for command in commands), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(refusals) == 99
    assert all(isinstance(refusal, QuoteInUse) for refusal in refusals)


async def test_a_loan_is_paid_off_once_at_a_time_whatever_the_quote(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    first, second = await quoted(loan), await quoted(loan, "second")
    view = await pay(loan, first.amount_fen, payoff_quote_id=first.quote_id)
    refusal = await refused(loan, second)
    assert isinstance(refusal, QuoteInUse)
    assert refusal.repayment_id == view.repayment_id

    await operations.accept_callback(notice_of(view, RailStatus.FAILED))
    again = await pay(loan, second.amount_fen, "again", payoff_quote_id=second.quote_id)
    assert again.status is RepaymentStatus.PENDING


async def test_ten_quotes_at_once_pay_a_loan_off_once(lend: Lend) -> None:
    loan = await lend()
    quotes = [await quoted(loan, f"quote-{number}") for number in range(10)]
    commands = [
        Repay(
            loan=loan,
            amount_fen=quote.amount_fen,
            idempotency_key=f"pay-{quote.quote_id}",
            payoff_quote_id=quote.quote_id,
        )
        for quote in quotes
    ]
    answers = await asyncio.gather(
        *(operations.repay(command) for command in commands), return_exceptions=True
    )
    assert sum(isinstance(answer, QuoteInUse) for answer in answers) == 9


async def test_the_quote_of_another_loan_is_not_found(lend: Lend) -> None:
    mine, other = await lend(), await lend()
    quote = await quoted(other)
    assert isinstance(await refused(mine, quote), NotFound)
    theirs = await quoted(await lend(WANG))
    assert isinstance(await refused(mine, theirs), NotFound)
    with pytest.raises(NotFound):
        await queries.payoff_quote(mine, quote.quote_id)


@pytest.mark.parametrize("closes_between", [0, 1, 3])
async def test_the_price_holds_however_late_the_notice_is(
    lend: Lend, pay: Pay, clock: FixedClock, closes_between: int
) -> None:
    loan = await lend()
    await move_business_date(START_DAY + timedelta(days=31))
    clock.advance(timedelta(days=31))
    quote = await quoted(loan)
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    paid_at = clock.now() + timedelta(minutes=20)
    clock.advance(timedelta(hours=30))
    if closes_between:
        await move_business_date(START_DAY + timedelta(days=31 + closes_between))
    await operations.accept_callback(notice_of(view, occurred_at=paid_at))

    summary = await loans.loan(loan)
    assert (summary.is_closed, summary.balance_fen, summary.unapplied_fen) == (True, 0, 0)
    assert summary.closed_on == quote.quoted_on
    assert (await ledger.verify()).problems == ()


async def test_a_quote_for_a_day_to_come_closes_the_loan_on_that_day_and_not_before(
    lend: Lend, pay: Pay
) -> None:
    await publish_catalog()
    loan = await lend()
    day = START_DAY + timedelta(days=25)
    quote = await operations.quote_payoff(QuotePayoff(loan=loan, idempotency_key="soon", on=day))
    assert quote.quoted_on == day
    assert quote.valid_until == datetime(2026, 12, 16, 16, 0, tzinfo=UTC)
    assert quote.amount_fen > (await quoted(loan)).amount_fen
    refusal = await refused(loan, quote)
    assert isinstance(refusal, QuoteNotYetValid)
    assert refusal.quoted_on == day

    await move_business_date(day)
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    await operations.accept_callback(notice_of(view))
    summary = await loans.loan(loan)
    assert (summary.is_closed, summary.balance_fen, summary.unapplied_fen) == (True, 0, 0)


async def test_a_quote_for_a_day_to_come_ends_with_any_change_of_the_loan(
    lend: Lend, pay: Pay
) -> None:
    await publish_catalog()
    loan = await lend()
    day = START_DAY + timedelta(days=3)
    quote = await operations.quote_payoff(QuotePayoff(loan=loan, idempotency_key="soon", on=day))
    view = await pay(loan, 10_000, "part")
    await operations.accept_callback(notice_of(view))
    await move_business_date(day)
    assert isinstance(await refused(loan, quote), QuoteExpired)


@pytest.mark.parametrize("days", [-1, 31, 4_000])
async def test_a_quote_is_for_a_day_from_today_to_thirty_days_ahead(lend: Lend, days: int) -> None:
    await publish_catalog()
    loan = await lend()
    before = await stored()
    command = QuotePayoff(loan=loan, idempotency_key="far", on=START_DAY + timedelta(days=days))
    with pytest.raises(InvalidInput) as refusal:
        await operations.quote_payoff(command)
    assert refusal.value.field == "input.on"
    assert await stored() == before


async def test_an_early_settlement_fee_is_part_of_the_quote_and_closes_with_it(pay: Pay) -> None:
    fee = EarlyFee(rate=Decimal("0.01"))
    async with transaction() as tx:
        terms = Terms(
            principal_fen=1_200_000,
            annual_rate=Decimal("0.12"),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=tx.today,
            count=12,
            early_fee=fee,
        )
        command = OpenLoan(
            borrower_id=MEI,
            application_id="ap00000000000001",
            product_code="orchard_inputs",
            terms=terms,
            agreement_id="ag00000000000001",
            charge_codes=(INTEREST_CHARGE, PENALTY_CHARGE, fee.code),
            disbursement_id="db00000000000001",
        )
        loan = await servicing.open_loan(tx, command)
    await move_business_date(START_DAY + timedelta(days=40))
    quote = await quoted(loan)
    assert quote.fee_fen == 11_054
    view = await pay(loan, quote.amount_fen, payoff_quote_id=quote.quote_id)
    await operations.accept_callback(notice_of(view))
    summary = await loans.loan(loan)
    assert (summary.is_closed, summary.balance_fen, summary.unapplied_fen) == (True, 0, 0)
