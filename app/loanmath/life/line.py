"""One installment while a loan's life is being followed; never leaves the fold."""

from datetime import date, timedelta
from fractions import Fraction

from app.loanmath.calendar import BusinessDays, WorkingDays, business_day
from app.loanmath.errors import YearUnpublished
from app.loanmath.interest import elapsed_fraction
from app.loanmath.money import round_fen
from app.loanmath.schedule.choices import Moratorium, PenaltyStart
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.terms import Terms
from app.loanmath.waterfall import Due, DueKind, Timing


class Line:
    """
    What an installment asks and has been paid, and how its lateness runs.

    `principal_fen` holds `extra_fen`, repaid ahead of plan in its period, beside what it was
    planned to ask. Lateness is kept as fen-days, so it is exact whatever days money comes in on.
    """

    __slots__ = (
        "charged_fee_fen",
        "due_on",
        "extra_fen",
        "fee_fen",
        "fixed_fee_fen",
        "fraction",
        "interest_fen",
        "is_past_grace",
        "late_interest",
        "late_mark",
        "number",
        "opening_fen",
        "owed_fee_fen",
        "paid_fee_fen",
        "paid_interest_fen",
        "paid_penalty_fen",
        "paid_principal_fen",
        "payable_on",
        "penalty",
        "penalty_waived_fen",
        "principal_fen",
        "skip",
        "start",
        "target_fen",
        "waived_fen",
    )

    def __init__(self, number: int, span: Period, payable_on: date | None) -> None:
        self.number = number
        self.start = span.start
        self.due_on = span.due_on
        self.fraction = span.fraction
        self.payable_on = payable_on
        self.skip = Moratorium.NONE
        self.opening_fen = 0
        self.target_fen = 0
        self.principal_fen = 0
        self.extra_fen = 0
        self.interest_fen = 0
        self.fee_fen = 0
        self.fixed_fee_fen = 0
        self.owed_fee_fen = 0
        self.charged_fee_fen = 0
        self.waived_fen = 0
        self.paid_principal_fen = 0
        self.paid_interest_fen = 0
        self.paid_fee_fen = 0
        self.paid_penalty_fen = 0
        self.late_mark = span.due_on
        self.is_past_grace = False
        self.penalty = Fraction(0)
        self.late_interest = Fraction(0)
        self.penalty_waived_fen = 0

    @property
    def bill_on(self) -> date:
        """The day from which it is due: the earlier of the nominal date and its view."""
        return self.due_on if self.payable_on is None else min(self.due_on, self.payable_on)

    @property
    def last_day(self) -> date:
        """The last day on which paying it is in time."""
        return self.payable_on or self.due_on

    @property
    def ahead_fen(self) -> int:
        """The planned principal that is paid although the line is not due."""
        return self.paid_principal_fen - self.extra_fen

    @property
    def penalty_fen(self) -> int:
        """The penalty so far, less what was waived."""
        return round_fen(self.penalty) - self.penalty_waived_fen

    @property
    def total_interest_fen(self) -> int:
        """The contract interest, with what overdue principal has borne since."""
        return self.interest_fen + round_fen(self.late_interest)

    @property
    def asked_fen(self) -> int:
        """What the plan asks of it, penalty apart."""
        return self.principal_fen + self.total_interest_fen + self.fee_fen

    @property
    def left_fen(self) -> int:
        """Everything still to be paid of it."""
        return sum(self.left_of(kind) for kind in DueKind)

    def left_of(self, kind: DueKind) -> int:
        """Say what is still to be paid of one kind."""
        match kind:
            case DueKind.PENALTY:
                return self.penalty_fen - self.paid_penalty_fen
            case DueKind.FEE:
                return self.fee_fen - self.paid_fee_fen
            case DueKind.INTEREST:
                return self.total_interest_fen - self.paid_interest_fen
            case DueKind.PRINCIPAL:
                return self.principal_fen - self.paid_principal_fen

    def pay(self, kind: DueKind, amount_fen: int) -> None:
        """Take money for one kind of due."""
        match kind:
            case DueKind.PENALTY:
                self.paid_penalty_fen += amount_fen
            case DueKind.FEE:
                self.paid_fee_fen += amount_fen
            case DueKind.INTEREST:
                self.paid_interest_fen += amount_fen
            case DueKind.PRINCIPAL:
                self.paid_principal_fen += amount_fen

    def waive(self, kind: DueKind, most_fen: int) -> int:
        """Give up what is left of one kind, at most so much; return how much that was."""
        given_fen = min(self.left_of(kind), most_fen)
        match kind:
            case DueKind.PENALTY:
                self.penalty_waived_fen += given_fen
            case DueKind.FEE:
                self.fee_fen -= given_fen
            case DueKind.INTEREST:
                self.interest_fen -= given_fen
            case DueKind.PRINCIPAL:
                message = "principal is not waived"
                raise AssertionError(message)
        self.waived_fen += given_fen
        return given_fen

    def dues(self, timing: Timing) -> list[Due]:
        """List what is still to be paid, kind by kind."""
        lefts = [(kind, self.left_of(kind)) for kind in DueKind]
        return [
            Due(self.number, self.due_on, timing, kind, left_fen)
            for kind, left_fen in lefts
            if left_fen > 0
        ]

    def elapsed(self, terms: Terms, day: date) -> Fraction:
        """Return the part of a year of its period that has passed on a day."""
        return elapsed_fraction(terms.day_count, self.start, day, self.due_on, self.fraction)

    def run_late(self, terms: Terms, to: date, annual_rate: Fraction) -> None:
        """
        Let lateness run to a day at this contract rate.

        Every overdue fen of principal bears, per day, the rate times the penalty factor over the
        penalty's year: from the end of grace, or back from the due date once grace is over.
        """
        since = max(self.late_mark, self.last_day)
        if to <= since:
            return
        self.late_mark = to
        left_fen = self.principal_fen - self.paid_principal_fen
        if left_fen <= 0:
            return
        daily = annual_rate / terms.penalty_year_days
        if terms.overdue_bears_interest:
            self.late_interest += left_fen * (to - since).days * daily
        penal_from = self.last_day + timedelta(days=terms.grace_days)
        if to <= penal_from:
            return
        days = (to - max(since, penal_from)).days
        if terms.penalty_start is PenaltyStart.DUE_DATE and not self.is_past_grace:
            days = (to - self.last_day).days
        self.is_past_grace = True
        self.penalty += left_fen * days * daily * Fraction(terms.penalty_factor)
        if terms.penalty_cap is not None:
            most = self.principal_fen * Fraction(terms.penalty_cap)
            self.penalty = min(self.penalty, Fraction(round_fen(most)))


def payable_day(due_on: date, shift: BusinessDays, working: WorkingDays | None) -> date | None:
    """
    Return the view of a due date through the working days; None where they are not published yet.

    Raises:
        CalendarMissing: The terms need a calendar and none was handed in.
    """
    try:
        return business_day(due_on, shift, working)
    except YearUnpublished:
        return None
