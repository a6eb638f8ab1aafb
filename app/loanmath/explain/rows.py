"""The figures of one installment as it stands: their values, and why they are so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from app.loanmath.explain.asking import Ask, moved_fen
from app.loanmath.explain.fees import planned_fee
from app.loanmath.explain.figures import Cause, Figure, InputName, Rule, Unit
from app.loanmath.explain.levels import level, level_of, share
from app.loanmath.explain.lines import Late, TracedLine
from app.loanmath.explain.planned import coupon, planned_interest, planned_principal
from app.loanmath.explain.tracing import TracedBook
from app.loanmath.explain.values import (
    Explanation,
    Input,
    Move,
    Part,
    RoundingStep,
    Segment,
    exact,
    fen,
)
from app.loanmath.money import Rounding, round_fen
from app.loanmath.schedule.terms import RATE_DECIMALS
from app.loanmath.waterfall import DueKind

ASKED: Mapping[DueKind, Figure] = {
    kind: Figure(f"INSTALLMENT_{kind}") for kind in reversed(DueKind)
}
PAID: Mapping[DueKind, Figure] = {kind: Figure(f"PAID_{kind}") for kind in reversed(DueKind)}
LEFT: Mapping[DueKind, Figure] = {
    kind: Figure(f"LEFT_{kind}") for kind in reversed(DueKind) if kind is not DueKind.PRINCIPAL
}
"""Which figure of an installment is about which kind of due, the weightiest first."""


def _moved(line: TracedLine, name: str) -> int:
    return moved_fen(line.moves[name])


VALUES: Mapping[Figure, Callable[[TracedLine], int]] = {
    Figure.INSTALLMENT_TOTAL: lambda line: line.asked_fen + line.penalty_fen,
    Figure.INSTALLMENT_PAID: lambda line: line.paid_fen + line.paid_penalty_fen,
    Figure.INSTALLMENT_LEFT: lambda line: line.left_fen,
    Figure.INSTALLMENT_WAIVED: lambda line: line.waived_fen + line.coupon_fen,
    Figure.INSTALLMENT_PRINCIPAL: lambda line: line.principal_fen,
    Figure.INSTALLMENT_INTEREST: lambda line: line.total_interest_fen,
    Figure.INSTALLMENT_FEE: lambda line: line.fee_fen,
    Figure.INSTALLMENT_COST: lambda line: line.cost_fen,
    Figure.INSTALLMENT_PENALTY: lambda line: line.penalty_fen,
    Figure.PAID_PRINCIPAL: lambda line: line.paid_principal_fen + line.capitalized_fen,
    Figure.PAID_INTEREST: lambda line: line.paid_interest_fen - line.capitalized_fen,
    Figure.PAID_FEE: lambda line: line.paid_fee_fen,
    Figure.PAID_COST: lambda line: line.paid_cost_fen,
    Figure.PAID_PENALTY: lambda line: line.paid_penalty_fen,
    Figure.LEFT_INTEREST: lambda line: line.left_of(DueKind.INTEREST),
    Figure.LEFT_FEE: lambda line: line.left_of(DueKind.FEE),
    Figure.LEFT_COST: lambda line: line.left_of(DueKind.COST),
    Figure.LEFT_PENALTY: lambda line: line.left_of(DueKind.PENALTY),
    Figure.PLANNED_PRINCIPAL: lambda line: line.principal_fen - _moved(line, "principal_fen"),
    Figure.PLANNED_INTEREST: lambda line: line.interest_fen - _moved(line, "interest_fen"),
    Figure.PLANNED_FEE: lambda line: line.fee_fen - _moved(line, "fee_fen"),
    Figure.LATE_INTEREST: lambda line: line.late_interest_fen,
    Figure.LATE_PENALTY: lambda line: line.penalty_accrued_fen,
    Figure.COUPON: lambda line: line.coupon_fen,
}
"""The value of each figure of an installment that has one in whole fen."""


def part(figure: Figure, line: TracedLine, sign: int = 1) -> Part:
    """Point to a figure of an installment."""
    return Part(
        figure=figure,
        amount_fen=VALUES[figure](line),
        sign=sign,
        installment_number=line.number,
    )


def parts(figure: Figure, lines: Iterable[TracedLine], sign: int = 1) -> list[Part]:
    """Point to a figure of each installment where it is not zero."""
    return [part(figure, line, sign) for line in lines if VALUES[figure](line)]


class Row(NamedTuple):
    """An installment, the book it is in, and when each event took effect."""

    line: TracedLine
    book: TracedBook
    days: Mapping[str, date]


def explain_row(ask: Ask, row: Row) -> Explanation:
    """Explain a figure of an installment."""
    return _RULES[ask.figure](ask, row)


def _total(ask: Ask, row: Row) -> Explanation:
    return ask.sum(part(figure, row.line) for figure in _some(ASKED.values(), row.line))


def _paid(ask: Ask, row: Row) -> Explanation:
    return ask.sum(part(figure, row.line) for figure in _some(PAID.values(), row.line))


def _left(ask: Ask, row: Row) -> Explanation:
    paid = parts(Figure.INSTALLMENT_PAID, [row.line], -1)
    return ask.sum([part(Figure.INSTALLMENT_TOTAL, row.line), *paid])


def _waived(ask: Ask, row: Row) -> Explanation:
    return ask.sum(parts(Figure.COUPON, [row.line]), row.line.moves["waived_fen"])


def _principal(ask: Ask, row: Row) -> Explanation:
    return _adjusted(ask, row, Figure.PLANNED_PRINCIPAL, row.line.moves["principal_fen"])


def _interest(ask: Ask, row: Row) -> Explanation:
    late = parts(Figure.LATE_INTEREST, [row.line])
    more = [*late, *parts(Figure.COUPON, [row.line], -1)]
    return _adjusted(ask, row, Figure.PLANNED_INTEREST, row.line.moves["interest_fen"], more)


def _fee(ask: Ask, row: Row) -> Explanation:
    return _adjusted(ask, row, Figure.PLANNED_FEE, row.line.moves["fee_fen"])


def _cost(ask: Ask, row: Row) -> Explanation:
    return ask.sum(moves=row.line.moves["cost_fen"])


def _penalty(ask: Ask, row: Row) -> Explanation:
    moves = row.line.moves
    waived = [move.turned() for move in moves["penalty_waived_fen"]]
    return _adjusted(ask, row, Figure.LATE_PENALTY, [*moves["penalty_brought_fen"], *waived])


def _some(figures: Iterable[Figure], line: TracedLine) -> Iterator[Figure]:
    """Leave out what is zero."""
    return (figure for figure in figures if VALUES[figure](line))


def _adjusted(
    ask: Ask,
    row: Row,
    base: Figure,
    moves: Iterable[Move],
    more: Iterable[Part] = (),
) -> Explanation:
    """Explain what was planned; where something changed it since, as a sum of both."""
    moves, more = list(moves), list(more)
    if not moves and not more:
        return explain_row(ask.but(base), row).but(ask.figure)
    return ask.sum([*parts(base, [row.line]), *more], moves)


def capitalized(lines: Iterable[TracedLine], sign: int = 1) -> list[Move]:
    """List the interest of installments that was added to principal."""
    return [
        Move(
            cause=Cause.CAPITALIZED,
            amount=str(sign * line.capitalized_fen),
            on=line.due_on,
            installment_number=line.number,
        )
        for line in lines
        if line.capitalized_fen
    ]


def _paid_of(kind: DueKind) -> "Explaining":
    """Explain what is paid of one kind of due: what of each repayment stands there."""

    def explained(ask: Ask, row: Row) -> Explanation:
        place = (row.line.number, kind)
        return ask.sum(
            moves=[
                Move(
                    cause=Cause.ALLOCATED,
                    amount=str(amount_fen),
                    event_id=event_id,
                    on=row.days[event_id],
                )
                for (event_id, *where), amount_fen in row.book.standing.items()
                if tuple(where) == place and amount_fen
            ]
        )

    return explained


def _left_of(kind: DueKind) -> "Explaining":
    """Explain what is left of one kind of due."""

    def explained(ask: Ask, row: Row) -> Explanation:
        added = capitalized([row.line], -1) if kind is DueKind.INTEREST else []
        paid = parts(PAID[kind], [row.line], -1)
        return ask.sum([*parts(ASKED[kind], [row.line]), *paid], added)

    return explained


def _late_interest(ask: Ask, row: Row) -> Explanation:
    return _late(ask, row.line.late)


def _late(ask: Ask, stretches: Iterable[Late], inputs: Iterable[Input] = ()) -> Explanation:
    segments = [_late_segment(late) for late in stretches]
    whole = sum((Fraction(segment.amount) for segment in segments), Fraction(0))
    step = RoundingStep.of(whole, Rounding.HALF_UP)
    inputs = tuple(inputs)
    caps = [int(one.value) for one in inputs if one.name is InputName.CAP]
    return ask.answer(
        Rule.LATE,
        min([step.after_fen, *caps]),
        inputs=inputs,
        segments=segments,
        rounding=step,
    )


def _late_segment(late: Late) -> Segment:
    fraction = Fraction(late.days, late.year_days)
    return Segment(
        start=late.end - timedelta(days=late.days),
        end=late.end,
        days=late.days,
        balance=str(late.balance_fen),
        annual_rate=decimal_text(late.annual_rate),
        rate=exact(late.rate),
        fraction=exact(fraction),
        amount=exact(late.balance_fen * late.rate * fraction),
    )


def _late_penalty(ask: Ask, row: Row) -> Explanation:
    terms, line = row.book.terms, row.line
    inputs = [
        Input(InputName.GRACE_DAYS, Unit.COUNT, terms.grace_days),
        Input(InputName.FACTOR, Unit.RATE, f"{terms.penalty_factor:f}"),
    ]
    if terms.penalty_cap is not None and line.penal:
        most_fen = round_fen(line.cap_of_fen * Fraction(terms.penalty_cap))
        inputs.append(fen(InputName.CAP, most_fen))
    return _late(ask, line.penal, inputs)


def _level(ask: Ask, row: Row) -> Explanation:
    return level(ask, level_of(row.line))


def decimal_text(value: Fraction) -> str:
    """Write a rate of no more decimals than rates have."""
    scaled = value * 10**RATE_DECIMALS
    assert scaled.denominator == 1, "rates have few enough decimals"
    digits = f"{scaled.numerator:0{RATE_DECIMALS + 1}d}"
    text = f"{digits[:-RATE_DECIMALS]}.{digits[-RATE_DECIMALS:]}"
    return text.rstrip("0").rstrip(".")


Explaining = Callable[[Ask, Row], Explanation]
"""Explains one figure of an installment."""

_RULES: Mapping[Figure, Explaining] = {
    Figure.INSTALLMENT_TOTAL: _total,
    Figure.INSTALLMENT_PAID: _paid,
    Figure.INSTALLMENT_LEFT: _left,
    Figure.INSTALLMENT_WAIVED: _waived,
    Figure.INSTALLMENT_PRINCIPAL: _principal,
    Figure.INSTALLMENT_INTEREST: _interest,
    Figure.INSTALLMENT_FEE: _fee,
    Figure.INSTALLMENT_COST: _cost,
    Figure.INSTALLMENT_PENALTY: _penalty,
    **{figure: _paid_of(kind) for kind, figure in PAID.items()},
    **{figure: _left_of(kind) for kind, figure in LEFT.items()},
    Figure.PLANNED_PRINCIPAL: lambda ask, row: planned_principal(ask, row.line),
    Figure.PLANNED_INTEREST: lambda ask, row: planned_interest(
        ask, row.line, row.book.terms.interest_rounding
    ),
    Figure.PLANNED_FEE: lambda ask, row: planned_fee(ask, row.line, row.book),
    Figure.LATE_INTEREST: _late_interest,
    Figure.LATE_PENALTY: _late_penalty,
    Figure.COUPON: lambda ask, row: coupon(ask, row.line),
    Figure.LEVEL_INSTALLMENT: _level,
    Figure.PRINCIPAL_SHARE: lambda ask, row: share(ask, row.line),
}

OF_ROW = frozenset(_RULES)
"""Figures that each installment has."""
