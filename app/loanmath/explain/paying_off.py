"""The figures of paying a loan off: what closes it, what an early end asks, what comes back."""

from collections.abc import Mapping
from fractions import Fraction

from app.loanmath.explain.asking import Ask
from app.loanmath.explain.fees import balance_fees
from app.loanmath.explain.figures import Figure, InputName, Rule, Unit
from app.loanmath.explain.layouts import Span
from app.loanmath.explain.lines import TracedLine
from app.loanmath.explain.loans import accrued_to
from app.loanmath.explain.rows import part, parts
from app.loanmath.explain.values import Explanation, Input, Part, RoundingStep, fen
from app.loanmath.explain.whole import OfLine, OfLoan, Whole
from app.loanmath.money import Rounding
from app.loanmath.schedule.fees import balance_fee
from app.loanmath.waterfall import DueKind

PAYOFF: Mapping[DueKind, Figure] = {kind: Figure(f"PAYOFF_{kind}") for kind in reversed(DueKind)}
"""Which figure of a payoff is about which kind of due, the weightiest first."""


def _payoff(ask: Ask, whole: Whole) -> Explanation:
    owed = [one for figure in PAYOFF.values() for one in whole.part(figure)]
    return ask.sum([*owed, *whole.part(Figure.PAYOFF_CREDIT, -1)], least=0)


def _payoff_principal(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(whole.part(Figure.LOAN_PRINCIPAL))


def _payoff_interest(ask: Ask, whole: Whole) -> Explanation:
    due = parts(Figure.LEFT_INTEREST, whole.due)
    if whole.book.prepayable_fen:
        return ask.sum([*due, *whole.part(Figure.CLOSING_INTEREST_LEFT)])
    return ask.sum([*due, *parts(Figure.LEFT_INTEREST, whole.to_come)])


def _payoff_fee(ask: Ask, whole: Whole) -> Explanation:
    due = parts(Figure.LEFT_FEE, whole.due)
    if whole.book.prepayable_fen:
        to_close = whole.row_parts(Figure.CLOSING_FEE_LEFT, whole.to_come)
        return ask.sum([*due, *to_close, *whole.part(Figure.EARLY_FEE)])
    return ask.sum([*due, *parts(Figure.LEFT_FEE, whole.to_come)])


def _payoff_cost(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.LEFT_COST, [*whole.due, *whole.to_come]))


def _payoff_penalty(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum(parts(Figure.LEFT_PENALTY, [*whole.due, *whole.to_come]))


def _payoff_credit(ask: Ask, whole: Whole) -> Explanation:
    return ask.sum([*whole.part(Figure.LOAN_UNAPPLIED), *whole.part(Figure.PAYOFF_UNEARNED)])


def _payoff_unearned(ask: Ask, whole: Whole) -> Explanation:
    if not whole.book.prepayable_fen:
        return ask.sum()
    interest = whole.row_parts(Figure.UNEARNED_INTEREST, whole.to_come)
    return ask.sum([*interest, *whole.row_parts(Figure.UNEARNED_FEE, whole.to_come)])


def _payoff_saved(ask: Ask, whole: Whole) -> Explanation:
    owed = [one for figure in PAYOFF.values() for one in whole.part(figure, -1)]
    unearned = whole.part(Figure.PAYOFF_UNEARNED)
    return ask.sum([*whole.part(Figure.LOAN_BALANCE), *unearned, *owed], least=0)


def _early_fee(ask: Ask, whole: Whole) -> Explanation:
    book, terms = whole.book, whole.book.terms
    principal_fen = book.prepayable_fen
    asked_fen = book.early_fee_of(principal_fen, closes=True)
    if terms.early_fee is None or not asked_fen:
        return ask.sum()
    rate = terms.early_fee.rate
    return ask.answer(
        Rule.EARLY_FEE,
        asked_fen,
        inputs=[
            fen(InputName.AMOUNT, terms.early_fee.amount_fen),
            fen(InputName.PRINCIPAL, principal_fen),
            Input(InputName.RATE, Unit.RATE, f"{rate:f}"),
        ],
        rounding=RoundingStep.of(principal_fen * Fraction(rate), Rounding.HALF_UP),
    )


def _closing_fee(ask: Ask, whole: Whole, line: TracedLine) -> Explanation:
    book, owed_fen = whole.book, line.fees.owed_fen
    segments = []
    if line is book.running:
        elapsed = line.elapsed(book.terms, whole.until)
        end = min(whole.until, line.due_on)
        span = Span(line.number, line.start, end, elapsed)
        segments = balance_fees(book.terms, line.opening_fen, elapsed, span)
        asked_fen = balance_fee(book.terms, line.opening_fen, elapsed)
        assert asked_fen == sum(segment.rounded_fen or 0 for segment in segments)
    charged_fen = line.charged_fee_fen
    whole_fen = owed_fen + sum(segment.rounded_fen or 0 for segment in segments) + charged_fen
    return ask.answer(
        Rule.FEE_TO_CLOSE,
        whole_fen,
        inputs=[fen(InputName.OWED, owed_fen)],
        segments=segments,
        moves=line.charged,
    )


def _line_part(ask: Ask, whole: Whole, figure: Figure, line: TracedLine, sign: int) -> Part:
    del ask
    return Part(
        figure=figure,
        amount_fen=whole.value(figure, line),
        sign=sign,
        installment_number=line.number,
    )


def _closing_fee_left(ask: Ask, whole: Whole, line: TracedLine) -> Explanation:
    asked = _line_part(ask, whole, Figure.CLOSING_FEE, line, 1)
    return ask.sum([asked, part(Figure.PAID_FEE, line, -1)], least=0)


def _unearned_fee(ask: Ask, whole: Whole, line: TracedLine) -> Explanation:
    asked = _line_part(ask, whole, Figure.CLOSING_FEE, line, -1)
    return ask.sum([part(Figure.PAID_FEE, line), asked], least=0)


def _unearned_interest(ask: Ask, whole: Whole, line: TracedLine) -> Explanation:
    is_running = line is whole.book.running
    asked = whole.part(Figure.CLOSING_INTEREST, -1) if is_running else []
    return ask.sum([part(Figure.PAID_INTEREST, line), *asked], least=0)


def _closing_interest(ask: Ask, whole: Whole) -> Explanation:
    return accrued_to(ask, whole, whole.until, less_paid=False)


def _closing_interest_left(ask: Ask, whole: Whole) -> Explanation:
    return accrued_to(ask, whole, whole.until, less_paid=True)


OF_PAYOFF: Mapping[Figure, OfLoan] = {
    Figure.PAYOFF_AMOUNT: _payoff,
    Figure.PAYOFF_PRINCIPAL: _payoff_principal,
    Figure.PAYOFF_INTEREST: _payoff_interest,
    Figure.PAYOFF_FEE: _payoff_fee,
    Figure.PAYOFF_COST: _payoff_cost,
    Figure.PAYOFF_PENALTY: _payoff_penalty,
    Figure.PAYOFF_CREDIT: _payoff_credit,
    Figure.PAYOFF_UNEARNED: _payoff_unearned,
    Figure.PAYOFF_SAVED: _payoff_saved,
    Figure.CLOSING_INTEREST: _closing_interest,
    Figure.CLOSING_INTEREST_LEFT: _closing_interest_left,
    Figure.EARLY_FEE: _early_fee,
}
"""Who explains which figure of a payoff."""

OF_LINE: Mapping[Figure, OfLine] = {
    Figure.CLOSING_FEE: _closing_fee,
    Figure.CLOSING_FEE_LEFT: _closing_fee_left,
    Figure.UNEARNED_FEE: _unearned_fee,
    Figure.UNEARNED_INTEREST: _unearned_interest,
}
"""Who explains which figure of paying off that each installment to come has."""
