"""How often something may happen, counted outside the database for all processes together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class RatesAway(Exception):
    """The counts cannot be asked right now; nothing was counted, as far as anybody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One more of something, to be counted if there is room for it."""

    name: str
    """What it is counted under: a keyed fingerprint, never a personal value."""
    mark: str
    """What is counted: the same mark counts once, and has room, until the longest span is over."""
    spans: Sequence[tuple[timedelta, int]]
    """How many marks there may be within each span."""
    counts_again: bool = False
    """Whether a mark that comes again begins its spans anew."""


class Rates(Protocol):
    """Counts that every process sees; what it promises holds however many ask at once."""

    async def take(self, takes: Sequence[Take], now: datetime) -> timedelta:
        """
        Count all of them in one step, or none.

        Returns:
            Zero if they were counted; otherwise how long until each would have room.

        Raises:
            RatesAway: The counts cannot be asked.
        """
        ...

    async def give_back(self, takes: Sequence[Take]) -> None:
        """
        Take marks back: what they stood for did not happen.

        Raises:
            RatesAway: The counts cannot be asked.
        """
        ...
