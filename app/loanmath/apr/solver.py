"""Finding the one rate at which flows are worth nothing, or saying there is none, or several."""

from collections import defaultdict
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

_SPLITS_MAX = 2000
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
        terms = _summed(equation.terms)
        equation = Equation(terms, equation.periods_per_year)
        changes = _sign_changes(terms)
        if changes == 0:
            raise NoRate
        whole = (_GROWTH_LEAST, _GROWTH_MOST)
        brackets, is_sure = ([whole], True) if changes == 1 else _isolate(equation, whole)
        roots = [
            root for root in (_root_in(equation, *span) for span in brackets) if root is not None
        ]
        if len(roots) > 1 or not is_sure:
            raise SeveralRates(tuple(sorted(roots)))
        if not roots:
            raise NoRate
        return roots[0]


def _summed(terms: Iterable[Term]) -> list[Term]:
    """Sum the terms of each time, in order of time, leaving out what comes to nothing."""
    sums: defaultdict[tuple[int, Decimal], int] = defaultdict(int)
    for term in terms:
        sums[term.periods, term.odd] += term.amount
    ordered = sorted(sums.items(), key=lambda item: sum(item[0], Decimal(0)))
    return [Term(amount, *time) for time, amount in ordered if amount]


def _sign_changes(ordered: Iterable[Term]) -> int:
    """
    Count how often the flows in order of time change sign; once means one rate (Descartes).

    That holds for odd parts of a period at simple interest as well: of two flows, the later one
    always loses more of its worth as the rate grows.
    """
    signs = [term.amount > 0 for term in ordered]
    return sum(one != other for one, other in pairwise(signs))


Span = tuple[Decimal, Decimal]


def _isolate(equation: Equation, whole: Span) -> tuple[list[Span], bool]:
    """Cut the range into pieces that hold at most one root; say if none is left in doubt."""
    ends = [(growth, equation.worth(equation.rate_at(growth))) for growth in whole]
    pending, found = [(ends[0], ends[1])], list[Span]()
    for _ in range(_SPLITS_MAX):
        if not pending:
            return found, True
        low, high = pending.pop()
        if not _may_hold_a_root(low[1], high[1]):
            continue
        if _is_monotone(low[1], high[1]):
            found.append((low[0], high[0]))
            continue
        growth = (low[0] + high[0]) / 2
        middle = growth, equation.worth(equation.rate_at(growth))
        pending += [(low, middle), (middle, high)]
    return found, False


def _may_hold_a_root(at_low: Worth, at_high: Worth) -> bool:
    """Say if inflows and outflows can be equal between two rates, both falling as rates grow."""
    return at_low.inflow >= at_high.outflow and at_low.outflow >= at_high.inflow


def _is_monotone(at_low: Worth, at_high: Worth) -> bool:
    """Say if the worth surely only rises, or only falls, between two rates."""
    return (
        at_low.inflow_slope < at_high.outflow_slope or at_low.outflow_slope < at_high.inflow_slope
    )


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
