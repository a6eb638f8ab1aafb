"""What the arithmetic refuses, each naming where the trouble lies."""

from datetime import date
from decimal import Decimal


class TermsRefused(ValueError):
    """
    The terms cannot make a loan.

    `field` names the term at fault (`fees[0].timing` inside a list), `reason` is a stable
    snake_case word for it.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class EventRefused(ValueError):
    """
    An event cannot be part of this loan's life.

    `event_id` names the event, `field` the part of it at fault, `reason` is a stable snake_case
    word.
    """

    def __init__(self, event_id: str, field: str, reason: str) -> None:
        super().__init__(f"event {event_id}: {field}: {reason}")
        self.event_id = event_id
        self.field = field
        self.reason = reason


class NoRate(ValueError):
    """No annualized rate above -100 % makes these flows worth nothing."""


class SeveralRates(ValueError):
    """
    More than one annualized rate solves these flows, so none of them is *the* rate.

    `rates` are those found, the lowest first; it may lack some that lie too close together to be
    told apart.
    """

    def __init__(self, rates: tuple[Decimal, ...] = ()) -> None:
        super().__init__("more than one rate solves these flows")
        self.rates = rates


class YearUnpublished(ValueError):
    """The working days of this year are not published, and are not guessed."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the working days of {year} are not published")
        self.year = year


class CalendarMissing(ValueError):
    """The terms move due dates off non-working days, but no calendar was handed in."""

    def __init__(self, day: date) -> None:
        super().__init__(f"moving {day.isoformat()} to a working day needs a calendar")
        self.day = day
