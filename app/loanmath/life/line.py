"""One installment while a loan's life is being followed; never leaves the fold."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from app.loanmath.calendar import WorkingDays, business_day
from app.loanmath.errors import YearUnpublished
from app.loanmath.interest import days_of_the_year, elapsed_between, elapsed_fraction
from app.loanmath.money import round_fen, round_ratio
from app.loanmath.schedule.choices import Moratorium, PenaltyStart
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.fees import FixedFees
from app.loanmath.schedule.terms import RATE_DECIMALS, Terms
from app.loanmath.waterfall import Due, DueKind, Timing

NO_GRANTS: Mapping[str, int] = MappingProxyType({})


class LateRates(NamedTuple):
    """
    What overdue principal bears, as whole numbers over one scale.

    Each day bears the contract rate over `contract_days`, the penal one over `penal_days`.
    """

    contract: int
    contract_days: int
    penal: int
    penal_days: int
    scale: int

    @classmethod
    def of(cls, terms: Terms, annual_rate: Decimal) -> "LateRates":
        """
        Scale a contract rate and its penalty; nothing is rounded.

        The scale depends on the terms alone, so sums at different rates add up.
        """
        one = 10**RATE_DECIMALS
        rate, factor = Fraction(annual_rate) * one, Fraction(terms.penalty_factor) * one
        assert rate.denominator == factor.denominator == 1, "rates have few enough decimals"
        return cls(
            contract=rate.numerator * one,
            contract_days=days_of_the_year(terms.day_count, terms.odd_day_year),
            penal=rate.numerator * factor.numerator,
            penal_days=terms.penalty_year_days,
            scale=one * one,
        )


class Line:
    """
    What an installment asks and has been paid, and how its lateness runs.

    `principal_fen` holds `extra_fen`, repaid ahead of plan in its period, beside what it was
    planned to ask. `coupon_fen` holds `granted_fen`, what others pay of this line and no other (in
    `grants` by coupon), beside what it has of plain coupons. Lateness is summed unrounded, so it
    does not matter how often it is looked at.
    """

    __slots__ = (
        "capitalized_fen",
        "charged_fee_fen",
        "cost_fen",
        "coupon_fen",
        "due_on",
        "extra_fen",
        "fee_fen",
        "fees",
        "fraction",
        "gap_days",
        "granted_fen",
        "grants",
        "interest_fen",
        "is_past_grace",
        "late_interest_fen",
        "late_interest_scaled",
        "late_mark",
        "number",
        "opening_fen",
        "paid_cost_fen",
        "paid_fee_fen",
        "paid_interest_fen",
        "paid_penalty_fen",
        "paid_principal_fen",
        "payable_on",
        "penalty_accrued_fen",
        "penalty_brought_fen",
        "penalty_scaled",
        "penalty_waived_fen",
        "principal_fen",
        "regular",
        "simple",
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
        self.regular = span.regular
        self.simple = span.simple
        self.payable_on = payable_on
        self.skip = Moratorium.NONE
        self.opening_fen = 0
        self.target_fen: int | Fraction = 0
        self.principal_fen = 0
        self.extra_fen = 0
        self.interest_fen = 0
        self.fee_fen = 0
        self.fees = FixedFees()
        self.charged_fee_fen = 0
        self.cost_fen = 0
        self.coupon_fen = 0
        self.granted_fen = 0
        self.grants: Mapping[str, int] = NO_GRANTS
        self.waived_fen = 0
        self.capitalized_fen = 0
        self.paid_principal_fen = 0
        self.paid_interest_fen = 0
        self.paid_fee_fen = 0
        self.paid_cost_fen = 0
        self.paid_penalty_fen = 0
        self.gap_days = 0
        self.late_mark = span.due_on
        self.is_past_grace = False
        self.penalty_scaled = 0
        self.penalty_accrued_fen = 0
        self.penalty_brought_fen = 0
        self.penalty_waived_fen = 0
        self.late_interest_scaled = 0
        self.late_interest_fen = 0

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
        """The penalty so far, with what older installments brought, less what was waived."""
        return self.penalty_accrued_fen + self.penalty_brought_fen - self.penalty_waived_fen

    @property
    def total_interest_fen(self) -> int:
        """The contract interest, with what overdue principal has borne since, less coupons."""
        return self.interest_fen + self.late_interest_fen - self.coupon_fen

    @property
    def asked_fen(self) -> int:
        """What the plan asks of it, penalty apart."""
        return self.principal_fen + self.total_interest_fen + self.fee_fen + self.cost_fen

    @property
    def paid_fen(self) -> int:
        """Everything paid of it, penalty apart."""
        return (
            self.paid_principal_fen
            + self.paid_interest_fen
            + self.paid_fee_fen
            + self.paid_cost_fen
        )

    @property
    def left_fen(self) -> int:
        """Everything still to be paid of it."""
        return self.asked_fen - self.paid_fen + self.penalty_fen - self.paid_penalty_fen

    def left_of(self, kind: DueKind) -> int:
        """Say what is still to be paid of one kind."""
        match kind:
            case DueKind.PRINCIPAL:
                return self.principal_fen - self.paid_principal_fen
            case DueKind.INTEREST:
                return self.total_interest_fen - self.paid_interest_fen
            case DueKind.FEE:
                return self.fee_fen - self.paid_fee_fen
            case DueKind.COST:
                return self.cost_fen - self.paid_cost_fen
            case DueKind.PENALTY:
                return self.penalty_fen - self.paid_penalty_fen

    def paid_of(self, kind: DueKind) -> int:
        """Say what is paid of one kind."""
        match kind:
            case DueKind.PRINCIPAL:
                return self.paid_principal_fen
            case DueKind.INTEREST:
                return self.paid_interest_fen
            case DueKind.FEE:
                return self.paid_fee_fen
            case DueKind.COST:
                return self.paid_cost_fen
            case DueKind.PENALTY:
                return self.paid_penalty_fen

    def pay(self, kind: DueKind, amount_fen: int) -> None:
        """Take money for one kind of due."""
        match kind:
            case DueKind.PENALTY:
                self.paid_penalty_fen += amount_fen
            case DueKind.FEE:
                self.paid_fee_fen += amount_fen
            case DueKind.COST:
                self.paid_cost_fen += amount_fen
            case DueKind.INTEREST:
                self.paid_interest_fen += amount_fen
            case DueKind.PRINCIPAL:
                self.paid_principal_fen += amount_fen

    def waive(self, kind: DueKind, most_fen: int) -> int:
        """Give up what is left of one kind, at most so much; return how much that was."""
        assert kind is not DueKind.PRINCIPAL, "principal is not waived"
        given_fen = min(self.left_of(kind), most_fen)
        self._ask_less(kind, given_fen)
        self.waived_fen += given_fen
        return given_fen

    def take_off(self, grants: Mapping[str, int], plain_fen: int) -> None:
        """Let others pay this of its interest, and plain coupons so much beside."""
        self.grants, self.granted_fen = grants, sum(grants.values())
        self.coupon_fen = self.granted_fen + plain_fen

    def hand_over(self, kind: DueKind) -> int:
        """Ask no more of one kind than is paid of it; return what another line now asks."""
        left_fen = self.left_of(kind)
        self._ask_less(kind, left_fen)
        return left_fen

    def _ask_less(self, kind: DueKind, amount_fen: int) -> None:
        match kind:
            case DueKind.PENALTY:
                self.penalty_waived_fen += amount_fen
            case DueKind.FEE:
                self.fee_fen -= amount_fen
            case DueKind.COST:
                self.cost_fen -= amount_fen
            case DueKind.INTEREST:
                self.interest_fen -= amount_fen
            case DueKind.PRINCIPAL:
                self.principal_fen -= amount_fen

    def capitalize(self) -> int:
        """
        Lend what the level total leaves unpaid of the interest; return by how much principal grows.

        A line whose planned principal is below zero counts that much of its interest as paid.
        """
        grown_fen = self.unasked_interest_fen
        assert grown_fen <= self.left_of(DueKind.INTEREST), "what is added to principal is unpaid"
        self.paid_principal_fen -= grown_fen
        self.paid_interest_fen += grown_fen
        self.capitalized_fen = grown_fen
        return grown_fen

    @property
    def unasked_interest_fen(self) -> int:
        """Interest that the level total leaves unpaid, to be added to principal when it is due."""
        return max(self.extra_fen - self.principal_fen, 0)

    def dues(self, timing: Timing) -> list[Due]:
        """List what is still to be paid, kind by kind."""
        interest_fen = self.total_interest_fen - self.paid_interest_fen
        if timing is Timing.IN_ADVANCE:
            interest_fen -= self.unasked_interest_fen
        left = (
            (DueKind.COST, self.cost_fen - self.paid_cost_fen),
            (DueKind.PENALTY, self.penalty_fen - self.paid_penalty_fen),
            (DueKind.FEE, self.fee_fen - self.paid_fee_fen),
            (DueKind.INTEREST, interest_fen),
            (DueKind.PRINCIPAL, self.principal_fen - self.paid_principal_fen),
        )
        return [
            Due(self.number, self.due_on, timing, kind, due_fen)
            for kind, due_fen in left
            if due_fen > 0
        ]

    def elapsed(self, terms: Terms, day: date) -> Fraction:
        """Return the part of a year of its period that has passed on a day."""
        return elapsed_fraction(terms.day_count, self.start, day, self.due_on, self.fraction)

    def elapsed_since(self, terms: Terms, since: date, day: date) -> Fraction:
        """Return the part of a year of its period that has passed between two days."""
        return elapsed_between(terms.day_count, self.start, self.due_on, self.fraction, since, day)

    def run_late(self, terms: Terms, to: date, rates: LateRates) -> None:
        """
        Let lateness run to a day at these rates.

        Every overdue fen of principal bears the penal rate for each day: from the end of grace, or
        back from the due date once grace is over.
        """
        since = max(self.late_mark, self.last_day)
        if to <= since:
            return
        self.late_mark = to
        left_fen = self.principal_fen - self.paid_principal_fen
        if left_fen <= 0:
            return
        if terms.overdue_bears_interest:
            self.late_interest_scaled += left_fen * (to - since).days * rates.contract
            self.late_interest_fen = round_ratio(
                self.late_interest_scaled, rates.scale * rates.contract_days
            )
        late_days = (to - self.last_day).days
        if late_days <= terms.grace_days:
            return
        days = min((to - since).days, late_days - terms.grace_days)
        if terms.penalty_start is PenaltyStart.DUE_DATE and not self.is_past_grace:
            days = late_days - self.gap_days
        self.is_past_grace = True
        self.penalty_scaled += left_fen * days * rates.penal
        self.penalty_accrued_fen = round_ratio(self.penalty_scaled, rates.scale * rates.penal_days)
        if terms.penalty_cap is not None:
            most_fen = round_fen(self.principal_fen * Fraction(terms.penalty_cap))
            self.penalty_accrued_fen = min(self.penalty_accrued_fen, most_fen)


def published_day(terms: Terms, due_on: date, working: WorkingDays | None) -> date:
    """
    Return the view of a due date through the working days.

    It never lies before the day the terms begin: nothing is payable before money goes out.

    Raises:
        CalendarMissing: The terms need a calendar and none was handed in.
        YearUnpublished: The view lies in a year that is not published, or is looked for in one.
    """
    return max(business_day(due_on, terms.business_days, working), terms.disbursed_on)


def payable_day(terms: Terms, due_on: date, working: WorkingDays | None) -> date | None:
    """Return the same view, None where the working days are not published yet."""
    try:
        return published_day(terms, due_on, working)
    except YearUnpublished:
        return None
