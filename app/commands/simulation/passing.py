"""How days pass: closes, mornings, waves of people, an hour's outage, a clock set back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from app import worker
from app.commands.simulation.collecting import (
    BY_DAY,
    BY_NIGHT,
    answer_collectors,
    assign_cases,
    contact_some,
)
from app.commands.simulation.living import (
    LOOKS_AHEAD,
    act,
    borrow_today,
    live_a_day,
    make_up_minds,
)
from app.commands.simulation.populating import Lending
from app.commands.simulation.rewarding import use_rewards
from app.commands.simulation.serving import serve_a_day
from app.commands.simulation.world import World
from app.foundation import outbox
from app.foundation.clock import milliseconds
from app.foundation.database import business_date, fetch
from app.messaging import operations as messaging
from app.servicing.rules import DayReport

ROUNDS_MAX = 10_000
OUTAGE_DAY = 0.2
"""When of the days no carrier answers for an hour."""
CLOCK_DAY = 0.5
"""When of the days the machine's clock turns out two hours ahead, and is set back."""
COLLECTING = frozenset({10, 15, 20})
CLOCK_WRONG = timedelta(hours=2)
LONGEST = timedelta(days=5)
"""Until when every message must have ended after the last day."""
STEP = timedelta(minutes=20)

Heard = Callable[[str, int, int], object]


@dataclass(slots=True)
class Told:
    """What is told of each day."""

    reports: list[DayReport] = field(default_factory=list[DayReport])
    seconds: list[int] = field(default_factory=list[int])
    done: list[int] = field(default_factory=list[int])


async def pass_days(world: World, lending: Lending, days: int, heard: Heard) -> Told:
    """Let so many days pass, hour by hour."""
    told = Told()
    outage, wrong = int(days * OUTAGE_DAY), int(days * CLOCK_DAY)
    for ahead in range(LOOKS_AHEAD + 1):
        await make_up_minds(world, world.today + timedelta(days=ahead))
    for number in range(days):
        began = time.monotonic()
        heard("days pass", number, days)
        before = world.done.total()
        await _pass_a_day(
            world,
            lending,
            left=days - number,
            is_outage=number == outage,
            is_clock_wrong=number == wrong,
        )
        told.seconds.append(int(time.monotonic() - began))
        told.done.append(world.done.total() - before)
        await _next_day(world, told)
    await settle_all(world)
    return told


async def _pass_a_day(
    world: World, lending: Lending, *, left: int, is_outage: bool, is_clock_wrong: bool
) -> None:
    world.wait_until(world.at(3))
    await contact_some(world, percent=BY_NIGHT)
    await settle(world)
    world.wait_until(world.at(8, 10))
    await act(world, 8)
    await settle(world)
    for hour in (10, 12, 15, 18, 20):
        world.wait_until(world.at(hour))
        if hour == 10:  # noqa: PLR2004 - in the morning
            await borrow_today(world, lending, left)
            await serve_a_day(world)
            await assign_cases(world)
            await _break_carriers(world, is_down=is_outage)
        if hour in COLLECTING:
            await contact_some(world, percent=BY_DAY)
        if hour == 12:  # noqa: PLR2004 - at noon
            await live_a_day(world)
            await use_rewards(world)
            await answer_collectors(world)
            if is_clock_wrong:
                world.clock.advance(CLOCK_WRONG)
                await settle(world)
                world.clock.advance(-CLOCK_WRONG)
        await act(world, hour)
        await settle(world)
    world.wait_until(world.at(22, 40))
    await contact_some(world, percent=BY_NIGHT)
    await settle(world)


async def _break_carriers(world: World, *, is_down: bool) -> None:
    """Let no carrier answer for an hour, while everybody else goes on."""
    if not is_down:
        return
    for carrier in world.carriers:
        carrier.is_down = True
    for _ in range(6):
        await act(world, 10)
        await settle(world)
        world.clock.advance(timedelta(minutes=10))
    for carrier in world.carriers:
        carrier.is_down = False


async def _next_day(world: World, told: Told) -> None:
    """Let midnight pass and close the day."""
    midnight = world.at(0) + timedelta(days=1, minutes=10)
    world.wait_until(midnight)
    assert world.today > await business_date(), "it is another day"
    told.reports += await worker.close_days(world.today)
    await settle(world)
    await make_up_minds(world, world.today + timedelta(days=LOOKS_AHEAD))


async def settle(world: World) -> None:
    """Let everything that is due at this hour be done, as a worker would."""
    await outbox.drain(rounds_max=ROUNDS_MAX)
    await _hear(world)
    world.clock.advance(timedelta(seconds=3))
    await _hear(world)
    await outbox.drain(rounds_max=ROUNDS_MAX)
    world.clock.advance(timedelta(seconds=40))
    await worker.settle(world.outside.ports)
    await _hear(world)
    waiting = await _messages_due(world)
    while waiting:
        await messaging.tend(world.outside.ports.providers)
        await _hear(world)
        before, waiting = waiting, await _messages_due(world)
        if waiting >= before:
            break  # what is left waits for the outbox, or for an answer
    await outbox.drain(rounds_max=ROUNDS_MAX)


async def _messages_due(world: World) -> int:
    rows = await fetch(
        "SELECT COUNT(*) AS due FROM message_delivery WHERE look_at <= ?",
        [milliseconds(world.clock.now())],
    )
    return rows[0]["due"]


async def _hear(world: World) -> None:
    """Take in what the rail and the carriers tell, some of it twice."""
    while await world.rail.send_due(world.client):
        pass
    for carrier in world.carriers:
        while await carrier.send_due(world.client):
            pass


async def settle_all(world: World) -> None:
    """Let time pass until no message waits any more and every order of money has ended."""
    until = world.clock.now() + LONGEST
    while world.clock.now() < until:
        await settle(world)
        left = await fetch(
            "SELECT (SELECT COUNT(*) FROM message_delivery WHERE look_at IS NOT NULL)"
            " + (SELECT COUNT(*) FROM repayment WHERE status IN ('INITIATED', 'PENDING'))"
            " AS waiting"
        )
        if not left[0]["waiting"]:
            return
        world.clock.advance(STEP)
