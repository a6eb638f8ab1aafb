"""What runs in a process beside its requests, and whether it still does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.foundation.log import logger, place_of

log = logger(__name__)

Work = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set."""
STOPPING_SECONDS = 10


@dataclass(slots=True)
class Beside:
    """The work of one process; work that ended by itself is noticed by whoever asks."""

    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    @property
    def lives(self) -> bool:
        """Whether everything that was begun is still at work."""
        return not any(task.done() for task in self._tasks)

    @asynccontextmanager
    async def running(self, *work: Work) -> AsyncIterator[None]:
        """Run work around a block, and have it end in its own time afterwards."""
        stop = asyncio.Event()
        self._tasks = [asyncio.create_task(_noticed(one, stop)) for one in work]
        try:
            yield
        finally:
            stop.set()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=STOPPING_SECONDS)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


async def _noticed(work: Work, stop: asyncio.Event) -> None:
    """Work, and leave a line in the log if that ends before it should."""
    try:
        await work(stop)
    except Exception as failure:
        log.critical("work_died", error=type(failure).__name__, place=place_of(failure))
        raise
