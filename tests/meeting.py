"""Letting operations meet over one person on PostgreSQL, so that a wrong order of holding shows."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from app.foundation.database import Transaction, fetch, transaction
from app.foundation.revision import revise

Act = Callable[[], Awaitable[object]]


async def meet(subject_id: str, *acts: Act) -> None:
    """
    Let acts begin one after the other while somebody holds a person's revision, then let go.

    Each has taken by then all that it takes before the revision, so those that do not take things
    in one order wait in a circle: whenever the one goes on first that wants what another has.
    """
    await meet_at(partial(revise, subject_id=subject_id), *acts)


async def meet_at(hold: Callable[[Transaction], Awaitable[object]], *acts: Act) -> None:
    """Let acts begin one after the other while somebody holds what the first needs, then let go."""
    held, leave = asyncio.Event(), asyncio.Event()

    async def keep() -> None:
        async with transaction() as tx:
            await hold(tx)
            held.set()
            await leave.wait()

    holding = asyncio.create_task(keep())
    await held.wait()
    begun: list[asyncio.Task[object]] = []
    try:
        for number, act in enumerate(acts, start=1):
            begun.append(asyncio.create_task(_run(act)))
            await _wait_until_waiting(number)
    finally:
        leave.set()
        await asyncio.gather(holding, *begun)


async def meet_a_step(hold: Callable[[Transaction], Awaitable[object]], of: str, act: Act) -> None:
    """
    Let an act begin while a step holds something, which then counts its borrower's change.

    That is what every step does. An act that counts the change before it takes what the step holds
    waits with it in a circle, each time.
    """
    held, leave = asyncio.Event(), asyncio.Event()

    async def step() -> None:
        async with transaction() as tx:
            await hold(tx)
            held.set()
            await leave.wait()
            await revise(tx, of)

    stepping = asyncio.create_task(step())
    await held.wait()
    begun = asyncio.create_task(_run(act))
    try:
        await _wait_until_waiting(1)
    finally:
        leave.set()
        await asyncio.gather(stepping, begun)


async def _run(act: Act) -> object:
    return await act()


async def _wait_until_waiting(many: int) -> None:
    waiting = "SELECT COUNT(*) AS many FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(5):
        while (await fetch(f"{waiting} AND datname = current_database()"))[0]["many"] < many:
            await asyncio.sleep(0.01)
