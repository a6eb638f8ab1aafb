"""What holds for every life a loan can have."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.loanmath.errors import EventRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Charged,
    Disbursed,
    DueKind,
    LoanState,
    LoanStatus,
    PlanRow,
    RateLowered,
    Recovered,
    Refunded,
    RepaymentReceived,
    RepaymentReversed,
    Waived,
    fold,
    preview,
)
from app.loanmath.payoff import payoff
from app.loanmath.record import event_as_json, event_from_json
from app.loanmath.schedule import Method, Prepayment, Terms, amortize
from tests.loanmath.lives import LENT_ON, Life, any_terms, examples, lent, lives, plain_terms

REFUSALS = {"installment_below_interest"}
"""What a random life may be refused for; anything else is a fault."""

ASKED: dict[DueKind, Callable[[PlanRow], int]] = {
    DueKind.PRINCIPAL: lambda row: row.principal_fen,
    DueKind.INTEREST: lambda row: row.interest_fen,
    DueKind.FEE: lambda row: row.fee_fen,
    DueKind.COST: lambda row: row.cost_fen,
    DueKind.PENALTY: lambda row: row.penalty_fen,
}
PAID: dict[DueKind, Callable[[PlanRow], int]] = {
    DueKind.PRINCIPAL: lambda row: row.paid_principal_fen,
    DueKind.INTEREST: lambda row: row.paid_interest_fen,
    DueKind.FEE: lambda row: row.paid_fee_fen,
    DueKind.COST: lambda row: row.paid_cost_fen,
    DueKind.PENALTY: lambda row: row.paid_penalty_fen,
}


def state_of(life: Life, on: date) -> LoanState:
    try:
        return fold(life.terms, life.events, on)
    except EventRefused as refused:
        assume(refused.reason not in REFUSALS)
        raise


def received(life: Life, on: date) -> dict[str, int]:
    undone = {e.reverses for e in life.events if isinstance(e, RepaymentReversed)}
    return {
        e.id: e.amount_fen
        for e in life.events
        if isinstance(e, RepaymentReceived | Recovered) and e.id not in undone and e.effective_on <= on
    }


@given(lives())
@examples(150)
def test_principal_is_what_was_lent_and_no_due_is_overpaid(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    state = state_of(life, on)
    assert sum(row.principal_fen for row in state.rows) == state.disbursed_fen, (
        life.terms,
        life.events,
        state,
    )
    assert state.disbursed_fen >= life.terms.principal_fen
    for row in state.rows:
        for kind in DueKind:
            assert 0 <= PAID[kind](row) <= max(ASKED[kind](row), 0)
        assert row.principal_fen >= 0 or life.terms.negative_amortization
        assert row.left_fen >= 0


@given(lives())
@examples(150)
def test_every_fen_received_is_allocated_or_held(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    state = state_of(life, on)
    repayments = received(life, on)
    went = Counter[str]()
    took = Counter[tuple[int, DueKind]]()
    for allocation in state.allocations:
        assert allocation.amount_fen != 0
        went[allocation.event_id] += allocation.amount_fen
        took[allocation.installment_number, allocation.kind] += allocation.amount_fen
    assert set(went) <= set(repayments)
    assert all(went[event_id] <= amount for event_id, amount in repayments.items())
    given_back = sum(
        event.amount_fen
        for event in life.events
        if isinstance(event, Refunded) and event.effective_on <= on
    )
    lent_again = state.disbursed_fen - life.terms.principal_fen
    placed = sum(went.values()) + state.unapplied_fen + given_back
    assert placed == sum(repayments.values()) + lent_again
    for row in state.rows:
        assert {kind: took[row.number, kind] for kind in DueKind} == {
            kind: PAID[kind](row) for kind in DueKind
        }


@given(lives())
@examples(150)
def test_what_is_due_is_what_the_rows_say(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    state = state_of(life, on)
    due = [row for row in state.rows if row.due_on <= on]
    late = [row for row in due if row.due_on < on and row.left_fen]
    assert state.due_now_fen == sum(row.left_fen for row in due)
    assert state.overdue_fen == sum(row.left_fen for row in late)
    assert state.days_past_due == max(((on - row.due_on).days for row in late), default=0)
    assert state.next_event_on is None or state.next_event_on > on
    assert (state.status is LoanStatus.IN_ARREARS) <= bool(late)


@given(lives(), st.randoms(use_true_random=False))
@examples(100)
def test_the_order_of_arrival_changes_nothing(
    drawn: tuple[Life, date], shuffler: random.Random
) -> None:
    life, on = drawn
    state = state_of(life, on)
    shuffler.shuffle(life.events)
    assert fold(life.terms, life.events, on) == state


def test_every_permutation_of_six_mixed_events_gives_one_state() -> None:
    life = lent()
    life.paid(date(2026, 2, 15), 89_975)
    third = life.paid(date(2026, 3, 20), 50_000)
    life.add(RateLowered, date(2026, 4, 1), annual_rate=life.terms.annual_rate / 2)
    life.add(RepaymentReversed, date(2026, 4, 2), reverses=third.id)
    life.paid(date(2026, 3, 1), 30_000)  # recorded last, effective before
    states = {
        repr(fold(life.terms, order, date(2026, 6, 1))) for order in permutations(life.events)
    }
    assert len(states) == 1


@given(lives())
@examples(100)
def test_a_life_read_back_from_its_record_is_the_same(drawn: tuple[Life, date]) -> None:
    life, on = drawn
    state = state_of(life, on)
    read = [event_from_json(event_as_json(event)) for event in life.events]
    assert read == life.events
    assert fold(life.terms, read, on) == state


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
    state = state_of(life, on)
    quoted = payoff(life.terms, life.events, on)
    beside = quoted.interest_fen + quoted.fee_fen + quoted.cost_fen + quoted.penalty_fen
    parts = quoted.principal_fen + beside
    against = state.unapplied_fen + quoted.unearned_fen
    assert quoted.amount_fen == state.payoff_fen == max(parts - against, 0)
    assume(quoted.amount_fen > 0)

    life.events = [event for event in life.events if event.effective_on <= on]
    life.paid(on, quoted.amount_fen)
    closed = fold(life.terms, life.events, on)
    assert closed.status is LoanStatus.CLOSED_PAID
    assert closed.principal_fen == closed.accrued_interest_fen == closed.due_now_fen == 0
    assert closed.payoff_fen == closed.unapplied_fen == 0
    assert closed.next_event_on is None
    years_later = fold(life.terms, life.events, on + timedelta(days=1500))
    assert years_later.status is LoanStatus.CLOSED_PAID
    assert years_later.payoff_fen == 0


@given(lives(), st.integers(1, 10**6))
@examples(100)
def test_what_a_payoff_leaves_over_is_held(drawn: tuple[Life, date], more_fen: int) -> None:
    life, on = drawn
    state_of(life, on)
    life.events = [event for event in life.events if event.effective_on <= on]
    quoted = payoff(life.terms, life.events, on)
    assume(quoted.amount_fen > 0)
    life.paid(on, quoted.amount_fen + more_fen)
    closed = fold(life.terms, life.events, on)
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
    assert fold(life.terms, life.events, on) == state


@given(lives(), st.integers(1, 10**8))
@examples(100)
def test_a_preview_is_what_then_happens(drawn: tuple[Life, date], amount_fen: int) -> None:
    life, on = drawn
    before = state_of(life, on)
    life.events = [event for event in life.events if event.effective_on <= on]
    seen = preview(life.terms, life.events, amount_fen, on)
    life.paid(on, amount_fen)
    after = fold(life.terms, life.events, on)
    assert seen.before == before
    assert replace(seen.after, allocations=()) == replace(after, allocations=())
    spent = sum(allocation.amount_fen for allocation in seen.allocations)
    assert spent + seen.unapplied_fen == amount_fen


@given(any_terms())
@examples(100)
def test_a_loan_paid_to_the_day_follows_its_plan(terms: Terms) -> None:
    life = lent(terms)
    state_of(life, terms.disbursed_on)
    plan = amortize(terms)
    for row in plan:
        due_fen = fold(terms, life.events, row.due_on).due_now_fen
        assert due_fen == row.total_fen
        if due_fen:
            life.paid(row.due_on, due_fen)
    end = fold(terms, life.events, plan[-1].due_on)
    assert end.status is LoanStatus.CLOSED_PAID
    assert [row.total_fen for row in end.rows] == [row.total_fen for row in plan]


def cost_of_paying(terms: Terms, late_number: int, days_late: int) -> int:
    """Pay everything as it falls due, but for one installment so many days late."""
    life = lent(terms)
    days = {row.number: row.due_on for row in amortize(terms)}
    days[late_number] += timedelta(days=days_late)
    for on in sorted(set(days.values())):
        due_fen = fold(terms, life.events, on).due_now_fen
        if due_fen:
            life.paid(on, due_fen)
    last = max(days.values())
    assert fold(terms, life.events, last).payoff_fen == 0
    return sum(event.amount_fen for event in life.events if isinstance(event, RepaymentReceived))


@given(any_terms(), st.integers(1, 24), st.integers(1, 200))
@examples(80)
def test_paying_late_never_costs_less(terms: Terms, number: int, days: int) -> None:
    state_of(lent(terms), terms.disbursed_on)
    late = min(number, len(amortize(terms)))
    assert cost_of_paying(terms, late, days) >= cost_of_paying(terms, late, 0)


PLAIN_METHODS = [m for m in Method if m not in {Method.SEASONAL, Method.REVOLVING}]


@given(
    st.sampled_from(PLAIN_METHODS),
    st.integers(0, 350),
    st.integers(1, 1_000_000),
    st.none() | st.sampled_from(Prepayment),
)
@examples(150)
def test_paying_early_never_costs_more(
    method: Method, day: int, amount_fen: int, mode: Prepayment | None
) -> None:
    terms = plain_terms(method=method)
    on = terms.disbursed_on + timedelta(days=day)
    owed_on_time = sum(row.total_fen for row in amortize(terms))
    life = lent(terms)
    for row in amortize(terms):
        if row.due_on <= on:
            life.paid(row.due_on, fold(terms, life.events, row.due_on).due_now_fen)
    payable_fen = payoff(terms, life.events, on).amount_fen
    life.paid(on, min(amount_fen, payable_fen), mode)
    for row in amortize(terms):
        due_fen = fold(terms, life.events, row.due_on).due_now_fen
        if row.due_on > on and due_fen:
            life.paid(row.due_on, due_fen)
    paid = sum(e.amount_fen for e in life.events if isinstance(e, RepaymentReceived))
    assert fold(terms, life.events, date(2027, 1, 15)).payoff_fen == 0
    # Solving installments anew rounds each of them anew: at most a fen a row either way.
    assert paid <= owed_on_time + terms.count


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
    rows = [row for row in fold(terms, life.events, on).rows if row.due_on > on]
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
    quoted = payoff(terms, life.events, on)
    life.paid(on, min(amount_fen, quoted.amount_fen - 1), Prepayment.REDUCE_INSTALLMENT)
    rows = fold(terms, life.events, on).rows
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
    before = fold(life.terms, life.events, on)
    life.add(Waived, on, kind=kind, amount_fen=10**9)
    after = fold(life.terms, life.events, on)
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
        due_fen = fold(terms, life.events, day).due_now_fen
        if due_fen:
            life.paid(day, due_fen)
        balance, since = fold(terms, life.events, day).principal_fen, day
        amount = moved.get(day, 0)
        if 0 < amount <= terms.principal_fen - balance:
            life.add(Disbursed, day, amount_fen=amount)
        if amount < 0:
            life.paid(day, -amount, Prepayment.REDUCE_INSTALLMENT)
        balance = fold(terms, life.events, day).principal_fen
    rows = fold(terms, life.events, due_days[-1]).rows
    assert abs(sum(row.interest_fen for row in rows) - borne) <= Fraction(len(rows), 2)
