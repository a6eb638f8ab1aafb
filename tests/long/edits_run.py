"""
Threat 1 at length: random edits of every sealed table, then of the borrowers' through their reads.

None is read wrongly. What is emptied, put back or deleted is noticed in rows that are sealed whole
and in chained values; where nothing watches, such edits are counted apart.
"""

import random
from pathlib import Path
from time import monotonic

from tests.long.edits import Edits
from tests.long.everywhere import Everywhere
from tests.long.people import join_many, opened, say

SIZE = 10_000
PEOPLE = 50


async def run(url: str, folder: Path, size: int) -> int:
    """Edit and read so often; return 1 if an edit was not refused."""
    async with opened(url, folder):
        await join_many(PEOPLE)
        edits = await Edits.begin(random.Random(size))  # noqa: S311 - the same edits every time
        everywhere = await Everywhere.begin(random.Random(size))  # noqa: S311 - as above
        while everywhere.counted.total() < size:
            await everywhere.round()
        say(
            f"{everywhere.counted.total():,} edits of {len(everywhere.tables)} tables:"
            f" {everywhere.refused:,} refused; {everywhere.unseen.total():,} emptied, put back or"
            f" deleted where nothing watches; {len(everywhere.wrong):,} wrong"
        )
        for line in everywhere.wrong[:20]:
            say(line)
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
    return 0 if edits.refused == size and not (edits.wrong or everywhere.wrong) else 1
