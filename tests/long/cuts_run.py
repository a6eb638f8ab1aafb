"""Repay and apply over connections cut at every byte, twice over: nothing is lost or doubled."""

import random
from pathlib import Path

from app.commands.benches.scene import scene
from tests.cutting import Applications, BadLine, Repayments
from tests.long.people import say

SIZE = 10_000
"""At most so many places of a repayment and of an application's steps; there are fewer bytes."""
CHECKED_EVERY = 100


async def run(url: str, folder: Path, size: int) -> int:
    """Cut at every byte, or at so many places spread evenly; return 0, or fail on the first."""
    chance = random.Random(11)  # noqa: S311 - the weather
    async with scene(folder / "data", url=url) as made:
        line = BadLine(made, chance)
        repayments = Repayments(line)
        await repayments.first()
        places = spread(repayments.places, size)
        for number, place in enumerate(places, start=1):
            await repayments.cut_at(place)
            if number % CHECKED_EVERY == 0:
                await made.enter()
                line.renew()
                await repayments.check()
                say(f"repay: {number} of {len(places)} places, {line.cuts} cuts, nothing is lost")
        await repayments.check()
        product = await made.story.product()
        applications = Applications(line, product["id"])
        await applications.first()
        places = spread(applications.places, size)
        for number, place in enumerate(places, start=1):
            await applications.cut_at(place)
            await made.enter()
            line.renew()
            if number % CHECKED_EVERY == 0:
                say(f"apply: {number} of {len(places)} places, {line.cuts} cuts, nothing is lost")
        await repayments.check()
        say(f"{line.cuts} connections were cut; every repayment and application is there once")
    return 0


def spread(places: int, size: int) -> list[int]:
    """Return so many of the places, evenly, the first and the last among them."""
    count = max(2, min(size, places))
    return [round(number * (places - 1) / (count - 1)) for number in range(count)]
