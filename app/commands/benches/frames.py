"""Counts the HTTP/2 frames that each screen costs, on an app and a phone in one process."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import count

from app.commands.benches.asking import Asking, Handset
from app.commands.benches.http2.inside import InProcess
from app.commands.benches.http2.speaking import Counts, Line
from app.commands.benches.scene import Scene
from app.commands.benches.screens import SCREENS, Screen, Visit
from app.commands.benches.ways import WAYS, Method

SETTLES_SECONDS = 60.0
"""Long enough for the server to ask the rail what it was not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a screen cost: round trips of the app's, and bytes."""

    trips: int
    up: int
    """Bytes of HTTP/2 frames to the server, headers compressed; without TLS, TCP and IP."""
    down: int
    body_up: int
    body_down: int

    def as_json(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


WayCounts = Mapping[str, Mapping[str, Counted]]
"""By way of asking, by screen."""


@dataclass(slots=True)
class _Lines:
    """Every line that was opened, and what went over all of them."""

    scene: Scene
    opened: list[InProcess]

    async def open(self) -> Line:
        line = InProcess(self.scene.app)
        self.opened.append(line)
        return line

    @property
    def counts(self) -> Counts:
        each = [line.counts for line in self.opened]
        return Counts(sum(one.up for one in each), sum(one.down for one in each))


async def count_ways(scene: Scene) -> WayCounts:
    """
    Walk every screen by each way in turn, on a scene that nothing has happened in yet.

    Each way finds what the ones before it left, so all of them are walked or the bytes differ.
    """
    return {way.code: await count_screens(scene, way) for way in WAYS}


async def count_screens(scene: Scene, method: Method) -> dict[str, Counted]:
    """Walk every screen in turn, as a usual client or as our own."""
    lines = _Lines(scene, [])
    await scene.pause(SETTLES_SECONDS)  # what is still to be told of would change home
    await scene.enter()
    asking = Asking(method.new(), handset_of(scene, method.code), lines.open)
    visit = await visit_of(scene, asking, method.code)
    counted: dict[str, Counted] = {}
    for screen in SCREENS:
        if screen.is_cold:
            await asking.hang_up()
        counted[screen.code] = await _count(screen, visit, lines, is_usual=method.is_usual)
        await scene.pause(SETTLES_SECONDS)
    await asking.hang_up()
    return counted


async def _count(screen: Screen, visit: Visit, lines: _Lines, *, is_usual: bool) -> Counted:
    walk = screen.walk(is_usual=is_usual)
    if screen.is_repeated:
        await walk(visit)
    asking, before = visit.asking, lines.counts
    trips, body_up, body_down = asking.trips, asking.body_up, asking.body_down
    await walk(visit)
    frames = lines.counts.since(before)
    return Counted(
        trips=asking.trips - trips,
        up=frames.up,
        down=frames.down,
        body_up=asking.body_up - body_up,
        body_down=asking.body_down - body_down,
    )


def handset_of(scene: Scene, key_prefix: str) -> Handset:
    """Return the borrower's session and key, with idempotency keys that are counted out."""
    phone = scene.story.phone
    assert phone.token is not None, "the borrower is signed in"
    assert phone.keystore is not None, "the phone has a key"
    return Handset(phone.token, phone.keystore, _counted_out(key_prefix))


async def visit_of(scene: Scene, asking: Asking, seed: str) -> Visit:
    """Return what a walk through the screens needs to know."""

    async def settle() -> None:
        await scene.pause(SETTLES_SECONDS)

    product = await scene.story.product()
    story = scene.story
    chance = random.Random(seed).randbytes  # noqa: S311 - repeatable on purpose
    return Visit(asking, story.persona, story.loan_id, product["id"], settle, chance)


def _counted_out(prefix: str) -> Callable[[], str]:
    numbers: Iterator[int] = count()
    return lambda: f"{prefix[:2]}{next(numbers):04d}"
