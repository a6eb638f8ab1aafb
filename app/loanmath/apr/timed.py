"""The annualized rates of flows whose times are given in unit-periods."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from app.loanmath.apr.equation import CONTEXT, Equation, Term
from app.loanmath.apr.solver import solve
from app.loanmath.apr.units import UnitTime
from app.loanmath.errors import SeveralRates

TimedFlow: TypeAlias = tuple[UnitTime, int]
"""When, in unit-periods after the start, and the fen that move then, signed as in a `Flow`."""

RATE_DECIMALS = Decimal("1e-12")


def yearly_rate(flows: Sequence[TimedFlow], per_year: Fraction) -> Decimal:
    """
    Return the effective yearly rate: every part of a unit-period compounds.

    This is XIRR where the unit-period is a day, and the European Union's rate for any.

    Args:
        flows: What the borrower gets and pays.
        per_year: How many unit-periods make a year.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    return _compounded(flows, per_year, lambda growth: growth ** _decimal(per_year) - 1)


def compound_rate(flows: Sequence[TimedFlow], per_year: Fraction) -> Decimal:
    """
    Return the nominal yearly rate, the IRR of a unit-period times those of a year.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    return _compounded(flows, per_year, lambda growth: (growth - 1) * _decimal(per_year))


def simple_odd_rate(flows: Sequence[TimedFlow], per_year: Fraction) -> Decimal:
    """
    Return the nominal yearly rate with parts of a unit-period at simple interest.

    Regulation Z, Appendix J (b)(8), the general equation.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    with localcontext(CONTEXT):
        terms = [Term(amount, time.whole, _decimal(time.part)) for time, amount in flows]
        equation = Equation(terms, _decimal(per_year))
        return _rounded(equation, lambda rate: rate * _decimal(per_year))


def _compounded(
    flows: Sequence[TimedFlow], per_year: Fraction, to_yearly: Callable[[Decimal], Decimal]
) -> Decimal:
    """Solve in the smallest parts of a unit-period, and lead a unit-period's growth to a rate."""
    scale = lcm(*(time.part.denominator for time, _ in flows))
    terms = [Term(amount, int(time.total * scale)) for time, amount in flows]
    with localcontext(CONTEXT):
        equation = Equation(terms, _decimal(per_year * scale))
        return _rounded(equation, lambda rate: to_yearly((1 + rate) ** scale))


def _rounded(equation: Equation, to_yearly: Callable[[Decimal], Decimal]) -> Decimal:
    try:
        return _to_decimals(to_yearly(solve(equation)))
    except SeveralRates as several:
        rates = tuple(_to_decimals(to_yearly(rate)) for rate in several.rates)
        raise SeveralRates(rates) from None


def _to_decimals(rate: Decimal) -> Decimal:
    return rate.quantize(RATE_DECIMALS, rounding=ROUND_HALF_EVEN)


def _decimal(number: Fraction) -> Decimal:
    with localcontext(CONTEXT):
        return Decimal(number.numerator) / number.denominator
