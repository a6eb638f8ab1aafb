"""Due days, month ends and the move to working days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.calendar import BusinessDays, MonthEnd, add_months, business_day, whole_months
from app.loanmath.errors import CalendarMissing, YearUnpublished

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


class Published:
    """The working days of one year: weekdays, but for some days off and make-up workdays."""

    def __init__(self, year: int, off: set[date], made_up: set[date]) -> None:
        self.year, self.off, self.made_up = year, off, made_up

    def is_working(self, day: date) -> bool:
        if day.year != self.year:
            raise YearUnpublished(day.year)
        return day in self.made_up or (day.weekday() < 5 and day not in self.off)


GOLDEN_WEEK = Published(
    2026, off={date(2026, 10, day) for day in range(1, 8)}, made_up={date(2026, 10, 10)}
)


def test_the_nominal_day_outlives_short_months() -> None:
    months = [add_months(date(2026, 1, 31), place, 31) for place in range(1, 5)]
    assert months == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_a_leap_year_has_its_own_last_day() -> None:
    assert add_months(date(2027, 12, 30), 2, 30) == date(2028, 2, 29)


def test_a_day_the_month_lacks_may_roll_into_the_next() -> None:
    assert add_months(date(2026, 1, 31), 1, 31, MonthEnd.ROLL) == date(2026, 3, 1)


def test_months_are_counted_backwards_too() -> None:
    assert add_months(date(2026, 1, 15), -2, 15) == date(2025, 11, 15)


@given(days, st.integers(-50, 50))
def test_whole_months_undo_added_ones(day: date, months: int) -> None:
    assert whole_months(day, add_months(day, months, day.day)) == months


@given(days, days)
def test_whole_months_never_overshoot(one: date, other: date) -> None:
    months = whole_months(one, other)
    assert add_months(one, months, one.day) <= other < add_months(one, months + 1, one.day)


@pytest.mark.parametrize(
    ("day", "shift", "payable"),
    [
        (date(2026, 10, 1), BusinessDays.AS_IS, date(2026, 10, 1)),
        (date(2026, 10, 1), BusinessDays.NEXT, date(2026, 10, 8)),
        (date(2026, 10, 1), BusinessDays.PREVIOUS, date(2026, 9, 30)),
        (date(2026, 10, 10), BusinessDays.NEXT, date(2026, 10, 10)),
        (date(2026, 10, 11), BusinessDays.MODIFIED_FOLLOWING, date(2026, 10, 12)),
        (date(2026, 10, 31), BusinessDays.MODIFIED_FOLLOWING, date(2026, 10, 30)),
    ],
)
def test_due_dates_are_seen_on_working_days(day: date, shift: BusinessDays, payable: date) -> None:
    assert business_day(day, shift, GOLDEN_WEEK) == payable


def test_a_shift_without_a_calendar_is_refused() -> None:
    with pytest.raises(CalendarMissing, match="2026-10-01") as refused:
        business_day(date(2026, 10, 1), BusinessDays.NEXT)
    assert refused.value.day == date(2026, 10, 1)


def test_an_unpublished_year_is_not_guessed() -> None:
    with pytest.raises(YearUnpublished, match="2027") as refused:
        business_day(date(2027, 1, 1), BusinessDays.NEXT, GOLDEN_WEEK)
    assert refused.value.year == 2027
