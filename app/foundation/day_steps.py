"""
What has to be done once for each day, after the day was closed: step by step, until it is done.

Each step is kept by its name with the last day it was done for. One that fails takes no other with
it, and is done again whenever somebody asks for what is left of the day; killed between being done
and being kept, it is done twice, so each has to leave alone by itself what it has done.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.database import fetch, transaction
from app.foundation.log import logger, place_of

log = logger(__name__)

Step = Callable[[date], Awaitable[object]]


async def do_steps(day: date, steps: Mapping[str, Step], *, again: bool = False) -> None:
    """
    Do each step that is not done for a day yet, one after another; with `again`, every step.

    Raises:
        Exception: What the first step raised that failed, once all others were done. Its alarm, if
            it was a broken seal, is for whoever asked; those of the others were sounded.
    """
    done = set[str]() if again else await _done_for(day)
    failures = [
        failure
        for name, step in steps.items()
        if name not in done and (failure := await _failure_of(name, step, day)) is not None
    ]
    for failure in failures[1:]:
        await sound_broken_seals(failure, Met.WORKER)
    if failures:
        raise failures[0]


async def _done_for(day: date) -> set[str]:
    rows = await fetch("SELECT step FROM day_step WHERE done_for >= ?", [day.isoformat()])
    return {row["step"] for row in rows}


async def _failure_of(name: str, step: Step, day: date) -> Exception | None:
    """Do a step and keep that it is done; return what it raised instead of being done."""
    try:
        await step(day)
        await _keep_done(name, day)
    except Exception as failure:  # noqa: BLE001 - told to whoever asked, after all other steps
        on = day.isoformat()
        log.warning("day_step_failed", step=name, on_date=on, place=place_of(failure))
        return failure
    return None


async def _keep_done(name: str, day: date) -> None:
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO day_step (step, done_for) VALUES (?, ?) ON CONFLICT (step)"
            " DO UPDATE SET done_for = excluded.done_for"
            " WHERE day_step.done_for < excluded.done_for",
            [name, day.isoformat()],
        )
