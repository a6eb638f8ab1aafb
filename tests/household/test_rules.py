"""A household's year adds up to the fen, and more spending never makes a tight month easy."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.household.rules import (
    ExpenseKind,
    Household,
    IncomeKind,
    MonthLines,
    month_to_look_at,
    months_from,
    planned,
    year_shares,
)

FEN = st.integers(0, 3_000_000)
LINES = st.builds(
    MonthLines,
    income=st.dictionaries(st.sampled_from(IncomeKind), FEN, max_size=3),
    expenses=st.dictionaries(st.sampled_from(ExpenseKind), FEN, max_size=3),
)
HOUSEHOLDS = st.builds(
    Household,
    people=st.integers(1, 8),
    savings_fen=FEN,
    months=st.dictionaries(st.integers(1, 12), LINES, max_size=12),
)
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
DUES = st.lists(st.tuples(DAYS, FEN), max_size=8)
MORE = st.tuples(st.integers(1, 12), st.sampled_from(ExpenseKind), FEN)
FLOOR = st.integers(0, 200_000)


@given(HOUSEHOLDS, DUES, DAYS, FLOOR)
def test_every_fen_of_the_year_is_told_once(
    household: Household, dues: list[tuple[date, int]], today: date, floor_fen: int
) -> None:
    plan = planned(household, dues, today=today, floor_fen=floor_fen)
    firsts = list(months_from(today))
    assert [month.first_day for month in plan.months] == firsts
    assert sum(month.income_fen for month in plan.months) == sum(
        one.income_fen for one in household.months.values()
    )
    assert sum(month.expenses_fen for month in plan.months) == sum(
        one.expenses_fen for one in household.months.values()
    )
    after = date(firsts[-1].year + firsts[-1].month // 12, firsts[-1].month % 12 + 1, 1)
    within = sum(fen for day, fen in dues if day < after)
    assert sum(month.installments_fen for month in plan.months) == within
    coming_fen = household.savings_fen
    for month in plan.months:
        assert month.carried_fen == coming_fen
        coming_fen = max(month.left_fen - month.floor_fen, 0)
        assert month.left_fen + month.short_fen >= month.floor_fen
        assert month.is_tight is (month.left_fen < month.floor_fen)


@given(HOUSEHOLDS, DUES, DAYS, FLOOR, MORE)
def test_spending_more_never_makes_a_tight_month_easy(
    household: Household,
    dues: list[tuple[date, int]],
    today: date,
    floor_fen: int,
    more: tuple[int, ExpenseKind, int],
) -> None:
    month, kind, more_fen = more
    lines = household.months.get(month, MonthLines())
    expenses = {**lines.expenses, kind: lines.expenses.get(kind, 0) + more_fen}
    spending = household.with_months({month: msgspec.structs.replace(lines, expenses=expenses)})
    before = planned(household, dues, today=today, floor_fen=floor_fen)
    after = planned(spending, dues, today=today, floor_fen=floor_fen)
    tight = {one.first_day for one in before.tight}
    assert tight <= {one.first_day for one in after.tight}
    owing = planned(household, [*dues, (today, more_fen)], today=today, floor_fen=floor_fen)
    assert tight <= {one.first_day for one in owing.tight}


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12))
def test_a_crops_year_is_a_thousand_thousandths(weights: list[int]) -> None:
    shares = year_shares(weights)
    assert len(shares) == 12
    assert sum(shares) == (1000 if any(weights) else 0)
    assert all(share >= 0 for share in shares)


def test_a_month_is_looked_at_three_weeks_before_it_begins() -> None:
    assert month_to_look_at(date(2027, 1, 10)) == date(2027, 1, 1)
    assert month_to_look_at(date(2027, 1, 11)) == date(2027, 2, 1)
    assert month_to_look_at(date(2026, 12, 31)) == date(2027, 1, 1)
