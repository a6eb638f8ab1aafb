"""What servicing refuses."""

from datetime import date

from app.foundation.errors import Refusal

DAYS_AHEAD_MAX = 400
"""How far one close-day command may move the business date."""


class LoanNotOpenable(Refusal):
    """The terms make no lawful loan; nothing was opened."""

    code = "LOAN_NOT_OPENABLE"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RepaymentImpossible(Refusal):
    """The repayment cannot be part of this loan's life, such as one dated before the loan."""

    code = "REPAYMENT_IMPOSSIBLE"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CalendarUnpublished(Refusal):
    """The day cannot be worked out: the working days of its year are not published yet."""

    code = "CALENDAR_UNPUBLISHED"

    def __init__(self, year: int) -> None:
        super().__init__(f"the working days of {year} are not published")
        self.year = year


class CloseNeedsCalendar(Refusal):
    """The day cannot be closed before the working days of a year are written down."""

    code = "CLOSE_NEEDS_CALENDAR"

    def __init__(self, *, year: int, on_date: date, loan_id: str) -> None:
        super().__init__(f"closing {on_date.isoformat()} needs the working days of {year}")
        self.year = year
        self.on_date = on_date
        self.loan_id = loan_id


class BusinessDateBackwards(Refusal):
    """The business date only moves forward; it stands after the day asked for."""

    code = "BUSINESS_DATE_BACKWARDS"

    def __init__(self, *, stands_on: date) -> None:
        super().__init__(f"the business date stands on {stands_on.isoformat()}")
        self.stands_on = stands_on


class BusinessDateTooFar(Refusal):
    """The day asked for is more than 400 days ahead; close fewer days at a time."""

    code = "BUSINESS_DATE_TOO_FAR"

    def __init__(self, *, latest: date) -> None:
        super().__init__(f"no later than {latest.isoformat()}")
        self.latest = latest


class SourceReused(RuntimeError):
    """A fault: a disbursement or repayment is told again, with other words than before."""
