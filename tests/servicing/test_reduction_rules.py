"""What others pay of a loan: never more than agreed, nor than accrues, and the same on any way."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.errors import EventRefused
from app.loanmath.life import (
    CouponApplied,
    CouponPart,
    Deferred,
    DueKind,
    LoanState,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    fold,
)
from app.loanmath.payoff import payoff
from app.loanmath.schedule import Method, Moratorium, Terms, amortize
from app.servicing.rules import Funder, LoanRef, Position, position_of
from tests.loanmath.drawn import random_life
from tests.loanmath.lives import Life, examples
from tests.servicing.charging import has_books
from tests.servicing.reducing import OURS, STATE, with_reductions

LENT = date(2026, 1, 15)
TERMS = Terms(
    principal_fen=1_200_000,
    annual_rate=Decimal("0.12"),
    method=Method.EQUAL_PRINCIPAL,
    count=12,
    disbursed_on=LENT,
)
REF = LoanRef(borrower_id="br1", loan_id="ln1")
FUNDERS = (Funder(code="qingmiao", share=Decimal("0.3")), Funder(code="bank", share=Decimal("0.7")))


def subsidized(terms: Terms = TERMS) -> Life:
    """Lend on these terms; the state pays a twelfth of each row's interest."""
    life = Life(terms).lent()
    parts = tuple(
        CouponPart(row.number, row.interest_fen // 12, row.interest_fen, row.due_on)
        for row in amortize(terms)
    )
    total_fen = sum(part.amount_fen for part in parts)
    life.add(CouponApplied, LENT, code="HELP", amount_fen=total_fen, payer="state", parts=parts)
    return life


def due_by_others(state: LoanState) -> int:
    return sum(one.amount_fen for one in state.reductions if one.is_due)


def position(life: Life, on: date) -> Position:
    state = fold(life.terms, life.events, on, life.working)
    return position_of(REF, life.terms, FUNDERS, life.events, state)


def due_on(number: int) -> date:
    return amortize(TERMS)[number - 1].due_on


@given(st.randoms(use_true_random=False))
@examples(60)
def test_others_never_pay_more_than_they_agreed_nor_than_the_interest(rng: random.Random) -> None:
    life, on = random_life(rng)
    life = with_reductions(rng, life)
    try:
        state = life.on(on)
    except EventRefused:
        return
    granted = {one.id: one for one in life.events if isinstance(one, CouponApplied)}
    taken, by_place = Counter[str](), Counter[tuple[str, int]]()
    for one in state.reductions:
        assert one.amount_fen > 0
        taken[one.event_id] += one.amount_fen
        by_place[one.event_id, one.installment_number] += one.amount_fen
    for event_id, fen in taken.items():
        assert fen <= granted[event_id].amount_fen
    is_agreed_anew = any(isinstance(one, Rescheduled | Deferred) for one in life.events)
    for (event_id, number), fen in by_place.items():
        parts = {part.number: part.amount_fen for part in granted[event_id].parts}
        if parts and not is_agreed_anew:
            assert fen <= parts[number]
    for row in state.rows:
        assert row.interest_fen >= row.paid_interest_fen
        assert row.interest_fen >= 0
    if not has_books(life.terms):
        return
    # The interest that others owe is income with what the borrower paid, and balanced.
    made = position(life, on)
    assert sum(made.values()) == 0
    paid = sum(one.amount_fen for one in state.allocations if one.kind is DueKind.INTEREST)
    with_payer = {one.id for one in granted.values() if one.payer}
    owed = sum(
        one.amount_fen for one in state.reductions if one.is_due and one.event_id in with_payer
    )
    assert -sum(fen for (account, _), fen in made.items() if account == "income:interest") == (
        paid + owed
    )
    by_payers = sum(
        fen for (account, _), fen in made.items() if account.startswith(("payer:", "expense:"))
    )
    assert by_payers == owed


@given(st.randoms(use_true_random=False))
@examples(40)
def test_a_payoff_asks_the_borrower_for_the_rest_of_what_accrued_and_no_more(
    rng: random.Random,
) -> None:
    terms = replace(TERMS, method=rng.choice([Method.EQUAL_PRINCIPAL, Method.EQUAL_INSTALLMENT]))
    life, plain = subsidized(terms), Life(terms).lent()
    on = LENT + timedelta(days=rng.randint(1, 420))
    if rng.random() < 1 / 2:
        for one in (life, plain):
            one.paid(LENT + timedelta(days=rng.randint(1, 60)), 50_000)
    asked = payoff(life.terms, life.events, on)
    life.paid(on, asked.amount_fen)
    ended = life.on(on)
    assert ended.payoff_fen == 0
    interest = sum(row.paid_interest_fen for row in ended.rows)
    # Never more than a twelfth of what accrued by then, which the borrower was asked for that less.
    assert due_by_others(ended) <= (interest + due_by_others(ended)) // 12 + 1
    later = life.on(on + timedelta(days=500))
    assert due_by_others(later) == due_by_others(ended)


def test_each_bill_is_lower_from_the_first_day_and_owed_from_its_own() -> None:
    life = subsidized()
    plan = amortize(TERMS)
    rows = life.on(LENT).rows
    off = [row.interest_fen // 12 for row in plan]
    assert [row.total_fen for row in rows] == [
        row.total_fen - fen for row, fen in zip(plan, off, strict=True)
    ]
    for number in range(1, 13):
        before = due_on(number) - timedelta(days=1)
        assert position(life, before).get((STATE, None), 0) == sum(off[: number - 1])
        assert position(life, due_on(number))[STATE, None] == sum(off[:number])
    assert OURS not in {account for account, _ in position(life, due_on(12))}


def test_late_or_in_time_the_payer_owes_the_same() -> None:
    in_time, late = subsidized(), subsidized()
    bill_fen = in_time.on(LENT).rows[0].total_fen
    in_time.paid(due_on(1), bill_fen)
    late.paid(due_on(1) + timedelta(days=40), bill_fen)
    on = due_on(2)
    assert position(late, on)[STATE, None] == position(in_time, on)[STATE, None]
    late.add(Waived, on, kind=DueKind.INTEREST, amount_fen=5_000, installment_number=2)
    assert position(late, on)[STATE, None] == position(in_time, on)[STATE, None]


def test_a_loan_given_back_is_paid_by_nobody_and_undoing_that_brings_it_back() -> None:
    life = subsidized()
    back = life.add(RepaymentReceived, LENT + timedelta(days=2), amount_fen=1_200_000, returns=True)
    assert life.on(due_on(3)).reductions == ()
    life.add(
        RepaymentReversed,
        LENT + timedelta(days=9),
        reverses=back.id,
    )
    assert due_by_others(life.on(due_on(1))) == amortize(TERMS)[0].interest_fen // 12


def test_less_principal_lets_the_state_pay_in_proportion() -> None:
    life = subsidized()
    life.paid(LENT + timedelta(days=1), 600_000)
    state = life.on(due_on(12))
    for row, planned in zip(state.rows[1:], amortize(TERMS)[1:], strict=False):
        others = due_by_others(
            replace(
                state,
                reductions=tuple(
                    one for one in state.reductions if one.installment_number == row.number
                ),
            )
        )
        contract_fen = row.interest_fen + others
        share_fen = planned.interest_fen // 12
        assert others == share_fen * contract_fen // planned.interest_fen
        assert contract_fen < planned.interest_fen


def test_new_dates_end_the_states_part_and_keep_what_has_accrued() -> None:
    life = subsidized()
    on = LENT + timedelta(days=10)
    life.add(Rescheduled, on, count=12, first_due_on=date(2026, 6, 15))
    state = life.on(date(2027, 6, 1))
    accrued_fen = round(1_200_000 * 0.12 / 12 * 10 / 31)
    assert due_by_others(state) == (1_000 * accrued_fen) // 12_000
    assert {one.installment_number for one in state.reductions} == {1}


def test_interest_put_off_is_not_paid_twice() -> None:
    life = subsidized()
    life.add(
        Deferred, LENT + timedelta(days=3), periods=2, moratorium=Moratorium.PRINCIPAL_AND_INTEREST
    )
    state = life.on(date(2027, 6, 1))
    numbers = Counter(one.installment_number for one in state.reductions)
    assert set(numbers.values()) == {1}
    assert 1 not in numbers
    assert 2 not in numbers


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (CouponPart(1, 0, 100, LENT), "out_of_range"),
        (CouponPart(1, 101, 100, LENT), "out_of_range"),
        (CouponPart(0, 50, 100, LENT), "out_of_range"),
        (CouponPart(1, 40, 100, LENT), "not_the_whole"),
    ],
)
def test_parts_that_are_no_part_are_refused(part: CouponPart, reason: str) -> None:
    life = Life(TERMS).lent()
    life.add(CouponApplied, LENT, code="HELP", amount_fen=50, payer="state", parts=(part,))
    with pytest.raises(EventRefused) as refused:
        fold(TERMS, life.events, LENT)
    assert refused.value.reason == reason
