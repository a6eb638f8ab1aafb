"""What is paid ahead and comes back: receipts, previews, ledger and totals stay right."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.foundation.database import business_date, transaction
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.loanmath.interest import DayCount
from app.loanmath.life import DueKind, RepaymentReceived, RepaymentReversed, fold
from app.loanmath.schedule import Fee, FeeBase, Method, Prepayment, Terms
from app.servicing import operations, queries
from app.servicing.queries import events_of
from app.servicing.rules import INTEREST_CHARGE, LoanRef, PaymentOutcome, ReversalReason
from tests.servicing.conftest import START_ON, Lend, Pay, is_sound, plain_terms

EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Move:
    """Some days pass, then a part of what closes the loan is paid, or a payment undone."""

    days: int
    back: int
    percent: int
    undoes: bool


moves = st.lists(
    st.builds(
        Move,
        days=st.integers(0, 23),
        back=st.sampled_from([0, 0, 0, 1, 9]),
        percent=st.sampled_from([0, 1, 5, 18, 40, 80, 99]),
        undoes=st.sampled_from([False, False, False, True]),
    ),
    min_size=2,
    max_size=4,
)


@st.composite
def terms_by_the_day(draw: st.DrawFn) -> Terms:
    """Draw terms whose interest is counted by the day, so that it can be counted again."""
    fees = (
        Fee(code="service", amount_fen=draw(st.integers(0, 900))),
        Fee(code="insurance", base=FeeBase.BALANCE, rate=Decimal("0.012")),
    )
    return plain_terms(
        principal_fen=draw(st.integers(1_000, 900_000)),
        annual_rate=draw(st.sampled_from([Decimal(0), Decimal("0.072"), Decimal("0.24")])),
        method=draw(st.sampled_from([one for one in Method if one is not Method.SEASONAL])),
        count=draw(st.integers(1, 4)),
        day_count=DayCount.ACT_365F,
        fees=draw(st.sampled_from([(), fees[:1], fees])),
        prepayment=draw(st.sampled_from(Prepayment)),
    )


def is_whole(outcome: PaymentOutcome, amount_fen: int) -> bool:
    """Tell whether the parts of a receipt are what was paid, each above zero and there once."""
    parts = outcome.allocations
    assert all(part.amount_fen > 0 for part in parts), parts
    assert len({(part.installment_number, part.kind) for part in parts}) == len(parts), parts
    assert outcome.unapplied_fen >= 0
    return sum(part.amount_fen for part in parts) + outcome.unapplied_fen == amount_fen


async def accrued(loan: LoanRef, terms: Terms, to: date) -> Fraction:
    """Count interest again, day by day, on the principal of the installments not yet due."""
    events = await events_of(loan.loan_id)
    interest, day = Fraction(0), terms.disbursed_on
    while day < to:
        rows = fold(terms, events, day).rows
        to_come = sum(
            row.principal_fen - row.extra_principal_fen for row in rows if row.due_on > day
        )
        lent_fen = terms.principal_fen if terms.method is Method.FLAT else to_come
        interest += lent_fen * Fraction(terms.annual_rate) / 365
        day += timedelta(days=1)
    return interest


async def kept_fen(loan: LoanRef) -> int:
    """Sum the payments that stand."""
    events = await events_of(loan.loan_id)
    undone = {event.reverses for event in events if isinstance(event, RepaymentReversed)}
    return sum(
        event.amount_fen
        for event in events
        if isinstance(event, RepaymentReceived) and event.id not in undone
    )


async def live(loan: LoanRef, life: list[Move], pay: Pay) -> None:
    """Let a loan live through moves, looking at each receipt beside what was foretold."""
    names: list[str] = []
    for number, move in enumerate(life):
        await operations.run_days(await business_date() + timedelta(days=move.days))
        today = await business_date()
        if move.undoes and names:
            async with transaction() as tx:
                await operations.reverse_payment(
                    tx, loan, repayment_id=names.pop(), reason=ReversalReason.BOOKED_IN_ERROR
                )
            continue
        summary = await queries.loan(loan)
        on = max(today - timedelta(days=move.back), summary.opened_on)
        closing_fen = (await queries.payoff_on(loan, on)).amount_fen
        amount_fen = max(closing_fen * move.percent // 100, 1)
        names.append(f"{loan.loan_id}.{number}")
        foretold = await queries.preview_payment(loan, amount_fen, today)
        outcome = await pay(loan, amount_fen, on=on, repayment_id=names[-1])
        assert is_whole(outcome, amount_fen)
        shown = (foretold.principal_fen, foretold.interest_fen, foretold.fee_fen)
        assert min(*shown, foretold.penalty_fen, foretold.unapplied_fen) >= 0
        if on == today:
            assert foretold.allocations == outcome.allocations
            assert foretold.unapplied_fen == outcome.unapplied_fen


@given(terms_by_the_day(), moves, st.sampled_from([0, 0, 1, 777]))
@settings(max_examples=EXAMPLES)
async def test_whatever_is_paid_a_payoff_closes_the_loan_at_what_it_cost_to_that_day(
    lend: Lend, pay: Pay, terms: Terms, life: list[Move], too_much_fen: int
) -> None:
    terms = replace(terms, disbursed_on=await business_date())
    loan = await lend(terms)
    await live(loan, life, pay)
    today = await business_date()
    closing_fen = (await queries.payoff_on(loan, today)).amount_fen
    assume(closing_fen > 0)

    foretold = await queries.preview_payment(loan, closing_fen + too_much_fen, today)
    outcome = await pay(loan, closing_fen + too_much_fen)

    assert is_whole(outcome, closing_fen + too_much_fen)
    assert outcome.is_closed
    assert foretold.closes_loan
    assert outcome.balance_fen == 0
    assert foretold.unapplied_fen == outcome.unapplied_fen == outcome.held_fen == too_much_fen
    state = await queries.state_of(loan, today)
    charged = sum(row.fee_fen + row.penalty_fen for row in state.rows)
    borne = await accrued(loan, terms, today)
    cost_fen = await kept_fen(loan) - too_much_fen
    assert cost_fen <= terms.principal_fen + borne + charged + len(state.rows)
    if terms.method is not Method.FLAT:  # its interest does not follow the balance down
        assert cost_fen >= terms.principal_fen + borne + charged - len(state.rows)
    posted = (await ledger.sums_about([loan.loan_id]))[0]
    assert all(fen <= 0 for (account, _), fen in posted.items() if account.startswith("income:"))
    assert posted.get((accounts.loan_principal(loan.loan_id), None), 0) == 0
    assert await is_sound()


async def test_a_receipt_shows_interest_net_of_what_came_back_at_once(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    foretold = await queries.preview_payment(loan, 60_000, START_ON)

    outcome = await pay(loan, 60_000)

    kinds = [(part.installment_number, part.kind) for part in outcome.allocations]
    assert kinds == [(1, DueKind.INTEREST), (1, DueKind.PRINCIPAL)]
    plan = (await queries.plans_by_loan([loan.loan_id]))[0]
    assert [part.amount_fen for part in outcome.allocations] == [
        plan[0].paid_interest_fen,
        plan[0].paid_principal_fen,
    ]
    assert foretold.interest_fen == plan[0].paid_interest_fen < 1_200
    assert await ledger.balance(accounts.income_interest()) == -plan[0].paid_interest_fen
    assert await is_sound()


async def test_too_much_for_a_payoff_is_of_the_payment_that_brought_it(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    earlier = await pay(loan, 40_000)
    await operations.run_days(START_ON + timedelta(days=5))
    payoff = await queries.payoff_on(loan, START_ON + timedelta(days=5))
    assert payoff.unearned_fen > 50

    outcome = await pay(loan, payoff.amount_fen + 50)

    assert earlier.unapplied_fen == 0
    assert (outcome.is_closed, outcome.unapplied_fen, outcome.held_fen) == (True, 50, 50)
    assert outcome.applied_fen == payoff.amount_fen
    assert await is_sound()


async def test_undoing_a_payment_that_gave_interest_back_earns_it_again(
    lend: Lend, pay: Pay
) -> None:
    loan, twin = await lend(), await lend()
    await pay(loan, 40_000)
    await pay(twin, 40_000)
    await operations.run_days(START_ON + timedelta(days=5))
    payoff = await queries.payoff_on(loan, START_ON + timedelta(days=5))
    await pay(loan, payoff.amount_fen, repayment_id="rp1")

    async with transaction() as tx:
        await operations.reverse_payment(
            tx, loan, repayment_id="rp1", reason=ReversalReason.CHARGED_BACK
        )

    sums = await ledger.sums_about([loan.loan_id, twin.loan_id])
    income = [one[accounts.income_interest(), INTEREST_CHARGE] for one in sums]
    assert income[0] == income[1] < 0
    assert await is_sound()
