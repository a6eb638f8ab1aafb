"""
What has to be done once for each day, after the day was closed: step by step, until it is done.

Each step is kept by its name with the last day it was done for. One that fails takes no other with
it, and is done again whenever somebody asks for what is left of the day; killed between being done
and being kept, it is done twice, so each has to leave alone by itself what it has done.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial

from app.foundation.database import fetch, transaction
from app.foundation.errands import do_all

Step = Callable[[date], Awaitable[object]]


async def do_steps(day: date, steps: Mapping[str, Step], *, again: bool = False) -> None:
    """
    Do each step that is not done for a day yet, one after another; with `again`, every step.

    Raises:
        Exception: As `do_all` says; what failed is left to be done.
    """
    if again:
        await _forget_from(day)
    done = await _done_for(day)
    await do_all(
        {name: partial(_do, name, step, day) for name, step in steps.items() if name not in done}
    )


async def _do(name: str, step: Step, day: date) -> None:
    await step(day)
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO day_step (step, done_for) VALUES (?, ?) ON CONFLICT (step)"
            " DO UPDATE SET done_for = excluded.done_for"
            " WHERE day_step.done_for < excluded.done_for",
            [name, day.isoformat()],
        )


async def _done_for(day: date) -> set[str]:
    rows = await fetch("SELECT step FROM day_step WHERE done_for >= ?", [day.isoformat()])
    return {row["step"] for row in rows}


async def _forget_from(day: date) -> None:
    async with transaction() as tx:
        await tx.run("DELETE FROM day_step WHERE done_for >= ?", [day.isoformat()])
