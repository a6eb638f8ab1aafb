"""A borrower's phone is told what changed of what is theirs, and nothing of anybody else's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.database import Database, transaction
from app.foundation.graphql import Context
from app.foundation.revision import revise
from app.gateway.asking import Asked
from app.gateway.context import context_for
from app.gateway.running import Answered, Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.streaming import Streaming
from app.messaging.operations.notifying import Notify, notify
from app.messaging.rules import Kind
from app.servicing import operations as servicing
from tests.origination.conftest import World, small_catalog, world
from tests.servicing.conftest import opening, plain_terms

__all__ = ["small_catalog", "world"]

RUNNER = Runner.over(BORROWER_SCHEMA)
SECONDS = 5.0


class Told:
    """What a phone is told by one subscription."""

    def __init__(self, borrower_id: str, query: str, trust: Trust = Trust.FULL) -> None:
        asked = Asked(query)
        prepared = RUNNER.document(asked)
        assert not prepared.errors, prepared.errors
        self._caller = BorrowerCaller(borrower_id=borrower_id, session_id="ss", trust=trust)
        self._answers = Streaming(RUNNER, prepared, RUNNER.operation(prepared, asked), {}).answers(
            self._fresh
        )
        self._coming: asyncio.Future[Answered] | None = None

    async def _fresh(self) -> Context | None:
        return await context_for(self._caller, "zh-Hans", "")

    def _next(self) -> asyncio.Future[Answered]:
        if self._coming is None:
            self._coming = asyncio.ensure_future(anext(self._answers))
        return self._coming

    async def heard(self) -> dict[str, object]:
        async with asyncio.timeout(SECONDS):
            answered = await self._next()
        self._coming = None
        return orjson.loads(answered.body)

    async def nothing(self) -> bool:
        """Give what was changed time to be told, and say whether nothing was."""
        await asyncio.wait({self._next()}, timeout=0.1)
        return not self._next().done()

    async def end(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
        await self._answers.aclose()


@asynccontextmanager
async def told(borrower_id: str, query: str, trust: Trust = Trust.FULL) -> AsyncIterator[Told]:
    listening = Told(borrower_id, query, trust)
    try:
        yield listening
    finally:
        await listening.end()


async def test_a_phone_is_told_of_its_loans_applications_and_notifications_as_they_change(
    world: World,
) -> None:
    mei = await world.borrower()
    async with transaction() as tx:
        first = await servicing.open_loan(tx, opening(plain_terms(), borrower_id=mei))
    of_first = f'subscription {{ loanChanged(loanId: "{first.loan_id}") {{ id }} }}'
    async with (
        told(mei, "subscription { loanChanged { balance daysPastDue } }") as loans,
        told(mei, of_first) as one,
        told(mei, "subscription { applicationChanged { state } }") as applications,
        told(mei, "subscription { notificationArrived { kind title } }") as inbox,
        told("br00000lin000000", "subscription { notificationArrived { kind } }") as others,
    ):
        everybody = (loans, one, applications, inbox, others)
        assert all([await listening.nothing() for listening in everybody])
        async with transaction() as tx:
            changes = {"borrower_id": mei, "disbursement_id": "db0000000second0"}
            await servicing.open_loan(tx, opening(plain_terms(), **changes))
            await revise(tx, mei)
        loan = await loans.heard()
        assert loan == {"data": {"loanChanged": {"balance": 124_235, "daysPastDue": 0}}}
        await world.start(mei)
        state = await applications.heard()
        assert state == {"data": {"applicationChanged": {"state": "DRAFT"}}}
        async with transaction() as tx:
            about = Notify(
                borrower_id=mei, kind=Kind.LIMIT_LOWERED, data={"limit_fen": 5}, dedupe_key="x"
            )
            await notify(tx, about)
        notice = await inbox.heard()
        assert notice == {
            "data": {"notificationArrived": {"kind": "LIMIT_LOWERED", "title": "能新借的数少了"}}
        }
        assert all([await listening.nothing() for listening in everybody]), "each is told once"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_somebody_elses_id_is_listened_to_in_vain(world: World) -> None:
    mei, lin = await world.borrower(), "br00000lin000000"
    application_id = await world.start(mei)
    query = f'subscription {{ applicationChanged(applicationId: "{application_id}") {{ amount }} }}'
    async with transaction() as tx:
        loan = await servicing.open_loan(tx, opening(plain_terms(), borrower_id=mei))
    of_loan = f'subscription {{ loanChanged(loanId: "{loan.loan_id}") {{ id }} }}'
    async with told(mei, query) as own, told(lin, query) as theirs, told(lin, of_loan) as of_one:
        assert all([await listening.nothing() for listening in (own, theirs, of_one)])
        await world.fill_in(mei, application_id)
        async with transaction() as tx:
            await revise(tx, mei)
            await revise(tx, lin)
        assert (await own.heard())["data"] is not None
        assert await theirs.nothing()
        assert await of_one.nothing()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_only_knows_the_number_is_told_nothing(database: Database) -> None:
    assert database.dialect
    for field in ("loanChanged", "applicationChanged", "notificationArrived"):
        query = f"subscription {{ {field} {{ id }} }}"
        async with told("br00000mei000000", query, Trust.CONTACT) as listening:
            heard = await listening.heard()
        assert heard["data"] is None
        assert "CONTINUITY_NEEDED" in str(heard["errors"])
