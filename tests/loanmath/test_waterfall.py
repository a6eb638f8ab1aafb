"""Money poured down dues in an order handed in."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.waterfall import (
    LEGAL,
    Direction,
    Due,
    DueKind,
    Part,
    Step,
    Timing,
    Waterfall,
    allocate,
)
from tests.loanmath.drawn import waterfalls
from tests.loanmath.lives import examples


def due_of(number: int, timing: Timing, kind: DueKind, amount_fen: int) -> Due:
    due_on = date(2026, 1, 1) + timedelta(days=30 * number)
    return Due(number, due_on, timing, kind, amount_fen)


dues = st.lists(
    st.builds(
        due_of,
        st.integers(1, 5),
        st.sampled_from(Timing),
        st.sampled_from(DueKind),
        st.integers(0, 10**6),
    ),
    max_size=12,
    unique_by=lambda due: (due.number, due.kind),
)


def two_installments() -> list[Due]:
    first, second = date(2026, 1, 15), date(2026, 2, 15)
    return [
        Due(2, second, Timing.DUE, DueKind.PRINCIPAL, 100),
        Due(2, second, Timing.DUE, DueKind.INTEREST, 10),
        Due(1, first, Timing.PAST_DUE, DueKind.PRINCIPAL, 90),
        Due(1, first, Timing.PAST_DUE, DueKind.PENALTY, 5),
        Due(1, first, Timing.PAST_DUE, DueKind.INTEREST, 20),
        Due(1, first, Timing.PAST_DUE, DueKind.FEE, 3),
    ]


@given(st.integers(0, 10**7), dues, waterfalls)
@examples(200)
def test_no_money_appears_or_vanishes(
    amount_fen: int, owed: list[Due], waterfall: Waterfall
) -> None:
    split = allocate(amount_fen, owed, waterfall)

    paid = sum(part.amount_fen for part in split.parts)
    assert paid + split.leftover_fen == amount_fen
    assert paid == min(amount_fen, sum(due.amount_fen for due in owed))


@given(st.integers(0, 10**7), dues, waterfalls)
@examples(200)
def test_no_due_takes_more_than_it_needs_nor_goes_twice(
    amount_fen: int, owed: list[Due], waterfall: Waterfall
) -> None:
    needs = {(due.number, due.kind): due.amount_fen for due in owed}
    parts = allocate(amount_fen, owed, waterfall).parts
    assert all(0 < part.amount_fen <= needs[part.number, part.kind] for part in parts)
    assert len({(part.number, part.kind) for part in parts}) == len(parts)


@given(st.integers(0, 10**7), dues, waterfalls)
@examples(200)
def test_only_the_last_due_reached_is_left_short(
    amount_fen: int, owed: list[Due], waterfall: Waterfall
) -> None:
    needs = {(due.number, due.kind): due.amount_fen for due in owed}
    parts = allocate(amount_fen, owed, waterfall).parts
    assert all(part.amount_fen == needs[part.number, part.kind] for part in parts[:-1])


def test_the_law_pays_costs_then_interest_then_principal_oldest_first() -> None:
    parts = allocate(125, two_installments()).parts
    assert parts == (
        Part(1, DueKind.FEE, 3),
        Part(1, DueKind.INTEREST, 20),
        Part(1, DueKind.PENALTY, 5),
        Part(1, DueKind.PRINCIPAL, 90),
        Part(2, DueKind.INTEREST, 7),
    )


def test_a_horizontal_order_pays_a_kind_across_installments() -> None:
    kinds = (DueKind.INTEREST, DueKind.PRINCIPAL, DueKind.FEE, DueKind.PENALTY)
    every_timing = Waterfall(
        tuple(Step(timing, kind) for kind in kinds for timing in Timing), Direction.HORIZONTAL
    )
    parts = allocate(60, two_installments(), every_timing).parts
    assert parts == (
        Part(1, DueKind.INTEREST, 20),
        Part(2, DueKind.INTEREST, 10),
        Part(1, DueKind.PRINCIPAL, 30),
    )


def test_an_order_is_complete_when_every_kind_has_one_place_at_every_timing() -> None:
    assert LEGAL.is_complete
    assert not Waterfall(LEGAL.steps[:-1]).is_complete
    assert not Waterfall((*LEGAL.steps, LEGAL.steps[0])).is_complete
