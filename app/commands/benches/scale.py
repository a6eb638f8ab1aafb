"""What reads cost among many borrowers, beside the same reads among a few."""

import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import asyncpg

from app.commands.benches.bars import OnStep
from app.commands.benches.line import Line
from app.commands.benches.measuring import Spread
from app.commands.benches.scene import scene
from app.commands.benches.statements import Statement, placed
from app.commands.benches.towns import (
    LOANS_AT_ONCE,
    Read,
    Town,
    databases,
    looked_through,
    populate,
    prepare,
    town_of,
)
from app.commands.seeding import enroll_desk

FEW = 1_000
RATIO_MOST = 1.2
WARMING = 20


@dataclass(frozen=True, slots=True)
class Growth:
    """Milliseconds of waiting among few and among many, and the ratio of their medians."""

    name: str
    what: str
    few_ms: Spread
    many_ms: Spread
    ratio: Spread
    cpu_ratio: float | None
    """The same of the processor's time of both servers; None where no server is asked."""

    @property
    def is_met(self) -> bool:
        """Whether the middle keeps to the goal."""
        return self.ratio.middle <= RATIO_MOST


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured, on how many people and rows; `scans` names statements without index."""

    people: int
    rows: int
    growth: Sequence[Growth]
    scans: Sequence[str]


async def measured(
    *, people: int, few: int, url: str | None, rounds: int, requests: int, on_step: OnStep
) -> Result:
    """
    Make a small and a big database of one scene, and read both in turns.

    With the URL of a PostgreSQL, two databases are made beside that one and dropped in the end.

    Raises:
        NotReady: A server did not start.
    """
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as name:
        folder = Path(name)
        async with databases(folder, url) as (first, urls):
            on_step("a borrower's story", 0, 1)
            async with scene(folder / "scene", url=first) as found:
                await found.story.pay_part()
                await found.story.learn()
                await enroll_desk()
                loan_id = found.story.loan_id
            towns: list[Town] = []
            rows = 0
            for (label, town_url), count in zip(urls.items(), (few, people), strict=True):
                town = await town_of(folder, label, town_url, first)
                rows = await populate(town, count - 1, on_step)
                towns.append(town)
            for town in towns:  # tokens do not last as long as it takes to fill a big one
                await prepare(town, loan_id)
            before = await looked_through(towns[1])
            async with towns[0].server, towns[1].server:
                growth = await _measure(towns[0], towns[1], rounds, requests, on_step)
            counted = await looked_through(towns[1])
        more = {table: times - before[table] for table, times in counted.items()}
        looked = [f"{table}: {times} times" for table, times in more.items() if times]
        return Result(people, rows, growth, [*towns[1].scans, *looked])


_SEARCHED = {
    "close-quiet": "the close of day looks for due loans, none",
    "close-busy": f"the same, all due, {LOANS_AT_ONCE} taken",
}
Do = Callable[[], Awaitable[object]]


async def _measure(
    few: Town, many: Town, rounds: int, requests: int, on_step: OnStep
) -> list[Growth]:
    async with _asked(few) as in_few, _asked(many) as in_many:
        growth: list[Growth] = []
        for done, (name, (what, ask_few)) in enumerate(in_few.items()):
            on_step(what, done, len(in_few))
            ask_many = in_many[name][1]
            for _ in range(WARMING):
                await ask_few()
                await ask_many()
            before = await few.cpu_ns(), await many.cpu_ns()
            took = [await _in_turns(ask_few, ask_many, requests) for _ in range(rounds)]
            after = await few.cpu_ns(), await many.cpu_ns()
            growth.append(
                Growth(
                    name,
                    what,
                    Spread.of(small for small, _ in took),
                    Spread.of(big for _, big in took),
                    Spread.of(big / small for small, big in took),
                    None if name in _SEARCHED else (after[1] - before[1]) / (after[0] - before[0]),
                )
            )
    return growth


async def _in_turns(few: Do, many: Do, times: int) -> tuple[float, float]:
    """Return the median milliseconds of each, asked in turns."""
    small, big = list[float](), list[float]()
    for number in range(times):
        pair = [(few, small), (many, big)]
        for do, took in pair if number % 2 else reversed(pair):
            begun = time.perf_counter()
            await do()
            took.append((time.perf_counter() - begun) * 1_000)
    return median(small), median(big)


@asynccontextmanager
async def _asked(town: Town) -> AsyncIterator[dict[str, tuple[str, Do]]]:
    """Return how each thing is asked of a town, over one connection that stays open."""
    line = await Line.opened(town.server.port)
    asked: dict[str, tuple[str, Do]] = {}
    tag = (await line.ask("GET", town.reads[0].path, town.reads[0].headers)).headers.get("etag", "")
    for read in town.reads:
        headers = dict(read.headers)
        if read.status == 304:  # noqa: PLR2004 - unchanged
            headers["if-none-match"] = tag
        asked[read.name] = (read.what, _asking(line, read, headers))
    async with _searcher(town) as search:
        for name, statement in town.searches.items():
            asked[name] = (_SEARCHED[name], _searching(search, statement))
        yield asked
    await line.close()


def _asking(line: Line, read: Read, headers: Mapping[str, str]) -> Do:
    async def ask() -> None:
        answer = await line.ask(read.method, read.path, headers, read.body)
        if answer.status != read.status or b'"errors"' in answer.body:
            raise AssertionError(f"{read.name} answered {answer.status}: {answer.body!r}")

    return ask


Search = Callable[[Statement], Awaitable[object]]


def _searching(search: Search, statement: Statement) -> Do:
    return lambda: search(statement)


@asynccontextmanager
async def _searcher(town: Town) -> AsyncIterator[Search]:
    """Return what runs a statement by the database's own driver, at once."""
    if not town.is_sqlite:
        connection = await asyncpg.connect(town.url)

        async def fetch(one: Statement) -> object:
            return await connection.fetch(placed(one.sql), *one.parameters)

        yield fetch
        await connection.close()
        return
    file = sqlite3.connect(town.folder / "qingmiao.sqlite3")

    async def search(one: Statement) -> object:
        return file.execute(one.sql, one.as_sqlite()).fetchall()

    yield search
    file.close()
