"""When installments fall due, and which part of a year each period is."""

from datetime import date
from fractions import Fraction

import pytest

from app.loanmath.calendar import MonthEnd
from app.loanmath.interest import DayCount
from app.loanmath.schedule import FirstInstallment, FirstPeriod, Method, Unit, due_dates
from app.loanmath.schedule.dates import periods
from tests.loanmath.lives import plain_terms


def test_due_dates_follow_the_nominal_day_through_short_months() -> None:
    terms = plain_terms(disbursed_on=date(2027, 12, 31), count=4)
    assert due_dates(terms) == (
        date(2028, 1, 31),
        date(2028, 2, 29),
        date(2028, 3, 31),
        date(2028, 4, 30),
    )
    assert {period.fraction for period in periods(terms)} == {Fraction(1, 12)}


def test_a_rolled_due_day_comes_back_to_its_month() -> None:
    terms = plain_terms(disbursed_on=date(2026, 1, 31), count=3, month_end=MonthEnd.ROLL)
    assert due_dates(terms) == (date(2026, 3, 1), date(2026, 3, 31), date(2026, 5, 1))
    assert [period.fraction for period in periods(terms)] == [Fraction(1, 12)] * 3


@pytest.mark.parametrize(
    ("first_period", "disbursed_on", "due_day", "first"),
    [
        (FirstPeriod.NEXT, date(2026, 11, 21), 10, date(2026, 12, 10)),
        (FirstPeriod.LONG, date(2026, 11, 21), 10, date(2027, 1, 10)),
        (FirstPeriod.LONG, date(2026, 11, 21), 25, date(2026, 12, 25)),
        (FirstPeriod.SHORT, date(2026, 11, 21), 10, date(2026, 12, 10)),
        (FirstPeriod.SHORT, date(2026, 11, 21), 28, date(2026, 11, 28)),
        (FirstPeriod.SHORT, date(2026, 11, 21), 21, date(2026, 12, 21)),
        (FirstPeriod.NEXT, date(2026, 1, 31), 31, date(2026, 2, 28)),
    ],
)
def test_the_first_due_date_is_where_the_terms_put_it(
    first_period: FirstPeriod, disbursed_on: date, due_day: int, first: date
) -> None:
    terms = plain_terms(first_period=first_period, disbursed_on=disbursed_on, due_day=due_day)
    assert due_dates(terms)[0] == first


def test_an_agreed_first_due_date_sets_the_day_of_the_others() -> None:
    terms = plain_terms(first_due_on=date(2026, 2, 20), count=3)
    assert due_dates(terms) == (date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 20))
    assert periods(terms)[0].fraction == Fraction(1, 12) + Fraction(5, 360)


def test_an_agreed_first_due_date_may_stand_apart_from_the_due_day() -> None:
    terms = plain_terms(first_due_on=date(2026, 2, 20), due_day=1, count=3)
    assert due_dates(terms) == (date(2026, 2, 20), date(2026, 3, 1), date(2026, 4, 1))
    assert periods(terms)[1].fraction == Fraction(9, 360)


def test_periods_may_last_weeks_or_days() -> None:
    weekly = plain_terms(unit=Unit.WEEK, every=2, count=2, day_count=DayCount.ACT_364)
    daily = plain_terms(unit=Unit.DAY, every=10, count=2, day_count=DayCount.ACT_365F)
    assert due_dates(weekly) == (date(2026, 1, 29), date(2026, 2, 12))
    assert due_dates(daily) == (date(2026, 1, 25), date(2026, 2, 4))
    assert periods(weekly)[0].regular == periods(weekly)[0].fraction == Fraction(1, 26)


def test_handed_in_due_dates_stand_and_go_on_by_the_terms_step() -> None:
    days = (date(2026, 2, 28), date(2026, 3, 31))
    terms = plain_terms(due_dates=days, count=2, disbursed_on=date(2026, 1, 31))
    assert due_dates(terms) == days
    assert [period.fraction for period in periods(terms)] == [Fraction(1, 12)] * 2
    assert [period.due_on for period in periods(terms, more=2)][2:] == [
        date(2026, 4, 30),
        date(2026, 5, 31),
    ]


def test_a_bullet_is_one_period_to_its_maturity() -> None:
    terms = plain_terms(method=Method.BULLET, count=6)
    (only,) = periods(terms)
    assert (only.start, only.due_on, only.fraction) == (
        date(2026, 1, 15),
        date(2026, 7, 15),
        Fraction(1, 2),
    )


def test_a_first_period_may_count_as_a_whole_one() -> None:
    terms = plain_terms(due_day=1, first_installment=FirstInstallment.WHOLE_PERIOD)
    assert periods(terms)[0].fraction == Fraction(1, 12)
