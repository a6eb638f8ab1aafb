"""Complaints are minded at the moment something is due, and cost nothing until then."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.foundation.caller import StaffCaller
from app.foundation.clock import FixedClock, local_date, milliseconds, moment_of
from app.foundation.database import Database, current
from app.support import operations, queries
from app.support.models import TicketRow
from app.support.operations import ReplyToTicket
from app.support.rules.complaints import Extension, Happened, signals
from tests.gateway.test_sql_budgets import let_all_be_awaited
from tests.support.conftest import answer
from tests.support.test_complaints import complain, extend

SECOND = timedelta(seconds=1)
QUIET = 500


@pytest.fixture
async def sent(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is sent to the database."""
    noted: list[str] = []
    client: Any = type(database.connection())
    let_all_be_awaited(client, monkeypatch)
    for name in ("execute_query", "execute_query_dict", "read"):
        monkeypatch.setattr(client, name, _noting(getattr(client, name), noted))
    return noted


def _noting(
    plain: Callable[..., Awaitable[Any]], noted: list[str]
) -> Callable[..., Awaitable[Any]]:
    async def execute(self: Any, query: str, *args: Any) -> Any:  # noqa: ANN401 - Tortoise's own
        noted.append(query)
        return await plain(self, query, *args)

    return execute


async def mind(clock: FixedClock) -> int:
    """Mind complaints as every round of a day does but its first, which looks at all of them."""
    kept = current().kept
    kept.update({key: local_date(clock.now()) for key in kept if key[0] == "complaints looked at"})
    return await operations.mind_complaints()


async def moments_of(ticket_id: str) -> tuple[datetime, ...]:
    row = await TicketRow.get(id=ticket_id)
    assert row.round_began_at is not None
    terms = await queries.clock_terms(local_date(moment_of(row.round_began_at)))
    return signals(row.due_at, terms, queries.somebody_works)


async def test_however_many_complaints_are_quiet_a_round_sends_one_statement(
    mei: str, clock: FixedClock, sent: list[str]
) -> None:
    ticket_id = (await complain(mei)).ticket_id
    await operations.mind_complaints()
    sent.clear()
    assert await mind(clock) == 0
    (few,) = sent
    assert "next_signal_at" in few
    (one,) = await TicketRow.filter(id=ticket_id).values()
    await TicketRow.bulk_create(
        [TicketRow(**{**one, "id": f"tk{number:014}"}) for number in range(QUIET)]
    )
    sent.clear()
    assert await mind(clock) == 0
    assert sent == [few]


async def test_each_signal_is_given_once_at_its_moment_and_neither_before_nor_again(
    mei: str, clock: FixedClock
) -> None:
    ticket_id = (await complain(mei)).ticket_id
    assert await operations.mind_complaints() == 0
    near, close, escalate, passed = await moments_of(ticket_id)
    row = await TicketRow.get(id=ticket_id)
    assert row.next_signal_at == milliseconds(near)
    given: list[int] = []
    for moment in (near, close, escalate, passed + SECOND):
        clock.advance(moment - SECOND - clock.now())
        given.append(await mind(clock))
        clock.advance(SECOND)
        given.append(await mind(clock))
        given.append(await mind(clock))
    assert given == [0, 1, 0] * 4
    steps = [step.what.value for step in (await queries.steps_by_ticket([ticket_id]))[0]]
    assert Counter(steps) == {"ALERTED": 2, "ESCALATED": 1, "PASSED": 1}
    assert (await TicketRow.get(id=ticket_id)).next_signal_at is None


async def happened(ticket_id: str) -> Counter[Happened]:
    return Counter(step.what for step in (await queries.steps_by_ticket([ticket_id]))[0])


async def test_whatever_sets_a_complaints_clock_anew_its_signals_follow(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    ticket_id = (await complain(mei)).ticket_id
    await operations.mind_complaints()
    was_near, *_ = await moments_of(ticket_id)
    await extend(agent, ticket_id, Extension.COMPLEX, key="complex")
    near, close, *_ = await moments_of(ticket_id)
    clock.advance(was_near - clock.now())
    assert await mind(clock) == 0, "the deadline that was is no deadline any more"
    clock.advance(near - clock.now())
    assert sum(await asyncio.gather(*(mind(clock) for _ in range(3)))) == 1
    await answer(agent, ticket_id)
    clock.advance(close - clock.now())
    assert await mind(clock) == 0, "it is not our turn"
    reply = ReplyToTicket(
        caller_id=mei, ticket_id=ticket_id, text="还没解决", idempotency_key="reply"
    )
    await operations.reply_to_ticket(reply)
    assert await mind(clock) == 0
    near, *_ = await moments_of(ticket_id)
    clock.advance(near - clock.now())
    assert await mind(clock) == 1
    assert await happened(ticket_id) == {Happened.EXTENDED: 1, Happened.ALERTED: 2}


async def test_a_clock_that_was_wrong_for_an_hour_gives_no_signal_twice_and_loses_none(
    mei: str, clock: FixedClock
) -> None:
    wrong = timedelta(hours=2)
    ticket_id = (await complain(mei)).ticket_id
    await operations.mind_complaints()
    near, close, *_ = await moments_of(ticket_id)
    clock.advance(near - wrong / 2 - clock.now())
    clock.advance(wrong)
    assert await mind(clock) == 1, "by that clock it was time"
    clock.advance(-wrong)
    assert await mind(clock) == 0
    clock.advance(wrong)
    assert await mind(clock) == 0
    clock.advance(close - SECOND - clock.now())
    assert await mind(clock) == 0
    clock.advance(SECOND)
    assert await mind(clock) == 1
    assert await happened(ticket_id) == {Happened.ALERTED: 2}


async def test_a_days_first_look_finds_what_has_no_moment_or_one_of_an_old_calendar(
    mei: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = [(await complain(mei, key=key)).ticket_id for key in ("old", "new")]
    await TicketRow.filter(id=old).update(next_signal_at=None)
    assert await operations.mind_complaints() == 0
    near, *_ = await moments_of(old)
    for ticket_id in (old, new):
        assert (await TicketRow.get(id=ticket_id)).next_signal_at == milliseconds(near)
    day, plain = local_date(near), queries.somebody_works

    def is_working(on: date) -> bool:
        return on != day and plain(on)

    monkeypatch.setattr(queries, "somebody_works", is_working)
    clock.advance(near - timedelta(days=1) - clock.now())
    assert await operations.mind_complaints() == 2, "who is told that day finds nobody there"
    assert await operations.mind_complaints() == 0
