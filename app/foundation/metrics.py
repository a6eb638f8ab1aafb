"""
Numbers that operators watch: counted where things happen, in this process's memory alone.

Counting costs what adding to an attribute costs, so it may stand on any path; nothing is locked,
and everything is counted on the event loop's thread. `app.adapters.prometheus` shows them.

A label is a name of ours: of an operation, a refusal, a worker's errand. What does not look like
one, or would make more series than a number may have, is counted as `other`, so that no argument,
id or personal value is ever told here.
"""

import re
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

OTHER = "other"
SERIES_MAX = 5_000
"""Of one number; both graphs have about 400 operations, of which each has seven outcomes."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Bounds of how long an operation takes; at ten seconds it is stopped."""
LONG_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600)
"""Bounds of what the worker does."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_DIGITS = re.compile(r"[0-9]{6}")
"""Six in a row are part of a phone's, a card's or a person's number, and of none of our names."""

S = TypeVar("S")
Labels = tuple[str, ...]
Measure = Callable[[], Awaitable[None]]
"""Reads from the database what some numbers are now; called when somebody looks, and not often."""


class Series:
    """Every number of one name, by its labels' values."""

    __slots__ = ("about", "labels", "name")

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self.name = f"qingmiao_{name}"
        self.about = about
        self.labels: Labels = labels
        assert self.name not in ALL, "a number is declared once"
        ALL[self.name] = self


ALL: dict[str, Series] = {}
"""What is told, in the order in which modules declared it."""


class Count:
    """How often something happened since the process began."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, count: int = 1) -> None:
        """Count what happened."""
        self.value += count


class Spread:
    """How long something took, so often within each bound."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        """Count what took so long."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds


class Counts(Series):
    """Counts by label; `of` finds one, which may be kept where it is counted often."""

    __slots__ = ("by_labels",)

    def __init__(self, name: str, about: str, *labels: str) -> None:
        super().__init__(name, about, *labels)
        self.by_labels: dict[Labels, Count] = {} if labels else {(): Count()}

    def of(self, *values: str) -> Count:
        """Return the count of these labels, from 0 on."""
        return _found(self, self.by_labels, values, Count)


class Durations(Series):
    """Durations in seconds by label, as a histogram."""

    __slots__ = ("bounds", "by_labels")

    def __init__(
        self, name: str, about: str, *labels: str, bounds: tuple[float, ...] = SECONDS
    ) -> None:
        super().__init__(name, about, *labels)
        self.bounds = bounds
        self.by_labels: dict[Labels, Spread] = {} if labels else {(): Spread(bounds)}

    def of(self, *values: str) -> Spread:
        """Return the durations of these labels."""
        return _found(self, self.by_labels, values, lambda: Spread(self.bounds))


class Gauge(Series):
    """What is so now: told when it changes, or asked for when somebody looks."""

    __slots__ = ("_ask", "_told")

    def __init__(self, name: str, about: str, *labels: str) -> None:
        super().__init__(name, about, *labels)
        self._told: Mapping[Labels, float] = {}
        self._ask: Callable[[], Mapping[Labels, float]] | None = None

    def put(self, now: float) -> None:
        """Tell what a gauge without labels is now."""
        self._told = {(): now}

    def put_all(self, now: Mapping[Labels, float]) -> None:
        """Tell what it is now by label; what is left out is no more."""
        self._told = now

    def follow(self, ask: Callable[[], Mapping[Labels, float]] | None) -> None:
        """Ask from now on, in whatever thread somebody looks; the newest to ask is asked."""
        self._ask = ask

    def now(self) -> dict[Labels, float]:
        """Return what it is now."""
        told = self._told if self._ask is None else self._ask()
        assert len(told) <= SERIES_MAX, "what is told by label has few labels"
        return {tuple(map(plain, labels)): value for labels, value in told.items()}


def plain(value: str) -> str:
    """Return a label's value if it looks like a name of ours, else `other`."""
    return value if _NAME.fullmatch(value) and not _DIGITS.search(value) else OTHER


def _found(series: Series, known: dict[Labels, S], values: Labels, make: Callable[[], S]) -> S:
    found = known.get(values)
    if found is None:
        assert len(values) == len(series.labels), f"{series.name} has {series.labels}"
        told = tuple(map(plain, values))
        if told not in known and len(known) >= SERIES_MAX:
            told = (OTHER,) * len(values)
        found = known.get(told)
        if found is None:
            found = known[told] = make()
    return found
