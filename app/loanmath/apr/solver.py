"""Finding the one rate at which flows are worth nothing, or saying there is none, or several."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal, localcontext

from app.loanmath.apr.equation import CONTEXT, Equation, Term, sign_changes
from app.loanmath.apr.roots import root_in, roots_within
from app.loanmath.errors import NoRate, SeveralRates

_USUAL = (Decimal(-14), Decimal(21))
"""Logarithms of the yearly growth searched: from losing all but a millionth to a billionfold."""

_WIDEST = (Decimal(-110), Decimal(110))
"""The same where the usual range has no rate; 10⁴⁷-fold is as far as the digits reach."""


def solve(equation: Equation) -> Decimal:
    """
    Return the rate per period at which the flows are worth nothing.

    Flows that change sign once in order of time have one rate (Descartes). That holds for odd parts
    of a period at simple interest as well: of two flows, the later one always loses more of its
    worth as the rate grows.

    Raises:
        NoRate: No rate at which less than 10⁴⁷ times the money is owed after a year does that.
        SeveralRates: More than one does that loses at most all but a millionth in a year and gains
            at most a billionfold, or two lie too close together to be told apart.
    """
    with localcontext(CONTEXT):
        terms = _summed(equation.terms)
        equation = Equation(terms, equation.periods_per_year)
        changes = sign_changes(term.amount for term in terms)
        if changes == 0:
            raise NoRate
        if changes == 1:
            root = root_in(equation, *_WIDEST)
            roots, is_sure = [] if root is None else [root], True
        else:
            roots, is_sure = roots_within(equation, _USUAL)
            if not roots and is_sure:
                roots, is_sure = roots_within(equation, _WIDEST)
        if len(roots) > 1 or not is_sure:
            raise SeveralRates(tuple(roots))
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
