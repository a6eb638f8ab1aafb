"""A credit bureau for development: it knows the personas, and makes up a steady file for others."""

import asyncio
import hashlib
import random
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.foundation.log import logger
from app.origination.ports import BureauSummary, BureauUnavailable

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How slow and how unreliable the twin is."""

    delay_seconds: float = 0.0
    """Each answer takes up to this long."""
    failure_percent: int = 0
    """How many of a hundred queries get no answer."""


USUAL = Knobs()


class BureauTwin:
    """
    The development twin of a credit bureau.

    Personas get what their file says. Anybody else gets a file made of their reference alone, so
    the same person is always the same: a third have no file, most others a clean one.
    """

    def __init__(
        self,
        people: Mapping[str, BureauSummary | None] | None = None,
        *,
        seed: int | None = None,
        knobs: Knobs = USUAL,
    ) -> None:
        self._people = dict(people or {})
        self._chance = random.Random(seed)  # noqa: S311 - weather, not a secret
        self._knobs = knobs

    @classmethod
    def from_personas(
        cls,
        folder: Path,
        reference_of: Callable[[str], str],
        *,
        seed: int | None = None,
        knobs: Knobs = USUAL,
    ) -> "BureauTwin":
        """Know the personas of a folder, each under the reference of their resident ID."""
        people: dict[str, BureauSummary | None] = {}
        for path in sorted(folder.glob("*.toml")):
            persona = tomllib.loads(path.read_text(encoding="utf-8"))
            people[reference_of(persona["identity"]["resident_id"])] = _summary(persona)
        return cls(people, seed=seed, knobs=knobs)

    async def summary(self, query_id: str, person_reference: str) -> BureauSummary | None:
        """
        Return the persona's credit report, or the one made up for this reference.

        Raises:
            BureauUnavailable: The twin gives no answer this time.
        """
        await self._weather(query_id)
        if person_reference in self._people:
            return self._people[person_reference]
        return _made_up(person_reference)

    async def _weather(self, query_id: str) -> None:
        await asyncio.sleep(self._chance.uniform(0, self._knobs.delay_seconds))
        if self._chance.randrange(100) < self._knobs.failure_percent:
            log.info("bureau_twin_silent", query_id=query_id)
            raise BureauUnavailable


def _summary(persona: Mapping[str, Any]) -> BureauSummary | None:
    bureau = persona.get("bureau")
    return None if bureau is None else BureauSummary(**bureau)


def _made_up(person_reference: str) -> BureauSummary | None:
    """Make up a file out of nothing but the reference."""
    dice = hashlib.sha256(person_reference.encode()).digest()
    if dice[0] % 3 == 0:
        return None
    loans = dice[1] % 3
    return BureauSummary(
        late_count=int(dice[2] % 8 == 0),
        active_loans=loans,
        debt_service_fen=loans * (20_000 + dice[3] * 100),
        late_now_days=0,
    )
