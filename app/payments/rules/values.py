"""What payments hands to other rooms: repayments, receipts, payoff quotes, words of the rail."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.foundation.clock import SHANGHAI
from app.loanmath.schedule import Prepayment
from app.loanmath.waterfall import DueKind
from app.payments.ports import FailureReason, OrderReport, RailStatus
from app.payments.rules.notices import RailNotice
from app.payments.rules.states import (
    LIFETIME,
    PAYING_TIME,
    RepaymentChannel,
    RepaymentStatus,
)
from app.servicing.rules import EarlyEffect, LoanRef, PaymentOutcome, ReversalReason

REPAYMENT_FEN_MAX = 100_000_000
"""One million yuan: five times what one person may owe us; more is a slip of the finger."""

OVERPAYMENT_FEN_MAX = 5_000_000
"""Fifty thousand yuan: what a borrower may pay beyond the balance when they say they mean it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentRef:
    """Whose repayment: it is always asked for together with its borrower."""

    borrower_id: str
    repayment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPart:
    """A part of a repayment: which installment it went to, and for what kind of due."""

    installment_number: int
    kind: DueKind
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    Where a repayment went, as it was told when the money came in.

    The parts and `unapplied_fen` sum to `amount_fen`. `balance_fen` is everything left to pay if
    the plan is kept; `early` is what paying ahead did, None where nothing went beyond the dues. A
    later event, such as a reversal, changes the loan but never this receipt.
    """

    amount_fen: int
    received_on: date
    parts: tuple[ReceiptPart, ...]
    unapplied_fen: int
    balance_fen: int
    is_closed: bool
    early: EarlyEffect | None = None

    @classmethod
    def of(cls, outcome: PaymentOutcome, *, amount_fen: int, received_on: date) -> "Receipt":
        """Write the receipt of a payment that servicing has taken."""
        return cls(
            amount_fen=amount_fen,
            received_on=received_on,
            parts=tuple(
                ReceiptPart(
                    installment_number=line.installment_number,
                    kind=line.kind,
                    amount_fen=line.amount_fen,
                )
                for line in outcome.allocations
            ),
            unapplied_fen=outcome.unapplied_fen,
            balance_fen=outcome.balance_fen,
            is_closed=outcome.is_closed,
            early=outcome.early,
        )

    def paid_fen(self, kind: DueKind) -> int:
        """Return how much went to one kind of due."""
        return sum(part.amount_fen for part in self.parts if part.kind is kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentView:
    """
    A repayment as it stands.

    `pay_link` is there once the provider has taken the order; `receipt` once the money is
    allocated; `failure` when no money was taken; `reversal` when it was undone.
    """

    repayment_id: str
    loan: LoanRef
    amount_fen: int
    status: RepaymentStatus
    initiated_at: datetime
    initiated_on: date
    channel: RepaymentChannel = RepaymentChannel.MOBILE
    payoff_quote_id: str | None = None
    prepayment: Prepayment | None = None
    pay_link: str | None = None
    received_on: date | None = None
    receipt: Receipt | None = None
    failure: FailureReason | None = None
    reversal: ReversalReason | None = None

    @property
    def pay_until(self) -> datetime:
        """Until when the pay link works."""
        return self.initiated_at + PAYING_TIME

    @property
    def gives_up_at(self) -> datetime:
        """When an order that nobody paid is given up."""
        return self.initiated_at + LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffQuoteView:
    """
    What closes a loan if it is paid on the quoted day.

    The five parts are what is owed; they sum to `amount_fen` and `credit_fen`.
    """

    quote_id: str
    loan: LoanRef
    amount_fen: int
    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    quoted_on: date

    @property
    def credit_fen(self) -> int:
        """What the borrower has there: held, or paid ahead for days that closing leaves out."""
        beside_fen = self.interest_fen + self.fee_fen + self.cost_fen + self.penalty_fen
        return self.principal_fen + beside_fen - self.amount_fen

    @property
    def valid_until(self) -> datetime:
        """The midnight that ends the quoted business day in China."""
        midnight = datetime.combine(self.quoted_on, datetime.min.time(), SHANGHAI)
        return midnight + timedelta(days=1)


class WordOutcome(StrEnum):
    """What a word of the rail did."""

    MOVED = "MOVED"
    NOTHING_NEW = "NOTHING_NEW"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    REFERENCE_DIFFERS = "REFERENCE_DIFFERS"
    NOT_ALLOCATED = "NOT_ALLOCATED"
    CONTRADICTS = "CONTRADICTS"


FAULTS = frozenset(
    {
        WordOutcome.UNKNOWN_ORDER,
        WordOutcome.AMOUNT_DIFFERS,
        WordOutcome.REFERENCE_DIFFERS,
        WordOutcome.NOT_ALLOCATED,
        WordOutcome.CONTRADICTS,
    }
)
"""Words that do not fit what we know: nothing is posted, and a person must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RailWord:
    """What the rail says about one order, by a notice (which has an event id) or when asked."""

    order_id: str
    status: RailStatus
    occurred_at: datetime
    provider_ref: str | None
    amount_fen: int | None
    reason: FailureReason | None
    event_id: str | None = None

    @classmethod
    def of_notice(cls, notice: RailNotice) -> "RailWord":
        """Take a notice's content."""
        return cls(
            order_id=notice.order_id,
            status=notice.status,
            occurred_at=notice.occurred_at,
            provider_ref=notice.provider_ref,
            amount_fen=notice.amount_fen,
            reason=notice.reason,
            event_id=notice.event_id,
        )

    @classmethod
    def of_report(cls, order_id: str, report: OrderReport, *, asked_at: datetime) -> "RailWord":
        """Take an answer to our question."""
        return cls(
            order_id=order_id,
            status=report.status,
            occurred_at=report.settled_at or asked_at,
            provider_ref=report.provider_ref,
            amount_fen=report.amount_fen,
            reason=report.reason,
        )

    def fault(self, *, amount_fen: int, provider_ref: str | None) -> WordOutcome | None:
        """Say what does not fit the order as we know it: another reference, or another amount."""
        if provider_ref is not None and self.provider_ref not in (provider_ref, None):
            return WordOutcome.REFERENCE_DIFFERS
        if self.status is RailStatus.SUCCEEDED and self.amount_fen != amount_fen:
            return WordOutcome.AMOUNT_DIFFERS
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RailFault:
    """A word of the rail that did not fit; `about` is the order's id as the rail gave it."""

    about: str
    outcome: WordOutcome
    amount_fen: int | None
    noticed_at: datetime
