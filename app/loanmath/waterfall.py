"""Where a repayment goes: an order of dues handed in as a value, and money poured down it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import NamedTuple


class DueKind(StrEnum):
    """What a part of a due is for."""

    COST = "COST"
    """What realizing the claim cost: a court's fee, a notary's."""
    PENALTY = "PENALTY"
    FEE = "FEE"
    INTEREST = "INTEREST"
    PRINCIPAL = "PRINCIPAL"


class Timing(StrEnum):
    """Where a due stands on the day money comes in."""

    PAST_DUE = "PAST_DUE"
    DUE = "DUE"
    IN_ADVANCE = "IN_ADVANCE"


class Direction(StrEnum):
    """Whether an installment is finished first, or a kind of due across all installments."""

    VERTICAL = "VERTICAL"
    HORIZONTAL = "HORIZONTAL"


class Step(NamedTuple):
    """One place in the order: this kind of due, standing so."""

    timing: Timing
    kind: DueKind


@dataclass(frozen=True, slots=True)
class Waterfall:
    """
    The order in which money meets dues.

    Vertical: timings in the order of `steps`, in each the oldest installment first, in that its
    kinds in the order of `steps`. Horizontal: step by step, each across all installments, oldest
    first.
    """

    steps: tuple[Step, ...]
    direction: Direction = Direction.VERTICAL

    @classmethod
    def of_kinds(cls, *kinds: DueKind, direction: Direction = Direction.VERTICAL) -> "Waterfall":
        """
        Order dues by these kinds: what is past due first, then due, then in advance.

        Kinds left out come before them, as `DueKind` lists them.
        """
        order = [*(kind for kind in DueKind if kind not in kinds), *kinds]
        return cls(tuple(Step(timing, kind) for timing, kind in product(Timing, order)), direction)

    @property
    def is_complete(self) -> bool:
        """Whether every kind at every timing has exactly one place."""
        return sorted(self.steps) == sorted(Step(*pair) for pair in product(Timing, DueKind))


# Civil Code art. 561: costs, then interest, then principal. Penalty interest is read as interest,
# after the contract's own; fees are read as costs, after those of realizing the claim.
LEGAL = Waterfall.of_kinds(
    DueKind.COST, DueKind.FEE, DueKind.INTEREST, DueKind.PENALTY, DueKind.PRINCIPAL
)


class Due(NamedTuple):
    """An unpaid part of one installment."""

    number: int
    due_on: date
    timing: Timing
    kind: DueKind
    amount_fen: int


class Part(NamedTuple):
    """How much of a repayment one due took."""

    number: int
    kind: DueKind
    amount_fen: int


class Split(NamedTuple):
    """A repayment poured out: what each due took, and what no due could take."""

    parts: tuple[Part, ...]
    leftover_fen: int


def allocate(amount_fen: int, dues: Iterable[Due], waterfall: Waterfall = LEGAL) -> Split:
    """
    Pour an amount down the dues in the waterfall's order; no due takes more than it needs.

    The parts and the leftover sum to the amount; dues that get nothing have no part.
    """
    parts: list[Part] = []
    left_fen = amount_fen
    for due in _ordered(dues, waterfall):
        if left_fen == 0:
            break
        taken_fen = min(left_fen, due.amount_fen)
        if taken_fen:
            parts.append(Part(due.number, due.kind, taken_fen))
            left_fen -= taken_fen
    return Split(tuple(parts), left_fen)


def _ordered(dues: Iterable[Due], waterfall: Waterfall) -> Sequence[Due]:
    place, first_place = _places(waterfall)
    match waterfall.direction:
        case Direction.HORIZONTAL:
            return sorted(
                dues, key=lambda due: (place[due.timing, due.kind], due.due_on, due.number)
            )
        case Direction.VERTICAL:
            return sorted(
                dues,
                key=lambda due: (
                    first_place[due.timing],
                    due.due_on,
                    due.number,
                    place[due.timing, due.kind],
                ),
            )


@lru_cache(maxsize=128)
def _places(waterfall: Waterfall) -> tuple[dict[tuple[Timing, DueKind], int], dict[Timing, int]]:
    """Number the steps, and say at which number each timing begins."""
    place: dict[tuple[Timing, DueKind], int] = {step: i for i, step in enumerate(waterfall.steps)}
    first_place: dict[Timing, int] = {}
    for step in waterfall.steps:
        first_place.setdefault(step.timing, place[step])
    return place, first_place
