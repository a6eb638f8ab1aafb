"""Threat 1 at length: random edits of the database, all of them refused, none read wrongly."""

import random
from pathlib import Path
from time import monotonic

from tests.long.edits import Edits
from tests.long.people import join_many, opened, say

SIZE = 10_000
PEOPLE = 50


async def run(url: str, folder: Path, size: int) -> int:
    """Edit and read so often; return 1 if an edit was not refused."""
    async with opened(url, folder):
        await join_many(PEOPLE)
        edits = await Edits.begin(random.Random(size))  # noqa: S311 - the same edits every time
        begun = monotonic()
        for number in range(size):
            await edits.one()
            if (number + 1) % 1_000 == 0:
                say(f"{number + 1:,} edits, {edits.refused:,} refused, {edits.alarms:,} alarms")
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(edits.kinds.items()))
    say(f"{size:,} edits in {monotonic() - begun:,.0f} s ({kinds}):")
    say(f"{edits.refused:,} refused, {len(edits.wrong):,} not; {edits.alarms:,} alarms")
    for line in edits.wrong[:20]:
        say(line)
    return 0 if edits.refused == size and not edits.wrong else 1
