"""
What each kind of event does to a loan's figures.

An event that stands is never refused because of another one: whatever is later recorded before it,
a backdated repayment or a chargeback, it still means something. What it cannot do it leaves undone.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.loanmath.errors import EventRefused
from app.loanmath.life.book import Book, Held
from app.loanmath.life.events import (
    Charged,
    Deferred,
    Disbursed,
    Event,
    RateLowered,
    Refunded,
    RepaymentReceived,
    Waived,
    WrittenOff,
)
from app.loanmath.life.line import Line, payable_day
from app.loanmath.life.replan import Replan, close, replan, set_fee
from app.loanmath.schedule.choices import Method, Moratorium, Prepayment
from app.loanmath.schedule.dates import Period, periods
from app.loanmath.schedule.fees import FixedFees
from app.loanmath.schedule.terms import RATE_MAX, is_rate
from app.loanmath.waterfall import DueKind

DEFERRED_PERIODS_MAX = 60

_SETTLES_WHOLE = frozenset({Method.BULLET, Method.REVOLVING})
"""Methods whose next installment an undirected payment does not pay ahead of its day."""


def disburse(book: Book, event: Disbursed) -> None:
    """Lend more."""
    require_positive(event, event.amount_fen)
    book.advance(event.effective_on)
    _lend(book, event, event.amount_fen)


def _lend(book: Book, event: Event, amount_fen: int) -> None:
    """Share the lines to come anew over a larger balance; after the last, it is due at once."""
    book.disbursed_fen += amount_fen
    if book.running is None:
        _line_due_now(book, event).principal_fen = amount_fen
        book.balance_fen = amount_fen
        book.advance(event.effective_on)
        return
    book.freeze(event.effective_on)
    book.balance_fen += amount_fen
    if book.flat_base is not None:
        book.flat_base += amount_fen
    replan(book, Replan.KEEP_DATES)


def _line_due_now(book: Book, event: Event) -> Line:
    """Add a line of its own for what comes after the last one."""
    day = event.effective_on
    line = Line(len(book.lines) + 1, Period(day, day, Fraction(0), Fraction(0)), day)
    book.lines.append(line)
    return line


def receive(book: Book, event: RepaymentReceived) -> None:
    """Take money in: the dues first, then whatever it or the terms say of the rest."""
    require_positive(event, event.amount_fen)
    day = event.effective_on
    book.advance(day)
    money = book.hold(event.id, event.amount_fen)
    book.pay_dues(day)
    if money.left_fen and book.running is not None:
        _beyond_dues(book, book.running, money, event)
    book.drop_spent()


def _beyond_dues(book: Book, running: Line, money: Held, event: RepaymentReceived) -> None:
    """Close the loan if the money is enough for that, else let it do what was chosen."""
    owed = book.owed_to_come(event.effective_on)
    if owed.principal_fen == 0:
        book.pay_ahead(book.to_come, book.held_fen, newest=False)
    elif owed.to_pay_fen == 0:
        for line, kind, amount_fen in book.unearned(event.effective_on):
            book.give_back(line, kind, amount_fen)
        book.freeze(book.settled_until(event.effective_on))
        close(book, owed.interest_fen, owed.fee_fen)
        for kind in (DueKind.FEE, DueKind.INTEREST, DueKind.PRINCIPAL):
            book.take(running, kind, running.left_of(kind))
    else:
        mode = event.prepayment or book.terms.prepayment
        is_directed = event.prepayment is not None or mode is Prepayment.HOLD
        if not is_directed and book.terms.method not in _SETTLES_WHOLE:
            book.pay_ahead([running], money.left_fen)
        _put_to_use(book, running, money, event, mode)


def _put_to_use(
    book: Book, running: Line, money: Held, event: RepaymentReceived, mode: Prepayment
) -> None:
    match mode:
        case Prepayment.HOLD:
            return
        case Prepayment.PAY_NEXT:
            book.pay_ahead(book.to_come, money.left_fen)
        case Prepayment.REDUCE_TERM:
            _prepay(book, running, money, event, Replan.KEEP_INSTALLMENT)
        case Prepayment.REDUCE_INSTALLMENT:
            _prepay(book, running, money, event, Replan.KEEP_DATES_ASK_LESS)
        case Prepayment.PARK_AT_END:
            _prepay(book, running, money, event, Replan.KEEP_PRINCIPAL)


def _prepay(book: Book, running: Line, money: Held, event: RepaymentReceived, keep: Replan) -> None:
    """
    Repay principal today, after the interest it has borne.

    A smaller balance may give back interest that was paid ahead, which repays principal in turn;
    each time it is less by the rate of a period, so this ends soon.
    """
    until = book.settled_until(event.effective_on)
    held_before_fen = book.held_fen - money.left_fen
    while (spare_fen := book.held_fen - held_before_fen) > 0:
        interest_fen = min(spare_fen, book.accrued_unpaid(until))
        principal_fen = min(spare_fen - interest_fen, book.prepayable_fen)
        if interest_fen + principal_fen == 0:
            return
        _repay_early(book, running, until, (interest_fen, principal_fen), keep)


def _repay_early(
    book: Book, running: Line, until: date, parts: tuple[int, int], keep: Replan
) -> None:
    interest_fen, principal_fen = parts
    book.freeze(until)
    book.take(running, DueKind.INTEREST, interest_fen, newest=True)
    book.take(running, DueKind.PRINCIPAL, principal_fen, newest=True)
    running.principal_fen += principal_fen
    running.extra_fen += principal_fen
    if book.flat_base is not None and keep is Replan.KEEP_DATES_ASK_LESS:
        book.flat_base *= 1 - Fraction(principal_fen, book.balance_fen)
    book.balance_fen -= principal_fen
    replan(book, keep)


def refund(book: Book, event: Refunded) -> None:
    """
    Give money held back, the money held longest first.

    If it turns out that less was held, say because the repayment was charged back after it, the
    rest was lent.
    """
    require_positive(event, event.amount_fen)
    book.advance(event.effective_on)
    left_fen = event.amount_fen
    for held in book.held:
        given_fen = min(held.left_fen, left_fen)
        held.left_fen -= given_fen
        left_fen -= given_fen
    book.drop_spent()
    if left_fen:
        _lend(book, event, left_fen)


def charge(book: Book, event: Charged) -> None:
    """Add a fee to the running line, or as a line of its own when none is left."""
    require_positive(event, event.amount_fen)
    if not event.code.strip():
        raise EventRefused(event.id, "code", "empty")
    day = event.effective_on
    book.advance(day)
    line = book.running or _line_due_now(book, event)
    line.charged_fee_fen += event.amount_fen
    line.fee_fen += event.amount_fen
    book.advance(day)


def waive(book: Book, event: Waived) -> None:
    """Give up dues of one kind, the oldest first, as far as they are owed."""
    require_positive(event, event.amount_fen)
    if event.kind is DueKind.PRINCIPAL:
        raise EventRefused(event.id, "kind", "principal_is_not_waived")
    number = event.installment_number
    if number is not None and number < 1:
        raise EventRefused(event.id, "installment_number", "out_of_range")
    book.advance(event.effective_on)
    book.run_late(event.effective_on)
    left_fen = event.amount_fen
    for line in book.open_lines:
        if number in {None, line.number}:
            left_fen -= line.waive(event.kind, left_fen)


def lower_rate(book: Book, event: RateLowered) -> None:
    """Lower the contract rate from the day on; every line to come is solved anew."""
    if not is_rate(event.annual_rate, most=RATE_MAX):
        raise EventRefused(event.id, "annual_rate", "out_of_range")
    if event.annual_rate < book.annual_rate:
        _set_rate(book, event, event.annual_rate)
        replan(book, Replan.KEEP_DATES_ASK_LESS)


def write_off(book: Book, event: WrittenOff) -> None:
    """Stop everything that accrues; the debt stays."""
    if book.written_off_on is None:
        _set_rate(book, event, Decimal(0))
        book.written_off_on = event.effective_on
        replan(book, Replan.KEEP_PRINCIPAL)


def _set_rate(book: Book, event: Event, annual_rate: Decimal) -> None:
    """Put aside what accrued at the old rate, lateness included, and go on at the new one."""
    book.advance(event.effective_on)
    book.run_late(event.effective_on)
    book.freeze(event.effective_on)
    book.set_rate(annual_rate)


def defer(book: Book, event: Deferred) -> None:
    """Put rows that leave something out before the lines to come, which move later by as many."""
    if not 1 <= event.periods <= DEFERRED_PERIODS_MAX:
        raise EventRefused(event.id, "periods", "out_of_range")
    if event.moratorium is Moratorium.NONE:
        raise EventRefused(event.id, "moratorium", "defers_nothing")
    book.advance(event.effective_on)
    if book.running is None or book.balance_fen == 0:
        return
    book.deferred_periods += event.periods
    spans = periods(book.terms, more=book.deferred_periods)
    if book.terms.method is Method.BULLET:
        _move_maturity(book, book.running, spans[0])
    else:
        book.freeze(event.effective_on)
        held = len(book.lines)
        new = book.new_lines(spans[held : held + event.periods], first_number=held + 1)
        book.lines.extend(new)
        _shift(book, event)
        set_fee(book, book.running)
    replan(book, Replan.KEEP_DATES)


def _move_maturity(book: Book, line: Line, span: Period) -> None:
    line.due_on, line.fraction = span.due_on, span.fraction
    line.payable_on = payable_day(span.due_on, book.terms.business_days, book.working)
    line.late_mark = span.due_on


def _shift(book: Book, event: Deferred) -> None:
    """Move what each line to come asks so many lines on; the first ones now leave it out."""
    lines = book.to_come
    asked = [(line.skip, line.target_fen, line.fees) for line in lines]
    put_off = [(event.moratorium, 0, FixedFees())] * event.periods
    for line, ask in zip(lines, put_off + asked, strict=False):
        line.skip, line.target_fen, line.fees = ask


def require_positive(event: Event, amount_fen: int) -> None:
    """Refuse an event that moves no money, or moves it backwards."""
    if amount_fen <= 0:
        raise EventRefused(event.id, "amount_fen", "not_positive")
