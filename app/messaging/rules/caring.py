"""Which greetings a day brings, and how seldom anybody gets one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.messaging.rules.kinds import Kind

CARE = (Kind.CARE_HOLIDAY, Kind.CARE_BIRTHDAY_MONTH, Kind.CARE_HARVEST)
"""Greetings; a holiday's is the same for everybody, the others are chosen for one person."""

BIRTHDAY_DAYS = 20
"""From the first of the month on somebody is greeted who was away on the first."""
HARVEST_FROM, HARVEST_UNTIL = 10, 20
"""Days of the month before a harvest, three weeks ahead as the lesson on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRound:
    """One occasion to greet people."""

    key: str
    """What tells it from all others; nobody is greeted twice for one."""
    kind: Kind
    ends_on: date
    """From that day on nobody is greeted for it any more."""
    occasion: str = ""
    """The holiday's name, which is its sentence's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareLimits:
    """How seldom somebody is greeted."""

    days_between: int
    per_year_max: int

    def allows(self, greeted_at: Sequence[datetime], now: datetime) -> bool:
        """Tell whether one more is not too many, after those of the last year."""
        within_year = [one for one in greeted_at if now - one < timedelta(days=365)]
        is_soon = any(now - one < timedelta(days=self.days_between) for one in within_year)
        return not is_soon and len(within_year) < self.per_year_max


def rounds_on(today: date, holidays: Mapping[str, date]) -> tuple[CareRound, ...]:
    """Return the occasions that a day belongs to."""
    month = f"{today:%Y-%m}"
    rounds = [
        CareRound(
            key=f"HOLIDAY:{name}:{today}",
            kind=Kind.CARE_HOLIDAY,
            ends_on=today + timedelta(days=1),
            occasion=name,
        )
        for name, day in holidays.items()
        if day == today
    ]
    if today.day <= BIRTHDAY_DAYS:
        ends = today.replace(day=BIRTHDAY_DAYS + 1)
        rounds.append(
            CareRound(key=f"BIRTHDAY:{month}", kind=Kind.CARE_BIRTHDAY_MONTH, ends_on=ends)
        )
    if HARVEST_FROM <= today.day <= HARVEST_UNTIL:
        ends = today.replace(day=HARVEST_UNTIL + 1)
        rounds.append(CareRound(key=f"HARVEST:{month}", kind=Kind.CARE_HARVEST, ends_on=ends))
    return tuple(rounds)
