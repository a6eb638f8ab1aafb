"""Several awaited at once: as tasks would be, but for what has nothing to wait for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from app.gateway.plan.waiting import at_most, together

seen: ContextVar[str] = ContextVar("seen", default="")


async def at_once(value: str) -> str:
    seen.set(value)
    return value


async def after_a_turn(value: str) -> str:
    seen.set(value)
    await asyncio.sleep(0)
    return value + seen.get()


async def test_results_stand_in_order_and_nobody_sees_anothers_context() -> None:
    assert await together(after_a_turn("a"), at_once("b"), after_a_turn("c")) == ["aa", "b", "cc"]
    assert seen.get() == ""


async def test_what_is_there_at_once_becomes_no_task() -> None:
    before = asyncio.all_tasks()

    async def tasks() -> int:
        return len(asyncio.all_tasks() - before)

    assert await together(at_once("a"), tasks()) == ["a", 0]


async def test_several_wait_for_the_same_future() -> None:
    shared: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def waits() -> str:
        return await shared

    async def gives() -> str:
        await asyncio.sleep(0)
        shared.set_result("given")
        return "gave"

    assert await together(waits(), waits(), gives(), shared) == ["given"] * 2 + ["gave", "given"]


@pytest.mark.parametrize("turns", [0, 2])
async def test_the_first_failure_ends_the_others_and_is_raised(turns: int) -> None:
    ended: list[str] = []

    async def fails() -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        raise ValueError("first")

    async def lasts() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("lasts")

    with pytest.raises(ValueError, match="first"):
        await together(lasts(), fails(), lasts())
    assert ended == ["lasts"] * 2


async def test_who_is_canceled_passes_it_on_to_all() -> None:
    ended: list[str] = []

    async def lasts(name: str) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append(name)
            raise

    waiting = asyncio.create_task(together(lasts("a"), lasts("b"), at_once("c")))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["a", "b"]


async def test_nests_and_waits_on_inside() -> None:
    async def nested(value: str) -> str:
        return "".join(await together(at_once(value), after_a_turn(value)))

    assert await together(nested("a"), nested("b")) == ["aaa", "bbb"]


async def test_a_timeout_before_the_first_wait_is_refused_rather_than_anothers() -> None:
    async def hurries() -> None:
        async with asyncio.timeout(1):
            await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="task"):
        await together(hurries(), at_once("a"))


async def test_first_steps_are_taken_within_a_block_that_nothing_else_runs_in() -> None:
    told: list[str] = []

    @contextmanager
    def block() -> Iterator[None]:
        told.append("in")
        yield
        told.append("out")

    async def says(words: str) -> None:
        told.append(words)
        await asyncio.sleep(0)
        told.append(words.upper())

    beside = asyncio.create_task(says("beside"))
    await together(says("a"), says("b"), during=block())
    await beside
    assert told[:4] == ["in", "a", "b", "out"]
    assert sorted(told[4:]) == ["A", "B", "BESIDE", "beside"]


async def test_what_is_there_at_once_sets_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a timer was set")

    loop = asyncio.get_running_loop()
    with monkeypatch.context() as patched:
        patched.setattr(loop, "call_at", never)
        assert await at_most(1, at_once("a")) == "a"
    with pytest.raises(KeyError):
        await at_most(1, fails_at_once())


async def fails_at_once() -> None:
    raise KeyError


async def test_what_waits_goes_on_within_its_time() -> None:
    assert await at_most(10, after_a_turn("a")) == "aa"
    task = asyncio.current_task()

    async def whose() -> asyncio.Task[object] | None:
        await asyncio.sleep(0)
        return asyncio.current_task()

    assert await at_most(10, whose()) is task


async def test_what_waits_longer_is_canceled() -> None:
    ended: list[str] = []

    async def lasts() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("it")

    with pytest.raises(TimeoutError):
        await at_most(0.01, lasts())
    assert ended == ["it"]
    waiting = asyncio.create_task(at_most(60, lasts()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["it", "it"]
