"""How a loan stands on a day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.loanmath.waterfall import DueKind


class InstallmentStatus(StrEnum):
    """How one installment stands."""

    NOT_YET_DUE = "NOT_YET_DUE"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    PAID = "PAID"


class LoanStatus(StrEnum):
    """How the loan stands."""

    NOT_DISBURSED = "NOT_DISBURSED"
    ACTIVE = "ACTIVE"
    IN_ARREARS = "IN_ARREARS"
    RESTRUCTURED = "RESTRUCTURED"
    WRITTEN_OFF = "WRITTEN_OFF"
    CLOSED_PAID = "CLOSED_PAID"
    OVERPAID = "OVERPAID"


class Bucket(StrEnum):
    """Lateness, by days past due."""

    CURRENT = "CURRENT"
    DAYS_1_7 = "DAYS_1_7"
    DAYS_8_30 = "DAYS_8_30"
    DAYS_31_60 = "DAYS_31_60"
    DAYS_61_90 = "DAYS_61_90"
    DAYS_OVER_90 = "DAYS_OVER_90"


BUCKET_STARTS = (
    (1, Bucket.DAYS_1_7),
    (8, Bucket.DAYS_8_30),
    (31, Bucket.DAYS_31_60),
    (61, Bucket.DAYS_61_90),
    (91, Bucket.DAYS_OVER_90),
)
"""The first day past due of each bucket (the house's ageing: 1-7, 8-30, 31-60, 61-90, 90+)."""


def bucket_of(days_past_due: int) -> Bucket:
    """Name the bucket of so many days past due."""
    bucket = Bucket.CURRENT
    for start, later in BUCKET_STARTS:
        if days_past_due >= start:
            bucket = later
    return bucket


@dataclass(frozen=True, slots=True)
class Allocation:
    """
    Where one part of a repayment went; below zero where some of it came back.

    What was paid ahead comes back when an early end or a smaller balance leaves it unearned, be it
    by a later repayment. Of each repayment, what stands in one installment for one kind of due is
    never below zero.
    """

    event_id: str
    installment_number: int
    kind: DueKind
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Reduction:
    """
    What one coupon takes off the interest of one installment.

    Attributes:
        event_id: The coupon.
        installment_number: The installment.
        amount_fen: How much.
        is_due: Whether the installment has fallen due or the loan has ended, so that it is owed by
            whoever pays it; before, it is what the plan counts on as it stands.
    """

    event_id: str
    installment_number: int
    amount_fen: int
    is_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """
    One installment as it stands: what it asks, what is paid of it.

    Attributes:
        number: Its place in the plan, from 1.
        due_on: The nominal due date; interest runs to it.
        payable_on: The due date as seen through the working days; None in an unpublished year.
        principal_fen: The principal in it, with what was repaid ahead of plan during its period;
            below zero where the interest it leaves unpaid is added to principal.
        interest_fen: The contract interest in it.
        fee_fen: The fees in it.
        cost_fen: What realizing the claim cost, as far as it is in it.
        penalty_fen: The penalty on it so far.
        extra_principal_fen: The part of `principal_fen` that was repaid ahead of plan.
        waived_fen: What the lender gave up of it, coupons among it; no longer in the amounts above.
        paid_principal_fen: What money has repaid of its principal.
        paid_interest_fen: What is paid of its interest.
        paid_fee_fen: What is paid of its fees.
        paid_cost_fen: What is paid of its costs.
        paid_penalty_fen: What is paid of its penalty.
        status: How it stands.
    """

    number: int
    due_on: date
    payable_on: date | None
    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    extra_principal_fen: int
    waived_fen: int
    paid_principal_fen: int
    paid_interest_fen: int
    paid_fee_fen: int
    paid_cost_fen: int
    paid_penalty_fen: int
    status: InstallmentStatus

    @property
    def total_fen(self) -> int:
        """Everything it asks."""
        beside_fen = self.interest_fen + self.fee_fen + self.cost_fen + self.penalty_fen
        return self.principal_fen + beside_fen

    @property
    def paid_fen(self) -> int:
        """Everything paid of it."""
        return (
            self.paid_principal_fen
            + self.paid_interest_fen
            + self.paid_fee_fen
            + self.paid_cost_fen
            + self.paid_penalty_fen
        )

    @property
    def left_fen(self) -> int:
        """What is still to be paid of it."""
        return self.total_fen - self.paid_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanState:
    """
    A loan on a day, derived from its terms and events.

    Attributes:
        on: The business date it is true on.
        rows: The plan, as it stands.
        disbursed_fen: Everything lent so far.
        principal_fen: Principal not yet repaid, due or not.
        accrued_interest_fen: Interest of the running period up to this day, not yet due or paid.
        due_now_fen: Everything due today or before and unpaid, penalty included.
        overdue_fen: The part of it past due.
        penalty_fen: Penalty unpaid.
        unapplied_fen: Money held for the borrower.
        days_past_due: Days since the oldest unpaid due date, 0 when there is none.
        bucket: The bucket of those days.
        status: How the loan stands.
        early_fee_fen: What was asked so far for repaying early.
        next_event_on: The next date on which something about the loan happens by itself.
        allocations: Where every repayment went, and what came back, in order.
        payoff_fen: What to pay today to close the loan.
        reductions: What coupons take off the interest, installment by installment.
    """

    on: date
    rows: tuple[PlanRow, ...]
    disbursed_fen: int
    principal_fen: int
    accrued_interest_fen: int
    due_now_fen: int
    overdue_fen: int
    penalty_fen: int
    unapplied_fen: int
    days_past_due: int
    bucket: Bucket
    status: LoanStatus
    early_fee_fen: int
    next_event_on: date | None
    allocations: tuple[Allocation, ...]
    payoff_fen: int
    reductions: tuple[Reduction, ...] = ()
