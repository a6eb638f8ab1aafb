"""Connections that stay: how many there may be, and how they are told to come back later."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.gateway.rates import Crowded

MOST = 1_000
OF_ONE_CALLER = 10
OF_ONE_ADDRESS = 500
"""Of those nobody signed in on; a village behind one carrier's gateway shares an address."""
SESSION_CHECK_SECONDS = 15.0
HEARTBEAT_SECONDS = 20.0
"""Carriers forget a connection that is silent for a minute or less."""


@dataclass(slots=True)
class Standing:
    """Every socket and stream of this process."""

    most: int = MOST
    _of: Counter[str] = field(default_factory=Counter[str])
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def one(self, caller_id: str | None, address: str) -> Iterator[None]:
        """Count a connection that stays; whether there is a place was asked before."""
        name = caller_id or f"address {address}"
        self._of[name] += 1
        try:
            yield
        finally:
            self._of[name] -= 1
            if not self._of[name]:
                del self._of[name]

    def check(self, caller_id: str | None, address: str) -> None:
        """
        See that there is a place.

        Raises:
            Crowded: There is none, for this caller or at all, or the process is about to stop.
        """
        most = OF_ONE_CALLER if caller_id else OF_ONE_ADDRESS
        has = self._of.get(caller_id or f"address {address}", 0)
        if self._of.total() >= self.most or has >= most or self.is_ending:
            raise Crowded

    @property
    def count(self) -> int:
        """Return how many there are."""
        return self._of.total()

    @property
    def is_ending(self) -> bool:
        """Whether the process is about to stop."""
        return self._ending.is_set()

    def end(self) -> None:
        """Have every connection told to come back to another process."""
        self._ending.set()

    async def ended(self) -> None:
        """Wait until the process is about to stop."""
        await self._ending.wait()
