"""All roots of the equation within a range, and whether they surely are all."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from app.loanmath.apr.equation import Equation, Term, Worth, sign_changes

Span: TypeAlias = tuple[Decimal, Decimal]
"""Two logarithms of growth, the lower one first."""

_CHANGES_MAX = 8
"""How many changes of sign are taken away one by one; beyond, pieces of the range are judged."""

_NARROW = Decimal(10) ** -20
"""Roots whose growths differ less are not told apart: half the digits are lost between them."""

_WORTHS_MAX = 100_000
"""How often at most a flow's worth is reckoned before rates are said to lie too close together."""

_CLOSE = Decimal(10) ** -40


def roots_within(equation: Equation, whole: Span) -> tuple[list[Decimal], bool]:
    """
    Return the rates per period within a range of growth at which flows are worth nothing.

    Args:
        equation: Terms in order of time, one of each time.
        whole: The range.

    Returns:
        The rates, lowest first, and whether they surely are all, none of them twice a root.
    """
    if equation.is_compound and sign_changes(t.amount for t in equation.terms) <= _CHANGES_MAX:
        return _by_derivatives(equation, whole)
    brackets, is_sure = _by_bounds(equation, whole)
    found = [root_in(equation, *span) for span in brackets]
    return sorted(root for root in found if root is not None), is_sure


def _by_derivatives(equation: Equation, whole: Span) -> tuple[list[Decimal], bool]:
    """
    Find the roots between those of a derivative, which has fewer (Rolle; Descartes' own proof).

    Worth times growth to the power of a time between two flows of opposite sign has the same roots;
    its derivative has one change of sign less, and with only one it has at most one root.
    """
    ends, turns, between = list(whole), list[Decimal](), list[Decimal]()
    for derived in reversed(list(_derivatives(equation))):
        found = [root_in(derived, low, high) for low, high in pairwise(ends)]
        between = [derived.log_growth_of(root) for root in found if root is not None]
        turns, ends = ends[1:-1], [whole[0], *between, whole[1]]
    touching = [growth for growth in turns if _is_nothing(equation, growth)]
    apart = [growth for growth in between if all(abs(growth - turn) > _NARROW for turn in touching)]
    return [equation.rate_at(growth) for growth in sorted(apart + touching)], not touching


def _derivatives(equation: Equation) -> Iterator[Equation]:
    """Yield the equation, and derivatives of it with ever one change of sign less, down to one."""
    yield equation
    terms = equation.terms
    while sign_changes(term.amount for term in terms) > 1:
        one, other = next(
            (one, other) for one, other in pairwise(terms) if (one.amount > 0) != (other.amount > 0)
        )
        twice = one.periods + other.periods
        terms = [Term(term.amount * (twice - 2 * term.periods), term.periods) for term in terms]
        yield Equation(terms, equation.periods_per_year)


def _is_nothing(equation: Equation, growth: Decimal) -> bool:
    worth = equation.worth(equation.rate_at(growth))
    return abs(worth.net) <= _CLOSE * (worth.inflow + worth.outflow)


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


def _by_bounds(equation: Equation, whole: Span) -> tuple[list[Span], bool]:
    """Cut the range into pieces that hold at most one root; say if none is left in doubt."""
    low, high = (_End.of(equation, growth) for growth in whole)
    pending, found, is_sure = [(low, high)], list[Span](), True
    for _ in range(_WORTHS_MAX // len(equation.terms)):
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


def root_in(equation: Equation, low: Decimal, high: Decimal) -> Decimal | None:
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
