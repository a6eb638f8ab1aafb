"""Beside each offer: the cheapest way that still serves the need, and what it would save."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from app.catalog.rules.reductions import interest_subsidy, reduced_cost
from app.loanmath.calendar import add_months
from app.loanmath.schedule import Method
from app.origination.rules.picks import LESS_PERCENT, Pick, fits
from app.origination.rules.reductions import reductions_of, surely, used_in
from app.origination.rules.snapshot import Snapshot


class Way(StrEnum):
    """How a loan can cost less."""

    LESS = "LESS"
    SHORTER = "SHORTER"
    LATER = "LATER"
    SUBSIDIZED = "SUBSIDIZED"


class Better(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A cheaper way than an offer, which the borrower can carry as well.

    Attributes:
        way: Less, shorter, later, or with a part of the interest paid by somebody else.
        amount_fen: How much would be borrowed.
        months: For how long.
        begins_on: When; the day of the offer unless it is worth waiting.
        cost_fen: Interest and fees the borrower would pay.
        saves_fen: How much less than the offer's that is.
        paid_by: Who pays a part of the interest; empty where nobody does.
        paid_fen: How much that party pays.
    """

    way: Way
    amount_fen: int
    months: int
    begins_on: date
    cost_fen: int
    saves_fen: int
    paid_by: str = ""
    paid_fen: int = 0


def better_of(snapshot: Snapshot, pick: Pick) -> Better | None:
    """Return the cheapest feasible way beside an offer; None where the offer is the cheapest."""
    found = [one for one in _ways(snapshot, pick) if one.saves_fen > 0]
    order = list(Way)
    return min(found, key=lambda one: (one.cost_fen, order.index(one.way)), default=None)


def better_as_json(better: Better | None) -> str | None:
    """Write it down."""
    return None if better is None else msgspec.json.encode(better, order="sorted").decode()


def better_from(text: str | None) -> Better | None:
    """Read back what `better_as_json` wrote."""
    return None if text is None else msgspec.json.decode(text, type=Better)


def _ways(snapshot: Snapshot, pick: Pick) -> Iterator[Better]:
    cost_fen = _cost_fen(snapshot, pick)
    bounds = snapshot.offered.amount
    less_fen = pick.amount_fen * LESS_PERCENT // 100 // bounds.step_fen * bounds.step_fen
    less = msgspec.structs.replace(pick, amount_fen=less_fen)
    if less_fen >= bounds.min_fen and _fits(snapshot, less):
        yield _better(snapshot, Way.LESS, less, cost_fen)
    shorter = [
        msgspec.structs.replace(pick, months=months)
        for months in reversed(snapshot.offered.terms.months)
        if months < pick.months
    ]
    for one in shorter:
        if _fits(snapshot, one):
            yield _better(snapshot, Way.SHORTER, one, cost_fen)
            break
    # Whoever needs the money now is not served by waiting; before a harvest it may be worth it.
    if snapshot.offered.product.method is Method.SEASONAL:
        yield from _later(snapshot, pick, shorter, cost_fen)
    yield from _subsidized(snapshot, pick, cost_fen)


def _later(
    snapshot: Snapshot, pick: Pick, shorter: Sequence[Pick], cost_fen: int
) -> Iterator[Better]:
    """Look at borrowing nearer to the harvest: it ends on the same day and bears less interest."""
    day = snapshot.decided_on
    for one in shorter:
        begins_on = add_months(day, pick.months - one.months, day.day)
        then = msgspec.structs.replace(snapshot, decided_on=begins_on)
        if _fits(then, one):
            yield _better(then, Way.LATER, one, cost_fen)
            break


def _subsidized(snapshot: Snapshot, pick: Pick, cost_fen: int) -> Iterator[Better]:
    """Look at what the state would pay besides, if it is shown what the money bought."""
    if "interest_subsidy" not in snapshot.policy or surely(snapshot):
        return  # decisions from before it was kept, and offers that count on it already
    terms = snapshot.terms(pick.amount_fen, pick.months, pick.annual_rate)
    need = snapshot.offered.product.need
    used = used_in(snapshot).state_by_year
    subsidy = interest_subsidy(terms, need, snapshot.book, used_by_year=used)
    if subsidy is None:
        return
    ours = reductions_of(snapshot, terms)
    paid_fen = reduced_cost(terms, [*ours, subsidy]).reduced_fen
    paid_fen -= reduced_cost(terms, ours).reduced_fen
    if not paid_fen:
        return
    yield Better(
        way=Way.SUBSIDIZED,
        amount_fen=pick.amount_fen,
        months=pick.months,
        begins_on=snapshot.decided_on,
        cost_fen=cost_fen - paid_fen,
        saves_fen=paid_fen,
        paid_by=subsidy.payer,
        paid_fen=paid_fen,
    )


def _better(snapshot: Snapshot, way: Way, pick: Pick, beside_fen: int) -> Better:
    cost_fen = _cost_fen(snapshot, pick)
    return Better(
        way=way,
        amount_fen=pick.amount_fen,
        months=pick.months,
        begins_on=snapshot.decided_on,
        cost_fen=cost_fen,
        saves_fen=beside_fen - cost_fen,
    )


def _fits(snapshot: Snapshot, pick: Pick) -> bool:
    return fits(snapshot, pick.amount_fen, pick.months, pick.annual_rate)


def _cost_fen(snapshot: Snapshot, pick: Pick) -> int:
    """Return what the borrower pays for a loan, less what others surely pay."""
    terms = snapshot.terms(pick.amount_fen, pick.months, pick.annual_rate)
    return reduced_cost(terms, reductions_of(snapshot, terms)).total_fen - pick.amount_fen
