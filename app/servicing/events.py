"""Facts about loans, told after commit."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOpened(Fact):
    """Money has reached the borrower and a loan exists."""

    loan_id: str
    borrower_id: str
    application_id: str
    principal_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallmentDueSoon(Fact):
    """An unpaid installment falls due in three days; `due_on` is an ISO date."""

    loan_id: str
    borrower_id: str
    number: int
    due_on: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallmentDueToday(Fact):
    """An unpaid installment falls due today; `due_on` is an ISO date."""

    loan_id: str
    borrower_id: str
    number: int
    due_on: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallmentOverdue(Fact):
    """
    An installment was not paid by its due date: announced on the first day past it.

    `amount_fen` is what is left of it; `grace_until` is the last day (ISO date) on which paying it
    still costs no penalty.
    """

    loan_id: str
    borrower_id: str
    number: int
    due_on: str
    amount_fen: int
    days_past_due: int
    grace_until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketChanged(Fact):
    """The loan's lateness moved to another bucket, for the worse or the better."""

    loan_id: str
    borrower_id: str
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanPaidOff(Fact):
    """Nothing is owed on the loan any more."""

    loan_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanReopened(Fact):
    """Something is owed again on a loan that was paid off, such as after a chargeback."""

    loan_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanCorrected(Fact):
    """
    Staff have put something about a loan right, one having proposed it and another approved.

    `act` is an `ActKind`, a reversal only of money recovered (payments tells of repayments);
    `part` the kind of due it is about, empty where there is none; `reason` a `CorrectionReason`.
    `balance_fen` is what is left to pay, `next_due_on` (an ISO date) and `next_amount_fen` what
    comes next, empty and 0 if nothing does.
    """

    correction_id: str
    loan_id: str
    borrower_id: str
    act: str
    part: str
    reason: str
    amount_fen: int
    balance_fen: int
    next_due_on: str
    next_amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipArranged(Fact):
    """An arrangement that a borrower chose holds; `kind` is a `ReliefKind`, the date ISO."""

    request_id: str
    loan_id: str
    borrower_id: str
    kind: str
    next_due_on: str
    next_amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipReferred(Fact):
    """
    An arrangement that a borrower chose waits for staff; nothing about the loan has changed.

    `kind` is a `ReliefKind`, `periods` how many installments it is about, `difference_fen` what it
    would cost more, `ends_on` (ISO) its last due date.
    """

    request_id: str
    loan_id: str
    borrower_id: str
    kind: str
    periods: int
    difference_fen: int
    ends_on: str
