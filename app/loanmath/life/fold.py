"""The fold: a loan's terms and everything that happened to it, put in order and followed."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from app.loanmath.calendar import WorkingDays
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life import moves, relief
from app.loanmath.life.book import Book
from app.loanmath.life.events import (
    ChargebackReceived,
    Charged,
    CouponApplied,
    CouponReversed,
    Deferred,
    Disbursed,
    Event,
    RateLowered,
    Recovered,
    Refunded,
    RefundReversed,
    Reopened,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.life.report import report, report_of_nothing
from app.loanmath.life.state import LoanState
from app.loanmath.schedule.choices import Method
from app.loanmath.schedule.terms import Terms

AnyBook = TypeVar("AnyBook", bound=Book)


def fold(
    terms: Terms, events: Iterable[Event], on: date, working: WorkingDays | None = None
) -> LoanState:
    """
    Return how a loan stands at the end of a business date.

    Only what took effect by that date counts; the order in which events are handed in does not.
    A reversed repayment is as if it had never been, on any date.

    Args:
        terms: The terms as signed.
        events: Everything recorded about the loan.
        on: The business date.
        working: The working days, where the terms move due dates off the others.

    Raises:
        EventRefused: The events make no life of this loan; the one at fault is named.
        CalendarMissing: The terms need working days and none were handed in.
        YearUnpublished: A due date has come whose year's working days are not published.
    """
    book = book_on(terms, events, on, working)
    return report(book, on) if book.lines else report_of_nothing(on)


def book_on(
    terms: Terms, events: Iterable[Event], on: date, working: WorkingDays | None = None
) -> Book:
    """Follow a loan to the end of a business date and return its figures; see `fold`."""
    return follow(Book(terms, working), events, on)


def follow(book: AnyBook, events: Iterable[Event], on: date) -> AnyBook:
    """Follow a loan in a book of any kind that is still empty; see `fold`."""
    terms = book.terms
    standing = [event for event in _in_effect(terms, events) if event.effective_on <= on]
    if any(isinstance(event, RepaymentReceived) and event.returns for event in standing):
        book = type(book)(free_of_charge(terms), book.working)
    for event in standing:
        if book.lines:
            book.begin(event)
            _happen(book, event)
        else:
            book = _open(book, event)
    book.advance(on)
    book.run_late(on)
    return book


def _in_effect(terms: Terms, events: Iterable[Event]) -> list[Event]:
    """Return the events that stand, in order; on one day money goes out before it comes in."""
    recorded = list(events)
    repeated = [event_id for event_id, n in Counter(e.id for e in recorded).items() if n > 1]
    if repeated:
        raise EventRefused(repeated[0], "id", "repeated")
    _require_agreed(terms, recorded)
    undone = _undone(recorded)
    _require_came_in(recorded, undone)
    standing = [
        event for event in recorded if event.id not in undone and not isinstance(event, UNDOING)
    ]
    return sorted(standing, key=_place)


UNDOING = RepaymentReversed | ChargebackReceived | RefundReversed | CouponReversed
"""Events that undo another one; both are left out of what is followed."""


def _require_came_in(recorded: Iterable[Event], undone: Collection[str]) -> None:
    """Refuse refunds of more than ever came in by their day, repayments undone since counted."""
    came_fen = 0
    for event in sorted(recorded, key=_place):
        if isinstance(event, RepaymentReceived | Recovered):
            came_fen += event.amount_fen
        elif isinstance(event, Refunded) and event.id not in undone:
            came_fen -= event.amount_fen
            if came_fen < 0:
                raise EventRefused(event.id, "amount_fen", "above_all_received")


def _require_agreed(terms: Terms, recorded: Iterable[Event]) -> None:
    """Refuse what was lent beyond the terms; a revolving line may be drawn again and again."""
    lent_fen = 0
    for event in recorded:
        if not isinstance(event, Disbursed):
            continue
        lent_fen = event.amount_fen + (0 if terms.method is Method.REVOLVING else lent_fen)
        if lent_fen > terms.principal_fen:
            raise EventRefused(event.id, "amount_fen", "above_agreed_principal")


def _place(event: Event) -> tuple[date, bool, datetime, str]:
    return (event.effective_on, not isinstance(event, Disbursed), event.recorded_at, event.id)


def _undone(recorded: Iterable[Event]) -> set[str]:
    """Return the ids of the repayments, refunds and coupons that others undo."""
    by_id = {event.id: event for event in recorded}
    undone: set[str] = set()
    for event in by_id.values():
        if not isinstance(event, UNDOING):
            continue
        kinds, reason = _UNDOES[type(event)]
        if not isinstance(by_id.get(event.reverses), kinds):
            raise EventRefused(event.id, "reverses", reason)
        if event.reverses in undone:
            raise EventRefused(event.id, "reverses", "already_reversed")
        undone.add(event.reverses)
    return undone


_MONEY_IN = (RepaymentReceived, Recovered)
_UNDOES: Mapping[type[Event], tuple[tuple[type[Event], ...], str]] = {
    RepaymentReversed: (_MONEY_IN, "unknown_repayment"),
    ChargebackReceived: (_MONEY_IN, "unknown_repayment"),
    RefundReversed: ((Refunded,), "unknown_refund"),
    CouponReversed: ((CouponApplied,), "unknown_coupon"),
}
"""What each undoing event undoes, and what is said where there is no such thing."""


def _open(book: AnyBook, event: Event) -> AnyBook:
    """Start the loan on the day its money went out, whatever day was planned."""
    if not isinstance(event, Disbursed):
        raise EventRefused(event.id, "effective_on", "before_disbursement")
    terms = book.terms
    moves.require_positive(event, event.amount_fen)
    if event.amount_fen <= terms.down_payment_fen:
        raise EventRefused(event.id, "amount_fen", "not_above_down_payment")
    try:
        opened = type(book)(_from(terms, event.effective_on), book.working)
        opened.begin(event)
        opened.open(event.amount_fen)
    except TermsRefused as refused:
        raise EventRefused(event.id, "effective_on", refused.reason) from refused
    return opened


def free_of_charge(terms: Terms) -> Terms:
    """Return the terms as they are for a loan given back in time: nothing but principal."""
    return replace(
        terms,
        annual_rate=Decimal(0),
        fees=(),
        early_fee=None,
        penalty_factor=Decimal(0),
        installment_fen=None,
    )


def _from(terms: Terms, day: date) -> Terms:
    """Return the terms as they are, were the money to go out on this day."""
    return replace(terms, disbursed_on=day, drawdowns=())


def _happen(book: Book, event: Event) -> None:
    move = _MOVES.get(type(event))
    if move is None:
        raise EventRefused(event.id, "event", "unknown")
    move(book, event)
    book.pay_from_held(event.effective_on)  # what the event gave back, say, while dues were open


_MOVES: Mapping[type[Event], Callable[[Book, Any], None]] = {
    Disbursed: moves.disburse,
    RepaymentReceived: moves.receive,
    Recovered: moves.receive,
    Refunded: moves.refund,
    Charged: moves.charge,
    Waived: moves.waive,
    CouponApplied: moves.apply_coupon,
    RateLowered: moves.lower_rate,
    Deferred: relief.defer,
    Rescheduled: relief.reschedule,
    WrittenOff: moves.write_off,
    Reopened: moves.reopen,
}
"""What each kind of event does to a loan whose money is out."""
