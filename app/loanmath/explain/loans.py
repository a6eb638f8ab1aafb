"""The figures of a whole loan: what was lent, what is owed, what is held."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from app.loanmath.explain.asking import Ask, moves_of, segments_of, sum_of
from app.loanmath.explain.fees import charge_of
from app.loanmath.explain.figures import Cause, Figure, InputName, NotExplained, Rule, Unit
from app.loanmath.explain.levels import level
from app.loanmath.explain.lines import FiguredFee
from app.loanmath.explain.rows import capitalized, parts
from app.loanmath.explain.values import Explanation, Input, Move, Part, RoundingStep, fen
from app.loanmath.explain.whole import OfLoan, Whole
from app.loanmath.life.events import Event, Recovered, Refunded, RefundReversed, RepaymentReceived


def _lent(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(moves=whole.book.lent)


def _principal(ask: Ask, whole: Whole) -> Explanation:
    repaid = parts(Figure.PAID_PRINCIPAL, whole.lines, -1)
    return ask.sum([*whole.part(Figure.LOAN_LENT), *repaid], capitalized(whole.lines))


def _balance(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.INSTALLMENT_LEFT, whole.lines))


def _due_now(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.INSTALLMENT_LEFT, whole.due))


def _overdue(ask: Ask, whole: Whole) -> Explanation:
    late = [line for line in whole.due if line.last_day < whole.on]
    return ask.sum(parts(Figure.INSTALLMENT_LEFT, late))


def _penalty(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.LEFT_PENALTY, whole.due))


def _interest(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.INSTALLMENT_INTEREST, whole.lines))


def _fee(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.INSTALLMENT_FEE, whole.lines))


def _total(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.INSTALLMENT_TOTAL, whole.lines))


def _charges(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum([*whole.part(Figure.LOAN_INTEREST), *whole.part(Figure.LOAN_FEE)])


def _charge(ask: Ask, whole: Whole) -> Explanation:
    """Explain what one fee comes to over a plan that nothing has happened to."""
    figured = [line.bases.get("fee_fen") for line in whole.lines]
    rows = [charge_of(ask.code, whole.book, one) for one in figured if isinstance(one, FiguredFee)]
    fees = [fee for row in rows for fee in row[0]]
    segments = [segment for row in rows for segment in row[1]]
    if not fees and not segments:
        raise NotExplained(ask.figure, ask.code)
    whole_fen = sum(fee.amount_fen for fee in fees)
    whole_fen += sum(segment.rounded_fen or 0 for segment in segments)
    return ask.answer(Rule.CHARGE, whole_fen, fees=fees, segments=segments)


def _sum_of(figure: Figure) -> OfLoan:
    """Explain a figure that is the sum of one of every installment."""
    return lambda ask, whole: ask.sum(parts(figure, whole.lines))


def _to_pay(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum([*whole.part(Figure.LOAN_BALANCE), *whole.part(Figure.LOAN_UNAPPLIED, -1)])


def _next(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.INSTALLMENT_LEFT, whole.lines)[:1])


def _next_to_pay(ask: Ask, whole: Whole) -> Explanation:
    """Explain the first installment that money held does not pay, with those before it."""
    held_fen = whole.value(Figure.LOAN_UNAPPLIED)
    asked: list[Part] = []
    for one in parts(Figure.INSTALLMENT_LEFT, whole.lines):
        asked.append(one)
        if sum(part.amount_fen for part in asked) > held_fen:
            break
    return ask.sum([*asked, *whole.part(Figure.LOAN_UNAPPLIED, -1)], least=0)


def _unapplied(ask: Ask, whole: Whole) -> Explanation:
    """Explain money held: what came in, less where it went and what was given back."""
    moves: list[Move] = []
    for event_id in whole.book.came:
        event = whole.events[event_id]
        assert isinstance(event, RepaymentReceived | Recovered)
        went_fen = sum(whole.went(event_id).values())
        if event.amount_fen != went_fen:
            received = _move(Cause.RECEIVED, event, event.amount_fen)
            moves += [received, *([_move(Cause.ALLOCATED, event, -went_fen)] if went_fen else [])]
    undone = {one.reverses for one in whole.events.values() if isinstance(one, RefundReversed)}
    refunds = [one for one in whole.events.values() if isinstance(one, Refunded)]
    for refund in refunds:
        if refund.id not in undone and refund.effective_on <= whole.on:
            again = [one for one in whole.book.lent if one.event_id == refund.id]
            moves.append(_move(Cause.GIVEN_BACK, refund, -refund.amount_fen))
            moves += [replace(one, cause=Cause.LENT_AGAIN) for one in again]
    return ask.sum(moves=moves)


def _move(cause: Cause, event: Event, amount_fen: int) -> Move:
    return Move(cause=cause, amount=str(amount_fen), event_id=event.id, on=event.effective_on)


def accrued_to(ask: Ask, whole: Whole, day: date, *, less_paid: bool) -> Explanation:
    """Explain what of the running period's interest has accrued, less coupons and what is paid."""
    book, line = whole.book, whole.book.running
    if line is None:
        return ask.sum()
    pieces = book.pieces_to(day)
    paid_fen = line.paid_interest_fen if less_paid else 0
    step = RoundingStep.of(sum_of(pieces), book.terms.interest_rounding)
    coupons_fen = book.coupons_against(step.after_fen)
    result_fen = max(max(step.after_fen - coupons_fen, 0) - paid_fen, 0)
    return ask.answer(
        Rule.INTEREST_ACCRUED,
        result_fen,
        inputs=[
            fen(InputName.COUPONS, coupons_fen),
            fen(InputName.PAID, paid_fen),
            Input(InputName.UNTIL, Unit.DATE, day.isoformat()),
        ],
        segments=segments_of(pieces),
        moves=moves_of(pieces),
        rounding=step,
    )


def _accrued(ask: Ask, whole: Whole) -> Explanation:
    if all(line.left_fen == 0 for line in whole.lines):
        return ask.sum()
    return accrued_to(ask, whole, whole.on, less_paid=True)


def _level(ask: Ask, whole: Whole) -> Explanation:
    return level(ask, whole.book.level)


OF_LOAN: Mapping[Figure, OfLoan] = {
    Figure.LOAN_LENT: _lent,
    Figure.LOAN_PRINCIPAL: _principal,
    Figure.LOAN_BALANCE: _balance,
    Figure.LOAN_DUE_NOW: _due_now,
    Figure.LOAN_OVERDUE: _overdue,
    Figure.LOAN_PENALTY: _penalty,
    Figure.LOAN_UNAPPLIED: _unapplied,
    Figure.LOAN_INTEREST: _interest,
    Figure.LOAN_FEE: _fee,
    Figure.LOAN_TOTAL: _total,
    Figure.LOAN_CHARGES: _charges,
    Figure.LOAN_CHARGE: _charge,
    Figure.LOAN_REPAID: _sum_of(Figure.INSTALLMENT_PAID),
    Figure.LOAN_WAIVED: _sum_of(Figure.INSTALLMENT_WAIVED),
    Figure.LOAN_INTEREST_LEFT: _sum_of(Figure.LEFT_INTEREST),
    Figure.LOAN_FEE_LEFT: _sum_of(Figure.LEFT_FEE),
    Figure.LOAN_COST_LEFT: _sum_of(Figure.LEFT_COST),
    Figure.LOAN_PENALTY_LEFT: _sum_of(Figure.LEFT_PENALTY),
    Figure.LOAN_TO_PAY: _to_pay,
    Figure.LOAN_NEXT: _next,
    Figure.LOAN_NEXT_TO_PAY: _next_to_pay,
    Figure.ACCRUED_INTEREST: _accrued,
    Figure.LEVEL_INSTALLMENT: _level,
}
"""Who explains which figure of a loan."""
