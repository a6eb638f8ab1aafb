"""A loan given back within its cooling-off days costs nothing, closes at 0, and only then."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, transaction
from app.identity.errors import IntentOver
from app.ledger import queries as ledger
from app.loanmath.schedule import Fee, FeeBase, Method, Terms
from app.payments import operations
from app.payments.errors import NothingOwed, QuoteInUse, ReturnTimeOver
from app.payments.operations import (
    BeginReturn,
    ReturnLoan,
    ReverseRepayment,
    begin_return,
    return_loan,
)
from app.payments.rules import RepaymentRef, RepaymentStatus, RepaymentView
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import (
    INTEREST_CHARGE,
    PENALTY_CHARGE,
    LoanRef,
    LoanStatus,
    OpenLoan,
    ReversalReason,
)
from tests.cards import approval_of, caller_of, forget_sends
from tests.messaging.conftest import join
from tests.payments.conftest import Pay, TestRail, move_business_date, notice_of, now_of, stored

PRINCIPAL_FEN = 1_200_000
DAYS = 3


async def lent(to: str | None = None, *, cooling_off_days: int | None = DAYS) -> LoanRef:
    """Lend with interest and a fee, to a borrower who has a phone."""
    borrower_id = to or await join("19900000001")
    async with transaction() as tx:
        terms = Terms(
            principal_fen=PRINCIPAL_FEN,
            annual_rate=Decimal("0.12"),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=tx.today,
            count=12,
            fees=(Fee(code="GUARANTEE", base=FeeBase.BALANCE, rate=Decimal("0.012")),),
        )
        command = OpenLoan(
            borrower_id=borrower_id,
            application_id=tx.new_id("ap"),
            product_code="orchard_inputs",
            terms=terms,
            agreement_id="ag00000000000001",
            charge_codes=("GUARANTEE", INTEREST_CHARGE, PENALTY_CHARGE),
            disbursement_id=tx.new_id("db"),
            cooling_off_days=cooling_off_days,
        )
        return await servicing.open_loan(tx, command)


async def approved(loan: LoanRef, key: str = "give") -> ReturnLoan:
    """Ask what giving it back says, and approve that."""
    await forget_sends()
    caller = caller_of(loan.borrower_id)
    begun = await begin_return(BeginReturn(loan=loan, caller=caller, idempotency_key=f"{key}-ask"))
    return ReturnLoan(
        loan=loan, caller=caller, approval=await approval_of(begun), idempotency_key=key
    )


async def begun(command: ReturnLoan) -> RepaymentView:
    """Give it back, and let the rail take the order."""
    view = await return_loan(command)
    assert isinstance(view, RepaymentView)
    await outbox.drain()
    return await now_of(view)


async def earned() -> int:
    """Return all income that the ledger knows."""
    return -await ledger.total("income")


async def test_given_back_on_its_last_day_it_costs_its_principal_and_closes_at_zero(
    database: Database,  # noqa: ARG001 - opened for it
    rail: TestRail,  # noqa: ARG001 - connected for it
    clock: FixedClock,
) -> None:
    loan = await lent()
    clock.advance(timedelta(days=DAYS))
    await move_business_date((await loans.loan(loan)).opened_on + timedelta(days=DAYS))
    usual = await loans.payoff_on(loan, (await loans.loan(loan)).opened_on + timedelta(days=DAYS))
    assert usual.interest_fen > 0
    assert usual.fee_fen > 0

    command = await approved(loan)
    view = await begun(command)
    assert view.amount_fen == PRINCIPAL_FEN
    assert await return_loan(command) == replace(
        view, status=RepaymentStatus.INITIATED, pay_link=None
    )
    await operations.accept_callback(notice_of(view))

    after = await loans.loan(loan)
    assert (after.status, after.balance_fen, after.principal_fen) == (LoanStatus.CLOSED_PAID, 0, 0)
    assert after.unapplied_fen == 0
    assert await earned() == 0
    assert (await loans.reconcile()).is_right
    with pytest.raises(NothingOwed):
        await approved(loan, "again")

    async with transaction() as tx:
        await operations.reverse(
            tx,
            ReverseRepayment(
                repayment=RepaymentRef(
                    borrower_id=loan.borrower_id, repayment_id=view.repayment_id
                ),
                reason=ReversalReason.CHARGED_BACK,
            ),
        )
    restored = await loans.payoff_on(loan, after.opened_on + timedelta(days=DAYS))
    assert restored == usual, "taken back, it never gave the loan back"


async def test_what_was_repaid_before_counts_as_principal(
    database: Database,  # noqa: ARG001 - opened for it
    pay: Pay,
) -> None:
    loan = await lent()
    early = await pay(loan, 200_000, "early")
    await operations.accept_callback(notice_of(early))

    view = await begun(await approved(loan))
    await operations.accept_callback(notice_of(view))

    assert view.amount_fen == PRINCIPAL_FEN - 200_000
    assert (await loans.loan(loan)).status is LoanStatus.CLOSED_PAID
    assert await earned() == 0


async def test_after_its_days_or_without_any_nothing_is_given_back_and_nothing_changes(
    database: Database,  # noqa: ARG001 - opened for it
    rail: TestRail,  # noqa: ARG001 - connected for it
    clock: FixedClock,
) -> None:
    loan = await lent()
    without = await lent(loan.borrower_id, cooling_off_days=None)
    command = await approved(loan)
    second = await approved(loan, "second")
    with pytest.raises(ReturnTimeOver):
        await approved(without, "other")
    assert command.approval.intent_id == second.approval.intent_id
    clock.advance(timedelta(minutes=1))
    await begun(command)
    before = await stored()
    with pytest.raises(QuoteInUse):
        await return_loan(second)
    assert await stored() == before

    clock.advance(timedelta(days=DAYS + 1))
    await move_business_date((await loans.loan(loan)).opened_on + timedelta(days=DAYS + 1))
    before = await stored()
    with pytest.raises((ReturnTimeOver, IntentOver)):
        await return_loan(replace(second, idempotency_key="third"))
    with pytest.raises(ReturnTimeOver):
        await approved(loan, "late")
    assert await stored() == before
