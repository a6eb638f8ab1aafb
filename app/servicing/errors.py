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


class CorrectionImpossible(Refusal):
    """The loan cannot be corrected so as it stands; `reason` says why."""

    code = "CORRECTION_IMPOSSIBLE"

    def __init__(self, reason: str, *, most_fen: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.most_fen = most_fen

    @property
    def text_key(self) -> str:
        """Each reason has a sentence of its own."""
        return f"servicing.impossible.{self.reason}"


class CorrectionStale(Refusal):
    """The loan has changed since, so that the correction would do something else than proposed."""

    code = "CORRECTION_STALE"

    def __init__(self, *, events_since: int) -> None:
        super().__init__(f"{events_since} events since")
        self.events_since = events_since


class CorrectionStepRefused(Refusal):
    """The correction is decided, withdrawn or out of time; nothing more is done with it."""

    code = "CORRECTION_STEP_REFUSED"

    def __init__(self, state: str) -> None:
        super().__init__(f"it is {state}")
        self.state = state


class OwnCorrection(Refusal):
    """Whoever proposes a correction never decides it; somebody else has to."""

    code = "OWN_CORRECTION"


class CorrectionAboveLimit(Refusal):
    """The correction is about more than the caller's role may approve alone."""

    code = "CORRECTION_ABOVE_LIMIT"

    def __init__(self, *, amount_fen: int, limit_fen: int) -> None:
        super().__init__(f"{amount_fen} is above {limit_fen}")
        self.amount_fen = amount_fen
        self.limit_fen = limit_fen


class CorrectionProposedAlready(Refusal):
    """The same correction of this loan waits to be decided already."""

    code = "CORRECTION_PROPOSED_ALREADY"

    def __init__(self, correction_id: str) -> None:
        super().__init__(f"proposed as {correction_id}")
        self.correction_id = correction_id


class TooManyCorrections(Refusal):
    """As many corrections of this loan wait to be decided as may."""

    code = "TOO_MANY_CORRECTIONS"

    def __init__(self, *, open_max: int) -> None:
        super().__init__(f"at most {open_max}")
        self.open_max = open_max


class CouponUseless(Refusal):
    """Nothing is owed on the loan, or it has no interest left that a coupon could take off."""

    code = "COUPON_USELESS"


class HardshipOptionStale(Refusal):
    """The arrangement no longer fits the loan as it stands today; ask for the options again."""

    code = "HARDSHIP_OPTION_STALE"

    def __init__(self) -> None:
        super().__init__("no option of this token today", field="input.optionToken")


class HardshipWaiting(Refusal):
    """Staff are looking at another arrangement of this loan; wait for their answer."""

    code = "HARDSHIP_WAITING"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"waits as {request_id}", field="input.loanId")
        self.request_id = request_id


class SourceReused(RuntimeError):
    """A fault: a disbursement or repayment is told again, with other words than before."""
