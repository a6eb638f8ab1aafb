"""A layout as it was laid: what each row's interest and principal were figured from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.loanmath.explain.figures import Cause, Rule
from app.loanmath.explain.values import Move, Segment, exact
from app.loanmath.money import Rounding, round_fen
from app.loanmath.schedule.choices import InterestStep, Moratorium
from app.loanmath.schedule.layout import Laid, Stretch
from app.loanmath.schedule.terms import Terms


class Piece(NamedTuple):
    """A part of interest: how much, exactly, and how it is shown."""

    amount: Fraction
    shown: Segment | Move


class Span(NamedTuple):
    """The days of a row, and the part of a year its interest is for."""

    number: int
    start: date
    due_on: date
    fraction: Fraction


class Rates(NamedTuple):
    """The contract rate, and the yearly rate that fractions of a year multiply."""

    annual: Decimal
    nominal: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSource:
    """Where a level installment comes from: solved over a stretch, or handed in."""

    level: int | Fraction
    on: date
    stretch: Stretch | None = None
    spans: tuple[Span, ...] = ()
    rates: Rates | None = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSource:
    """Where the principal that a row is to repay comes from."""

    rule: Rule
    amount: int | Fraction
    balance_fen: int = 0
    count: int = 0
    weights: tuple[int | Fraction, ...] = ()
    place: int = 0
    rounding: Rounding = Rounding.HALF_UP
    unit_fen: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    Rows laid out at one time over the rest of a loan.

    Attributes:
        on: The day.
        stretch: What was laid out.
        spans: The days of each row; of the first, those that were left of it.
        rates: The rate in force.
        pieces: What had accrued of the first row before.
        rows: Principal and interest of each row before they were shown in whole fen.
        laid: The same as shown.
        level: The level installment's source; None for methods without one, or where principal
            stays as it was.
        shares: Each row's source otherwise.
        first_number: The number of the first row.
    """

    on: date
    stretch: Stretch
    spans: tuple[Span, ...]
    rates: Rates
    pieces: tuple[Piece, ...]
    rows: Sequence[tuple[int | Fraction, int | Fraction]]
    laid: Sequence[Laid]
    level: LevelSource | None
    shares: tuple[ShareSource, ...]
    first_number: int

    def place_of(self, number: int) -> int:
        """Return a row's place in the layout; below zero where it lies before."""
        return number - self.first_number

    @property
    def is_exact(self) -> bool:
        """Whether rows are exact until shown."""
        return self.stretch.terms.interest_step is InterestStep.UNROUNDED

    def balance_before(self, place: int) -> Fraction:
        """Return the balance a row opens with, exactly."""
        return self.stretch.balance_fen - Fraction(sum(row[0] for row in self.rows[:place]))

    def held_back_fen(self, place: int) -> int:
        """Return the principal of later rows that is paid ahead, and so stays theirs."""
        return sum(self.stretch.ahead[place + 1 :])

    def ahead_fen(self, place: int) -> int:
        """Return the principal of a row that is paid ahead."""
        return self.stretch.ahead[place] if self.stretch.ahead else 0

    def interest_of(self, place: int) -> "RowInterest":
        """Follow the interest from the first row to this one."""
        first = self._first_waiting(place)
        waiting = list(self.pieces) if first == 0 else []
        for row in range(first, place):
            waiting = self._left_by(row, self._asked(row, waiting))
        is_left_out = self.stretch.skip(place) is Moratorium.PRINCIPAL_AND_INTEREST
        return RowInterest(
            pieces=tuple(self._asked(place, waiting)),
            is_left_out=is_left_out,
        )

    def _first_waiting(self, place: int) -> int:
        """Return the first row that may leave something for this one to ask."""
        if self.stretch.terms.interest_step is InterestStep.CARRIED:
            return 0
        while place and self.stretch.skip(place - 1) is Moratorium.PRINCIPAL_AND_INTEREST:
            place -= 1
        return place

    def _asked(self, row: int, waiting: list[Piece]) -> list[Piece]:
        """Add a row's own interest to what waited for it."""
        segment = self._segment(row)
        return [*waiting, segment] if segment.amount else waiting

    def _left_by(self, row: int, pieces: list[Piece]) -> list[Piece]:
        """Return what a row leaves for the next one to ask."""
        terms = self.stretch.terms
        if self.stretch.skip(row) is Moratorium.PRINCIPAL_AND_INTEREST:
            return pieces
        assert terms.interest_step is InterestStep.CARRIED, "nothing else is left for the next"
        whole = sum((piece.amount for piece in pieces), Fraction(0))
        carried = whole - max(round_fen(whole, terms.interest_rounding), 0)
        return [carried_piece(carried, self.spans[row].number)] if carried else []

    def _segment(self, row: int) -> Piece:
        flat = self.stretch.flat_base
        balance = self.balance_before(row) if flat is None else flat
        span = self.spans[row]
        return segment_of(span.start, span.due_on, balance, self.rates, span.fraction)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowInterest:
    """A row's interest before rounding; or, where it is left out, what goes on waiting."""

    pieces: tuple[Piece, ...]
    is_left_out: bool
    amount: Fraction = field(init=False)

    def __post_init__(self) -> None:
        """Sum the pieces."""
        whole = sum((piece.amount for piece in self.pieces), Fraction(0))
        object.__setattr__(self, "amount", whole)


def segment_of(  # noqa: PLR0917 - a stretch is as much
    start: date,
    end: date,
    balance: int | Fraction,
    rates: Rates,
    fraction: Fraction,
    rounded_fen: int | None = None,
) -> Piece:
    """Describe interest of a stretch; what it counts is its rounded amount, where it has one."""
    amount = balance * rates.nominal * fraction
    return Piece(
        amount if rounded_fen is None else Fraction(rounded_fen),
        Segment(
            start=start,
            end=end,
            days=(end - start).days,
            balance=exact(balance),
            annual_rate=f"{rates.annual:f}",
            rate=exact(rates.nominal),
            fraction=exact(fraction),
            amount=exact(amount),
            rounded_fen=rounded_fen,
        ),
    )


def carried_piece(amount: Fraction, number: int) -> Piece:
    """Describe what rounding took from the row before."""
    move = Move(cause=Cause.CARRIED, amount=exact(amount), installment_number=number)
    return Piece(amount, move)


def equal_shares(
    terms: Terms,
    balance_fen: int,
    skips: Sequence[Moratorium],
    targets: Sequence[int | Fraction],
) -> tuple[ShareSource, ...]:
    """Say of rows that share a balance equally where each one's principal comes from."""
    pays = [skip is Moratorium.NONE for skip in skips]
    if terms.interest_step is InterestStep.UNROUNDED:
        return weighted_shares(balance_fen, [int(one) for one in pays], targets)
    return tuple(
        ShareSource(
            rule=Rule.SHARE_EQUAL,
            amount=target,
            balance_fen=balance_fen,
            count=sum(pays),
            place=sum(pays[: row + 1]) if pays[row] else 0,
            rounding=terms.installment_rounding,
            unit_fen=terms.installment_unit_fen,
        )
        for row, target in enumerate(targets)
    )


def weighted_shares(
    balance_fen: int, weights: Sequence[int | Fraction], targets: Sequence[int | Fraction]
) -> tuple[ShareSource, ...]:
    """Say of rows that share a balance by weights where each one's principal comes from."""
    return tuple(
        ShareSource(
            rule=Rule.SHARE_BY_WEIGHT,
            amount=target,
            balance_fen=balance_fen,
            weights=tuple(weights),
            place=place,
        )
        for place, target in enumerate(targets, 1)
    )
