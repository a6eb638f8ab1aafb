"""What holds for every life a loan can have."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.loanmath.agreed import agreed_plan
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Charged,
    CouponApplied,
    Disbursed,
    DueKind,
    LoanState,
    LoanStatus,
    RateLowered,
    Recovered,
    Reopened,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
    fold,
    preview,
)
from app.loanmath.record import event_as_json, event_from_json
from app.loanmath.schedule import Installment, Method, Prepayment, amortize
from tests.loanmath.drawn import fresh_lives, lives
from tests.loanmath.life.checks import (
    ASKED,
    REFUSALS,
    check_dues,
    check_money,
    check_payoff,
    check_rows,
    last_day,
)
from tests.loanmath.lives import LENT_ON, Life, examples, lent, plain_terms


def state_of(life: Life, on: date) -> LoanState:
    """Fold a life, or draw another one where this is refused as it may be."""
    try:
        return life.on(on)
    except EventRefused as refused:
        assume(refused.reason not in REFUSALS)
        raise


def plan_of(life: Life) -> tuple[Installment, ...]:
    """Return the plan as it is agreed, or draw another life where it is refused as it may be."""
    try:
        return agreed_plan(life.terms)
    except TermsRefused as refused:
        assume(refused.reason not in REFUSALS)
        raise


@given(lives())
@examples(150)
def test_principal_is_what_was_lent_and_no_due_is_overpaid(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    check_rows(life, state_of(life, on))


@given(lives())
@examples(150)
def test_every_fen_received_is_allocated_or_held(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    check_money(life, state_of(life, on))


@given(lives())
@examples(150)
def test_what_is_due_is_what_the_rows_say(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    check_dues(state_of(life, on))


@given(lives(), st.randoms(use_true_random=False))
@examples(100)
def test_the_order_of_arrival_changes_nothing(
    drawn: tuple[Life, date], shuffler: random.Random
) -> None:
    life, on = drawn
    state = state_of(life, on)
    shuffler.shuffle(life.events)
    assert life.on(on) == state


def test_every_permutation_of_six_mixed_events_gives_one_state() -> None:
    life = lent()
    life.paid(date(2026, 2, 15), 89_975)
    third = life.paid(date(2026, 3, 20), 50_000)
    life.add(RateLowered, date(2026, 4, 1), annual_rate=Decimal("0.072"))
    life.add(RepaymentReversed, date(2026, 4, 2), reverses=third.id)
    life.paid(date(2026, 3, 1), 30_000)  # recorded last, effective before
    assert len(life.events) == 6
    day = date(2026, 6, 1)
    states = {repr(fold(life.terms, order, day)) for order in permutations(life.events)}
    assert len(states) == 1


def test_every_permutation_of_the_six_rarer_events_gives_one_state() -> None:
    life = lent()
    life.paid(date(2026, 2, 15), 400_000, Prepayment.REDUCE_TERM)
    life.add(CouponApplied, date(2026, 2, 20), code="spring", amount_fen=3_000)
    life.add(Rescheduled, date(2026, 3, 1), count=8)
    life.add(WrittenOff, date(2026, 5, 1))
    life.add(Recovered, date(2026, 5, 10), amount_fen=70_000)
    life.add(Reopened, date(2026, 6, 1))
    disbursed, *six = life.events
    day = date(2026, 7, 1)
    states = {repr(fold(life.terms, [disbursed, *order], day)) for order in permutations(six)}
    assert len(states) == 1


@given(lives())
@examples(100)
def test_a_life_read_back_from_its_record_is_the_same(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    state = state_of(life, on)
    read = [event_from_json(event_as_json(event)) for event in life.events]
    assert read == life.events
    assert fold(life.terms, read, on, life.working) == state


@given(lives(), st.integers(0, 400))
@examples(100)
def test_later_days_add_to_the_allocations_and_change_none(
    drawn: tuple[Life, date], days: int
) -> None:
    life, on = drawn
    later = state_of(life, on + timedelta(days=days)).allocations
    earlier = state_of(life, on).allocations
    assert later[: len(earlier)] == earlier


@given(lives())
@examples(200)
def test_a_payoff_paid_on_its_day_leaves_exactly_nothing(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    check_payoff(life, state_of(life, on))


@given(lives(), st.integers(1, 10**6))
@examples(100)
def test_what_a_payoff_leaves_over_is_held(drawn: tuple[Life, date], more_fen: int) -> None:
    life, on = drawn
    state_of(life, on)
    quoted = life.until(on).payoff_on(on)
    assume(quoted.amount_fen > 0)
    life.paid(on, quoted.amount_fen + more_fen)
    closed = life.on(on)
    assert closed.status is LoanStatus.OVERPAID
    assert closed.unapplied_fen == more_fen


@given(lives(), st.integers(1, 10**6))
@examples(100)
def test_a_reversed_repayment_is_as_if_it_had_never_been(
    drawn: tuple[Life, date], amount_fen: int
) -> None:
    life, on = drawn
    state = state_of(life, on)
    paid = life.paid(on, amount_fen)
    life.add(RepaymentReversed, on + timedelta(days=9), reverses=paid.id)
    assert life.on(on) == state


@given(lives(), st.integers(1, 10**8))
@examples(100)
def test_a_preview_is_what_then_happens(drawn: tuple[Life, date], amount_fen: int) -> None:
    life, on = drawn
    before = state_of(life, on)
    life.until(on)
    seen = preview(life.terms, life.events, amount_fen, on, working=life.working)
    life.paid(on, amount_fen)
    after = life.on(on)
    assert seen.before == before
    assert replace(seen.after, allocations=()) == replace(after, allocations=())
    spent = sum(allocation.amount_fen for allocation in seen.allocations)
    assert spent + seen.unapplied_fen == amount_fen


@given(fresh_lives())
@examples(100)
def test_a_loan_paid_to_the_day_follows_its_plan(life: Life) -> None:
    plan = plan_of(life)
    rows = life.on(plan[-1].due_on).rows
    for drawn_on, _ in life.terms.drawdowns[1:]:
        # What is seen due before a drawdown, though due after it, is billed without it.
        assume(not any(last_day(row) <= drawn_on <= row.due_on for row in rows))
    days = {row.number: last_day(row) for row in rows}
    for on in sorted(set(days.values())):
        planned_fen = sum(row.total_fen for row in plan if days[row.number] == on)
        assert life.pay_dues(on) == planned_fen
    end = life.on(max(days.values()))
    assert end.status is LoanStatus.CLOSED_PAID
    assert [row.total_fen for row in end.rows] == [row.total_fen for row in plan]


def cost_of_paying(life: Life, late_number: int, days_late: int) -> int:
    """Pay everything on its last day, but for one installment so many days late."""
    life = Life(life.terms, life.working).lent()
    days = {row.number: last_day(row) for row in life.on(life.events[-1].effective_on).rows}
    days[late_number] += timedelta(days=days_late)
    for on in sorted(set(days.values())):
        life.pay_dues(on)
    assert life.on(max(days.values())).payoff_fen == 0
    return sum(event.amount_fen for event in life.events if isinstance(event, RepaymentReceived))


@given(fresh_lives(), st.integers(1, 24), st.integers(1, 200))
@examples(80)
def test_paying_late_never_costs_less(life: Life, number: int, days: int) -> None:
    late = min(number, len(plan_of(life)))
    assert cost_of_paying(life, late, days) >= cost_of_paying(life, late, 0)


@given(
    fresh_lives(has_early_fee=False),
    st.integers(0, 1000),
    st.integers(1, 10**9),
    st.none() | st.sampled_from(Prepayment),
)
@examples(150)
def test_paying_early_never_costs_more(
    life: Life, thousandth: int, amount_fen: int, mode: Prepayment | None
) -> None:
    terms = life.terms
    # An installment handed in may leave the last dates empty, which smaller ones then fill; and
    # season weights may, where a fen that rounding left over would ask its fees.
    assume(len(terms.drawdowns) <= 1 and terms.installment_fen is None)
    assume(terms.method is not Method.SEASONAL)
    state = state_of(life, terms.disbursed_on)
    planned_fen = sum(row.total_fen for row in state.rows)
    days = sorted({last_day(row) for row in state.rows})
    on = terms.disbursed_on + (days[-1] - terms.disbursed_on) * thousandth // 1000
    for day in days:
        if day <= on:
            life.pay_dues(day)
    payable_fen = life.payoff_on(on).amount_fen
    assume(payable_fen > 0)
    life.paid(on, min(amount_fen, payable_fen), mode)
    for day in days:
        if day > on:
            life.pay_dues(day)
    end = life.on(days[-1])
    assert end.payoff_fen == 0
    came = sum(e.amount_fen for e in life.events if isinstance(e, RepaymentReceived))
    # Solving installments anew rounds each of them anew: at most a unit a row either way.
    assert came - end.unapplied_fen <= planned_fen + terms.count * terms.installment_unit_fen


@given(st.integers(1, 900_000), st.integers(0, 300))
@examples(60)
def test_reducing_the_term_keeps_the_installment(amount_fen: int, day: int) -> None:
    terms = plain_terms()
    on = terms.disbursed_on + timedelta(days=day)
    life = lent(terms)
    for row in amortize(terms):
        if row.due_on <= on:
            life.paid(row.due_on, row.total_fen)
    life.paid(on, amount_fen, Prepayment.REDUCE_TERM)
    rows = [row for row in life.on(on).rows if row.due_on > on]
    assume(len(rows) > 1)
    level = amortize(terms)[0].total_fen
    assert {row.total_fen - row.extra_principal_fen for row in rows[:-1]} == {level}
    assert rows[-1].total_fen <= amortize(terms)[-1].total_fen


@given(st.integers(1, 900_000), st.integers(0, 300))
@examples(60)
def test_reducing_the_installment_keeps_the_count(amount_fen: int, day: int) -> None:
    terms = plain_terms()
    on = terms.disbursed_on + timedelta(days=day)
    life = lent(terms)
    for row in amortize(terms):
        if row.due_on <= on:
            life.paid(row.due_on, row.total_fen)
    quoted = life.payoff_on(on)
    life.paid(on, min(amount_fen, quoted.amount_fen - 1), Prepayment.REDUCE_INSTALLMENT)
    rows = life.on(on).rows
    assert len(rows) == terms.count
    assume(amount_fen < quoted.principal_fen // 2)  # else the running row is all interest
    planned = [row.total_fen - row.extra_principal_fen for row in rows if row.due_on > on]
    assert planned[0] <= amortize(terms)[0].total_fen
    assert len(set(planned[:-1])) <= 1


@pytest.mark.parametrize("kind", [DueKind.PENALTY, DueKind.FEE, DueKind.INTEREST])
def test_a_waiver_takes_at_most_what_is_owed(kind: DueKind) -> None:
    life = lent()
    life.add(Charged, date(2026, 2, 1), code="letter", amount_fen=700)
    on = date(2026, 3, 5)
    before = life.on(on)
    life.add(Waived, on, kind=kind, amount_fen=10**9)
    after = life.on(on)
    owed = sum(ASKED[kind](row) for row in before.rows if row.due_on <= on)
    assert owed > 0
    assert before.due_now_fen - after.due_now_fen == owed
    assert sum(row.waived_fen for row in after.rows) == owed
    assert sum(ASKED[kind](row) for row in after.rows if row.due_on <= on) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.integers(-400_000, 400_000).filter(bool)), max_size=6
    ),
    st.sampled_from([DayCount.ACT_365F, DayCount.ACT_360]),
)
@examples(40)
def test_a_revolving_line_bears_interest_on_what_is_drawn_each_day(
    moves: list[tuple[int, int]], day_count: DayCount
) -> None:
    """Compare the rows' interest with a count, day by day, of balance times daily rate."""
    terms = plain_terms(method=Method.REVOLVING, day_count=day_count, disbursed_on=LENT_ON, count=3)
    life = Life(terms)
    life.add(Disbursed, LENT_ON, amount_fen=500_000)
    due_days = [row.due_on for row in amortize(terms)]
    moved = {LENT_ON + timedelta(days=day): amount for day, amount in moves}
    moved = {day: amount for day, amount in moved.items() if day < due_days[-1]}
    daily = Fraction(terms.annual_rate) / (365 if day_count is DayCount.ACT_365F else 360)
    borne, balance, since = Fraction(0), 500_000, LENT_ON
    for day in sorted({*due_days, *moved}):
        borne += balance * (day - since).days * daily
        due_fen = life.on(day).due_now_fen
        if due_fen:
            life.paid(day, due_fen)
        balance, since = life.on(day).principal_fen, day
        amount = moved.get(day, 0)
        if 0 < amount <= terms.principal_fen - balance:
            life.add(Disbursed, day, amount_fen=amount)
        if amount < 0:
            life.paid(day, -amount, Prepayment.REDUCE_INSTALLMENT)
        balance = life.on(day).principal_fen
    rows = life.on(due_days[-1]).rows
    assert abs(sum(row.interest_fen for row in rows) - borne) <= Fraction(len(rows), 2)
