"""What can happen to a loan after it is signed; events are added and never changed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.loanmath.schedule.choices import Moratorium, Prepayment
from app.loanmath.waterfall import DueKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One thing that happened to a loan.

    Attributes:
        id: The event's own id.
        effective_on: The business date from which it counts; it may be recorded later.
        recorded_at: When it was recorded; orders the events of one day.
    """

    id: str
    effective_on: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursed(Event):
    """
    Money went out to the borrower; the first one starts the loan, whatever day was planned.

    Together they never exceed the terms' principal, unless the loan is a revolving line: what of it
    may be drawn again is decided before the money goes out.
    """

    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentReceived(Event):
    """
    Money came in.

    Undirected, it pays the dues, then the next installment, then does what the terms say of
    prepayment. With a `prepayment` of its own it does that right after the dues.
    """

    amount_fen: int
    prepayment: Prepayment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentReversed(Event):
    """A repayment turned out never to have been; the loan is as if it had not."""

    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargebackReceived(Event):
    """The payment channel took a repayment back; the loan is as if it had not been."""

    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded(Event):
    """Money held for the borrower was given back."""

    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged(Event):
    """A fee arose; it falls due with the next installment, or at once when none is left."""

    code: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived(Event):
    """The lender gives up fees, interest or penalty owed that day: at most what is owed of it."""

    kind: DueKind
    amount_fen: int
    installment_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLowered(Event):
    """From this day the contract rate is this, if that is lower; what is left is solved anew."""

    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(Event):
    """The installments to come are put off by so many periods, which leave something out."""

    periods: int
    moratorium: Moratorium = Moratorium.PRINCIPAL


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff(Event):
    """The lender gave the loan up in its books: nothing accrues from this day, the debt stays."""
