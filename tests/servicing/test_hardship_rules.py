"""Arrangements: at most five, each repays exactly, does what it showed and costs what it said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Disbursed,
    Event,
    LoanStatus,
    RepaymentReceived,
    Rescheduled,
    Waived,
    WrittenOff,
    fold,
)
from app.loanmath.schedule import Fee, FeeBase, FeeTiming, Method, Prepayment, Terms, Unit
from app.servicing.rules import Funder, LoanRef, Signed, project
from app.servicing.rules.hardship import (
    HardshipPolicy,
    Option,
    Relief,
    ReliefKind,
    Situation,
    StaffReason,
    Wish,
    events_of_relief,
    option_of,
    options,
    work_out,
)

START_ON = date(2026, 1, 31)
NOON = datetime(2026, 1, 31, 4, 0, tzinfo=UTC)

POLICY = HardshipPolicy(
    options_max=5,
    periods_max={
        ReliefKind.DEFER_PRINCIPAL: 3,
        ReliefKind.DEFER_ALL: 3,
        ReliefKind.HARVEST: 11,
        ReliefKind.STRETCH: 12,
        ReliefKind.CATCH_UP: 6,
    },
    periods_at_once={
        ReliefKind.DEFER_PRINCIPAL: 3,
        ReliefKind.DEFER_ALL: 1,
        ReliefKind.HARVEST: 6,
        ReliefKind.STRETCH: 6,
        ReliefKind.CATCH_UP: 3,
    },
    stretch_steps=(3, 6, 12),
    catch_up_steps=(0, 3, 6),
    months_between=6,
    days_past_due_at_once=30,
    penalty_waived_at_once_fen=10_000,
    loan_months_max=60,
    short_loan_months=12,
)

METHODS = (
    Method.EQUAL_INSTALLMENT,
    Method.EQUAL_PRINCIPAL,
    Method.INTEREST_ONLY,
    Method.BULLET,
    Method.FLAT,
    Method.REVOLVING,
)


def signed(**changes: object) -> Signed:
    values: dict[str, object] = {
        "principal_fen": 1_200_000,
        "annual_rate": Decimal("0.12"),
        "method": Method.EQUAL_INSTALLMENT,
        "disbursed_on": START_ON,
        "count": 12,
    }
    terms = Terms(**values | changes)  # pyright: ignore[reportArgumentType] - as given
    return Signed(
        ref=LoanRef(borrower_id="br00000mei000000", loan_id="ln00000000000001"),
        terms=terms,
        funders=(Funder(code="qingmiao", share=Decimal(1)),),
    )


def lived(loan: Signed, paid: list[tuple[int, int]] | None = None) -> tuple[Event, ...]:
    """Lend, and pay so much after so many days."""
    events: list[Event] = [
        Disbursed(
            id="ev-0",
            effective_on=loan.terms.disbursed_on,
            recorded_at=NOON,
            amount_fen=loan.terms.principal_fen,
        )
    ]
    for number, (days, amount_fen) in enumerate(paid or [], start=1):
        events.append(
            RepaymentReceived(
                id=f"ev-{number}",
                effective_on=loan.terms.disbursed_on + timedelta(days=days),
                recorded_at=NOON + timedelta(days=days, seconds=number),
                amount_fen=amount_fen,
            )
        )
    return tuple(events)


def situation(
    loan: Signed | None = None,
    paid: list[tuple[int, int]] | None = None,
    *,
    on: date = date(2026, 2, 10),
) -> Situation:
    loan = loan or signed()
    return Situation.of(loan, lived(loan, paid), on)


def kept(start: Situation, option: Option) -> tuple[Event, ...]:
    """Let an arrangement happen, as the operation writes it."""
    new = events_of_relief(
        start, option.relief, ids=("ev-a", "ev-b"), recorded_at=datetime(2040, 1, 1, tzinfo=UTC)
    )
    return (*start.events, *new)


def paid_by_plan(start: Situation, option: Option) -> tuple[int, LoanStatus, int]:
    """Pay what each day asks for, arrears today; return the sum and how the loan ends."""
    events = list(kept(start, option))
    total_fen = 0
    days = sorted({max(line.due_on, start.on) for line in option.lines if line.left_fen > 0})
    for number, day in enumerate(days):
        due_fen = fold(start.signed.terms, events, day).due_now_fen
        if not due_fen:
            continue
        total_fen += due_fen
        events.append(
            RepaymentReceived(
                id=f"pay-{number}",
                effective_on=day,
                recorded_at=datetime(2041, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
                amount_fen=due_fen,
            )
        )
    state = fold(start.signed.terms, events, max(option.ends_on, start.on))
    return total_fen, state.status, sum(row.left_fen for row in state.rows)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    count = draw(st.integers(1, 24))
    loan = signed(
        principal_fen=draw(st.integers(count * 100, 20_000_000)),
        annual_rate=Decimal(draw(st.integers(0, 2_400))) / 10_000,
        method=draw(st.sampled_from(METHODS)),
        count=count,
        disbursed_on=START_ON + timedelta(days=draw(st.integers(0, 40))),
    )
    days = draw(st.integers(0, 30 * count))
    level_fen = loan.terms.principal_fen // count + 1
    paid = draw(
        st.lists(st.tuples(st.integers(0, days), st.integers(1, 3 * level_fen)), max_size=6)
    )
    return situation(loan, paid, on=loan.terms.disbursed_on + timedelta(days=days))


WISHES = st.builds(
    Wish,
    monthly_fen=st.none() | st.integers(1, 5_000_000),
    from_on=st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    harvest_month=st.none() | st.integers(1, 12),
)


@given(situations(), WISHES)
def test_every_arrangement_keeps_the_laws(start: Situation, wish: Wish) -> None:
    found = options(start, POLICY, wish)

    assert len(found) <= 5
    assert len({option.lines for option in found}) == len(found)
    assert len({option.token for option in found}) == len(found)
    assert [option.short_fen for option in found] == sorted(option.short_fen for option in found)
    assert found == options(start, POLICY, wish)
    disbursed_fen = start.now.state.disbursed_fen
    for option in found:
        assert sum(line.principal_fen for line in option.lines) == disbursed_fen
        after = project(start.signed, kept(start, option), start.on, None)
        assert after.lines == option.lines
        assert after.state.status in {
            LoanStatus.RESTRUCTURED,
            LoanStatus.IN_ARREARS,
        }
        assert option.difference_fen == (
            after.figures.balance_fen
            - after.figures.unapplied_fen
            - start.now.figures.balance_fen
            + start.now.figures.unapplied_fen
        )
        assert option.difference_fen == option.interest_difference_fen - option.waived_fen
        found_again = option_of(start, POLICY, option.token)
        assert found_again == replace(option, short_fen=0)


@given(situations())
def test_paying_an_arrangement_as_shown_closes_the_loan_for_what_was_said(
    start: Situation,
) -> None:
    for option in options(start, POLICY, Wish()):
        total_fen, status, left_fen = paid_by_plan(start, option)
        assert left_fen == 0
        assert status in {LoanStatus.CLOSED_PAID, LoanStatus.OVERPAID}
        assert total_fen == option.to_pay_fen


def found(start: Situation, **wish: object) -> list[Relief]:
    return [option.relief for option in options(start, POLICY, Wish(**wish))]  # pyright: ignore[reportArgumentType] - as given


def test_at_most_two_of_a_kind_are_shown_and_the_cheapest_come_first() -> None:
    shown = options(situation(), POLICY, Wish())
    assert len(shown) == 5
    kinds = [option.relief.kind for option in shown]
    assert max(kinds.count(kind) for kind in kinds) == 2
    costs = [option.to_pay_fen for option in shown]
    assert costs == sorted(costs)


def test_a_loan_that_takes_a_fee_with_each_installment_is_not_stretched() -> None:
    fee = Fee(code="guarantee", amount_fen=500, timing=FeeTiming.EACH)
    kinds = {relief.kind for relief in found(situation(signed(fees=(fee,))))}
    assert ReliefKind.STRETCH not in kinds
    assert ReliefKind.DEFER_PRINCIPAL in kinds


def test_a_fee_on_the_balance_would_grow_so_nothing_is_put_off() -> None:
    fee = Fee(code="guarantee", rate=Decimal("0.02"), base=FeeBase.BALANCE)
    assert found(situation(signed(fees=(fee,)))) == []


def test_a_short_loan_is_put_off_by_no_more_than_its_first_length() -> None:
    start = situation(signed(count=2))
    assert {relief.periods for relief in found(start)} == {1, 2}


def test_no_loan_lasts_beyond_five_years() -> None:
    start = situation(signed(count=59))
    assert {relief.periods for relief in found(start)} == {1}
    assert found(situation(signed(count=60))) == []


@pytest.mark.parametrize("month", [2, 3, 12])
def test_the_harvest_is_waited_for_as_long_as_there_is_something_to_wait_for(month: int) -> None:
    harvest = [
        relief
        for relief in found(situation(), harvest_month=month, from_on=date(2026, month, 1))
        if relief.kind is ReliefKind.HARVEST
    ]
    assert harvest == ([] if month == 2 else [Relief(ReliefKind.HARVEST, month - 2)])


def test_a_closed_loan_and_one_given_up_have_nothing_to_arrange() -> None:
    loan = signed()
    paid = situation(loan, [(0, loan.terms.principal_fen)])
    assert paid.now.is_closed
    assert found(paid) == []
    start = situation(loan)
    gone = WrittenOff(id="ev-w", effective_on=start.on, recorded_at=NOON + timedelta(days=30))
    assert found(Situation.of(loan, (*start.events, gone), start.on)) == []


def test_what_was_drawn_on_a_line_is_put_off_too() -> None:
    line = signed(method=Method.REVOLVING, count=3)
    kinds = {relief.kind for relief in found(situation(line))}
    assert kinds == {ReliefKind.DEFER_PRINCIPAL, ReliefKind.DEFER_ALL}
    late = {relief.kind for relief in found(situation(line, on=date(2026, 3, 20)))}
    assert late == {ReliefKind.CATCH_UP}


def test_who_is_late_is_offered_what_takes_the_arrears_in() -> None:
    start = situation(on=date(2026, 3, 20))
    assert start.now.state.status is LoanStatus.IN_ARREARS
    assert {relief.kind for relief in found(start)} == {ReliefKind.STRETCH, ReliefKind.CATCH_UP}
    for option in options(start, POLICY, Wish()):
        after = project(start.signed, kept(start, option), start.on, None)
        assert (after.state.overdue_fen, after.state.days_past_due) == (0, 0)


def test_within_grace_there_is_no_penalty_to_forgive() -> None:
    start = situation(on=date(2026, 3, 2))
    catching_up = [
        option
        for option in options(start, POLICY, Wish())
        if option.relief.kind is ReliefKind.CATCH_UP
    ]
    assert catching_up
    assert all(option.waived_fen == 0 for option in catching_up)
    assert len(kept(start, catching_up[0])) == len(start.events) + 1


def test_much_penalty_is_forgiven_by_staff_only() -> None:
    loan = signed(principal_fen=20_000_000, annual_rate=Decimal("0.24"))
    start = situation(loan, on=date(2026, 4, 15))
    for option in options(start, POLICY, Wish()):
        is_much = option.waived_fen > POLICY.penalty_waived_at_once_fen
        assert (StaffReason.MUCH_PENALTY in option.staff_reasons) is is_much
        assert StaffReason.LATE in option.staff_reasons
        assert not option.is_at_once


def test_a_waiver_comes_before_what_is_agreed_anew() -> None:
    start = situation(on=date(2026, 3, 20))
    relief = Relief(ReliefKind.CATCH_UP, 3)
    waived, anew = events_of_relief(start, relief, ids=("z", "a"), recorded_at=NOON)
    assert isinstance(waived, Waived)
    assert isinstance(anew, Rescheduled)
    assert waived.recorded_at < anew.recorded_at


def test_an_unknown_token_names_nothing() -> None:
    assert option_of(situation(), POLICY, "0" * 32) is None


def test_held_money_pays_the_next_installment_first() -> None:
    loan = signed(prepayment=Prepayment.HOLD)
    start = situation(loan, [(5, 30_000)])
    assert start.now.figures.unapplied_fen == 30_000
    option = work_out(start, POLICY, Relief(ReliefKind.DEFER_PRINCIPAL, 3), Wish())
    assert option is not None
    asked = [line.left_fen for line in option.lines]
    assert asked[0] < 30_000
    left_fen, place = 30_000, 0
    while left_fen >= asked[place]:
        left_fen -= asked[place]
        place += 1
    assert option.next_amount_fen == asked[place] - left_fen
    assert option.next_due_on == option.lines[place].payable_on


def test_more_installments_than_a_plan_can_have_are_no_arrangement() -> None:
    stretched = work_out(
        situation(signed(count=360)), POLICY, Relief(ReliefKind.STRETCH, 12), Wish()
    )
    assert stretched is None


def test_a_step_beyond_the_policy_is_not_taken() -> None:
    tight = replace(POLICY, periods_max={**POLICY.periods_max, ReliefKind.STRETCH: 3})
    shown = options(situation(), tight, Wish(monthly_fen=60_000))
    stretched = {
        option.relief.periods for option in shown if option.relief.kind is ReliefKind.STRETCH
    }
    assert stretched == {3}


def test_one_sum_at_the_end_moves_later_and_nothing_else() -> None:
    start = situation(signed(method=Method.BULLET))
    shown = options(start, POLICY, Wish(harvest_month=12))
    assert {option.relief.kind for option in shown} == {ReliefKind.DEFER_ALL}
    assert [option.ends_on for option in shown] == [date(2027, 2, 28), date(2027, 3, 31)]


def test_interest_only_is_put_off_but_not_stretched() -> None:
    kinds = {relief.kind for relief in found(situation(signed(method=Method.INTEREST_ONLY)))}
    assert kinds == {ReliefKind.DEFER_PRINCIPAL, ReliefKind.DEFER_ALL}


def test_due_dates_stay_on_the_day_that_was_signed() -> None:
    start = situation(on=date(2026, 2, 10))
    stretched = work_out(start, POLICY, Relief(ReliefKind.STRETCH, 3), Wish())
    assert stretched is not None
    assert [line.due_on for line in stretched.lines[:3]] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    moved = signed(first_due_on=date(2026, 3, 5))
    start = situation(moved, on=date(2026, 2, 10))
    stretched = work_out(start, POLICY, Relief(ReliefKind.STRETCH, 3), Wish())
    assert stretched is not None
    assert [line.due_on.day for line in stretched.lines[:3]] == [
        line.due_on.day for line in start.now.lines[:3]
    ]


def test_plans_by_the_week_are_stretched_by_the_week() -> None:
    weekly = signed(unit=Unit.WEEK, count=10, day_count=DayCount.ACT_365F)
    start = situation(weekly, on=date(2026, 2, 3))
    stretched = work_out(start, POLICY, Relief(ReliefKind.STRETCH, 3), Wish())
    assert stretched is not None
    days = [line.due_on for line in stretched.lines]
    assert {(b - a).days for a, b in pairwise(days)} == {7}
    assert len(days) == 13


@given(situations(), st.integers(0, 90))
def test_a_second_arrangement_keeps_the_laws_too(start: Situation, days: int) -> None:
    for first in options(start, POLICY, Wish())[:2]:
        again = Situation.of(
            start.signed, kept(start, first), start.on + timedelta(days=days), None
        )
        for option in options(again, POLICY, Wish())[:2]:
            assert not option.is_at_once
            new = events_of_relief(
                again,
                option.relief,
                ids=("ev-c", "ev-d"),
                recorded_at=datetime(2040, 1, 2, tzinfo=UTC),
            )
            after = project(again.signed, (*again.events, *new), again.on, None)
            assert after.lines == option.lines
            assert sum(line.principal_fen for line in option.lines) == after.state.disbursed_fen
