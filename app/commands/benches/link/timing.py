"""Walks the screens over the link, several times each way, and takes down time and bytes."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from app.commands.benches.asking import Asking, Handset
from app.commands.benches.http2.speaking import Counts, Line
from app.commands.benches.link.box import SERVER_ADDRESS, Box, Companion, box, companion
from app.commands.benches.link.lanes import Profile
from app.commands.benches.link.secure import SecureLine, trusting, unconnected
from app.commands.benches.measuring import Spread
from app.commands.benches.scene import BORROWER, PHONE_KEY
from app.commands.benches.screens import SCREENS, Screen, Visit
from app.commands.benches.ways import Method
from app.commands.keystore import Keystore
from app.commands.personas import persona

SERVED = "app.commands.benches.link.served"
PORT = 443
FLOORS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One walk through a screen."""

    seconds: float
    """From the first packet to the last byte of the last answer, decoded."""
    ip: Counts
    """Bytes of IP packets, until nobody has anything more to say."""
    trips: int


Walks = Mapping[str, Mapping[str, Sequence[Timed]]]
"""By way of asking, by screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found out on a link."""

    floor: Spread
    """Seconds for one datagram up and one down."""
    walks: Walks


@dataclass(slots=True)
class _Link:
    """A box with the app at its far end."""

    box: Box
    served: Companion
    told: dict[str, Any]

    def fresh(self, counter: int) -> Handset:
        """Let the server tidy up and sign the phone in anew; return who asks then."""
        self.told |= self.served.ask(json.dumps({"do": "fresh", "counter": counter}))
        keystore = Keystore(private_key=derive_private_key(PHONE_KEY, SECP256R1()))
        keystore.counter = self.told["counter"]
        return Handset(self.told["token"], keystore)

    async def settle(self) -> None:
        """Let the server do its due work."""
        self.served.ask(json.dumps({"do": "settle"}))

    async def open_line(self) -> Line:
        """Connect as a phone does that was not connected before."""
        context = trusting(self.told["authority"])
        line = SecureLine(unconnected(self.box.phone), context, SERVER_ADDRESS)
        await line.connect((SERVER_ADDRESS, PORT))
        return line


def measure_link(
    profile: Profile, ways: Sequence[Method], *, runs: int, say: Callable[[str], None]
) -> Measured:
    """
    Measure every screen, each way so many times, the ways taking turns.

    Raises:
        NoBox: There can be no box here.
    """
    with box(profile) as made, ExitStack() as stack:
        with made.server.entered():
            served = stack.enter_context(companion(SERVED, SERVER_ADDRESS, str(PORT)))
        say("seeding a borrower with a loan")
        link = _Link(made, served, served.hear())
        return asyncio.run(_measure(link, ways, runs, say))


async def _measure(
    link: _Link, ways: Sequence[Method], runs: int, say: Callable[[str], None]
) -> Measured:
    floors = [link.box.floor_seconds() for _ in range(FLOORS)]
    walks: dict[str, dict[str, list[Timed]]] = {
        way.code: {screen.code: [] for screen in SCREENS} for way in ways
    }
    counter, number = 0, 1
    for run in range(1, runs + 1):
        for way in ways:
            handset = link.fresh(counter)
            handset.next_number = number
            asking = Asking(way.new(), handset, link.open_line)
            visit = Visit(
                asking,
                persona(BORROWER),
                link.told["loan_id"],
                link.told["product_id"],
                link.settle,
            )
            for screen in SCREENS:
                timed = await _walk(link, visit, screen, is_usual=way.is_usual)
                walks[way.code][screen.code].append(timed)
                say(f"run {run} of {runs}: {screen.what}, {way.what}: {timed.seconds:.2f} s")
            await asking.hang_up()
            link.box.wait_until_quiet()
            counter, number = handset.keystore.counter, handset.next_number
    return Measured(floor=Spread.of(floors), walks=walks)


async def _walk(link: _Link, visit: Visit, screen: Screen, *, is_usual: bool) -> Timed:
    asking, walk = visit.asking, screen.walk(is_usual=is_usual)
    if screen.is_cold:
        await asking.hang_up()
    if screen.is_repeated:
        await walk(visit)
    link.box.wait_until_quiet()
    before, trips, began = link.box.counts, asking.trips, time.perf_counter()
    await walk(visit)
    seconds = time.perf_counter() - began
    link.box.wait_until_quiet()
    return Timed(seconds=seconds, ip=link.box.counts.since(before), trips=asking.trips - trips)
