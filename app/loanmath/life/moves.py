"""
What each kind of event does to a loan's figures.

An event that stands is never refused because of another one: whatever is later recorded before it,
a backdated repayment or a chargeback, it still means something. What it cannot do it leaves undone.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.loanmath.errors import EventRefused
from app.loanmath.life.book import Book
from app.loanmath.life.events import (
    Charged,
    CouponApplied,
    Disbursed,
    Event,
    RateLowered,
    Recovered,
    Refunded,
    Reopened,
    RepaymentReceived,
    Waived,
    WrittenOff,
)
from app.loanmath.life.line import Line
from app.loanmath.life.replan import Replan, close, replan
from app.loanmath.life.state import Reduction
from app.loanmath.life.sums import Held
from app.loanmath.schedule.choices import Method, Prepayment
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.terms import RATE_MAX, is_rate
from app.loanmath.waterfall import DueKind

CHARGED = frozenset({DueKind.COST, DueKind.FEE, DueKind.PENALTY})
"""What a charge may be; interest and principal come of the terms alone."""

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
    line = book.new_line(len(book.lines) + 1, Period.of_nothing(day), day)
    book.lines.append(line)
    return line


def receive(book: Book, event: RepaymentReceived | Recovered) -> None:
    """Take money in: the dues first, then whatever it or the terms say of the rest."""
    require_positive(event, event.amount_fen)
    day = event.effective_on
    book.advance(day)
    money = book.hold(event.id, event.amount_fen)
    ends = _ends_by_what_goes_back(book, day)
    if ends:
        _give_back_unearned(book, day)
    book.pay_dues(day)
    if book.running is not None and (ends or money.left_fen):
        _beyond_dues(book, book.running, money, event)
    book.drop_spent()


def _ends_by_what_goes_back(book: Book, day: date) -> bool:
    """
    Say whether the money closes the loan, dues included, with what was paid ahead unearned.

    Then that goes back before the dues are paid: they may need it.
    """
    if not any(line.paid_interest_fen or line.paid_fee_fen for line in book.to_come):
        return False
    owed = book.owed_to_close(day)
    return owed.unearned_fen > 0 and owed.to_pay_fen == 0


def _give_back_unearned(book: Book, day: date) -> None:
    for line, kind, amount_fen in book.unearned(day):
        book.give_back(line, kind, amount_fen)


def _beyond_dues(
    book: Book, running: Line, money: Held, event: RepaymentReceived | Recovered
) -> None:
    """Close the loan if the money is enough for that, else let it do what was chosen."""
    owed = book.owed_to_come(event.effective_on)
    if owed.principal_fen == 0:
        book.pay_ahead(book.to_come, book.held_fen, newest=False)
    elif owed.to_pay_fen == 0:
        _give_back_unearned(book, event.effective_on)
        book.settle(book.settled_until(event.effective_on))
        book.early_fee_fen += book.early_fee_of(owed.principal_fen, closes=True)
        close(book, owed.interest_fen, owed.fee_fen)
        for kind in DueKind:
            book.take(running, kind, running.left_of(kind))
    else:
        chosen = event.prepayment if isinstance(event, RepaymentReceived) else None
        mode = chosen or book.terms.prepayment
        is_directed = chosen is not None or mode is Prepayment.HOLD
        if not is_directed and book.terms.method not in _SETTLES_WHOLE:
            book.pay_ahead([running], money.left_fen)
        _put_to_use(book, running, money, event, mode)


def _put_to_use(book: Book, running: Line, money: Held, event: Event, mode: Prepayment) -> None:
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


def _prepay(book: Book, running: Line, money: Held, event: Event, keep: Replan) -> None:
    """
    Repay principal today, after the interest it has borne and what the terms ask for doing so.

    A smaller balance may give back interest that was paid ahead, which repays principal in turn;
    each time it is less by the rate of a period, so this ends soon. It ends at the latest when no
    principal is repaid any more.
    """
    until = book.settled_until(event.effective_on)
    held_before_fen = book.held_fen - money.left_fen
    while (spare_fen := book.held_fen - held_before_fen) > 0:
        interest_fen = min(spare_fen, book.accrued_unpaid(until))
        principal_fen, fee_fen = _early_parts(book, spare_fen - interest_fen)
        if interest_fen + principal_fen:
            _repay_early(book, running, until, (interest_fen, fee_fen, principal_fen), keep)
        if principal_fen == 0:
            return


def _early_parts(book: Book, most_fen: int) -> tuple[int, int]:
    """Share money out between principal repaid early and the fee for it; closing may cost more."""
    whole_fen = book.prepayable_fen
    if book.terms.early_fee is None:
        return min(most_fen, whole_fen), 0
    fee_fen = book.early_fee_of(whole_fen, closes=True)
    if whole_fen + fee_fen <= most_fen:
        return whole_fen, fee_fen
    low, high = 0, min(most_fen, whole_fen - 1)
    while low < high:
        middle = (low + high + 1) // 2
        fits = middle + book.early_fee_of(middle, closes=False) <= most_fen
        low, high = (middle, high) if fits else (low, middle - 1)
    return low, book.early_fee_of(low, closes=False) if low else 0


def _repay_early(
    book: Book, running: Line, until: date, parts: tuple[int, int, int], keep: Replan
) -> None:
    interest_fen, fee_fen, principal_fen = parts
    book.settle(until)
    book.early_fee_fen += fee_fen
    running.charged_fee_fen += fee_fen
    running.fee_fen += fee_fen
    book.take(running, DueKind.INTEREST, interest_fen, newest=True)
    book.take(running, DueKind.FEE, fee_fen, newest=True)
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
    """Add a fee or a cost to the line it names, or the running one, or one of its own."""
    require_positive(event, event.amount_fen)
    if not event.code.strip():
        raise EventRefused(event.id, "code", "empty")
    if event.kind not in CHARGED:
        raise EventRefused(event.id, "kind", "not_charged")
    _require_number(event, event.installment_number)
    day = event.effective_on
    book.advance(day)
    book.run_late(day)
    unpaid = [*book.open_lines, *book.to_come]
    named = [line for line in unpaid if line.number == event.installment_number]
    line = named[0] if named else book.running or _line_due_now(book, event)
    if event.kind is DueKind.COST:
        line.cost_fen += event.amount_fen
    elif event.kind is DueKind.PENALTY:
        line.penalty_brought_fen += event.amount_fen
    else:
        line.charged_fee_fen += event.amount_fen
        line.fee_fen += event.amount_fen
    book.advance(day)


def waive(book: Book, event: Waived) -> None:
    """Give up dues of one kind, the oldest first, as far as they are owed."""
    require_positive(event, event.amount_fen)
    if event.kind is DueKind.PRINCIPAL:
        raise EventRefused(event.id, "kind", "principal_is_not_waived")
    number = event.installment_number
    _require_number(event, number)
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
    book.rate_given_up = min(book.rate_given_up, event.annual_rate)
    if event.annual_rate < book.annual_rate:
        set_rate(book, event, event.annual_rate)
        replan(book, Replan.KEEP_DATES_ASK_LESS)


def write_off(book: Book, event: WrittenOff) -> None:
    """Stop everything that accrues; the debt stays."""
    if book.written_off_on is None:
        book.rate_given_up = book.annual_rate
        set_rate(book, event, Decimal(0))
        book.written_off_on = event.effective_on
        replan(book, Replan.KEEP_PRINCIPAL)


def reopen(book: Book, event: Reopened) -> None:
    """Let everything accrue again as before the loan was given up, from this day."""
    if book.written_off_on is None:
        return
    set_rate(book, event, book.rate_given_up)
    for line in book.open_lines:
        line.gap_days = (event.effective_on - max(book.written_off_on, line.last_day)).days
        line.late_mark = event.effective_on
    book.written_off_on = None
    replan(book, Replan.KEEP_PRINCIPAL)


def apply_coupon(book: Book, event: CouponApplied) -> None:
    """Take interest off what is due, the oldest first, and keep the rest for what is to come."""
    require_positive(event, event.amount_fen)
    if not event.code.strip():
        raise EventRefused(event.id, "code", "empty")
    _require_parts(event)
    book.advance(event.effective_on)
    book.run_late(event.effective_on)
    if event.parts:
        book.reductions.grant(event)
    else:
        _use_coupon(book, event)
    book.spread_coupons()


def _use_coupon(book: Book, event: CouponApplied) -> None:
    left_fen = event.amount_fen
    for line in book.open_lines:
        taken_fen = line.waive(DueKind.INTEREST, left_fen)
        left_fen -= taken_fen
        if taken_fen:
            taken = Reduction(event.id, line.number, taken_fen, is_due=True)
            book.reductions.taken.append(taken)
    book.coupon_fen += left_fen
    book.reductions.kept.append((event.id, left_fen))


def _require_parts(event: CouponApplied) -> None:
    """Refuse parts that are not of some interest each, or not the whole together."""
    if not event.parts:
        return
    for part in event.parts:
        _require_number(event, part.number)
        if not 0 < part.amount_fen <= part.of_fen:
            raise EventRefused(event.id, "parts", "out_of_range")
    if sum(part.amount_fen for part in event.parts) != event.amount_fen:
        raise EventRefused(event.id, "parts", "not_the_whole")


def set_rate(book: Book, event: Event, annual_rate: Decimal) -> None:
    """Put aside what accrued at the old rate, lateness included, and go on at the new one."""
    book.advance(event.effective_on)
    book.run_late(event.effective_on)
    book.freeze(event.effective_on)
    book.set_rate(annual_rate)


def _require_number(event: Event, number: int | None) -> None:
    if number is not None and number < 1:
        raise EventRefused(event.id, "installment_number", "out_of_range")


def require_positive(event: Event, amount_fen: int) -> None:
    """Refuse an event that moves no money, or moves it backwards."""
    if amount_fen <= 0:
        raise EventRefused(event.id, "amount_fen", "not_positive")
