"""Units of time in which flows are counted, and how many of each make a year."""

from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from app.loanmath.calendar import MONTHS_PER_YEAR
from app.loanmath.schedule.choices import Unit

DAYS_PER_YEAR = 365
WEEKS_PER_YEAR = 52
DAYS_PER_WEEK = 7

_HALF = Fraction(1, 2)


class UnitPeriod(NamedTuple):
    """Regulation Z's unit of time: days, weeks, months or half a month; at most a year."""

    size: int | Fraction
    unit: Unit

    @property
    def per_year(self) -> Fraction:
        """How many make a year: 365 days, 52 weeks or 12 months of it."""
        match self.unit:
            case Unit.DAY:
                return Fraction(DAYS_PER_YEAR) / self.size
            case Unit.WEEK:
                return Fraction(WEEKS_PER_YEAR) / self.size
            case Unit.MONTH:
                return Fraction(MONTHS_PER_YEAR) / self.size

    @property
    def name(self) -> str:
        """What it is called, and may be written as: `month`, `2 weeks`, `semimonth`, `year`."""
        if self.unit is Unit.MONTH and self.size in _MONTHS_BY_NAME.values():
            return next(name for name, size in _MONTHS_BY_NAME.items() if size == self.size)
        word = self.unit.value.lower()
        return word if self.size == 1 else f"{self.size} {word}s"


_MONTHS_BY_NAME = {"semimonth": _HALF, "quarter": 3, "year": MONTHS_PER_YEAR}

DAY = UnitPeriod(1, Unit.DAY)
MONTH = UnitPeriod(1, Unit.MONTH)
SEMIMONTH = UnitPeriod(_HALF, Unit.MONTH)
YEAR = UnitPeriod(MONTHS_PER_YEAR, Unit.MONTH)


class Interval(StrEnum):
    """The whole periods a European interval is counted in before its days."""

    YEAR = "YEAR"
    MONTH = "MONTH"
    WEEK = "WEEK"
    DAY = "DAY"
    """No whole periods: the actual days over 365, a calendar basis."""


class UnitTime(NamedTuple):
    """A time after the start: full unit-periods, and the part of one left over."""

    whole: int
    part: Fraction = Fraction(0)

    @classmethod
    def of(cls, total: Fraction) -> "UnitTime":
        """Split a number of unit-periods."""
        whole, part = divmod(total, 1)
        return cls(whole, part)

    @property
    def total(self) -> Fraction:
        """Both as one number of unit-periods."""
        return self.whole + self.part
