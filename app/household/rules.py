"""
A household's year in whole fen: what comes in and goes out, and which months will be tight.

A month is tight where less is left than a modest life costs: what was carried over from the months
before, and the month's income, less its expenses and what falls due on loans, against a floor for
each person. What is above the floor is carried on: farmers live in spring on what autumn brought.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import msgspec

MONTHS = 12
PEOPLE_MAX = 20
AMOUNT_MAX_FEN = 1_000_000_000
"""Ten million yuan a month and kind: more is a slip of the finger."""

AHEAD_DAYS = 21
"""How long before a tight month its household is warned: time to sell, to ask, to put off."""


class IncomeKind(StrEnum):
    """Where money comes from."""

    CROPS = "CROPS"
    ANIMALS = "ANIMALS"
    WAGES = "WAGES"
    BUSINESS = "BUSINESS"
    FAMILY = "FAMILY"
    STATE = "STATE"
    OTHER = "OTHER"


class ExpenseKind(StrEnum):
    """Where money goes, beside food and daily life, which the floor stands for, and our loans."""

    FARM = "FARM"
    SCHOOL = "SCHOOL"
    HEALTH = "HEALTH"
    HOUSE = "HOUSE"
    GIFTS = "GIFTS"
    OTHER_DEBT = "OTHER_DEBT"
    OTHER = "OTHER"


class MonthLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a month of the year brings and takes, by kind, in fen."""

    income: Mapping[IncomeKind, int] = {}
    expenses: Mapping[ExpenseKind, int] = {}

    @property
    def income_fen(self) -> int:
        """Return all that comes in."""
        return sum(self.income.values())

    @property
    def expenses_fen(self) -> int:
        """Return all that goes out."""
        return sum(self.expenses.values())


class Household(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a borrower says of their household; the same year comes again each year."""

    people: int = 1
    savings_fen: int = 0
    """What they have put by as the present month begins."""
    months: Mapping[int, MonthLines] = {}
    """By month of the year, January 1; a month that is not there brings and takes nothing."""

    def with_months(self, changed: Mapping[int, MonthLines]) -> "Household":
        """Return the household with these months instead of those it had."""
        return msgspec.structs.replace(self, months={**self.months, **changed})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMonth:
    """One month ahead, in whole fen."""

    first_day: date
    income_fen: int
    expenses_fen: int
    installments_fen: int
    carried_fen: int
    """What is above the floor of the months before, savings included."""
    floor_fen: int
    """What a modest life costs the whole household in a month."""

    @property
    def left_fen(self) -> int:
        """Return what is left to live on; below zero where not even the dues are covered."""
        coming_fen = self.carried_fen + self.income_fen
        return coming_fen - self.expenses_fen - self.installments_fen

    @property
    def short_fen(self) -> int:
        """Return what is missing to the floor; zero in a month that is not tight."""
        return max(self.floor_fen - self.left_fen, 0)

    @property
    def is_tight(self) -> bool:
        """Tell whether less is left than a modest life costs."""
        return self.short_fen > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPlan:
    """Twelve months, the present one first."""

    months: tuple[PlannedMonth, ...] = field(repr=False)
    has_loan: bool = False
    """Whether anything is owed on a loan that runs; an offer is none yet."""

    @property
    def tight(self) -> tuple[PlannedMonth, ...]:
        """Return the months that will be tight."""
        return tuple(month for month in self.months if month.is_tight)


def planned(
    household: Household, dues: Sequence[tuple[date, int]], *, today: date, floor_fen: int
) -> HouseholdPlan:
    """
    Lay a household's year beside what falls due.

    Args:
        household: What the borrower said.
        dues: Each unpaid installment's day and what is left of it; what is late falls in the
            present month, as it is to be paid now.
        today: A day of the first month.
        floor_fen: What a modest life costs one person in a month.
    """
    months: list[PlannedMonth] = []
    carried_fen = household.savings_fen
    for first_day in months_from(today):
        lines = household.months.get(first_day.month, MonthLines())
        month = PlannedMonth(
            first_day=first_day,
            income_fen=lines.income_fen,
            expenses_fen=lines.expenses_fen,
            installments_fen=sum(
                fen for day, fen in dues if max(_first(day), _first(today)) == first_day
            ),
            carried_fen=carried_fen,
            floor_fen=floor_fen * household.people,
        )
        months.append(month)
        carried_fen = max(month.left_fen - month.floor_fen, 0)
    return HouseholdPlan(months=tuple(months))


def months_from(today: date) -> Iterator[date]:
    """Give the first days of twelve months, the present one first."""
    first_day = _first(today)
    for _ in range(MONTHS):
        yield first_day
        first_day = _first(first_day + timedelta(days=31))


def month_to_look_at(today: date) -> date:
    """Return the first day of the newest month that begins within three weeks, or has begun."""
    return _first(today + timedelta(days=AHEAD_DAYS))


def year_shares(weights: Sequence[int]) -> tuple[int, ...]:
    """Return how a crop's income falls on the months, in thousandths that sum to a thousand."""
    whole = sum(weights)
    if not whole:
        return (0,) * MONTHS
    until = [1000 * sum(weights[: month + 1]) // whole for month in range(MONTHS)]
    return tuple(end - begin for begin, end in zip((0, *until), until, strict=False))


def _first(day: date) -> date:
    return day.replace(day=1)
