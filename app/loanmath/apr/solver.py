"""Finding the one rate at which flows are worth nothing, or saying there is none, or several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

from app.loanmath.errors import NoRate, SeveralRates

DIGITS = 60
"""Decimal digits carried while solving; rates come out right to far more than 10⁻¹⁰."""

CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])

_GROWTH_LEAST = Decimal(-14)
_GROWTH_MOST = Decimal(21)
"""Logarithms of the yearly growth searched: from losing all but a millionth to a billionfold."""

_SPLITS_MAX = 4000
_CLOSE = Decimal(10) ** -40


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

    def rate_at(self, log_growth: Decimal) -> Decimal:
        """Return the rate per period whose yearly growth has this logarithm."""
        return (log_growth / self.periods_per_year).exp() - 1


def solve(equation: Equation) -> Decimal:
    """
    Return the rate per period at which the flows are worth nothing.

    Raises:
        NoRate: No rate from -99.9999 % to a hundred million percent a year does that.
        SeveralRates: More than one does, or two lie too close together to be told apart.
    """
    with localcontext(CONTEXT):
        changes = _sign_changes(equation.terms)
        if changes == 0:
            raise NoRate
        whole = (_GROWTH_LEAST, _GROWTH_MOST)
        brackets = [whole] if changes == 1 else _isolate(equation, whole)
        roots = [
            root for root in (_root_in(equation, *span) for span in brackets) if root is not None
        ]
        if not roots:
            raise NoRate
        if len(roots) > 1:
            raise SeveralRates
        return roots[0]


def _sign_changes(terms: Iterable[Term]) -> int:
    """Count how often the flows in order of time change sign; once means one rate (Descartes)."""
    ordered = sorted(terms, key=lambda term: term.periods + term.odd)
    signs = [term.amount > 0 for term in ordered]
    return sum(one != other for one, other in pairwise(signs))


def _isolate(equation: Equation, whole: tuple[Decimal, Decimal]) -> list[tuple[Decimal, Decimal]]:
    """
    Cut the range into pieces that surely hold no root, or at most one.

    Raises:
        SeveralRates: Some piece stays in doubt however small it is cut.
    """
    pending, found = [whole], list[tuple[Decimal, Decimal]]()
    for _ in range(_SPLITS_MAX):
        if not pending:
            return found
        low, high = pending.pop()
        at_low = equation.worth(equation.rate_at(low))
        at_high = equation.worth(equation.rate_at(high))
        if at_low.inflow < at_high.outflow or at_low.outflow < at_high.inflow:
            continue
        if (
            at_low.inflow_slope < at_high.outflow_slope
            or at_low.outflow_slope < at_high.inflow_slope
        ):
            found.append((low, high))
            continue
        middle = (low + high) / 2
        pending += [(low, middle), (middle, high)]
    raise SeveralRates


def _root_in(equation: Equation, low: Decimal, high: Decimal) -> Decimal | None:
    """Close in on the root between two growths by Newton's steps, bisecting where they stray."""
    left, right = equation.rate_at(low), equation.rate_at(high)
    is_rising = equation.worth(right).net > 0
    if (equation.worth(left).net > 0) == is_rising:
        return None
    rate = min(max(Decimal(0), left), right)
    step = right - left
    while abs(step) > _CLOSE * (1 + abs(rate)):
        worth = equation.worth(rate)
        if worth.net == 0:
            return rate
        if (worth.net > 0) == is_rising:
            right = rate
        else:
            left = rate
        following = rate - worth.net / worth.slope  # not a number where the slope is none
        is_sound = left < following < right and 2 * abs(following - rate) <= abs(step)
        following = following if is_sound else (left + right) / 2
        step, rate = following - rate, following
    return rate
