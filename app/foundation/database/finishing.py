"""Steps that must end before anything else happens, even if whoever waits for them is canceled."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


async def finished(step: Awaitable[T]) -> T:
    """
    Let a step end, however often the task that waits for it is canceled; then pass that on.

    A thread that runs SQL cannot be called back: rolling back or handing its connection on while
    it still works would mix two transactions.
    """
    task = asyncio.ensure_future(step)
    canceled = await ended(task)
    if canceled is not None:
        task.exception()  # it was heard, and the cancellation matters more
        raise canceled
    return task.result()


async def ended(future: "asyncio.Future[Any]") -> asyncio.CancelledError | None:
    """
    Wait until a future is done, however often whoever waits is canceled.

    Returns:
        The last cancellation, to be passed on.
    """
    canceled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as asked:
            canceled = asked
    return canceled
