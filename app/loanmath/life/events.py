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

    Undirected, it pays the dues, then the next installment with its planned interest, in part if it
    is not enough, then does what the terms say of prepayment (a bullet and a revolving line do that
    right after the dues). With a `prepayment` of its own it does that right after the dues. What is
    enough to close the loan closes it, whatever was chosen: the running row then takes all
    principal left, and the rows after it go.

    One that `returns` gives the whole loan back within the days agreed for that: from its day on
    the loan bears neither interest nor fees and never did, so all that came in was principal.
    """

    amount_fen: int
    prepayment: Prepayment | None = None
    returns: bool = False


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
    """
    Money held for the borrower was given back.

    If less is held, say because the repayment was charged back since, the rest counts as lent; more
    than ever came in is refused.
    """

    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReversed(Event):
    """Money given back did not reach the borrower: it is held as if it had never been given."""

    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged(Event):
    """
    A fee, a cost or a penalty of a fixed amount arose.

    It joins the installment it names, if that is still unpaid; else it falls due with the next
    installment, or at once when none is left.

    Attributes:
        code: Which charge this is in the cost certificate.
        amount_fen: How much.
        kind: FEE, COST or PENALTY.
        installment_number: The installment it belongs to.
    """

    code: str
    amount_fen: int
    kind: DueKind = DueKind.FEE
    installment_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived(Event):
    """
    The lender gives up part of what is owed that day: at most what is owed of it.

    Attributes:
        kind: COST, FEE, INTEREST or PENALTY.
        amount_fen: How much at most; the oldest installment first.
        installment_number: Only of this installment.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered(Event):
    """Money came in on a loan that was given up; it goes where a repayment would."""

    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(Event):
    """The loan is no longer given up: from this day it accrues as before, nothing for between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduled(Event):
    """
    What is left is agreed anew: other installments take the place of those to come.

    Attributes:
        count: How many there are.
        first_due_on: The first due date; where the terms would put it, unless said.
        due_day: The nominal day of the month; the old one unless said.
        every: Periods last so many units of the terms; as before unless said.
        due_dates: All due dates, handed in; then the three above say nothing.
        annual_rate: The contract rate from now on, if that is lower.
        installment_fen: The level installment, where it is handed in.
        season_weights: Seasonal only: the share of principal in each installment.
        includes_arrears: Whether what is due and unpaid joins: its principal is shared over the
            new installments, all else falls due with the first, unchanged and uncompounded.
    """

    count: int
    first_due_on: date | None = None
    due_day: int | None = None
    every: int | None = None
    due_dates: tuple[date, ...] = ()
    annual_rate: Decimal | None = None
    installment_fen: int | None = None
    season_weights: tuple[int, ...] = ()
    includes_arrears: bool = True


@dataclass(frozen=True, slots=True)
class CouponPart:
    """
    What somebody else pays of one installment's interest, by its number.

    Attributes:
        number: The installment.
        amount_fen: The most that is paid of it.
        of_fen: The interest that this was reckoned on; of less interest, less in proportion.
        due_on: When it falls due at the latest: of one put off beyond it nothing is paid.
    """

    number: int
    amount_fen: int
    of_fen: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponApplied(Event):
    """
    A coupon takes so much interest off: what is due first, then of installments to come.

    What no interest is left for lapses with the loan; it is never paid out. One with `parts`, such
    as a subsidy, takes off of each installment what its part says and moves to no other: interest
    that never accrues, because the loan is repaid early or given back, is paid by nobody.

    Attributes:
        code: What it is called, as in the cost certificate.
        amount_fen: All of it; with parts, their sum.
        payer: Who pays it instead of the borrower; nobody where the lender just asks for less.
        parts: Of which installment it pays how much; a plain coupon has none.
    """

    code: str
    amount_fen: int
    payer: str = ""
    parts: tuple[CouponPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponReversed(Event):
    """A coupon was given back to its borrower: the loan is as if it had never been used here."""

    reverses: str
