"""What other rooms hand to servicing and get back: references, commands, plans, outcomes."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.loanmath.life import Bucket, CouponPart, InstallmentStatus, LoanStatus
from app.loanmath.schedule import Method, Prepayment, Terms
from app.loanmath.waterfall import DueKind
from app.servicing.rules.early import EarlyEffect

INTEREST_CHARGE = "INTEREST"
"""The charge code of contract interest, as cost certificates write it."""

PENALTY_CHARGE = "PENALTY"
"""The charge code of penalty interest on overdue principal."""

OWN_BOOK = "qingmiao"
"""The funder code of our own money."""


@dataclass(frozen=True, slots=True)
class LoanRef:
    """Whose loan: a loan is always asked for together with its borrower."""

    borrower_id: str
    loan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Funder:
    """One lender and the exact part of the principal that is theirs; all parts sum to 1."""

    code: str
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedReduction:
    """
    What one party pays of a loan's interest, as the agreement says.

    A subsidy pays its part of each installment; of interest that never accrues, because the loan is
    repaid early or given back, nobody is asked for anything. A coupon has no parts: it is so much
    money, used up by the earliest interest there is.

    Attributes:
        payer: Who pays it: `state`, or `qingmiao` for a coupon of ours.
        code: What it is called, as in the cost certificate.
        amount_fen: All of it, at most.
        parts: Of which installment how much; empty for a coupon.
    """

    payer: str
    code: str
    amount_fen: int
    parts: tuple[CouponPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoan:
    """
    Open a loan because its money has arrived.

    Attributes:
        borrower_id: Whose loan it is.
        application_id: The loan application it came from.
        product_code: The product's code in the catalog.
        terms: The terms as signed.
        agreement_id: The signed agreement.
        charge_codes: Every charge code of the confirmed cost certificate: the codes of the terms'
            fees, `INTEREST` unless the rate is zero, `PENALTY` unless lateness costs nothing.
        disbursement_id: The disbursement that arrived; it opens one loan, however often told.
        funders: Who lends which part.
        disbursed_on: The business date the money arrived; today unless said.
        amount_fen: What arrived, where it is less than the terms' principal (a first draw).
        product_version_id: The product version in the catalog, which has the product's name.
        cooling_off_days: For how many days after the money's arrival the agreement lets the
            borrower give it back at no cost; none where it does not say so.
        reductions: What others pay of the interest, as the agreement says.
    """

    borrower_id: str
    application_id: str
    product_code: str
    terms: Terms
    agreement_id: str
    charge_codes: tuple[str, ...]
    disbursement_id: str
    funders: tuple[Funder, ...] = (Funder(code=OWN_BOOK, share=Decimal(1)),)
    disbursed_on: date | None = None
    amount_fen: int | None = None
    product_version_id: str = ""
    cooling_off_days: int | None = None
    reductions: tuple[AgreedReduction, ...] = ()


class ReversalReason(StrEnum):
    """Why a repayment turned out never to have been."""

    BOOKED_IN_ERROR = "BOOKED_IN_ERROR"
    RAIL_REVERSED = "RAIL_REVERSED"
    CHARGED_BACK = "CHARGED_BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationLine:
    """Where a part of a repayment stands: which installment, what kind of due, how much."""

    installment_number: int
    kind: DueKind
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOutcome:
    """
    What a repayment did.

    `applied_fen` + `unapplied_fen` is the amount paid. `balance_fen` is everything still to be paid
    if the plan is kept; `held_fen` is all money held for the borrower on this loan. `early` is what
    paying ahead did, told when the money is taken; None if nothing of it went beyond what was due.
    """

    event_id: str
    allocations: tuple[AllocationLine, ...]
    applied_fen: int
    unapplied_fen: int
    balance_fen: int
    held_fen: int
    is_closed: bool
    early: EarlyEffect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPreview:
    """
    What a repayment of this amount on this day would do; nothing is changed by asking.

    Sums are per kind of due; balance, what is due now and the next installment are as they would
    stand afterwards; there is no next one when `next_due_on` is None. `closes_on` is when the last
    installment would be paid, None when none would be left. `interest_saved_fen` is by how much the
    plan would ask less interest than without the repayment.
    """

    amount_fen: int
    on: date
    allocations: tuple[AllocationLine, ...]
    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    unapplied_fen: int
    balance_after_fen: int
    due_now_after_fen: int
    next_number: int
    next_due_on: date | None
    next_amount_fen: int
    installments_left: int
    closes_loan: bool
    closes_on: date | None
    interest_saved_fen: int
    prepayment: Prepayment | None = None
    early: EarlyEffect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """
    One installment as it stands: what it asks, what is paid of it, by part.

    `waived_fen` is no longer in what it asks; of it others pay `paid_by_others_fen` instead.
    """

    loan_id: str
    number: int
    due_on: date
    payable_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    waived_fen: int
    paid_principal_fen: int
    paid_interest_fen: int
    paid_fee_fen: int
    paid_cost_fen: int
    paid_penalty_fen: int
    status: InstallmentStatus
    paid_by_others_fen: int = 0

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


class LoanSummary(NamedTuple):
    """
    A loan as it stands on the business date; a tuple, since every screen makes some.

    Attributes:
        ref: Whose loan, and which.
        application_id: The application it came from.
        agreement_id: The signed agreement.
        product_code: The product's code in the catalog.
        product_version_id: Its version there; empty where it is not known.
        method: How principal and interest come back.
        annual_rate: The contract rate in force for a year; 0.144 is 14.4 %.
        funders: Who lends which part.
        disbursed_fen: What was lent.
        principal_fen: Principal not yet repaid.
        balance_fen: Everything still to be paid if the plan is kept.
        due_now_fen: Everything due today or before and unpaid, penalty included.
        overdue_fen: The part of it past due.
        penalty_fen: Penalty unpaid.
        unapplied_fen: Money held for the borrower.
        days_past_due: Days since the oldest unpaid due date.
        bucket: The bucket of those days.
        status: How the loan stands.
        next_number: The next installment not fully paid; None when there is none.
        next_due_on: When it is due.
        next_amount_fen: What is left of it.
        installments: How many installments the plan has.
        opened_on: The day the money arrived.
        closes_on: The last due date of the plan as it stands.
        closed_on: The day nothing was owed any more; None while something is.
    """

    ref: LoanRef
    application_id: str
    agreement_id: str
    product_code: str
    product_version_id: str
    method: Method
    annual_rate: Decimal
    funders: tuple[Funder, ...]
    disbursed_fen: int
    principal_fen: int
    balance_fen: int
    due_now_fen: int
    overdue_fen: int
    penalty_fen: int
    unapplied_fen: int
    days_past_due: int
    bucket: Bucket
    status: LoanStatus
    next_number: int | None
    next_due_on: date | None
    next_amount_fen: int
    installments: int
    opened_on: date
    closes_on: date
    closed_on: date | None

    @property
    def is_closed(self) -> bool:
        """Whether nothing is owed any more."""
        return self.closed_on is not None

    @property
    def lasts_until(self) -> date:
        """The last due date of the plan; once closed, the day nothing was owed any more."""
        return self.closed_on or self.closes_on


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """
    One thing that happened to a loan.

    `kind` is the event's class name, such as `RepaymentReceived`; `about` is the id of what caused
    it (a disbursement, a repayment or a correction). `part` is the kind of due a charge or waiver
    is about. `reason` is the `CorrectionReason` of what staff brought about. `payer` is who agreed
    to pay of the interest.
    """

    event_id: str
    seq: int
    kind: str
    about: str
    effective_on: date
    recorded_at: datetime
    amount_fen: int | None
    part: DueKind | None = None
    reason: str | None = None
    payer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """
    What a closed business day left behind.

    Attributes:
        on_date: The day.
        loans_open: Loans on which something is owed.
        loans_in_arrears: Those of them with something past due.
        loans_by_bucket: Loans owed, by lateness.
        principal_by_bucket_fen: Their principal not yet repaid, by lateness.
        principal_fen: All principal not yet repaid.
        overdue_fen: All that is past due.
        unapplied_fen: All money held for borrowers.
        installments_due: Installments whose due date the day was.
        fallen_due_fen: What of them was still unpaid.
        loans_touched: Loans on which something happened by itself.
        due_soon: Installments announced as due in three days.
        due_today: Installments announced as due on the day.
        became_overdue: Installments announced as past due.
        bucket_changes: Loans whose lateness moved to another bucket.
    """

    on_date: date
    loans_open: int
    loans_in_arrears: int
    loans_by_bucket: dict[Bucket, int]
    principal_by_bucket_fen: dict[Bucket, int]
    principal_fen: int
    overdue_fen: int
    unapplied_fen: int
    installments_due: int
    fallen_due_fen: int
    loans_touched: int
    due_soon: int
    due_today: int
    became_overdue: int
    bucket_changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionCheck:
    """What comparing kept figures with those worked out again found; no problem means equal."""

    loans: int
    problems: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing differs."""
        return not self.problems
