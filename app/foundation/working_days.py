"""Working days of mainland China: statutory holidays and make-up workdays (调休), as published."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import msgspec
from chinese_calendar import holidays as library_holidays
from chinese_calendar import workdays as library_workdays

from app.loanmath.errors import YearUnpublished

OVERLAY = Path(__file__).parents[2] / "fixtures" / "calendar" / "working_days.toml"
"""Years that the library does not know, each with its source."""

_DAY = timedelta(days=1)
_SATURDAY = 5
_DECEMBER = 12
_HOLIDAY_DAYS_MAX = 31


class CalendarBroken(ValueError):
    """A fault: the file of working days says something that cannot be; nothing is guessed."""


class Holiday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days off in a row, the first and the last included."""

    name: str
    begins: date = msgspec.field(name="from")
    ends: date = msgspec.field(name="to")

    def days(self) -> Iterator[date]:
        """Yield each day."""
        for ahead in range((self.ends - self.begins).days + 1):
            yield self.begins + ahead * _DAY


class PublishedYear(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One year as its notice says it; days at the end of the year before may be among them."""

    year: int
    source: str
    holidays: tuple[Holiday, ...]
    workdays: tuple[date, ...] = ()

    @property
    def days_off(self) -> frozenset[date]:
        """Every day of its holidays."""
        return frozenset(day for holiday in self.holidays for day in holiday.days())


class ChineseWorkingDays:
    """
    Every year the library knows, with the years of an overlay instead or after them.

    It satisfies `app.loanmath.calendar.WorkingDays`. `published_until` is its last year.
    """

    FIRST_YEAR: ClassVar[int] = min(library_holidays).year

    def __init__(self, overlay: Sequence[PublishedYear] = ()) -> None:
        """
        Lay the years of an overlay over the library's.

        Raises:
            CalendarBroken: A year contradicts itself, stands there twice, or leaves a gap.
        """
        written = {one.year: one for one in overlay}
        if len(written) < len(overlay):
            raise CalendarBroken("a year stands there twice")
        self.published_until = max(library_holidays).year
        for year in sorted(written):
            _check(written[year])
            if not self.FIRST_YEAR <= year <= self.published_until + 1:
                raise CalendarBroken(f"{year}: the years before it are missing")
            self.published_until = max(self.published_until, year)
        self._off = {day for day in library_holidays if day.year not in written}
        self._worked = {day for day in library_workdays if day.year not in written}
        # A notice also decides days of the December before it, so it comes after that year's own.
        for year in sorted(written):
            off, worked = written[year].days_off, frozenset(written[year].workdays)
            self._off = self._off - worked | off
            self._worked = self._worked - off | worked

    @classmethod
    def read(cls, path: Path = OVERLAY) -> "ChineseWorkingDays":
        """
        Read the years of a file over the library's.

        Raises:
            CalendarBroken: The file is unreadable or misspelled, or its years cannot be.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            years = msgspec.convert(content.get("years", []), tuple[PublishedYear, ...])
        except (OSError, ValueError) as broken:
            raise CalendarBroken(f"{path.name}: {broken}") from broken
        if unknown := content.keys() - {"years"}:
            raise CalendarBroken(f"{path.name}: unknown: {', '.join(sorted(unknown))}")
        return cls(years)

    def is_working(self, day: date) -> bool:
        """
        Say whether people work on this day.

        Raises:
            YearUnpublished: Neither the library nor the overlay has the year.
        """
        if not self.FIRST_YEAR <= day.year <= self.published_until:
            raise YearUnpublished(day.year)
        if day in self._off:
            return False
        return day.weekday() < _SATURDAY or day in self._worked


def _check(one: PublishedYear) -> None:
    """Refuse a year that says something impossible."""
    if not one.source.strip():
        raise CalendarBroken(f"{one.year}: where it was published is missing")
    for holiday in one.holidays:
        if not 0 <= (holiday.ends - holiday.begins).days < _HOLIDAY_DAYS_MAX:
            raise CalendarBroken(f"{one.year}: {holiday.name} ends before it begins, or too late")
    if not any(day.year == one.year for day in one.days_off):
        raise CalendarBroken(f"{one.year}: it has no holidays")
    for day in _strangers(one.year, (*one.days_off, *one.workdays)):
        raise CalendarBroken(f"{one.year}: {day} belongs to another year")
    if both := one.days_off & set(one.workdays):
        raise CalendarBroken(f"{one.year}: {min(both)} is free and worked")


def _strangers(year: int, days: Iterable[date]) -> list[date]:
    """Return the days that lie neither in a year nor in the December before it."""
    return sorted(
        day for day in days if day.year != year and (day.year, day.month) != (year - 1, _DECEMBER)
    )


class _Installed:
    """The process's own calendar, where one was put in place of what the file says."""

    calendar: ChineseWorkingDays | None = None


def install_working_days(calendar: ChineseWorkingDays | None) -> None:
    """Make a calendar the process's own; None means what the file says."""
    _Installed.calendar = calendar


def working_days() -> ChineseWorkingDays:
    """
    Return the process's own calendar: the library's years and the overlay's, read once.

    Raises:
        CalendarBroken: The overlay cannot be read.
    """
    return _Installed.calendar or _published()


def somebody_works(day: date) -> bool:
    """Say whether people are at their desks; in a year without published holidays, on weekdays."""
    try:
        return working_days().is_working(day)
    except YearUnpublished:
        return day.weekday() < _SATURDAY


@lru_cache(1)
def _published() -> ChineseWorkingDays:
    return ChineseWorkingDays.read()
