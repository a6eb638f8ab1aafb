"""Sources of alternative records for development: steady files, with delays and failures."""

import asyncio
import hashlib
import random
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.adapters.bureau import USUAL, Knobs
from app.foundation.log import logger
from app.origination.ports import AlternativeRecords, RecordKind, SourceUnavailable

log = logger(__name__)


class RecordsTwin:
    """
    The development twin of every source of records beside the bureau.

    Personas have what their file says. Anybody else has what is made of their reference alone, so
    the same person is always the same, and about half have nothing. Each source has a weather of
    its own: how slow it is, and how often it gives no answer.
    """

    def __init__(
        self,
        people: Mapping[str, AlternativeRecords] | None = None,
        *,
        seed: int | None = None,
        knobs: Mapping[RecordKind, Knobs] | None = None,
    ) -> None:
        self._people = dict(people or {})
        self._chance = random.Random(seed)  # noqa: S311 - weather, not a secret
        self._knobs = dict(knobs or {})
        self.asked: list[RecordKind] = []
        """Which sources were asked, in order; a source never asked was never told of anybody."""

    @classmethod
    def from_personas(
        cls,
        folder: Path,
        reference_of: Callable[[str], str],
        *,
        seed: int | None = None,
        knobs: Mapping[RecordKind, Knobs] | None = None,
    ) -> "RecordsTwin":
        """Know the personas of a folder, each under the reference of their resident ID."""
        people: dict[str, AlternativeRecords] = {}
        known = {one.name for one in fields(AlternativeRecords)}
        for path in sorted(folder.glob("*.toml")):
            persona: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
            told: dict[str, int] = persona.get("alternative", {})
            records = {name: value for name, value in told.items() if name in known}
            reference = reference_of(persona["identity"]["resident_id"])
            people[reference] = AlternativeRecords(**records)
        return cls(people, seed=seed, knobs=knobs)

    async def records(
        self, query_id: str, person_reference: str, kind: RecordKind
    ) -> AlternativeRecords:
        """
        Return what the persona's file says of this kind, or what is made up for this reference.

        Raises:
            SourceUnavailable: The source gives no answer this time.
        """
        self.asked.append(kind)
        knobs = self._knobs.get(kind, USUAL)
        await asyncio.sleep(self._chance.uniform(0, knobs.delay_seconds))
        if self._chance.randrange(100) < knobs.failure_percent:
            log.info("records_twin_silent", query_id=query_id, kind=kind.value)
            raise SourceUnavailable
        known = self._people.get(person_reference)
        return (_made_up(person_reference) if known is None else known).only(kind)


def _made_up(person_reference: str) -> AlternativeRecords:
    """Make up records out of nothing but the reference."""
    dice = hashlib.sha256(person_reference.encode()).digest()
    farms, sells = dice[8] % 2, dice[9] % 3 == 0
    return AlternativeRecords(
        mobile_payment_turnover_fen=50_000 + dice[4] * 2_000 if dice[5] % 3 else None,
        cooperative_years=dice[6] % 8 if dice[7] % 2 else None,
        verified_income_fen=400_000 + dice[10] * 2_000 if dice[11] % 4 == 0 else None,
        farm_years=1 + dice[12] % 25 if farms else None,
        farm_area_mu=2 + dice[13] % 20 if farms else None,
        merchant_months=dice[14] % 60 if sells else None,
        merchant_turnover_fen=100_000 + dice[15] * 10_000 if sells else None,
        phone_months=6 + dice[16] if dice[17] % 8 else None,
    )
