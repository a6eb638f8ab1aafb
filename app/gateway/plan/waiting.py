"""
Waiting for several at once, where most of them turn out to have nothing to wait for.

A task costs several microseconds and a turn of the event loop; a read that is answered at once
needs neither. So each coroutine takes its first step here, in a context of its own as in a task,
and only what then still waits becomes one.
"""

import asyncio
from asyncio.tasks import _enter_task, _leave_task  # pyright: ignore[reportPrivateUsage]
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator
from contextvars import copy_context
from functools import partial
from types import CoroutineType, coroutine
from typing import Any

Together = Callable[..., Awaitable[list[Any]]]
"""What waits for several awaitables at once, and returns what they return."""


async def together(*awaitables: Awaitable[Any]) -> list[Any]:
    """
    Return what all of them return, in order, as graphql-core's `gather_with_cancel` does.

    The first failure ends the others and is raised. In its first step a coroutine is in no task:
    what belongs to a task, such as a timeout, it must not begin before it has waited once.
    """
    loop, failure = asyncio.get_running_loop(), None
    results: list[Any] = []
    waiting: dict[int, asyncio.Future[Any]] = {}
    for place, awaited in enumerate(awaitables):
        result = None
        try:
            result = _begun(awaited, loop)
        except Exception as error:  # noqa: BLE001 - raised below, once all have begun
            failure = failure or error
        if isinstance(result, asyncio.Future):
            waiting[place] = result
        results.append(result)
    try:
        if failure is not None:
            raise failure  # noqa: TRY301 - as if one of those below had
        if waiting:
            found = await asyncio.gather(*waiting.values())
            for place, result in zip(waiting, found, strict=True):
                results[place] = result
    except Exception:
        await _ended(waiting.values())
        raise
    return results


def _begun(awaited: Awaitable[Any], loop: asyncio.AbstractEventLoop) -> Any:  # noqa: ANN401 - whatever it is
    """Return what a coroutine returns in its first step; the task that goes on with it if none."""
    if not isinstance(awaited, CoroutineType):
        return asyncio.ensure_future(awaited)
    context, own = copy_context(), asyncio.current_task(loop)
    if own is not None:
        _leave_task(loop, own)
    try:
        asked = context.run(awaited.send, None)
    except StopIteration as done:
        return done.value
    finally:
        if own is not None:
            _enter_task(loop, own)
    if asked is not None:
        asked._asyncio_future_blocking = False  # noqa: SLF001 - others may wait for it by then
    rest = _rest(awaited, asked)
    rest.send(None)  # from here on, whoever cancels the task cancels what has begun
    return loop.create_task(rest, context=context)


async def _rest(begun: Coroutine[Any, Any, Any], asked: Any) -> Any:  # noqa: ANN401 - whatever it is
    return await _resumed(begun, asked)


@coroutine
def _resumed(begun: Coroutine[Any, Any, Any], asked: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - a future
    """Stand in for a coroutine that has begun and waits for something, and go on with it."""
    is_handed_over = False
    while True:
        try:
            given = yield asked if is_handed_over else None
        except GeneratorExit:
            begun.close()
            raise
        except BaseException as thrown:  # noqa: BLE001 - a cancellation, too, is the coroutine's
            step = partial(begun.throw, thrown)
        else:
            step = partial(begun.send, given)
            if not is_handed_over and asked is not None:
                is_handed_over = True
                asked._asyncio_future_blocking = True  # noqa: SLF001 - as `await` tells who steps it
                continue
        is_handed_over = True
        try:
            asked = step()
        except StopIteration as done:
            return done.value


async def _ended(futures: Collection[asyncio.Future[Any]]) -> None:
    """Cancel what is not done, and wait until it is."""
    for future in futures:
        if not future.done():
            future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)
