"""What privacy needs from the rooms around it, put together in `main`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.foundation.holding import HoldsData

Holders = Mapping[str, HoldsData]
"""Every room that holds something on borrowers, by name, in the order of the copy."""


class SeesObstacles(Protocol):
    """A room that knows what must be settled before an account can be closed."""

    async def __call__(self, borrower_id: str) -> Sequence[str]:
        """Return what of a borrower's is unsettled there: words of `ClosingObstacle`."""
        ...
