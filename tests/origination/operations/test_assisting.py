"""An agent fills in for somebody in the shop; the person confirms it, or nothing comes of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.catalog import queries as catalog
from app.foundation import outbox
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import business_date, fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import unseal
from app.identity.errors import StepUpNeeded
from app.origination import operations, queries
from app.origination.errors import (
    AgentLimitReached,
    AssistedOver,
    BorrowerNotHereYet,
    MissingItem,
)
from app.origination.models import decision_cell
from app.origination.rules.assisting import (
    AnswerCallBack,
    AssistedState,
    BeginCallBack,
    Concentration,
    ConfirmAssisted,
    DeclineAssisted,
    StartAssisted,
)
from app.origination.rules.snapshot import snapshot_from
from tests.origination.conftest import World, refused

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def member(staff_id: str, role: StaffRole = StaffRole.PARTNER_AGENT) -> StaffCaller:
    return StaffCaller(staff_id=staff_id, session_id=f"sf{staff_id[2:]}", role=role)


AGENT, OTHER_AGENT = member("st0000000agent01"), member("st0000000agent02")
DESK = member("st0000000desk001", StaffRole.AGENT)


async def filled_in(
    world: World, persona: str = "orchard_farmer", **changes: object
) -> StartAssisted:
    told = world.persona(persona)
    region = told["identity"]["region_code"]
    offered = await catalog.offered_product("orchard_inputs", region, await business_date())
    start = StartAssisted(
        caller=AGENT,
        idempotency_key=world.key(),
        phone=told["contact"]["phone"],
        product_id=offered.version_id,
        region_code=region,
        amount_fen=told["wish"]["amount_fen"],
        months=told["wish"]["months"],
        purpose=told["wish"]["purpose"]["zh-Hans"],
    )
    return replace(start, **changes)


def confirm(borrower_id: str, assisted_id: str, key: str = "c1") -> ConfirmAssisted:
    return ConfirmAssisted(borrower_id=borrower_id, idempotency_key=key, assisted_id=assisted_id)


def answers(start: StartAssisted, assisted_id: str, key: str, **changes: object) -> AnswerCallBack:
    answer = AnswerCallBack(
        caller=DESK,
        idempotency_key=key,
        assisted_id=assisted_id,
        amount_fen=start.amount_fen,
        months=start.months,
        is_own_wish=True,
        paid_nobody=True,
    )
    return replace(answer, **changes)


async def test_what_an_agent_fills_in_becomes_the_persons_own_when_they_confirm_it(
    world: World,
) -> None:
    start = await filled_in(world)
    assisted_id = await operations.start_assisted(start)
    assert await operations.start_assisted(start) == assisted_id
    assert (await queries.assisted_by(AGENT.staff_id))[0].state is AssistedState.ASKED
    mei = await world.borrower()
    shown = (await queries.assisted_for(mei))[0]
    assert (shown.amount_fen, shown.months) == (start.amount_fen, start.months)

    told = await asyncio.gather(
        *(operations.confirm_assisted(confirm(mei, assisted_id, f"c{n % 2}")) for n in range(4)),
        return_exceptions=True,
    )
    made = {one for one in told if isinstance(one, str)}
    assert len(made) == 1
    assert all(isinstance(one, str | NotFound | AssistedOver) for one in told)
    (application_id,) = made
    missing = {one.item for one in (await queries.standings([application_id]))[0].missing}
    assert missing == {MissingItem.MONTHLY_INCOME, MissingItem.DEBT_PAYMENTS, MissingItem.CONSENT}
    stated = (await queries.statements_by_application([application_id]))[0]
    assert stated.purpose == start.purpose

    seen = (await queries.assisted_by(AGENT.staff_id))[0]
    assert (seen.state, seen.phone) == (AssistedState.CONFIRMED, None)
    kept = await fetch("SELECT phone, phone_index, purpose FROM assisted_application")
    assert kept == [{"phone": None, "phone_index": None, "purpose": None}]
    assert await fetch("SELECT id FROM data_key WHERE subject_id = ?", [assisted_id]) == []
    assert (await prove()).problems == []

    await world.fill_in(mei, application_id)
    await world.consent(mei, application_id)
    await world.submit(mei, application_id)
    await outbox.drain()
    row = (await fetch("SELECT id, borrower_id, snapshot FROM decision"))[0]
    assert await agent_share(row) == 10_000


async def agent_share(row: dict[str, Any]) -> int | None:
    """Read from the sealed snapshot what the decision saw of the agent."""
    cell = decision_cell(str(row["id"]), str(row["borrower_id"]), "snapshot")
    return snapshot_from(await unseal(cell, bytes(row["snapshot"]))).velocity.agent_bp


@on_one_database
async def test_whoever_is_not_meant_can_do_nothing_with_it(world: World) -> None:
    start = await filled_in(world)
    for role in set(StaffRole) - {StaffRole.PARTNER_AGENT}:
        as_role = replace(start, caller=member("st0000000desk001", role))
        await refused(Forbidden, operations.start_assisted(as_role))
    await refused(InvalidInput, operations.start_assisted(replace(start, phone="12345")))
    assisted_id = await operations.start_assisted(start)
    assert await queries.assisted_by(OTHER_AGENT.staff_id) == []
    parent = await world.borrower("school_parent")
    assert await queries.assisted_for(parent) == []
    await refused(NotFound, operations.confirm_assisted(confirm(parent, assisted_id)))
    decline = DeclineAssisted(borrower_id=parent, idempotency_key="d1", assisted_id=assisted_id)
    await refused(NotFound, operations.decline_assisted(decline))
    call = BeginCallBack(caller=AGENT, idempotency_key="b1", assisted_id=assisted_id)
    await refused(Forbidden, operations.begin_call_back(call))
    await refused(StepUpNeeded, operations.begin_call_back(replace(call, caller=DESK)))
    own = answers(start, assisted_id, "a1", caller=AGENT)
    await refused(Forbidden, operations.answer_call_back(own))

    mei = await world.borrower()
    mine = replace(decline, borrower_id=mei)
    await operations.decline_assisted(mine)
    await refused(NotFound, operations.confirm_assisted(confirm(mei, assisted_id)))
    late = await operations.start_assisted(replace(start, idempotency_key="late"))
    world.clock.advance(timedelta(days=7))
    await refused(NotFound, operations.confirm_assisted(confirm(mei, late)))
    assert await operations.end_assisted() == 1
    states = {one.state for one in await queries.assisted_by(AGENT.staff_id)}
    assert states == {AssistedState.DECLINED, AssistedState.EXPIRED}
    assert await fetch("SELECT id FROM data_key WHERE subject_id = ?", [late]) == []


@on_one_database
async def test_a_call_back_confirms_only_what_the_person_says_themselves(world: World) -> None:
    start = await filled_in(world)
    first = await operations.start_assisted(start)
    right = answers(start, first, "a1")
    await refused(BorrowerNotHereYet, operations.answer_call_back(right))
    mei = await world.borrower()
    assert await operations.answer_call_back(right) is AssistedState.CONFIRMED
    assert await operations.answer_call_back(right) is AssistedState.CONFIRMED
    await refused(AssistedOver, operations.answer_call_back(replace(right, idempotency_key="a2")))
    assert len(await fetch("SELECT id FROM loan_application WHERE borrower_id = ?", [mei])) == 1

    second = await operations.start_assisted(replace(start, idempotency_key="second"))
    wrong = {"amount_fen": 1}, {"is_own_wish": False}
    outcomes = [
        await operations.answer_call_back(answers(start, second, f"w{number}", **change))
        for number, change in enumerate(wrong)
    ]
    assert outcomes == [AssistedState.ASKED, AssistedState.DECLINED]
    kinds = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'assisted.%' ORDER BY seq")
    assert [row["kind"] for row in kinds] == [
        "assisted.started",
        "assisted.confirmed",
        "assisted.started",
        "assisted.answered_wrong",
        "assisted.answered_wrong",
    ]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_an_agent_who_fills_in_many_at_once_gets_no_more_in_than_a_day_has(
    world: World,
) -> None:
    start = await filled_in(world)
    many = [replace(start, idempotency_key=f"at-once-{number}") for number in range(36)]
    told = await asyncio.gather(
        *(operations.start_assisted(one) for one in many), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in told) == 30
    assert sum(isinstance(one, AgentLimitReached) for one in told) == 6


@on_one_database
async def test_an_agent_behind_most_of_a_county_stands_out_and_has_a_limit_a_day(
    world: World,
) -> None:
    start = await filled_in(world)
    mei = await world.borrower()
    for number in range(3):
        other = replace(
            start, caller=OTHER_AGENT, phone=f"1990000010{number}", idempotency_key=f"o{number}"
        )
        await operations.start_assisted(other)
    for number in range(5):
        many = replace(start, phone=f"1990000020{number}", idempotency_key=f"m{number}")
        await operations.start_assisted(many)
    world.clock.advance(timedelta(days=1))
    assisted_id = await operations.start_assisted(start)
    application_id = await operations.confirm_assisted(confirm(mei, assisted_id))
    found = await queries.agent_concentration_of(application_id)
    assert found is not None
    assert found == Concentration(
        agent_id=AGENT.staff_id, by_agent=6, in_county=9, by_agent_that_day=1
    )
    assert found.share_bp == 6_666
    unassisted = await world.start(mei)
    assert await queries.agent_concentration_of(unassisted) is None
    async with transaction() as tx:
        await tx.run(
            "UPDATE assisted_application SET started_at = (SELECT MAX(started_at) FROM"
            " assisted_application)"
        )
    for number in range(24):
        busy = replace(start, phone="19900000300", idempotency_key=f"b{number}")
        await operations.start_assisted(busy)
    more = replace(start, idempotency_key="one-too-many")
    await refused(AgentLimitReached, operations.start_assisted(more))
