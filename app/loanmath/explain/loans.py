"""The figures of a whole loan: what is owed, what closes it, where a repayment went."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from app.loanmath.explain.asking import Ask, moves_of, segments_of, sum_of
from app.loanmath.explain.fees import balance_fees
from app.loanmath.explain.figures import Cause, Figure, InputName, Rule, Unit
from app.loanmath.explain.layouts import Span
from app.loanmath.explain.levels import level
from app.loanmath.explain.lines import TracedLine
from app.loanmath.explain.rows import capitalized, part, parts
from app.loanmath.explain.tracing import TracedBook
from app.loanmath.explain.values import Explanation, Input, Move, Part, RoundingStep, fen
from app.loanmath.life.events import Event, Recovered, Refunded, RefundReversed, RepaymentReceived
from app.loanmath.money import Rounding
from app.loanmath.schedule.fees import balance_fee
from app.loanmath.waterfall import DueKind

PAYOFF: Mapping[DueKind, Figure] = {kind: Figure(f"PAYOFF_{kind}") for kind in reversed(DueKind)}
REPAYMENT: Mapping[DueKind, Figure] = {
    kind: Figure(f"REPAYMENT_{kind}") for kind in reversed(DueKind)
}
"""Which figure of a payoff, or of a repayment, is about which kind of due."""


class Whole:
    """A loan in a book that has advanced to a date, and everything recorded about it."""

    def __init__(self, book: TracedBook, events: Iterable[Event], on: date) -> None:
        self.book = book
        self.on = on
        self.events = {event.id: event for event in events}

    @property
    def lines(self) -> list[TracedLine]:
        """All installments."""
        return [line for line in self.book.lines if isinstance(line, TracedLine)]

    @property
    def due(self) -> list[TracedLine]:
        """Those that have fallen due and are not fully paid."""
        return [line for line in self.lines[: self.book.cursor] if line.left_fen > 0]

    @property
    def to_come(self) -> list[TracedLine]:
        """Those not yet due."""
        return self.lines[self.book.cursor :]

    @property
    def days(self) -> dict[str, date]:
        """When each event took effect."""
        return {event.id: event.effective_on for event in self.events.values()}

    @property
    def until(self) -> date:
        """The day up to which paying off pays interest."""
        return self.book.settled_until(self.on)

    def value(self, figure: Figure, line: TracedLine | None = None) -> int:
        """Return the value of a figure of the loan, or of paying it off."""
        return explain_whole(Ask(figure=figure, on=self.on), self, line).result_fen

    def part(self, figure: Figure, sign: int = 1) -> list[Part]:
        """Point to a figure of the loan, if it is not zero."""
        amount_fen = self.value(figure)
        return [Part(figure=figure, amount_fen=amount_fen, sign=sign)] if amount_fen else []

    def row_parts(self, figure: Figure, lines: Iterable[TracedLine]) -> list[Part]:
        """Point to a figure of paying off in each installment where it is not zero."""
        return [
            Part(figure=figure, amount_fen=amount_fen, installment_number=line.number)
            for line in lines
            if (amount_fen := self.value(figure, line))
        ]


def explain_whole(ask: Ask, whole: Whole, line: TracedLine | None) -> Explanation:
    """Explain a figure of the loan; `line` where it is a figure of paying off of an installment."""
    if line is not None:
        return _OF_LINE[ask.figure](ask, whole, line)
    return _OF_LOAN[ask.figure](ask, whole)


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


def _unapplied(ask: Ask, whole: Whole) -> Explanation:
    """Explain money held: what came in, less where it went and what was given back."""
    moves: list[Move] = []
    for event_id in whole.book.came:
        event = whole.events[event_id]
        assert isinstance(event, RepaymentReceived | Recovered)
        went_fen = sum(_went(whole.book, event_id).values())
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


def _went(book: TracedBook, event_id: str) -> dict[tuple[int, DueKind], int]:
    """Return where one repayment stands, by installment and kind of due."""
    return {
        (number, kind): amount_fen
        for (paid_by, number, kind), amount_fen in book.standing.items()
        if paid_by == event_id and amount_fen
    }


def _accrued_to(ask: Ask, whole: Whole, day: date, *, less_paid: bool) -> Explanation:
    """Explain what of the running period's interest has accrued, less coupons and what is paid."""
    book, line = whole.book, whole.book.running
    if line is None:
        return ask.sum()
    pieces = book.pieces_to(day)
    paid_fen = line.paid_interest_fen if less_paid else 0
    step = RoundingStep.of(sum_of(pieces), book.terms.interest_rounding)
    result_fen = max(max(step.after_fen - book.coupon_fen, 0) - paid_fen, 0)
    return ask.answer(
        Rule.INTEREST_ACCRUED,
        result_fen,
        inputs=[
            fen(InputName.COUPONS, book.coupon_fen),
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
    return _accrued_to(ask, whole, whole.on, less_paid=True)


def _closing_interest(ask: Ask, whole: Whole) -> Explanation:
    return _accrued_to(ask, whole, whole.until, less_paid=False)


def _closing_interest_left(ask: Ask, whole: Whole) -> Explanation:
    return _accrued_to(ask, whole, whole.until, less_paid=True)


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


def _level(ask: Ask, whole: Whole) -> Explanation:
    return level(ask, whole.book.level)


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


_OF_LOAN: Mapping[Figure, Callable[[Ask, Whole], Explanation]] = {
    Figure.LOAN_LENT: _lent,
    Figure.LOAN_PRINCIPAL: _principal,
    Figure.LOAN_BALANCE: _balance,
    Figure.LOAN_DUE_NOW: _due_now,
    Figure.LOAN_OVERDUE: _overdue,
    Figure.LOAN_PENALTY: _penalty,
    Figure.LOAN_UNAPPLIED: _unapplied,
    Figure.LOAN_INTEREST: _interest,
    Figure.ACCRUED_INTEREST: _accrued,
    Figure.LEVEL_INSTALLMENT: _level,
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

_OF_LINE: Mapping[Figure, Callable[[Ask, Whole, TracedLine], Explanation]] = {
    Figure.CLOSING_FEE: _closing_fee,
    Figure.CLOSING_FEE_LEFT: _closing_fee_left,
    Figure.UNEARNED_FEE: _unearned_fee,
    Figure.UNEARNED_INTEREST: _unearned_interest,
}

OF_LOAN = frozenset(_OF_LOAN)
"""Figures of a loan as a whole."""

OF_LINE = frozenset(_OF_LINE)
"""Figures of paying off that each installment to come has."""


def explain_repayment(ask: Ask, whole: Whole, event: RepaymentReceived | Recovered) -> Explanation:
    """Explain where one repayment went; of one installment, if that is named."""
    went = _went(whole.book, event.id)
    if ask.figure is Figure.REPAYMENT_AMOUNT:
        inputs = [fen(InputName.AMOUNT, event.amount_fen)]
        return ask.answer(Rule.RECEIVED, event.amount_fen, inputs=inputs)
    if ask.figure is Figure.REPAYMENT_UNAPPLIED:
        by_kind = dict.fromkeys(REPAYMENT, 0)
        for (_, kind), amount_fen in went.items():
            by_kind[kind] += amount_fen
        taken = [
            Part(figure=REPAYMENT[kind], amount_fen=amount_fen, sign=-1)
            for kind, amount_fen in by_kind.items()
            if amount_fen
        ]
        return ask.sum([Part(figure=Figure.REPAYMENT_AMOUNT, amount_fen=event.amount_fen), *taken])
    moves = [
        Move(
            cause=Cause.ALLOCATED,
            amount=str(amount_fen),
            event_id=event.id,
            on=event.effective_on,
            installment_number=number,
        )
        for (number, kind), amount_fen in sorted(went.items())
        if REPAYMENT[kind] is ask.figure and ask.installment_number in {None, number}
    ]
    order = ",".join(step.kind for step in whole.book.terms.waterfall.steps[: len(DueKind)])
    return ask.sum(moves=moves).with_input(Input(InputName.ORDER, Unit.WORDS, order))
