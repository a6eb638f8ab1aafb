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
