"""What a plan's principal is figured from: the level installment, or a share of the principal."""

from fractions import Fraction

from app.loanmath.explain.asking import Ask
from app.loanmath.explain.figures import InputName, NotExplained, Rule, Unit
from app.loanmath.explain.layouts import LevelSource, Rates, ShareSource, Span
from app.loanmath.explain.lines import FromLayout, TracedLine
from app.loanmath.explain.values import (
    Explanation,
    Input,
    RoundingStep,
    Segment,
    exact,
    exact_fen,
    fen,
    numbers,
)
from app.loanmath.money import Rounding, round_fen
from app.loanmath.schedule.choices import Moratorium, Residual
from app.loanmath.schedule.layout import gap_of, smooth_levels, solve_level


def level_of(line: TracedLine) -> LevelSource | None:
    """Return where the level that an installment was laid out with comes from."""
    base = line.bases.get("principal_fen")
    return base.layout.level if isinstance(base, FromLayout) else None


def level(ask: Ask, source: LevelSource | None) -> Explanation:
    """
    Explain a level installment.

    Raises:
        NotExplained: There is none.
    """
    if source is None:
        raise NotExplained(ask.figure)
    if source.stretch is None or source.rates is None:
        inputs = [exact_fen(InputName.AMOUNT, source.level), _date(InputName.ON, source)]
        return ask.answer(Rule.LEVEL_HANDED_IN, round_fen(source.level), inputs=inputs)
    stretch, terms = source.stretch, source.stretch.terms
    inputs = [
        exact_fen(InputName.BALANCE, stretch.balance_fen),
        exact_fen(InputName.WAITING, stretch.pending),
        Input(InputName.COUNT, Unit.COUNT, len(stretch.weights)),
        _date(InputName.ON, source),
    ]
    segments = [
        _rate_row(span, source.rates, stretch.skip(place))
        for place, span in enumerate(source.spans)
    ]
    solved = solve_level(stretch)
    if not isinstance(source.level, int):
        step = RoundingStep.of(solved, Rounding.HALF_UP)
    else:
        unit_fen = terms.installment_unit_fen
        step = RoundingStep.of(solved, terms.installment_rounding, unit_fen=unit_fen)
    if terms.residual is Residual.SMOOTHED and isinstance(source.level, int):
        levels = sorted(smooth_levels(stretch, step.after_fen))
        inputs += [
            numbers(InputName.LEVELS, list(levels)),
            numbers(InputName.GAPS, [gap_of(stretch, one) for one in levels]),
        ]
        return ask.answer(
            Rule.LEVEL_SMOOTHED, source.level, inputs=inputs, segments=segments, rounding=step
        )
    return ask.answer(
        Rule.LEVEL_SOLVED, step.after_fen, inputs=inputs, segments=segments, rounding=step
    )


def _date(name: InputName, source: LevelSource) -> Input:
    return Input(name, Unit.DATE, source.on.isoformat())


def _rate_row(span: Span, rates: Rates, skip: Moratorium) -> Segment:
    """Describe one period rate: what one fen bears."""
    return Segment(
        start=span.start,
        end=span.due_on,
        days=(span.due_on - span.start).days,
        balance="1",
        annual_rate=f"{rates.annual:f}",
        rate=exact(rates.nominal),
        fraction=exact(span.fraction),
        amount=exact(rates.nominal * span.fraction),
        leaves_out=None if skip is Moratorium.NONE else skip.value,
    )


def share(ask: Ask, line: TracedLine) -> Explanation:
    """Explain the principal an installment is to repay where there is no level total."""
    base = line.bases.get("principal_fen")
    source = None
    if isinstance(base, FromLayout) and base.layout.shares:
        source = base.layout.shares[base.place]
    if source is None:
        raise NotExplained(ask.figure)
    result_fen = round_fen(source.amount)
    step = None
    if source.rule is Rule.SHARE_EQUAL:
        equal = Fraction(source.balance_fen, source.count)
        step = RoundingStep.of(equal, source.rounding, unit_fen=source.unit_fen)
    elif not isinstance(source.amount, int):
        step = RoundingStep.of(source.amount, Rounding.HALF_UP)
    return ask.answer(source.rule, result_fen, inputs=_share_inputs(source), rounding=step)


def _share_inputs(source: ShareSource) -> list[Input]:
    balance = fen(InputName.BALANCE, source.balance_fen)
    match source.rule:
        case Rule.SHARE_EQUAL:
            return [
                balance,
                Input(InputName.COUNT, Unit.COUNT, source.count),
                Input(InputName.PLACE, Unit.COUNT, source.place),
            ]
        case Rule.SHARE_BY_WEIGHT:
            return [
                balance,
                numbers(InputName.WEIGHTS, source.weights),
                Input(InputName.PLACE, Unit.COUNT, source.place),
            ]
        case _:
            return [exact_fen(InputName.AMOUNT, source.amount)]
