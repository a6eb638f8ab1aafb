"""Steps that must end before anything else happens, even if whoever waits for them is canceled."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from app.foundation.database.patience import Step

T = TypeVar("T")


async def finished(step: Awaitable[T], wait: Step | None = None) -> T:
    """
    Let a step end, however often the task that waits for it is canceled; then pass that on.

    A thread that runs SQL cannot be called back: rolling back or handing its connection on while
    it still works would mix two transactions. A wait that is given up leaves it to end by itself.
    """
    task = asyncio.ensure_future(step)
    canceled = await ended(task, wait)
    if canceled is not None:
        task.add_done_callback(_heard)  # the cancellation matters more than what it raises
        raise canceled
    return task.result()


def _heard(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled():
        task.exception()


async def ended(
    future: "asyncio.Future[Any]", wait: Step | None = None
) -> asyncio.CancelledError | None:
    """
    Wait until a future is done, however often whoever waits is canceled; or the wait is given up.

    Returns:
        The last cancellation, to be passed on.
    """
    canceled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as asked:
            canceled = asked
            if wait is not None and wait.is_given_up:
                break
    return canceled
