"""A coupon on a running loan: interest off and nothing else, at our expense, and given back."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from app.foundation.database import Database, transaction
from app.ledger import queries as ledger
from app.ledger.rules import income_interest
from app.loanmath.life import CouponApplied, CouponReversed, fold
from app.loanmath.schedule import amortize
from app.servicing import operations, queries
from app.servicing.errors import CouponUseless
from app.servicing.operations import run_days, settle_days
from app.servicing.queries.settling import check_settlements
from app.servicing.rules import Funder, LoanRef, PlanLine, ReversalReason, Signed
from app.servicing.rules.coupons import coupon_outlook
from tests.loanmath.drawn import random_life
from tests.servicing.conftest import JOINT, Lend, Pay, everything, is_sound, plain_terms
from tests.servicing.reducing import OURS

PLAN = amortize(plain_terms())


async def plans(loan: LoanRef) -> list[PlanLine]:
    """Return the plan as it is kept."""
    return (await queries.plans_by_loan([loan.loan_id]))[0]


async def test_a_coupon_is_our_expense_the_lenders_income_and_given_back_it_never_was(
    database: Database, lend: Lend, pay: Pay
) -> None:
    assert database
    loan = await lend(funders=JOINT)
    await run_days(PLAN[0].due_on - timedelta(days=3))
    before = await everything()
    seen = await queries.preview_coupon(loan, code="REWARD_TEST", most_fen=1_500)
    assert await everything() == before
    first_fen = PLAN[0].interest_fen
    assert seen.by_number == ((1, first_fen), (2, 1_500 - first_fen))
    assert seen.saves_fen == seen.amount_fen == 1_500
    assert seen.annual_cost is not None
    assert seen.annual_cost_without is not None
    assert abs(seen.annual_cost_without - Decimal("0.12")) < Decimal("0.001")
    assert seen.annual_cost < seen.annual_cost_without - Decimal("0.01")

    async with transaction() as tx:
        used = await operations.use_coupon(
            tx, loan, code="REWARD_TEST", most_fen=1_500, about="ku1"
        )
    assert used.outlook.lines == seen.lines == tuple(await plans(loan))
    assert await ledger.balance(OURS) == 0  # nothing has fallen due
    await pay(loan, (await plans(loan))[0].left_fen)
    await run_days(PLAN[0].due_on + timedelta(days=1))
    assert await ledger.balance(OURS) == first_fen
    assert await ledger.balance(income_interest()) == -first_fen
    await settle_days()
    assert (await check_settlements())[1] == []
    assert await is_sound()

    async with transaction() as tx:
        await operations.give_coupon_back(tx, loan, used.event_id, about="ku1")
        await operations.give_coupon_back(tx, loan, used.event_id, about="ku1")
    assert await ledger.balance(OURS) == 0
    assert sum(line.paid_by_others_fen for line in await plans(loan)) == 0
    assert await is_sound()
    kinds = [one.kind for _, one in (await queries.timeline_of(loan)).items]
    assert kinds.count("CouponReversed") == 1

    off_fen = (await queries.payoff_on(loan, PLAN[0].due_on + timedelta(days=1))).amount_fen
    await pay(loan, off_fen, repayment_id="off")
    before = await everything()
    with pytest.raises(CouponUseless):
        async with transaction() as tx:
            await operations.use_coupon(tx, loan, code="X", most_fen=1, about="ku2")
    assert await everything() == before
    async with transaction() as tx:
        await operations.reverse_payment(
            tx, loan, repayment_id="off", reason=ReversalReason.RAIL_REVERSED
        )
    assert await is_sound()


async def test_what_was_paid_by_its_day_counts_as_the_events_say(
    database: Database, lend: Lend, pay: Pay
) -> None:
    assert database
    loan = await lend(cooling_off_days=7)
    first, second = PLAN[0], PLAN[1]
    await pay(loan, first.total_fen, repayment_id="first")
    assert await queries.paid_on_time(loan, ahead_days=5) == ()  # its day is far
    assert await queries.paid_on_time(loan, ahead_days=31) == (1,)
    await run_days(second.due_on + timedelta(days=4))
    await pay(loan, second.total_fen, on=second.due_on)  # came in on its day, told late
    assert await queries.paid_on_time(loan, ahead_days=5) == (1, 2)
    async with transaction() as tx:
        await operations.reverse_payment(
            tx, loan, repayment_id="first", reason=ReversalReason.CHARGED_BACK
        )
    assert 1 not in await queries.paid_on_time(loan, ahead_days=5)
    assert not await queries.is_returned(loan)


@pytest.mark.parametrize("seed", range(50))
def test_no_coupon_makes_anything_cost_more_or_touches_more_than_interest(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - lives to try it on
    life, on = random_life(rng)
    while life.working is not None:  # those have days off of their own, which end nowhere
        life, on = random_life(rng)
    ref = LoanRef(borrower_id="br", loan_id="ln")
    signed = Signed(ref=ref, terms=life.terms, funders=(Funder(code="q", share=Decimal(1)),))
    events = [one for one in life.events if one.effective_on <= on]
    coupon = CouponApplied(
        id="coupon",
        effective_on=on,
        recorded_at=max(one.recorded_at for one in life.events) + timedelta(seconds=1),
        code="REWARD",
        amount_fen=rng.randint(1, 4_000),
        payer="qingmiao",
    )
    before = fold(life.terms, events, on)
    outlook, event = coupon_outlook(signed, events, coupon, on, None)
    rows = {row.number: row for row in before.rows}
    for line in outlook.lines:
        row = rows[line.number]
        assert line.principal_fen == row.principal_fen
        assert 0 <= line.interest_fen <= row.interest_fen
        assert line.penalty_fen <= row.penalty_fen
        assert (line.fee_fen, line.cost_fen) == (row.fee_fen, row.cost_fen)
    assert outlook.saves_fen >= outlook.amount_fen >= 0
    if outlook.annual_cost is not None and outlook.annual_cost_without is not None:
        assert outlook.annual_cost <= outlook.annual_cost_without
    if event is None:
        return
    undone = CouponReversed(
        id="back", effective_on=on, recorded_at=coupon.recorded_at, reverses=event.id
    )
    assert fold(life.terms, [*events, event, undone], on) == before
