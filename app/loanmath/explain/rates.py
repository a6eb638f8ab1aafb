"""Why a yearly rate of a loan is what it is: what it costs in all, what a fee alone adds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from app.loanmath.apr.conventions import irr_effective, irr_nominal
from app.loanmath.apr.counting import whole_months_between
from app.loanmath.apr.of_terms import flows_of
from app.loanmath.apr.series import Flow
from app.loanmath.apr.units import DAYS_PER_YEAR
from app.loanmath.calendar import MONTHS_PER_YEAR
from app.loanmath.explain.figures import InputName, NotExplained, Unit
from app.loanmath.explain.values import Input, exact
from app.loanmath.record import Json, value_as_json
from app.loanmath.schedule.plan import amortize
from app.loanmath.schedule.terms import Terms

SHOWN = Decimal("0.0001")
"""Yearly rates are shown to the hundredth of a percent, half up."""


class RateFigure(StrEnum):
    """Every yearly rate of a loan that can be explained."""

    CONTRACT_RATE = "CONTRACT_RATE"
    PENALTY_RATE = "PENALTY_RATE"
    ANNUALIZED_COST = "ANNUALIZED_COST"
    """Interest and all fees, the monthly cost times twelve."""
    ANNUALIZED_COST_COMPOUND = "ANNUALIZED_COST_COMPOUND"
    """The same with compounding."""
    ANNUALIZED_FEE = "ANNUALIZED_FEE"
    """What one fee alone adds to the annualized cost; needs its code."""


class RateRule(StrEnum):
    """
    How a yearly rate follows from what its explanation says.

    Names in capitals are inputs; the result is `exact` rounded half up to four decimals.
    """

    AGREED = "AGREED"
    """CONTRACT."""
    TIMES = "TIMES"
    """CONTRACT × FACTOR."""
    MONTHLY = "MONTHLY"
    """
    The greater of CONTRACT and twelve times the rate r at which Σ amount / (1 + r)^periods is 0;
    periods are months.
    """
    YEARLY = "YEARLY"
    """The rate r at which Σ amount / (1 + r)^periods is 0; periods are years of 365 days."""
    FEE_ALONE = "FEE_ALONE"
    """WITH_IT - WITHOUT_IT: MONTHLY of the amounts, and of the amounts without the fee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFlow:
    """
    Money that moves.

    Attributes:
        on: When.
        amount_fen: How much; above zero to the borrower, below from them.
        without_fen: The same without the fee that is explained; None where none is.
        periods: How long after the first, exactly, in the rule's periods.
    """

    on: date
    amount_fen: int
    without_fen: int | None
    periods: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateExplanation:
    """
    Why a yearly rate is what it is, replayable from what it says.

    Attributes:
        figure: Which rate.
        rule: The formula.
        exact: The rate before it is rounded to be shown; a solved one to twelve decimals.
        result: The rate as it is shown.
        code: Of which charge, for the rate of one; None for all else.
        inputs: The values the rule takes.
        flows: The money it is solved over.
    """

    figure: RateFigure
    rule: RateRule
    exact: str
    result: str
    code: str | None = None
    inputs: tuple[Input, ...] = ()
    flows: tuple[RateFlow, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """Return it for a machine."""
        written = value_as_json(self)
        assert isinstance(written, dict)
        return written


def explain_rate(terms: Terms, figure: RateFigure, code: str | None = None) -> RateExplanation:
    """
    Say why a yearly rate of terms, paid as planned, is what it is.

    Raises:
        NotExplained: The terms have no such fee.
        TermsRefused: The terms make no plan.
        NoRate: No rate makes the flows worth nothing.
    """
    match figure:
        case RateFigure.CONTRACT_RATE:
            return _said(figure, RateRule.AGREED, terms.annual_rate, [_contract(terms)])
        case RateFigure.PENALTY_RATE:
            factor = _rate(InputName.FACTOR, terms.penalty_factor)
            rate = terms.annual_rate * terms.penalty_factor
            return _said(figure, RateRule.TIMES, rate, [_contract(terms), factor])
        case RateFigure.ANNUALIZED_COST:
            flows = _flows(terms)
            cost = _monthly(terms, flows)
            timed = _timed(flows, months=True)
            return _said(figure, RateRule.MONTHLY, cost, [_contract(terms)], timed)
        case RateFigure.ANNUALIZED_COST_COMPOUND:
            flows = _flows(terms)
            timed = _timed(flows, months=False)
            return _said(figure, RateRule.YEARLY, irr_effective(flows), [], timed)
        case RateFigure.ANNUALIZED_FEE:
            return _fee_alone(terms, code)


def _fee_alone(terms: Terms, code: str | None) -> RateExplanation:
    others = tuple(fee for fee in terms.fees if fee.code != code)
    if len(others) == len(terms.fees):
        raise NotExplained(RateFigure.ANNUALIZED_FEE, code)
    with_it, without_it = _flows(terms), _flows(replace(terms, fees=others))
    cost, rest = _monthly(terms, with_it), _monthly(terms, without_it)
    inputs = [
        _rate(InputName.WITH_IT, cost),
        _rate(InputName.WITHOUT_IT, rest),
        _contract(terms),
    ]
    left = dict(without_it)
    flows = [
        replace(flow, without_fen=left.get(flow.on, 0)) for flow in _timed(with_it, months=True)
    ]
    figure = RateFigure.ANNUALIZED_FEE
    return replace(_said(figure, RateRule.FEE_ALONE, cost - rest, inputs, flows), code=code)


def _said(
    figure: RateFigure,
    rule: RateRule,
    rate: Decimal,
    inputs: Sequence[Input],
    flows: Sequence[RateFlow] = (),
) -> RateExplanation:
    return RateExplanation(
        figure=figure,
        rule=rule,
        exact=f"{rate:f}",
        result=str(rate.quantize(SHOWN, ROUND_HALF_UP)),
        inputs=tuple(inputs),
        flows=tuple(flows),
    )


def _flows(terms: Terms) -> list[Flow]:
    return flows_of(terms, amortize(terms))


def _monthly(terms: Terms, flows: Sequence[Flow]) -> Decimal:
    """Return the measure shown to borrowers, which is never below the contract rate."""
    return max(irr_nominal(flows), terms.annual_rate)


def _timed(flows: Sequence[Flow], *, months: bool) -> list[RateFlow]:
    """Say how long after the first each flow is, as the annualized rates count time."""
    days = [day for day, _ in flows]
    whole = whole_months_between(days[0], days) if months else None
    periods_of_year = MONTHS_PER_YEAR if months else 1
    by_day = [Fraction((day - days[0]).days * periods_of_year, DAYS_PER_YEAR) for day in days]
    times = by_day if whole is None else [Fraction(count) for count in whole]
    return [
        RateFlow(on=day, amount_fen=amount_fen, without_fen=None, periods=exact(time))
        for (day, amount_fen), time in zip(flows, times, strict=True)
    ]


def _contract(terms: Terms) -> Input:
    return _rate(InputName.CONTRACT, terms.annual_rate)


def _rate(name: InputName, rate: Decimal) -> Input:
    return Input(name, Unit.RATE, f"{rate:f}")
