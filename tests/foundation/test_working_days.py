"""Working days as they were published; a year that nobody published is an error."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from app.foundation.working_days import (
    CalendarBroken,
    ChineseWorkingDays,
    install_working_days,
    working_days,
)
from app.loanmath.calendar import BusinessDays, business_day
from app.loanmath.errors import YearUnpublished

OFF_IN_2026 = (
    ("01-01", "01-03"),
    ("02-15", "02-23"),
    ("04-04", "04-06"),
    ("05-01", "05-05"),
    ("06-19", "06-21"),
    ("09-25", "09-27"),
    ("10-01", "10-07"),
)
WORKED_IN_2026 = ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")
"""
国务院办公厅关于2026年部分节假日安排的通知, 4 November 2025:
New Year 1 to 3 January; Spring Festival 15 to 23 February; Tomb-sweeping 4 to 6 April;
Labor Day 1 to 5 May; Dragon Boat 19 to 21 June; Mid-autumn 25 to 27 September; National Day
1 to 7 October; and these six Saturdays and Sundays are worked.
"""


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def of_2026(month_and_day: str) -> date:
    return date.fromisoformat(f"2026-{month_and_day}")


def written(folder: Path, text: str) -> ChineseWorkingDays:
    path = folder / "working_days.toml"
    path.write_text(text, encoding="utf-8")
    return ChineseWorkingDays.read(path)


def year(number: int, more: str = "") -> str:
    """Write a year that has nothing but New Year's Day, and whatever a test adds."""
    return (
        f'[[years]]\nyear = {number}\nsource = "a test"\n{more}\n'
        if "holidays" in more
        else f'[[years]]\nyear = {number}\nsource = "a test"\n{more}\n'
        f'holidays = [{{ name = "元旦", from = {number}-01-01, to = {number}-01-01 }}]\n'
    )


def test_2026_is_as_its_notice_says_day_by_day() -> None:
    off = {day for begins, ends in OFF_IN_2026 for day in days(of_2026(begins), of_2026(ends))}
    worked = {of_2026(day) for day in WORKED_IN_2026}
    assert all(day.weekday() >= 5 for day in worked), "make-up workdays are weekends"
    for day in days(date(2026, 1, 1), date(2026, 12, 31)):
        expected = day in worked or (day not in off and day.weekday() < 5)
        assert working_days().is_working(day) is expected, day


def test_all_years_of_the_library_are_as_the_library_says() -> None:
    calendar = ChineseWorkingDays()
    for day in days(date(2004, 1, 1), date(2026, 12, 31)):
        assert calendar.is_working(day) is chinese_calendar.is_workday(day), day


@pytest.mark.parametrize(
    ("due_on", "shift", "payable_on"),
    [
        # Sunday 15 February opens nine days of Spring Festival; Saturday the 14th is worked.
        ("02-15", BusinessDays.NEXT, "02-24"),
        ("02-23", BusinessDays.PREVIOUS, "02-14"),
        ("02-14", BusinessDays.NEXT, "02-14"),
        ("02-28", BusinessDays.NEXT, "02-28"),
        ("02-28", BusinessDays.PREVIOUS, "02-28"),
        # National Day: seven days off, the Saturday after them is worked.
        ("10-01", BusinessDays.PREVIOUS, "09-30"),
        ("10-03", BusinessDays.NEXT, "10-08"),
        ("10-10", BusinessDays.NEXT, "10-10"),
        ("10-11", BusinessDays.PREVIOUS, "10-10"),
        # The Sunday before Mid-autumn is worked; the end of January falls on a Saturday.
        ("09-20", BusinessDays.NEXT, "09-20"),
        ("01-31", BusinessDays.MODIFIED_FOLLOWING, "01-30"),
        ("02-15", BusinessDays.MODIFIED_FOLLOWING, "02-24"),
    ],
)
def test_a_due_date_moves_over_holidays_and_stops_at_make_up_workdays(
    due_on: str, shift: BusinessDays, payable_on: str
) -> None:
    assert business_day(of_2026(due_on), shift, working_days()) == of_2026(payable_on)


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2027, 1, 4), date(2100, 6, 1)])
def test_a_year_that_nobody_published_is_an_error_and_not_a_guess(day: date) -> None:
    with pytest.raises(YearUnpublished) as unpublished:
        ChineseWorkingDays().is_working(day)
    assert unpublished.value.year == day.year


def test_the_file_in_the_house_is_read_once() -> None:
    assert working_days() is working_days()
    assert working_days().published_until >= 2026


def test_another_calendar_can_be_put_in_its_place() -> None:
    calendar = ChineseWorkingDays()
    install_working_days(calendar)
    try:
        assert working_days() is calendar
    finally:
        install_working_days(None)
    assert working_days() is not calendar


def test_a_year_written_down_is_known_from_then_on(tmp_path: Path) -> None:
    calendar = written(
        tmp_path,
        year(
            2027,
            'holidays = [{ name = "元旦", from = 2026-12-31, to = 2027-01-02 },'
            ' { name = "春节", from = 2027-02-06, to = 2027-02-12 }]\n'
            "workdays = [2026-12-27, 2027-02-13]",
        ),
    )
    assert calendar.published_until == 2027
    assert not calendar.is_working(date(2026, 12, 31)), "a Thursday, off by the next year's notice"
    assert calendar.is_working(date(2026, 12, 27)), "a Sunday, worked by the next year's notice"
    assert not calendar.is_working(date(2027, 2, 12))
    assert calendar.is_working(date(2027, 2, 13)), "a Saturday"
    assert not calendar.is_working(date(2027, 2, 14))
    assert calendar.is_working(date(2027, 2, 15))
    assert calendar.is_working(date(2026, 10, 10)), "the library's year stands"
    with pytest.raises(YearUnpublished, match="2028"):
        calendar.is_working(date(2028, 1, 4))


def test_a_year_written_down_stands_instead_of_the_librarys(tmp_path: Path) -> None:
    calendar = written(tmp_path, year(2026, "workdays = [2026-01-03]"))
    assert calendar.is_working(date(2026, 1, 3)), "a Saturday, by the file"
    assert not calendar.is_working(date(2026, 10, 10)), "a Saturday that only the library works"
    assert calendar.is_working(date(2026, 10, 1)), "a holiday that only the library has"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[years", "working_days.toml"),
        ("years = 5", "working_days.toml"),
        ("[[year]]", "unknown: year"),
        (year(2027, "holiday = []"), "unknown field"),
        ('[[years]]\nyear = 2027\nsource = "a test"', "holidays"),
        (year(2027) + year(2027), "twice"),
        (year(2028), "2028: the years before it are missing"),
        (year(2003), "2003: the years before it are missing"),
        (year(2027).replace("a test", " "), "2027: where it was published is missing"),
        (year(2027, "workdays = [2028-01-02]"), "2028-01-02 belongs to another year"),
        (year(2027, "workdays = [2026-11-29]"), "2026-11-29 belongs to another year"),
        (year(2027, "workdays = [2027-01-01]"), "2027-01-01 is free and worked"),
        (year(2027, "holidays = []"), "2027: it has no holidays"),
        (
            year(2027, 'holidays = [{ name = "元旦", from = 2027-01-03, to = 2027-01-01 }]'),
            "元旦 ends before it begins",
        ),
        (
            year(2027, 'holidays = [{ name = "元旦", from = 2027-01-01, to = 2027-02-01 }]'),
            "or too late",
        ),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(CalendarBroken, match=says):
        written(tmp_path, text)


def test_a_missing_file_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(CalendarBroken):
        ChineseWorkingDays.read(tmp_path / "nowhere.toml")
