"""
Waiting for several at once, where most of them turn out to have nothing to wait for.

A task costs several microseconds and a turn of the event loop; a read that is answered at once
needs neither. So each coroutine takes its first step here, in a context of its own as in a task,
and only what then still waits becomes one.
"""

import asyncio
from asyncio.tasks import _enter_task, _leave_task  # pyright: ignore[reportPrivateUsage]
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context, copy_context
from functools import partial
from types import CoroutineType, coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_NOTHING = nullcontext()
Together = Callable[..., Awaitable[list[Any]]]
"""What waits for several awaitables at once, and returns what they return."""


async def together(
    *awaitables: Awaitable[Any], during: AbstractContextManager[object] = _NOTHING
) -> list[Any]:
    """
    Return what all of them return, in order, as graphql-core's `gather_with_cancel` does.

    The first failure ends the others and is raised. In its first step a coroutine is in no task:
    what belongs to a task, such as a timeout, it must not begin before it has waited once. All
    first steps are taken within `during`, and nothing else runs meanwhile.
    """
    results: list[Any] = []
    waiting: dict[int, asyncio.Future[Any]] = {}
    with during:
        failure = _begun(awaitables, results, waiting)
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


def _begun(
    awaitables: Sequence[Awaitable[Any]],
    results: list[Any],
    waiting: dict[int, asyncio.Future[Any]],
) -> Exception | None:
    """Take the first step of each; note what it returned, or the task that goes on with it."""
    loop = asyncio.get_running_loop()
    own, failure = asyncio.current_task(loop), None
    if own is not None:
        _leave_task(loop, own)
    try:
        for place, awaited in enumerate(awaitables):
            result = None
            try:
                if isinstance(awaited, CoroutineType):
                    context = copy_context()
                    asked = context.run(awaited.send, None)
                    waiting[place] = _going_on(awaited, asked, loop, context)
                else:
                    waiting[place] = asyncio.ensure_future(awaited)
            except StopIteration as done:
                result = done.value
            except Exception as error:  # noqa: BLE001 - the first is raised, once all have begun
                failure = failure or error
            results.append(result)
    finally:
        if own is not None:
            _enter_task(loop, own)
    return failure


def _going_on(
    begun: Coroutine[Any, Any, Any],
    asked: Any,  # noqa: ANN401 - what it waits for
    loop: asyncio.AbstractEventLoop,
    context: Context,
) -> asyncio.Task[Any]:
    if asked is not None:
        asked._asyncio_future_blocking = False  # noqa: SLF001 - others may wait for it by then
    rest = _rest(begun, asked)
    rest.send(None)  # from here on, whoever cancels the task cancels what has begun
    return loop.create_task(rest, context=context)


async def _rest(begun: Coroutine[Any, Any, Any], asked: Any) -> Any:  # noqa: ANN401 - whatever it is
    return await _resumed(begun, asked)


@coroutine
def _resumed(
    begun: Coroutine[Any, Any, Any],
    asked: Any,  # noqa: ANN401 - a future
    *,
    is_handed_over: bool = False,
) -> Generator[Any, Any, Any]:
    """Stand in for a coroutine that has begun and waits for something, and go on with it."""
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


async def at_most(seconds: float, awaited: Coroutine[Any, Any, T]) -> T:
    """
    Await a coroutine, but no longer than so many seconds; a timer is set only if it has to wait.

    Raises:
        TimeoutError: It took longer, and was canceled.
    """
    until = asyncio.get_running_loop().time() + seconds
    try:
        asked = awaited.send(None)
    except StopIteration as done:
        return done.value
    async with asyncio.timeout_at(until):
        return await _resumed(awaited, asked, is_handed_over=True)


async def _ended(futures: Collection[asyncio.Future[Any]]) -> None:
    """Cancel what is not done, and wait until it is."""
    for future in futures:
        if not future.done():
            future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)
