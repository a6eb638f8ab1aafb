"""A read of ours sends so many statements and no more, however many rows there are."""

import asyncio
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult

from app.commands.benches.statements import Statement, scans
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.database import Database, business_date, transaction
from app.foundation.database.records import by_name
from app.foundation.errors import Refusal
from app.foundation.graphql import Context
from app.gateway.asking import Asked
from app.gateway.manifest import registered
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.identity import operations as identity
from app.identity.models import OneTimeCodeRow
from app.identity.operations.challenges import code_in
from app.identity.rules import RequestCode, VerifyCode
from app.literacy import operations as literacy
from app.loanmath.schedule import Method, Terms
from app.main import publish
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.payments import operations as payments
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef, OpenLoan
from app.support import operations as support
from app.support.rules import Category

BUDGETS: dict[str, int] = tomllib.loads(
    (Path(__file__).parents[2] / "fixtures" / "sql_budgets.toml").read_text(encoding="utf-8")
)["borrower"]
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
OURS = {
    one.name: one
    for one in registered("borrower")
    if one.kind == "query" and one.name != "MyData"  # which asks every room for every row
}


async def borrower_id() -> str:
    asked = await identity.request_code(RequestCode(phone="13800138000", idempotency_key="ask"))
    row = await OneTimeCodeRow.get(id=asked.challenge_id)
    entered = await identity.verify_code(
        VerifyCode(challenge_id=asked.challenge_id, code=code_in(row), idempotency_key="enter")
    )
    assert not isinstance(entered, Refusal)
    return entered.borrower_id


async def lend(to: str) -> LoanRef:
    async with transaction() as tx:
        terms = Terms(
            principal_fen=1_200_000,
            annual_rate=Decimal("0.12"),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=tx.today,
            count=12,
        )
        command = OpenLoan(
            borrower_id=to,
            application_id="ap00000000000001",
            product_code="orchard_inputs",
            product_version_id="pr00000000000001",
            terms=terms,
            agreement_id="ag00000000000001",
            charge_codes=("INTEREST", "PENALTY"),
            disbursement_id=tx.new_id("db"),
        )
        return await servicing.open_loan(tx, command)


class Life:
    """A borrower's rows, one of each kind at first, then several."""

    def __init__(self, borrower_id: str) -> None:
        self.borrower_id = borrower_id
        self.made = 0
        self.variables: dict[str, object] = {
            "amount": 20_000,
            "months": 12,
            "regionCode": "610629",
            "slug": "yearly-rate",
            "number": "pc00000000000000",
            "code": "NDPR-CE8W-H3T8-KYCJ",
            "capPerDebit": 10_000,
        }

    async def go_on(self) -> None:
        self.made += 1
        loan = await lend(self.borrower_id)
        repayment = await payments.repay(
            payments.Repay(loan=loan, amount_fen=20_000, idempotency_key=f"repay-{self.made}")
        )
        ticket = await support.open_ticket(
            support.OpenTicket(
                caller_id=self.borrower_id,
                category=Category.QUESTION,
                loan_id=None,
                text="想问问",
                idempotency_key=f"ticket-{self.made}",
            )
        )
        async with transaction() as tx:
            told = Notify(
                borrower_id=self.borrower_id,
                kind=Kind.LOAN_DISBURSED,
                data={"loan_id": loan.loan_id, "application_id": "ap0", "amount_fen": 1},
                dedupe_key=f"told-{self.made}",
            )
            await notify(tx, told)
        ids = {"Ticket": ticket.ticket_id, "Repayment": repayment.repayment_id}
        ids["Complaint"] = ticket.ticket_id
        self.variables |= {"loanId": loan.loan_id, "id": loan.loan_id, **ids}

    def of(self, name: str) -> dict[str, object]:
        """Return what an operation is given."""
        return {**self.variables, "id": self.variables.get(name, self.variables["id"])}


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


async def statements(life: Life, sent: Counter[str]) -> dict[str, int]:
    """
    Run every read of ours and count what those that answer send, once caches are warm.

    A cache may run out at any moment, and is then filled again: the least of three counts.
    """
    runner = Runner.over(BORROWER_SCHEMA, graph="borrower")
    caller = BorrowerCaller(
        borrower_id=life.borrower_id, session_id="ss00000000000000", trust=Trust.FULL
    )
    found: dict[str, int] = {}
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
            found[name] = min(found.get(name, sent.total()), sent.total())
    return found


async def test_reads_of_ours_send_as_many_statements_for_many_rows_as_for_one(
    database: Database, sent: Counter[str]
) -> None:
    assert database
    literacy.load_course()
    await publish()
    life = Life(await borrower_id())
    await life.go_on()
    few = await statements(life, sent)
    for _ in range(3):
        await life.go_on()
    many = await statements(life, sent)
    assert few == many
    assert few.keys() == BUDGETS.keys()
    above = {name: count for name, count in many.items() if count > BUDGETS[name]}
    assert above == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # which says how it searches
async def test_no_read_of_ours_looks_through_everybodys_rows(
    database: Database, asked: dict[str, Statement]
) -> None:
    literacy.load_course()
    await publish()
    life = Life(await borrower_id())
    await life.go_on()
    asked.clear()
    await statements(life, Counter())
    assert len(asked) > len(BUDGETS)
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as file:
        assert scans(file, asked.values()) == []
