"""What flows are worth at a rate: the equation whose root is the rate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from itertools import accumulate, pairwise
from typing import NamedTuple

DIGITS = 60
"""Decimal digits carried while solving; rates come out right to far more than 10⁻¹⁰."""

CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])


class Term(NamedTuple):
    """One flow as the general equation sees it: amount / ((1 + odd × i) × (1 + i)^periods)."""

    amount: int
    periods: int
    odd: Decimal = Decimal(0)


class Worth(NamedTuple):
    """The flows' present worth at a rate, and how it slopes; inflows and outflows apart."""

    inflow: Decimal
    outflow: Decimal
    inflow_slope: Decimal
    outflow_slope: Decimal

    @property
    def net(self) -> Decimal:
        """What the flows are worth."""
        return self.inflow - self.outflow

    @property
    def slope(self) -> Decimal:
        """How fast that falls as the rate grows, with its sign."""
        return self.outflow_slope - self.inflow_slope


@dataclass(frozen=True, slots=True)
class Equation:
    """Flows, and how many of the solver's periods make a year."""

    terms: Sequence[Term]
    periods_per_year: Decimal

    def worth(self, rate: Decimal) -> Worth:
        """
        Return the worth at a rate per period.

        All four parts fall as the rate grows, which is what lets an interval be judged by its ends.
        """
        sums = [Decimal(0)] * 4
        growth = 1 + rate
        discount = 1 / growth
        for term in self.terms:
            odd = 1 + term.odd * rate
            value = abs(term.amount) * discount**term.periods / odd
            slope = value * (term.periods / growth + term.odd / odd)
            place = 0 if term.amount > 0 else 1
            sums[place] += value
            sums[place + 2] += slope
        return Worth(*sums)

    def changes(self, rate: Decimal) -> tuple[int, int] | None:
        """
        Bound the roots above a rate, and below it, by how often running sums change sign.

        The sums are of the flows' worths at the rate: from the first on for the roots above it,
        from the last back for those below. (A root above is a zero of the Laplace transform of the
        running sum, which has no more zeros than that has sign changes.) None where odd parts of a
        period bear simple interest, for which this does not hold.
        """
        if not self.is_compound:
            return None
        discount = 1 / (1 + rate)
        worths = [term.amount * discount**term.periods for term in self.terms]
        return sign_changes(accumulate(worths)), sign_changes(accumulate(reversed(worths)))

    @property
    def is_compound(self) -> bool:
        """Whether every part of a period compounds, none bearing simple interest."""
        return not any(term.odd for term in self.terms)

    def rate_at(self, log_growth: Decimal) -> Decimal:
        """Return the rate per period whose yearly growth has this logarithm."""
        return (log_growth / self.periods_per_year).exp() - 1

    def log_growth_of(self, rate: Decimal) -> Decimal:
        """Return the logarithm of the yearly growth of a rate per period."""
        return (1 + rate).ln() * self.periods_per_year


def sign_changes(numbers: Iterable[Decimal | int]) -> int:
    """Count how often numbers change sign, those that are 0 left out."""
    signs = [number > 0 for number in numbers if number]
    return sum(one != other for one, other in pairwise(signs))
