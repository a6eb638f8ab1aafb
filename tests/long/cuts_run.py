"""
Repay and apply over connections cut at every byte, twice over: nothing is lost or doubled.

As the app does both: each command by itself under its key, and pushed under its number.
"""

import random
from pathlib import Path

from app.commands.benches.scene import scene
from app.commands.benches.ways import Synced, Trusted
from tests.cutting import Applications, BadLine, Repayments
from tests.long.people import say

SIZE = 10_000
"""At most so many places of a repayment and of an application's steps; there are fewer bytes."""
CHECKED_EVERY = 100
WAYS = (Trusted, Synced)


async def run(url: str, folder: Path, size: int) -> int:
    """Cut at every byte, or at so many places spread evenly; return 0, or fail on the first."""
    async with scene(folder / "data", url=url) as made:
        sent: list[int] = []
        for way in WAYS:
            line = BadLine(made, way(), random.Random(11))  # noqa: S311 - the weather
            await _cut_repayments(line, Repayments(line, sent), size)
            await _cut_applications(line, size)
            await Repayments(line, sent).check()
            say(f"{line.cuts} connections were cut; every repayment and application is there once")
    return 0


async def _cut_repayments(line: BadLine, repayments: Repayments, size: int) -> None:
    await repayments.first()
    places = spread(repayments.places, size)
    for number, place in enumerate(places, start=1):
        await repayments.cut_at(place)
        if number % CHECKED_EVERY == 0 or number == len(places):
            await repayments.check()
            _say(line, "repay", number, len(places))


async def _cut_applications(line: BadLine, size: int) -> None:
    product = await line.scene.story.product()
    applications = Applications(line, product["id"])
    await applications.first()
    places = spread(applications.places, size)
    for number, place in enumerate(places, start=1):
        await applications.cut_at(place)
        await line.renew()
        if number % CHECKED_EVERY == 0 or number == len(places):
            _say(line, "apply", number, len(places))


def _say(line: BadLine, what: str, number: int, count: int) -> None:
    asked = type(line.way).__name__.lower()
    say(f"{asked} {what}: {number} of {count} places, {line.cuts} cuts, nothing lost or doubled")


def spread(places: int, size: int) -> list[int]:
    """Return so many of the places, evenly, the first and the last among them."""
    count = max(2, min(size, places))
    return [round(number * (places - 1) / (count - 1)) for number in range(count)]
