"""Timing work beside a fixed loop, so that figures from different machines can be compared."""

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from time import process_time

REFERENCE_STEPS = 20_000
"""Steps of the reference loop: about a millisecond on a machine of 2026."""

ROUNDS_MIN = 5
_ENOUGH_SECONDS = 0.01


def reference() -> int:
    """Do a fixed amount of whole-number work, always the same: the yardstick."""
    total = 1
    for step in range(REFERENCE_STEPS):
        total = (total * 31 + step) % 1_000_003
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something to measure; `most_ms` is the goal for one of its `units`."""

    name: str
    what: str
    do: Callable[[], object]
    most_ms: float | None = None
    units: int = 1


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the most of what was measured."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Sum up some measurements."""
        measured = list(values)
        return cls(min(measured), median(measured), max(measured))

    def as_json(self) -> dict[str, float]:
        """Return it for machines, to six decimals."""
        values = {"min": self.least, "median": self.middle, "max": self.most}
        return {name: round(value, 6) for name, value in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How long one unit of a work took, and how many times the reference loop that was."""

    work: Work
    ms: Spread
    ratio: Spread

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met by the middle; None where there is no goal."""
        return None if self.work.most_ms is None else self.ms.middle <= self.work.most_ms


def measure(works: Iterable[Work], rounds: int) -> tuple[Spread, list[Measured]]:
    """
    Measure works in turns, each right after the reference loop, so that a busy moment hits both.

    Returns:
        How long the reference loop took in milliseconds, and each work, in the order given.
    """
    works = list(works)
    calls = {work.name: _calls(work) for work in works}
    took: Mapping[str, list[float]] = {work.name: [] for work in works}
    beside: Mapping[str, list[float]] = {work.name: [] for work in works}
    for _ in range(max(rounds, ROUNDS_MIN)):
        for work in works:
            beside[work.name].append(timed_ms(reference))
            took[work.name].append(timed_ms(work.do, calls[work.name]) / work.units)
    measured = [
        Measured(
            work=work,
            ms=Spread.of(took[work.name]),
            ratio=Spread.of(
                ms / loop_ms for ms, loop_ms in zip(took[work.name], beside[work.name], strict=True)
            ),
        )
        for work in works
    ]
    return Spread.of(ms for all_ms in beside.values() for ms in all_ms), measured


def timed_ms(do: Callable[[], object], calls: int = 1) -> float:
    """
    Return how many milliseconds of the processor one call takes; garbage of before is not counted.

    What else the machine does meanwhile takes no part in it, but for the caches it fills.
    """
    gc.collect()
    begun = process_time()
    for _ in range(calls):
        do()
    return (process_time() - begun) * 1_000 / calls


def _calls(work: Work) -> int:
    """Return how often to call it so that the clock's own grain does not matter."""
    work.do()
    once_ms = timed_ms(work.do)
    return max(1, int(_ENOUGH_SECONDS * 1_000 / once_ms))
