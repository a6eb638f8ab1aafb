"""What closing an account deletes, what the law keeps, until when, and why."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.privacy.errors import ClosingObstacle


class DataPart(StrEnum):
    """A part of what we hold, as one wants to hear what becomes of it."""

    WAYS_IN = "WAYS_IN"
    LEARNING = "LEARNING"
    OPTIONAL_CONSENTS = "OPTIONAL_CONSENTS"
    ADDRESS = "ADDRESS"
    PROFILE = "PROFILE"
    MESSAGES = "MESSAGES"
    TICKETS = "TICKETS"
    APPLICATIONS = "APPLICATIONS"
    IDENTITY = "IDENTITY"
    LOAN_RECORDS = "LOAN_RECORDS"
    AUDIT = "AUDIT"


class Fate(StrEnum):
    """When a part goes."""

    AT_ONCE = "AT_ONCE"
    AFTER_DAYS = "AFTER_DAYS"
    KEPT = "KEPT"
    """The law wants it kept: stored only, and gone after its date."""
    NAMELESS = "NAMELESS"
    """It stays for good and leads to nobody any more."""


class ClosingState(StrEnum):
    """Where a closing stands."""

    COOLING = "COOLING"
    RETURNED = "RETURNED"
    DONE = "DONE"


DELETABLE = frozenset({DataPart.LEARNING, DataPart.ADDRESS})
"""What can be deleted by itself, without closing the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """One part and what becomes of it."""

    part: DataPart
    fate: Fate
    kept_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionPlan:
    """What closing would do, and what stands in its way."""

    parts: tuple[PlannedPart, ...]
    obstacles: tuple[ClosingObstacle, ...]
    days: int
    """To come back in."""
    held_until: date | None
    """The legal hold's last day; None where the law keeps nothing."""


_FATES: dict[DataPart, Fate] = {
    DataPart.WAYS_IN: Fate.AT_ONCE,
    DataPart.LEARNING: Fate.AT_ONCE,
    DataPart.OPTIONAL_CONSENTS: Fate.AT_ONCE,
    DataPart.ADDRESS: Fate.AFTER_DAYS,
    DataPart.PROFILE: Fate.AFTER_DAYS,
    DataPart.MESSAGES: Fate.AFTER_DAYS,
    DataPart.TICKETS: Fate.AFTER_DAYS,
    DataPart.APPLICATIONS: Fate.AFTER_DAYS,
    DataPart.AUDIT: Fate.NAMELESS,
}


def planned(
    *,
    held_until: date | None,
    has_borrowed: bool,
    obstacles: tuple[ClosingObstacle, ...],
    days: int,
) -> DeletionPlan:
    """Say what becomes of every part; loan records and identity are kept only of who borrowed."""
    parts = [PlannedPart(part=part, fate=fate) for part, fate in _FATES.items()]
    if has_borrowed:
        parts += [
            PlannedPart(part=part, fate=Fate.KEPT, kept_until=held_until)
            for part in (DataPart.IDENTITY, DataPart.LOAN_RECORDS)
        ]
    else:
        parts.append(PlannedPart(part=DataPart.IDENTITY, fate=Fate.AFTER_DAYS))
    order = list(DataPart)
    return DeletionPlan(
        parts=tuple(sorted(parts, key=lambda one: order.index(one.part))),
        obstacles=obstacles,
        days=days,
        held_until=held_until,
    )


def hold_end(last_closed_on: date, years: int) -> date:
    """Return the last day of a hold of so many years; a leap day counts as the 28th."""
    try:
        return last_closed_on.replace(year=last_closed_on.year + years)
    except ValueError:
        return last_closed_on.replace(year=last_closed_on.year + years, day=28)
