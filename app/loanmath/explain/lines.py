"""A line that says why each of its figures changes, and what they were last set to."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Protocol, TypeAlias

from app.loanmath.explain.layouts import Layout, Piece
from app.loanmath.explain.values import Move
from app.loanmath.life.line import LateRates, Line
from app.loanmath.schedule.dates import Period
from app.loanmath.schedule.fees import FixedFees
from app.loanmath.schedule.terms import Terms


@dataclass(frozen=True, slots=True)
class FromLayout:
    """It is what a layout asked, though never less than what was paid of it."""

    layout: Layout
    place: int
    paid_fen: int = 0


@dataclass(frozen=True, slots=True)
class AsPaid:
    """Nothing beyond what was paid is asked."""

    paid_fen: int


@dataclass(frozen=True, slots=True)
class DownPayment:
    """The part of the principal due the day it is lent."""

    amount_fen: int


@dataclass(frozen=True, slots=True)
class ClosedPrincipal:
    """Everything left, because the loan was paid off here."""

    balance_fen: int
    held_back_fen: int


@dataclass(frozen=True, slots=True)
class ClosedInterest:
    """What had accrued when the loan was paid off."""

    pieces: tuple[Piece, ...]
    paid_fen: int
    coupons_fen: int


@dataclass(frozen=True, slots=True)
class ClosedFee:
    """What paying off asked of fees: what was paid, and what each installment and the end cost."""

    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class FiguredFee:
    """Fees of a row, figured from the balance it opens with."""

    terms: Terms
    fees: FixedFees
    opening_fen: int
    fraction: Fraction
    start: date
    due_on: date
    paid_fen: int
    charged: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class OwedFee:
    """Fees of a row that fell away, as far as they are owed in any case."""

    owed_fen: int
    paid_fen: int
    charged: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """What of the coupons left goes against a row's interest."""

    left_fen: int
    asked_fen: int


@dataclass(frozen=True, slots=True)
class Late:
    """A stretch of days on which the same principal was overdue at one rate."""

    end: date
    days: int
    balance_fen: int
    rate: Fraction
    annual_rate: Fraction
    year_days: int


Base: TypeAlias = (
    FromLayout
    | AsPaid
    | DownPayment
    | ClosedPrincipal
    | ClosedInterest
    | ClosedFee
    | FiguredFee
    | OwedFee
    | Spread
)
"""What a figure of a line was last set to, as a whole."""

_SUMMED = frozenset(
    {
        "charged_fee_fen",
        "cost_fen",
        "penalty_brought_fen",
        "penalty_waived_fen",
        "waived_fen",
    }
)
"""Figures that only ever come about by amounts added and taken."""

_WATCHED = _SUMMED | {"principal_fen", "interest_fen", "fee_fen", "coupon_fen", "target_fen"}


class Listener(Protocol):
    """Hears of each change of a line."""

    def changed(self, line: "TracedLine", name: str, before: object, after: object) -> None:
        """Hear that a figure was set."""
        ...


class TracedLine(Line):
    """A line that says why each of its figures changes."""

    __slots__ = ("bases", "book", "cap_of_fen", "late", "moves", "penal", "weight")

    bases: dict[str, Base]
    moves: dict[str, list[Move]]
    late: list[Late]
    penal: list[Late]

    def __init__(self, book: Listener, number: int, span: Period, payable_on: date | None) -> None:
        self.book = book
        self.bases = {}
        self.moves = {name: [] for name in _WATCHED}
        self.late = []
        self.penal = []
        self.cap_of_fen = 0
        self.weight: int | Fraction = 0
        super().__init__(number, span, payable_on)

    def __setattr__(self, name: str, value: object) -> None:
        """Set a figure, and note why; one that is written for the first time is empty."""
        is_told = name in _WATCHED and hasattr(self, name)
        before = getattr(self, name, None)
        object.__setattr__(self, name, value)
        if is_told:
            self.book.changed(self, name, before, value)

    def run_late(self, terms: Terms, to: date, rates: LateRates) -> None:
        """Let lateness run, and note each stretch of it."""
        interest, penalty = self.late_interest_scaled, self.penalty_scaled
        super().run_late(terms, to, rates)
        left_fen = self.principal_fen - self.paid_principal_fen
        borne = self.late_interest_scaled - interest
        grown = (
            (self.late, borne, rates.contract, rates.contract_days),
            (self.penal, self.penalty_scaled - penalty, rates.penal, rates.penal_days),
        )
        for stretches, scaled, rate, year_days in grown:
            if scaled:
                late = Late(
                    end=to,
                    days=scaled // (left_fen * rate),
                    balance_fen=left_fen,
                    rate=Fraction(rate, rates.scale),
                    annual_rate=Fraction(rates.contract, rates.scale),
                    year_days=year_days,
                )
                _join(stretches, late)
        if self.penalty_scaled != penalty:
            self.cap_of_fen = self.principal_fen

    @property
    def charged(self) -> tuple[Move, ...]:
        """What was charged on it beside the fees planned."""
        return tuple(self.moves["charged_fee_fen"])


def _join(stretches: list[Late], late: Late) -> None:
    """Append a stretch of lateness; one that goes on as the last was makes that longer."""
    last = stretches[-1] if stretches else None
    is_same = (
        last is not None
        and last.end == late.end - timedelta(days=late.days)
        and (last.balance_fen, last.rate, last.annual_rate, last.year_days)
        == (late.balance_fen, late.rate, late.annual_rate, late.year_days)
    )
    if last is not None and is_same:
        stretches[-1] = replace(late, days=last.days + late.days)
    else:
        stretches.append(late)
