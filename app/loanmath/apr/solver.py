"""Finding the one rate at which flows are worth nothing, or saying there is none, or several."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

from app.loanmath.errors import NoRate, SeveralRates

DIGITS = 60
"""Decimal digits carried while solving; rates come out right to far more than 10⁻¹⁰."""

CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])

_GROWTH_LEAST = Decimal(-14)
_GROWTH_MOST = Decimal(21)
"""Logarithms of the yearly growth searched: from losing all but a millionth to a billionfold."""

_SPLITS_MAX = 2000
_NARROW = Decimal(10) ** -20
"""Roots whose growths differ less are not told apart: half the digits are lost between them."""

_WORTHS_MAX = 1_000_000
"""How often at most a flow's worth is reckoned before rates are said to lie too close together."""

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

    def changes(self, rate: Decimal) -> tuple[int, int] | None:
        """
        Bound the roots above a rate, and below it, by how often running sums change sign.

        The sums are of the flows' worths at the rate: from the first on for the roots above it,
        from the last back for those below. (A root above is a zero of the Laplace transform of the
        running sum, which has no more zeros than that has sign changes.) None where odd parts of a
        period bear simple interest, for which this does not hold.
        """
        if any(term.odd for term in self.terms):
            return None
        discount = 1 / (1 + rate)
        worths = [term.amount * discount**term.periods for term in self.terms]
        return _changes(accumulate(worths)), _changes(accumulate(reversed(worths)))

    def rate_at(self, log_growth: Decimal) -> Decimal:
        """Return the rate per period whose yearly growth has this logarithm."""
        return (log_growth / self.periods_per_year).exp() - 1


def solve(equation: Equation) -> Decimal:
    """
    Return the rate per period at which the flows are worth nothing.

    Flows that change sign once in order of time have one rate (Descartes). That holds for odd parts
    of a period at simple interest as well: of two flows, the later one always loses more of its
    worth as the rate grows.

    Raises:
        NoRate: No rate from -99.9999 % to a hundred million percent a year does that.
        SeveralRates: More than one does, or two lie too close together to be told apart.
    """
    with localcontext(CONTEXT):
        terms = _summed(equation.terms)
        equation = Equation(terms, equation.periods_per_year)
        changes = _changes(term.amount for term in terms)
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


class _End(NamedTuple):
    """One end of a piece of the range: the growth, the worth there, the roots there can be."""

    growth: Decimal
    worth: Worth
    above: int
    below: int

    @classmethod
    def of(cls, equation: Equation, growth: Decimal) -> "_End":
        rate = equation.rate_at(growth)
        above, below = equation.changes(rate) or (len(equation.terms), len(equation.terms))
        return cls(growth, equation.worth(rate), above, below)


Span: TypeAlias = tuple[Decimal, Decimal]


def _isolate(equation: Equation, whole: Span) -> tuple[list[Span], bool]:
    """Cut the range into pieces that hold at most one root; say if none is left in doubt."""
    low, high = (_End.of(equation, growth) for growth in whole)
    pending, found, is_sure = [(low, high)], list[Span](), True
    for _ in range(min(_SPLITS_MAX, _WORTHS_MAX // len(equation.terms))):
        if not pending:
            return found, is_sure
        low, high = pending.pop()
        roots_most = min(low.above, high.below)
        if roots_most == 0 or not _may_hold_a_root(low.worth, high.worth):
            continue
        if roots_most == 1 or _is_monotone(low.worth, high.worth):
            found.append((low.growth, high.growth))
            continue
        if high.growth - low.growth < _NARROW:
            is_sure = False
            continue
        middle = _End.of(equation, (low.growth + high.growth) / 2)
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


def _changes(numbers: Iterable[Decimal | int]) -> int:
    """Count how often numbers change sign, those that are 0 left out."""
    signs = [number > 0 for number in numbers if number]
    return sum(one != other for one, other in pairwise(signs))
