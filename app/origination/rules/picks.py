"""Which loans to offer: what was asked for if it can be carried, and a cheaper one beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.catalog.rules import whole_cost
from app.loanmath.schedule import amortize, due_dates
from app.origination.rules.snapshot import BASIS_POINTS, Snapshot

LESS_PERCENT = 80
"""The smaller alternative is about four fifths of the main offer: a visible difference."""


class OfferKind(StrEnum):
    """What an offer is beside what was asked for."""

    ASKED = "ASKED"
    LESS = "LESS"
    SHORTER = "SHORTER"
    LONGER = "LONGER"


class Pick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A loan worth offering."""

    kind: OfferKind
    amount_fen: int
    months: int
    annual_rate: Decimal


def monthly_service_fen(snapshot: Snapshot, amount_fen: int, months: int, rate: Decimal) -> int:
    """Return what a loan takes a month: its whole plan divided by its months, rounded up."""
    plan = amortize(snapshot.terms(amount_fen, months, rate))
    return -(-sum(row.total_fen for row in plan) // months)


def fits(snapshot: Snapshot, amount_fen: int, months: int, rate: Decimal) -> bool:
    """Tell whether the borrower can carry a loan and the law allows what it costs."""
    book = snapshot.book
    service_fen = monthly_service_fen(snapshot, amount_fen, months, rate)
    service_fen += snapshot.other_debt_fen
    allowed = snapshot.counted_income_fen * book.whole("debt_service_bp_max")
    if service_fen * BASIS_POINTS > allowed:
        return False
    terms = snapshot.terms(amount_fen, months, rate)
    # A longer term than asked for must not end at an age that calls for a look.
    age_max = book.whole("age_max_at_end")
    if months > snapshot.months and snapshot.age_on(due_dates(terms)[-1]) > age_max:
        return False
    return whole_cost(terms).annual_cost_effective <= book.cost_cap


def picks_of(snapshot: Snapshot, *, limit_fen: int, annual_rate: Decimal) -> tuple[Pick, ...]:
    """
    Return the loans to offer, the main one first; none if nothing can be carried.

    The main one is what was asked for; where that is too much, the largest amount for the same
    term, else the shortest longer term that works. Beside it stand cheaper ones (sooner paid
    off, or less), and a longer term only where nothing cheaper exists.
    """
    search = _Search(snapshot, limit_fen, annual_rate)
    main = search.main()
    return () if main is None else (main, *search.beside(main))


@dataclass(frozen=True, slots=True)
class _Search:
    snapshot: Snapshot
    limit_fen: int
    rate: Decimal

    def main(self) -> Pick | None:
        asked_fen, asked_months = self.snapshot.amount_fen, self.snapshot.months
        amount_fen = self._largest(asked_months, asked_fen)
        if amount_fen is not None:
            kind = OfferKind.ASKED if amount_fen == asked_fen else OfferKind.LESS
            return self._pick(kind, amount_fen, asked_months)
        for months in self.snapshot.offered.terms.months:
            amount_fen = self._largest(months, asked_fen) if months > asked_months else None
            if amount_fen is not None:
                return self._pick(OfferKind.LONGER, amount_fen, months)
        return None

    def beside(self, main: Pick) -> Iterator[Pick]:
        bounds, months_offered = self.snapshot.offered.amount, self.snapshot.offered.terms.months
        has_cheaper = False
        shorter = [months for months in months_offered if months < main.months]
        for months in reversed(shorter):
            if self._is_cheaper(main, main.amount_fen, months):
                yield self._pick(OfferKind.SHORTER, main.amount_fen, months)
                has_cheaper = True
                break
        steps = main.amount_fen * LESS_PERCENT // 100 // bounds.step_fen
        less_fen = max(steps * bounds.step_fen, bounds.min_fen)
        if less_fen < main.amount_fen and self._is_cheaper(main, less_fen, main.months):
            yield self._pick(OfferKind.LESS, less_fen, main.months)
            has_cheaper = True
        if not has_cheaper:
            for months in months_offered:
                if months > main.months and self._fits(main.amount_fen, months):
                    yield self._pick(OfferKind.LONGER, main.amount_fen, months)
                    break

    def _pick(self, kind: OfferKind, amount_fen: int, months: int) -> Pick:
        return Pick(kind=kind, amount_fen=amount_fen, months=months, annual_rate=self.rate)

    def _largest(self, months: int, at_most_fen: int) -> int | None:
        """Return the largest amount on a step that fits; a smaller amount never fits worse."""
        bounds = self.snapshot.offered.amount
        highest = min(at_most_fen, self.limit_fen, bounds.max_fen) // bounds.step_fen
        lowest = -(-bounds.min_fen // bounds.step_fen)
        if highest < lowest or not self._fits(lowest * bounds.step_fen, months):
            return None
        while lowest < highest:
            middle = (lowest + highest + 1) // 2
            if self._fits(middle * bounds.step_fen, months):
                lowest = middle
            else:
                highest = middle - 1
        return lowest * bounds.step_fen

    def _fits(self, amount_fen: int, months: int) -> bool:
        return fits(self.snapshot, amount_fen, months, self.rate)

    def _is_cheaper(self, main: Pick, amount_fen: int, months: int) -> bool:
        """Tell whether a loan fits and costs less; in some seasons a shorter one costs the same."""
        cost_fen = self._cost_fen(amount_fen, months)
        return cost_fen < self._cost_fen(main.amount_fen, main.months) and self._fits(
            amount_fen, months
        )

    def _cost_fen(self, amount_fen: int, months: int) -> int:
        plan = amortize(self.snapshot.terms(amount_fen, months, self.rate))
        return sum(row.total_fen for row in plan) - amount_fen
