"""Sums a book works with: money held, what closes the loan, interest weights."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


@dataclass(slots=True)
class Held:
    """What is left of one repayment."""

    event_id: str
    left_fen: int


class Weights(NamedTuple):
    """The interest weights of lines to come at a rate, as they were last worked out."""

    rate: Fraction
    fractions: list[Fraction]
    weights: list[int]
    scale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """
    What closes the loan, part by part, and what already stands against it.

    `unearned_fen` was paid ahead for days that an early end leaves out; it goes back.
    """

    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    held_fen: int
    unearned_fen: int

    @property
    def total_fen(self) -> int:
        """All five parts."""
        beside_fen = self.interest_fen + self.fee_fen + self.cost_fen + self.penalty_fen
        return self.principal_fen + beside_fen

    @property
    def to_pay_fen(self) -> int:
        """What is to be paid beside the money held."""
        return max(self.total_fen - self.held_fen - self.unearned_fen, 0)
