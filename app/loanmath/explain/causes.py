"""Why a figure of a line changes: what it is set to as a whole, or what is added and taken."""

from collections.abc import Mapping
from fractions import Fraction

from app.loanmath.explain.figures import Cause
from app.loanmath.explain.laying import LayingBook
from app.loanmath.explain.lines import (
    AsPaid,
    Base,
    ClosedFee,
    ClosedInterest,
    ClosedPrincipal,
    DownPayment,
    FiguredFee,
    FromLayout,
    OwedFee,
    Spread,
    TracedLine,
)
from app.loanmath.explain.values import Move, exact
from app.loanmath.life.events import (
    Charged,
    CouponApplied,
    Disbursed,
    Event,
    Recovered,
    Refunded,
    RepaymentReceived,
    Rescheduled,
    Waived,
)
from app.loanmath.life.line import Line
from app.loanmath.money import round_fen
from app.loanmath.schedule.fees import balance_fee


def note(book: LayingBook, line: TracedLine, name: str, before: int, after: int) -> None:
    """Note why a figure of a line changed, or was set again to what it was."""
    base = None
    match name:
        case "principal_fen":
            base = _principal_base(book, line, after)
        case "interest_fen":
            base = _interest_base(book, line, after)
        case "fee_fen":
            base = _fee_base(book, line, after)
        case "coupon_fen":
            base = _coupon_base(book, line, after)
        case _:
            pass
    if base is not None:
        line.bases[name] = base
        line.moves[name] = _kept_moves(line, name, base)
    elif before != after:
        line.moves[name].append(move(book, _cause(book, name), after - before))
    if name == "charged_fee_fen" and book.is_closing and after == 0:
        line.moves[name] = []


def _kept_moves(line: TracedLine, name: str, base: Base) -> list[Move]:
    """Keep what was repaid early in a line's period: it stands beside what is laid out."""
    if name != "principal_fen" or isinstance(base, AsPaid | DownPayment):
        return []
    kept = [move for move in line.moves[name] if move.cause is Cause.REPAID_EARLY]
    rest = line.extra_fen - sum(Fraction(move.amount) for move in kept)
    if rest:
        kept.append(Move(cause=Cause.REPAID_EARLY, amount=exact(Fraction(rest))))
    return kept


def _principal_base(book: LayingBook, line: TracedLine, after: int) -> Base | None:
    layout = book.layout
    if layout is not None:
        place = layout.place_of(line.number)
        if place < 0:
            return DownPayment(after)
        return FromLayout(layout, place) if place < len(layout.laid) else AsPaid(after)
    if book.is_closing:
        if line is not book.running:
            return AsPaid(after)
        later = book.to_come[1:]
        return ClosedPrincipal(book.balance_fen, sum(one.ahead_fen for one in later))
    return None


def _interest_base(book: LayingBook, line: TracedLine, after: int) -> Base | None:
    layout = book.layout
    if layout is not None:
        place = layout.place_of(line.number)
        is_laid = 0 <= place < len(layout.laid)
        return FromLayout(layout, place, line.paid_interest_fen) if is_laid else AsPaid(after)
    if book.is_closing:
        if line is not book.running:
            return AsPaid(after)
        accrued_fen = round_fen(book.pending, book.terms.interest_rounding)
        coupons_fen = book.coupons_against(accrued_fen)
        return ClosedInterest(tuple(book.pieces), line.paid_interest_fen, coupons_fen)
    return None


def _fee_base(book: LayingBook, line: TracedLine, after: int) -> Base | None:
    paid_fen, charged = line.paid_fee_fen, line.charged
    if book.is_closing:
        return _closed_fee(book, line) if line is book.running else AsPaid(after)
    figured_fen = (
        line.fees.at_balance(line.opening_fen)
        + line.charged_fee_fen
        + balance_fee(book.terms, line.opening_fen, line.fraction)
    )
    if after == max(figured_fen, paid_fen):
        return FiguredFee(
            terms=book.terms,
            fees=line.fees,
            opening_fen=line.opening_fen,
            fraction=line.fraction,
            start=line.start,
            due_on=line.due_on,
            paid_fen=paid_fen,
            charged=charged,
        )
    layout = book.layout
    if layout is not None and after == max(line.fees.owed_fen + line.charged_fee_fen, paid_fen):
        return OwedFee(line.fees.owed_fen, paid_fen, charged)
    return None


def _closed_fee(book: LayingBook, running: Line) -> Base:
    """Say what paying off asks of fees, installment by installment."""
    moves = [Move(cause=Cause.PAID, amount=str(running.paid_fee_fen))]
    for line in book.to_come:
        fee_fen = book.closing_fee_of(line)
        if fee_fen:
            moves.append(
                Move(
                    cause=Cause.CLOSING,
                    amount=str(fee_fen),
                    installment_number=line.number,
                )
            )
    early_fen = book.early_fee_of(book.prepayable_fen, closes=True)
    if early_fen:
        moves.append(move(book, Cause.EARLY_FEE, early_fen))
    return ClosedFee(tuple(moves))


def _coupon_base(book: LayingBook, line: TracedLine, after: int) -> Base:
    earlier = [one for one in book.to_come if one.number < line.number]
    left_fen = book.coupon_fen + line.granted_fen
    left_fen -= sum(one.coupon_fen - one.granted_fen for one in earlier)
    asked_fen = line.interest_fen - line.unasked_interest_fen - line.paid_interest_fen
    is_spread = line in book.to_come and not book.is_closing
    if is_spread and after == min(left_fen, max(asked_fen, 0)):
        return Spread(left_fen, asked_fen)
    return Spread(after, after)


_CAUSES: Mapping[type[Event], Cause] = {
    Charged: Cause.CHARGED,
    Waived: Cause.WAIVED,
    CouponApplied: Cause.COUPON,
    RepaymentReceived: Cause.EARLY_FEE,
    Recovered: Cause.EARLY_FEE,
    Rescheduled: Cause.RESCHEDULED,
    Disbursed: Cause.LENT,
    Refunded: Cause.LENT,
}
"""Why an event adds to a figure of a line, or takes from it; a repayment's principal apart."""


def _cause(book: LayingBook, name: str) -> Cause:
    if book.layout is not None or book.is_closing or book.event is None:
        return Cause.MOVED
    if name == "principal_fen" and isinstance(book.event, RepaymentReceived | Recovered):
        return Cause.REPAID_EARLY
    return _CAUSES.get(type(book.event), Cause.MOVED)


def move(book: LayingBook, cause: Cause, amount: int | Fraction) -> Move:
    """Describe an amount that comes or goes because of the event that is happening."""
    event = book.event
    return Move(
        cause=cause,
        amount=exact(amount),
        code=event.code if cause is Cause.CHARGED and isinstance(event, Charged) else None,
        event_id=None if event is None else event.id,
        on=None if event is None else event.effective_on,
    )
