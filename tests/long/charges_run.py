"""No charge outside the cost certificate: random lives, many without a database, some with it."""

import random
from datetime import date
from pathlib import Path
from time import monotonic

from app.servicing import queries
from tests.long.people import opened, say
from tests.servicing.charging import attacked_life, certified_codes, live, live_in_books

SIZE = 100_000
IN_BOOKS_OF = 200
"""One life in so many is lived in the database too."""
TODAY = date(2026, 11, 21)


async def run(url: str, folder: Path, size: int) -> int:
    """Live so many lives; return 1 if a charge escaped."""
    begun, wrong, refused, postings = monotonic(), list[str](), 0, 0
    for seed in range(size):
        life = attacked_life(random.Random(seed))  # noqa: S311 - the same lives every time
        try:
            lived = live(life)
        except AssertionError as escaped:
            wrong.append(f"seed {seed}: {escaped}")
            continue
        refused, postings = refused + lived.refused, postings + lived.postings
        if (seed + 1) % 10_000 == 0:
            say(f"{seed + 1:,} lives, {postings:,} postings, {refused:,} refused")
    in_books = await _in_books(url, folder, size // IN_BOOKS_OF, wrong)
    seconds = monotonic() - begun
    say(f"{size:,} lives in {seconds:,.0f} s: {postings:,} postings, {refused:,} refused")
    say(f"{in_books:,} lives in the books; {len(wrong):,} escapes")
    for line in wrong[:20]:
        say(line)
    return 1 if wrong else 0


async def _in_books(url: str, folder: Path, number: int, wrong: list[str]) -> int:
    lived, seed = 0, 0
    async with opened(url, folder):
        while lived < number:
            life = attacked_life(random.Random(seed))  # noqa: S311 - the same lives every time
            done = await live_in_books(life, TODAY)
            seed += 1
            if done is None:
                continue
            lived += 1
            escaped = done.taken.keys() - certified_codes(life.terms)
            if escaped:
                wrong.append(f"seed {seed - 1}, in the books: {sorted(escaped)}")
        check = await queries.reconcile()
        wrong.extend(check.problems)
    return lived
