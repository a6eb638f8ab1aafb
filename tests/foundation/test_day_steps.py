"""The work of a day is done step by step, each until it is done for that day, and not again."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from app.foundation.database import Database
from app.foundation.day_steps import do_steps

DAY = date(2026, 11, 21)
NEXT = DAY + timedelta(days=1)


class BrokenOff(BaseException):
    """Ends a process in the middle of a step."""


class Work:
    """Notes what was tried, and fails where a test says so."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, date]] = []
        self.failing: dict[str, BaseException] = {}

    def steps(self, *names: str) -> dict[str, Callable[[date], Awaitable[None]]]:
        return {name: self._step(name) for name in names}

    def _step(self, name: str) -> Callable[[date], Awaitable[None]]:
        async def step(day: date) -> None:
            self.tried.append((name, day))
            if name in self.failing:
                raise self.failing[name]

        return step


async def test_a_step_that_fails_takes_no_other_with_it_and_is_done_until_it_is_done(
    database: Database,
) -> None:
    assert database
    work = Work()
    steps = work.steps("first", "second", "third")
    work.failing = {"first": ValueError("one"), "third": ConnectionError("three")}
    with pytest.raises(ValueError, match="one"):
        await do_steps(DAY, steps)
    assert [name for name, _ in work.tried] == ["first", "second", "third"]
    del work.failing["first"]
    with pytest.raises(ConnectionError, match="three"):
        await do_steps(DAY, steps)
    work.failing.clear()
    for _ in range(2):
        await do_steps(DAY, steps)
    assert [name for name, _ in work.tried[3:]] == ["first", "third", "third"]
    work.failing = {"second": ValueError("two")}
    with pytest.raises(ValueError, match="two"):
        await do_steps(DAY, steps, again=True)
    assert len(work.tried) == 9
    work.failing.clear()
    await do_steps(DAY, steps)
    assert work.tried[9:] == [("second", DAY)]
    work.tried.clear()
    await do_steps(NEXT, steps)
    await do_steps(DAY, steps)
    assert work.tried == [(name, NEXT) for name in steps], "a day that is over is not gone back to"


async def test_what_was_killed_in_a_step_goes_on_with_that_step(database: Database) -> None:
    assert database
    work = Work()
    steps = work.steps("first", "second", "third")
    work.failing = {"second": BrokenOff()}
    with pytest.raises(BrokenOff):
        await do_steps(DAY, steps)
    work.failing.clear()
    await do_steps(DAY, {**steps, **work.steps("new")})
    assert [name for name, _ in work.tried] == ["first", "second", "second", "third", "new"]
