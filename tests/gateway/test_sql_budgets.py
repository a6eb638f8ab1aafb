"""A read of ours sends so many statements and no more, however many rows there are."""

import asyncio
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult

from app.commands.benches.statements import Statement, scans
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.database import Database, business_date, transaction
from app.foundation.database.records import by_name
from app.foundation.graphql import Context
from app.gateway.asking import Asked
from app.gateway.manifest import registered
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.literacy import operations as literacy
from app.privacy import queries as privacy
from app.support import queries as support
from tests.gateway.borrowing import Life, LongLife
from tests.origination.conftest import World, small_catalog, world

__all__ = ["small_catalog", "world"]

BUDGETS: dict[str, int] = tomllib.loads(
    (Path(__file__).parents[2] / "fixtures" / "sql_budgets.toml").read_text(encoding="utf-8")
)["borrower"]
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
OURS = {
    one.name: one
    for one in registered("borrower")
    if one.kind == "query" and one.name != "MyData"  # which asks every room for every row
}

ONE_THING = {
    "AutoDebitText",
    "CheckCashReceipt",
    "CheckLearningCertificate",
    "CheckPayoffCertificate",
    "Complaint",
    "ContactAgreement",
    "ContactWishes",
    "DeletionPlan",
    "Explain",
    "HardshipOptions",
    "HouseholdCrops",
    "Lesson",
    "LessonPacks",
    "LessonPlain",
    "LessonSuggestions",
    "Lessons",
    "Loan",
    "LoanPlan",
    "Me",
    "MyFigureQuestion",
    "MyInvitation",
    "MyLearning",
    "NotificationPreferences",
    "Partners",
    "PaymentPreview",
    "PaymentPreviews",
    "Payoff",
    "Products",
    "Recovery",
    "Regions",
    "Repayment",
    "Rewards",
    "Ticket",
}
"""What shows one thing, or the same to everybody, however much somebody has."""


@dataclass(frozen=True)
class Read:
    """What a document was answered, and by how many statements."""

    data: dict[str, object]
    statements: int

    @property
    def length(self) -> int:
        """Count the values."""
        return sum(1 for _ in _leaves(self.data))


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


@pytest.fixture(autouse=True)
def obstacles() -> None:
    """Ask every room that the app asks what stands against closing an account."""
    privacy.ask_for_obstacles(support.obstacles_of)


@pytest.fixture
async def sent(database: Database, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is sent to the database, in transactions and outside; many rows of one as one."""
    counted: Counter[str] = Counter()
    client: Any = type(database.connection())
    let_all_be_awaited(client, monkeypatch)
    for name in ("execute_query", "execute_query_dict", "read"):
        monkeypatch.setattr(client, name, _counting(getattr(client, name), counted))
    async with transaction():
        inside: Any = type(database.connection())
    for name in ("execute_query", "execute_query_dict", "execute_insert", "execute_many"):
        monkeypatch.setattr(inside, name, _counting_alone(getattr(inside, name), counted))
    return counted


@pytest.fixture
async def asked(database: Database, monkeypatch: pytest.MonkeyPatch) -> dict[str, Statement]:
    """Keep each statement sent to the database, with values it was once sent with."""
    kept: dict[str, Statement] = {}
    client: Any = type(database.connection())
    let_all_be_awaited(client, monkeypatch)
    for name in ("execute_query", "execute_query_dict", "read"):
        monkeypatch.setattr(client, name, _keeping(getattr(client, name), kept))
    return kept


class _Row(dict[str, Any]):
    """A row as drivers give it: by name, and gone through value by value."""

    def __iter__(self) -> Any:  # noqa: ANN401 - values, where a dictionary has names
        return iter(self.values())


def let_all_be_awaited(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - a class
    """Have what is read at once read no later, but by `read`, where whoever looks on sees it."""
    at_once, read = client.at_once, client.read

    async def reading(self: Any, query: str, values: list[Any]) -> Any:  # noqa: ANN401 - rows
        found = at_once(self, query, values)
        if found is None:
            return await read(self, query, values)
        return [_Row(row) for row in by_name(found)]

    def never(*_: object) -> None:
        """Find nothing at once."""

    monkeypatch.setattr(client, "at_once", never)
    monkeypatch.setattr(client, "read", reading)


def _keeping(
    plain: Callable[..., Awaitable[Any]], kept: dict[str, Statement]
) -> Callable[..., Awaitable[Any]]:
    async def execute(self: Any, query: str, *args: Any) -> Any:  # noqa: ANN401 - Tortoise's own
        kept[query] = Statement(query, tuple(args[0] or ()) if args else ())
        return await plain(self, query, *args)

    return execute


def _counting_alone(
    plain: Callable[..., Awaitable[Any]], counted: Counter[str]
) -> Callable[..., Awaitable[Any]]:
    """Count what a transaction sends, one after another."""

    async def execute(self: Any, query: str, *args: Any) -> Any:  # noqa: ANN401 - Tortoise's own
        counted[query] += 1
        return await plain(self, query, *args)

    return execute


def _counting(
    plain: Callable[..., Awaitable[Any]], counted: Counter[str]
) -> Callable[..., Awaitable[Any]]:
    """
    Count what is sent, and hand out the answers of all that is under way together.

    A loader puts into one batch what is asked in the same turn of the loop: were answers handed out
    as they come, the machine's mood would decide how many batches there are.
    """
    under_way = 0
    all_answered = asyncio.Event()

    async def execute(self: Any, query: str, *args: Any) -> Any:  # noqa: ANN401 - Tortoise's own
        nonlocal under_way, all_answered
        counted[query] += 1
        under_way += 1
        turn = all_answered
        try:
            return await plain(self, query, *args)
        finally:
            under_way -= 1
            if under_way == 0:
                all_answered = asyncio.Event()
                turn.set()
                await asyncio.sleep(0)
            else:
                await turn.wait()

    return execute


async def reads(life: Life, sent: Counter[str]) -> dict[str, Read]:
    """
    Run every read of ours and count what those that answer send, once caches are warm.

    A cache may run out at any moment, and is then filled again: the least of three counts.
    """
    runner = Runner.over(BORROWER_SCHEMA, graph="borrower")
    caller = BorrowerCaller(
        borrower_id=life.borrower_id, session_id="ss00000000000000", trust=Trust.FULL
    )
    found: dict[str, Read] = {}
    for name, one in OURS.items():
        prepared = runner.document(Asked(query=None, document_id=one.short_id))
        operation = runner.operation(prepared, Asked(query=None))
        assert runner.execute is not None
        for _ in range(3):
            context = Context(caller, "zh-Hans", NOW, await business_date())
            sent.clear()
            result = await runner.execute(prepared, operation, life.of(name), context)
            assert isinstance(result, ExecutionResult)
            if result.errors or result.data is None or None in result.data.values():
                break
            least = min(sent.total(), found[name].statements if name in found else sent.total())
            found[name] = Read(result.data, least)
    return found


async def test_reads_of_ours_send_as_many_statements_for_many_rows_as_for_one(
    world: World, sent: Counter[str]
) -> None:
    literacy.load_course()
    life = await LongLife.begin(world)
    await life.go_on()
    few = await reads(life, sent)
    for _ in range(3):
        await life.go_on()
    many = await reads(life, sent)
    assert few.keys() == many.keys() == BUDGETS.keys()
    longer = {name for name, read in many.items() if read.length > few[name].length}
    assert many.keys() - longer == ONE_THING
    counts = {name: read.statements for name, read in many.items()}
    assert counts == {name: read.statements for name, read in few.items()}
    above = {name: count for name, count in counts.items() if count > BUDGETS[name]}
    assert above == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # which says how it searches
async def test_no_read_of_ours_looks_through_everybodys_rows(
    database: Database, world: World, asked: dict[str, Statement]
) -> None:
    literacy.load_course()
    life = await LongLife.begin(world)
    await life.go_on()
    asked.clear()
    await reads(life, Counter())
    assert len(asked) > len(BUDGETS)
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as file:
        assert scans(file, asked.values()) == []
