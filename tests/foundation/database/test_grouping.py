"""Transactions that wait for the disk together: each kept or undone by itself, and told after."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from app.foundation.database import Database, fetch, transaction
from app.foundation.database.grouping import MEMBERS_MAX
from app.foundation.database.writer import Writer
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.revision import revise, revision_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SLOW = (
    "INSERT INTO revision (subject_id, revision) SELECT 'slow', max(n) FROM (WITH RECURSIVE line"
    " (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line WHERE n < 100000) SELECT n FROM line)"
    " WHERE true ON CONFLICT (subject_id) DO UPDATE SET revision = revision.revision + 1"
)
"""Some ten milliseconds of work, which is given to the thread."""


class RefusedError(Exception):
    """What a use case says no with."""


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often the disk was waited for."""
    made: list[int] = []
    keep = Writer.keep

    def counted(writer: Writer) -> None:
        made.append(1)
        keep(writer)

    monkeypatch.setattr(Writer, "keep", counted)
    return made


@contextmanager
def other_process(database: Database) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


async def count(subject: str, *, refuse: bool = False) -> int:
    async with transaction() as tx:
        number = await revise(tx, subject)
        if refuse:
            raise RefusedError
    return number


@pytest.mark.usefixtures("database")
async def test_those_who_wait_are_committed_together(commits: list[int]) -> None:
    numbers = await asyncio.gather(*(count("br1") for _ in range(3 * MEMBERS_MAX)))
    assert sorted(numbers) == list(range(1, 3 * MEMBERS_MAX + 1))
    assert len(commits) <= 6
    assert await revision_of("br1") == 3 * MEMBERS_MAX


@pytest.mark.usefixtures("database")
async def test_whoever_wrote_waits_for_so_many_at_most_whether_they_write_or_are_refused() -> None:
    begun = 0

    async def refused() -> None:
        nonlocal begun
        async with transaction() as tx:
            begun += 1
            await revise(tx, "br2")
            raise RefusedError

    first = asyncio.create_task(count("br1"))
    others = asyncio.gather(*(refused() for _ in range(3 * MEMBERS_MAX)), return_exceptions=True)
    assert await first == 1
    assert begun < 2 * MEMBERS_MAX  # a few begin while the first hears of it
    assert all(isinstance(one, RefusedError) for one in await others)
    assert [await revision_of(one) for one in ("br1", "br2")] == [1, 0]


@pytest.mark.usefixtures("database")
async def test_whoever_is_alone_waits_for_nobody(commits: list[int]) -> None:
    assert [await count("br1") for _ in range(3)] == [1, 2, 3]
    assert len(commits) == 3


@pytest.mark.usefixtures("database")
async def test_one_that_fails_undoes_its_own_and_nothing_else() -> None:
    answers = await asyncio.gather(
        *(count(f"br{number}", refuse=number % 3 == 0) for number in range(6)),
        return_exceptions=True,
    )
    for number, answer in enumerate(answers):
        refused = number % 3 == 0
        assert isinstance(answer, RefusedError) if refused else answer == 1
        assert await revision_of(f"br{number}") == (0 if refused else 1)


async def test_nobody_is_told_anything_before_it_is_durable(database: Database) -> None:
    """A refusal may rest on what another wrote a moment before, so it waits with the other."""
    with other_process(database) as other:

        async def checked(number: int) -> None:
            async with transaction() as tx:
                if await revise(tx, "br1") > 1:
                    raise RefusedError
            _ = number
            assert other.execute("SELECT revision FROM revision").fetchone() == (1,)

        async def refused(number: int) -> None:
            with pytest.raises(RefusedError):
                await checked(number)
            assert other.execute("SELECT revision FROM revision").fetchone() == (1,)

        await asyncio.gather(checked(0), *(refused(number) for number in range(1, 9)))


async def test_a_full_disk_refuses_whoever_needs_room_and_keeps_the_others(
    database: Database,
) -> None:
    connection = database.connection()
    pages = (await connection.execute_query_dict("PRAGMA page_count"))[0]["page_count"]
    await connection.execute_script(f"PRAGMA max_page_count={pages}")

    async def fill() -> None:
        async with transaction() as tx:
            for number in range(2_000):
                await revise(tx, f"filling{number}")

    answers = await asyncio.gather(count("br1"), fill(), return_exceptions=True)
    assert answers[0] == 1
    assert isinstance(answers[1], TemporarilyUnavailable)
    assert [await revision_of(one) for one in ("br1", "filling0")] == [1, 0]


@pytest.mark.usefixtures("database")
async def test_when_all_is_undone_all_are_told() -> None:
    """As SQLite does it by itself when a file breaks under a statement."""

    async def lose() -> None:
        async with transaction() as tx:
            await tx.run("ROLLBACK")
            raise RefusedError

    first, lost, after = await asyncio.gather(
        count("br1"), lose(), count("br2"), return_exceptions=True
    )
    assert isinstance(first, TemporarilyUnavailable)
    assert isinstance(lost, RefusedError)
    assert after == 1
    assert [await revision_of(one) for one in ("br1", "br2")] == [0, 1]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("cancels", [False, True])
async def test_a_commit_that_fails_undoes_all_and_heals(
    monkeypatch: pytest.MonkeyPatch, *, cancels: bool
) -> None:
    """A disk that is full is often noticed then; SQLite has undone all of it by that time."""
    keep, begun = Writer.keep, asyncio.Event()
    loop = asyncio.get_running_loop()

    def full(writer: Writer) -> None:
        monkeypatch.setattr(Writer, "keep", keep)
        loop.call_soon_threadsafe(begun.set)
        time.sleep(0.02)
        writer.say("ROLLBACK")
        failure = sqlite3.OperationalError("database or disk is full")
        failure.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise failure

    monkeypatch.setattr(Writer, "keep", full)
    tasks = [asyncio.create_task(count("br1")) for _ in range(3)]
    await begun.wait()
    if cancels:
        tasks[-1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    last = asyncio.CancelledError if cancels else TemporarilyUnavailable
    assert [type(one) for one in answers] == [*[TemporarilyUnavailable] * 2, last]
    assert await revision_of("br1") == 0
    assert await count("br1") == 1


@pytest.mark.usefixtures("database")
async def test_whoever_is_canceled_in_line_or_inside_holds_nobody_up() -> None:
    inside = asyncio.Event()

    async def stay() -> None:
        async with transaction() as tx:
            await revise(tx, "stays")
            inside.set()
            await asyncio.sleep(60)

    first = asyncio.create_task(count("first"))
    staying = asyncio.create_task(stay())
    waiting = [asyncio.create_task(count("waits")) for _ in range(3)]
    await inside.wait()
    waiting[0].cancel()
    staying.cancel()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(first, staying, *waiting, return_exceptions=True)
    assert [type(one) for one in answers[:3]] == [int, *[asyncio.CancelledError] * 2]
    assert answers[3:] == [1, 2]
    assert [await revision_of(one) for one in ("first", "stays", "waits")] == [1, 0, 2]


async def hold(inside: asyncio.Event, statement: str) -> None:
    async with transaction() as tx:
        await revise(tx, "held")
        inside.set()
        await tx.run(statement)


LONG = SLOW.replace("100000", "1000000")
ENDLESS = (
    "SELECT * FROM revision WHERE revision < (WITH RECURSIVE line (n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM line) SELECT max(n) FROM line)"
)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("statement", [LONG, ENDLESS])
async def test_whoever_is_canceled_twice_while_the_thread_works_is_undone_all_the_same(
    statement: str,
) -> None:
    inside = asyncio.Event()
    first = asyncio.create_task(count("first"))
    held = asyncio.create_task(hold(inside, statement))
    third = asyncio.create_task(count("third"))
    await inside.wait()
    async with asyncio.timeout(5):
        while not held.done():
            await asyncio.sleep(0.002)
            held.cancel()
        assert [await first, await third] == [1, 1]
    assert held.cancelled()
    assert [await revision_of(one) for one in ("held", "slow")] == [0, 0]


@pytest.mark.usefixtures("database")
async def test_when_all_that_runs_is_canceled_nobody_waits_for_ever() -> None:
    """As the loop does it when it ends: also with whoever was to commit for the others."""
    inside, others = asyncio.Event(), asyncio.all_tasks()
    first = asyncio.create_task(count("first"))
    held = asyncio.create_task(hold(inside, ENDLESS))
    await inside.wait()
    for one in asyncio.all_tasks() - others:
        one.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait([first, held])
    assert [await revision_of(one) for one in ("first", "held")] == [1, 0]


async def test_a_transaction_cut_off_by_the_end_says_itself_why_it_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.foundation.database.sqlite.CLOSING_SECONDS", 0.01)
    inside, closed = asyncio.Event(), asyncio.Event()

    async def refused() -> None:
        async with transaction() as tx:
            await revise(tx, "refused")
            inside.set()
            await closed.wait()
            raise RefusedError

    first, last = asyncio.create_task(count("first")), asyncio.create_task(refused())
    await inside.wait()
    await database.close()
    closed.set()
    with pytest.raises(TemporarilyUnavailable):
        await first
    with pytest.raises(RefusedError):
        await last


@pytest.mark.usefixtures("database")
async def test_whoever_goes_on_after_all_was_undone_keeps_nothing() -> None:
    async def go_on() -> None:
        async with transaction() as tx:
            await tx.run("ROLLBACK")
            with suppress(Exception):
                await revise(tx, "br2")

    first, lost, after = await asyncio.gather(
        count("br1"), go_on(), count("br3"), return_exceptions=True
    )
    assert [type(one) for one in (first, lost)] == [TemporarilyUnavailable] * 2
    assert after == 1
    assert [await revision_of(one) for one in ("br1", "br2", "br3")] == [0, 0, 1]


ONE_ROW = "INSERT INTO revision (subject_id, revision) VALUES (?, 1)"
Write = Callable[[Database, str], Coroutine[Any, Any, None]]


async def write_one(database: Database, name: str) -> None:
    await database.connection().execute_query(ONE_ROW, [name])


async def write_many(database: Database, name: str) -> None:
    await database.connection().execute_many(ONE_ROW, [[name]])


OUTSIDE: list[Write] = [write_one, write_many]
"""Ways to write that are no transaction of a use case."""


@pytest.mark.parametrize("write", OUTSIDE)
async def test_what_is_no_transaction_is_durable_when_it_returns_too(
    database: Database, write: Write
) -> None:
    with other_process(database) as other:

        async def alone(name: str) -> None:
            await write(database, name)
            found = other.execute("SELECT revision FROM revision WHERE subject_id = ?", [name])
            assert found.fetchone() == (1,)

        await asyncio.gather(
            *(one for n in range(3) for one in (count(f"br{n}"), alone(f"alone{n}")))
        )


@pytest.mark.parametrize("write", OUTSIDE)
async def test_what_is_no_transaction_waits_without_holding_the_loop(
    database: Database, write: Write
) -> None:
    await count("br1")
    with other_process(database) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(write(database, "br2"))
        await asyncio.sleep(0.02)
        assert not writing.done()
        other.execute("COMMIT")
        await writing


@pytest.mark.usefixtures("database")
async def test_a_read_that_is_canceled_as_its_thread_begins_ends_too() -> None:
    read = "SELECT max(n) AS n FROM (WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL"
    read += " SELECT n + 1 FROM line WHERE n < {}) SELECT n FROM line)"
    for _ in range(6):
        reading = asyncio.create_task(fetch(read.format(50_000_000)))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
    async with asyncio.timeout(2):
        assert await fetch(read.format(50_000)) == [{"n": 50_000}]


@pytest.mark.usefixtures("database")
async def test_many_quick_statements_leave_the_loop_to_others() -> None:
    turns = 0

    async def fill() -> None:
        async with transaction() as tx:
            for number in range(500):
                await revise(tx, f"br{number}")

    filling = asyncio.create_task(fill())
    while not filling.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10


@pytest.mark.usefixtures("database")
async def test_what_waits_for_the_commit_is_done_in_the_order_of_the_writes() -> None:
    told: list[int] = []

    async def tell() -> None:
        async with transaction() as tx:
            number = await revise(tx, "br1")
            tx.after_commit(lambda: told.append(number))

    await asyncio.gather(*(tell() for _ in range(2 * MEMBERS_MAX)))
    assert told == list(range(1, 2 * MEMBERS_MAX + 1))


@pytest.mark.usefixtures("database")
async def test_a_statement_that_takes_long_leaves_the_loop_to_others() -> None:
    turns = 0

    async def write() -> None:
        async with transaction() as tx:
            await tx.run(SLOW)

    writing = asyncio.gather(write(), write(), count("br1"))
    while not writing.done():
        turns += 1
        await asyncio.sleep(0.001)
    await writing
    assert turns > 5
    assert await revision_of("slow") == 100_001


async def test_another_process_that_writes_is_waited_for_without_holding_the_loop(
    database: Database,
) -> None:
    await count("br1")
    with other_process(database) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.gather(count("br1"), count("br1"))
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not writing.done()
        assert await fetch("SELECT revision FROM revision") == [{"revision": 1}]
        other.execute("COMMIT")
        assert await writing == [2, 3]


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_mixture_each_is_kept_or_undone_by_itself(
    database: Database, seed: int
) -> None:
    """Some fail, some are canceled at any moment, some take long: what was answered is durable."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    kept: set[str] = set()
    undone: set[str] = set()

    with other_process(database) as other:

        async def live(name: str) -> None:
            fate = chance.random()
            try:
                async with transaction() as tx:
                    await revise(tx, name)
                    if chance.random() < 0.2:
                        await tx.run(SLOW)
                    if chance.random() < 0.3:
                        await asyncio.sleep(chance.random() * 0.003)
                    await revise(tx, name)
                    if fate < 0.3:
                        raise RefusedError  # noqa: TRY301 - as a use case would
            except RefusedError:
                undone.add(name)
                return
            found = other.execute("SELECT revision FROM revision WHERE subject_id = ?", [name])
            assert found.fetchone() == (2,)
            kept.add(name)

        tasks = [asyncio.create_task(live(f"br{number}")) for number in range(40)]
        for one in chance.sample(tasks, 8):
            await asyncio.sleep(chance.random() * 0.004)
            one.cancel()
        async with asyncio.timeout(20):
            ends = await asyncio.gather(*tasks, return_exceptions=True)
    strange = [one for one in ends if not isinstance(one, asyncio.CancelledError | None)]
    assert strange == []
    found = {row["subject_id"]: row["revision"] for row in await fetch("SELECT * FROM revision")}
    found.pop("slow", None)
    assert kept <= found.keys()
    assert not undone & found.keys()
    assert set(found.values()) <= {2}
