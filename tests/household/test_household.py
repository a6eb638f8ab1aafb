"""A household's year is kept sealed, shown beside the loans, warned of once, and forgotten."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.adapters.kms import FileKms
from app.catalog.errors import RegionUnknown
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.database import business_date, fetch, set_business_date, transaction
from app.foundation.errors import NotFound
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.foundation.sealing import Vault, install_vault
from app.household import operations, queries
from app.household.graphql import HouseholdMutation, HouseholdQuery
from app.household.operations import SaveHousehold
from app.household.rules import ExpenseKind, IncomeKind, MonthLines
from app.origination import operations as origination
from app.origination import queries as applications
from app.servicing import queries as servicing
from tests.conftest import START
from tests.foundation.sealing.remote_kms import RemoteKms
from tests.origination.conftest import World, small_catalog, world

__all__ = ["small_catalog", "world"]

SCHEMA = strawberry.Schema(
    query=HouseholdQuery,
    mutation=HouseholdMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)
PLAN = """query($offerId: ID) { householdPlan(offerId: $offerId) { words floorPerson
  months { firstDay income expenses installments left short isTight words } } }"""
SAVE = """mutation($input: SaveHouseholdInput!) { saveHousehold(input: $input) { __typename
  ... on PlainProblem { code field } } }"""
CLEAR = """mutation($input: ClearHouseholdInput!) { clearHousehold(input: $input) {
  __typename } }"""
HARVEST = MonthLines(income={IncomeKind.CROPS: 2_000_000}, expenses={ExpenseKind.FARM: 100_000})


def said(borrower_id: str, key: str = "a", **changed: Any) -> SaveHousehold:  # noqa: ANN401 - any of its fields
    command = SaveHousehold(
        borrower_id=borrower_id,
        people=3,
        savings_fen=50_000,
        months={10: HARVEST},
        idempotency_key=key,
    )
    return replace(command, **changed)


async def ask(
    borrower_id: str, document: str, *, sees_all: bool = True, **variables: object
) -> dict[str, Any]:
    caller = BorrowerCaller(
        borrower_id=borrower_id,
        session_id="ss00000abcdefghi",
        trust=Trust.FULL,
        device_id=None if sees_all else "dv00000abcdefghi",
    )
    today = await business_date()
    context = Context(caller=caller, language="zh-Hans", now=START, today=today)
    result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def test_an_apple_farmers_year_beside_an_offer_and_then_beside_the_loan(world: World) -> None:
    borrower_id, application_id = await world.decide()
    await operations.save_household(said(borrower_id))
    offer = (await applications.offers_by_application([application_id]))[0][0]

    alone = (await ask(borrower_id, PLAN))["householdPlan"]
    with_offer = (await ask(borrower_id, PLAN, offerId=offer.offer_id))["householdPlan"]
    assert sum(month["installments"] for month in alone["months"]) == 0
    due = {line.due_on.isoformat()[:7]: line.total_fen for line in offer.cost.installments}
    shown = {one["firstDay"][:7]: one["installments"] for one in with_offer["months"]}
    assert all(due.get(month, 0) == fen for month, fen in shown.items())
    for bare, owing in zip(alone["months"], with_offer["months"], strict=True):
        assert bare["isTight"] <= owing["isTight"]
    assert with_offer["floorPerson"] == 62_130
    assert "11月" in alone["words"]
    assert "10月" not in alone["words"]
    for shown_to_whom in (alone, with_offer):
        assert "还款有困难" not in shown_to_whom["words"], "there is nothing to pay back yet"
    assert not any("该还的" in month["words"] for month in alone["months"])
    words = [month["words"] for month in with_offer["months"]]
    assert any("够用" in one for one in words)
    assert any("不够还" in one for one in words), "where the dues alone are not covered"
    assert not any("-" in one for one in words)

    await world.understand(borrower_id, application_id)
    await world.sign_now(borrower_id, application_id)
    await outbox.drain()
    await origination.accept_disbursement_notice(await world.notice(application_id))
    with pytest.raises(NotFound):
        await queries.plan_of(borrower_id, await business_date(), offer_id=offer.offer_id)
    with pytest.raises(NotFound):
        await queries.plan_of("br00000jklmnopqr", await business_date(), offer_id=offer.offer_id)
    assert "还款有困难" in (await ask(borrower_id, PLAN))["householdPlan"]["words"]
    loan = (await servicing.loans_of(borrower_id))[0]
    lines = (await servicing.plans_by_loan([loan.ref.loan_id]))[0]
    plan = await queries.plan_of(borrower_id, await business_date())
    assert plan is not None
    first = {line.payable_on.replace(day=1): line.left_fen for line in lines}
    assert {one.first_day: one.installments_fen for one in plan.months if one.installments_fen} == {
        day: fen for day, fen in first.items() if fen and day <= plan.months[-1].first_day
    }


async def test_what_is_said_is_sealed_merged_month_by_month_and_gone_when_cleared(
    world: World,
) -> None:
    borrower_id = await world.borrower()
    first = said(borrower_id, people=None, savings_fen=None)
    lean = MonthLines(expenses={ExpenseKind.SCHOOL: 123_456})
    await asyncio.gather(
        operations.save_household(first),
        operations.save_household(first),
        operations.save_household(
            said(borrower_id, key="b", months={3: lean}, people=5, savings_fen=7)
        ),
    )
    kept = await queries.household_of(borrower_id)
    assert kept is not None
    assert (kept.people, kept.savings_fen, dict(kept.months)) == (5, 7, {10: HARVEST, 3: lean})
    rows = await fetch("SELECT calendar FROM household")
    assert b"123456" not in bytes(rows[0]["calendar"])
    assert b"SCHOOL" not in bytes(rows[0]["calendar"])
    assert (await ask(borrower_id, PLAN, sees_all=False))["householdPlan"] is None
    read = "{ household { people months { month expenses { kind amount } } } }"
    assert (await ask(borrower_id, read))["household"]["months"][0] == {
        "month": 3,
        "expenses": [{"kind": "SCHOOL", "amount": 123_456}],
    }
    assert (await ask(borrower_id, read, sees_all=False))["household"] is None

    for _ in range(2):
        await ask(borrower_id, CLEAR, input={"idempotencyKey": "gone"})
    assert await queries.household_of(borrower_id) is None
    assert (await ask(borrower_id, PLAN))["householdPlan"] is None


def month(number: int, amount: int = 1, *, twice: bool = False) -> Mapping[str, object]:
    line = {"kind": "WAGES", "amount": amount}
    return {"month": number, "income": [line] * (1 + twice), "expenses": []}


WRONG: Sequence[dict[str, object]] = [
    {"people": 0, "months": []},
    {"people": 21, "months": []},
    {"savings": -1, "months": []},
    {"months": [month(0)]},
    {"months": [month(13)]},
    {"months": [month(1), month(1)]},
    {"months": [month(1, twice=True)]},
    {"months": [month(1, -1)]},
    {"months": [month(1, 1_000_000_001)]},
    {"months": [month(one % 12 + 1) for one in range(13)]},
]


async def test_what_cannot_be_is_refused_and_nothing_is_kept(world: World) -> None:
    borrower_id = await world.borrower()
    for at, wrong in enumerate(WRONG):
        answer = await ask(borrower_id, SAVE, input={**wrong, "idempotencyKey": f"k{at}"})
        assert answer["saveHousehold"]["code"] == "INVALID_INPUT", wrong
    assert await queries.household_of(borrower_id) is None


async def test_a_tight_month_is_told_of_once_three_weeks_ahead(world: World) -> None:
    borrower_id = await world.borrower()
    enough = {one: MonthLines(income={IncomeKind.WAGES: 400_000}) for one in range(1, 13)}
    await operations.save_household(said(borrower_id, months={**enough, 2: MonthLines()}))

    async def closed(day: date) -> int:
        async with transaction() as tx:
            await set_business_date(tx, day)
        return await operations.warn_of_tight_months(day)

    saved = {one: said(borrower_id, key=f"k{one}", savings_fen=0) for one in range(2)}
    spent = {one: MonthLines(income={IncomeKind.WAGES: 186_390}) for one in (11, 12, 1)}
    await operations.save_household(replace(saved[0], months=spent))
    assert await closed(date(2027, 1, 10)) == 0
    told = [await closed(date(2027, 1, 11)) for _ in range(2)]
    await operations.save_household(saved[1])  # looked at again, not told again
    told.append(await closed(date(2027, 1, 12)))
    assert told == [1, 0, 0]
    facts = await fetch("SELECT payload FROM outbox_fact WHERE name = 'TightMonthNear'")
    assert len(facts) == 1
    assert "2027-02" in str(facts[0]["payload"])
    assert '"has_loan":false' in str(facts[0]["payload"]), "no relief is offered without a loan"
    assert [row["month"] for row in await fetch("SELECT month FROM tight_warning")] == ["2027-02"]


LEAN = {one: MonthLines() for one in range(1, 13)}


async def test_of_two_closes_at_once_one_tells_of_a_tight_month(world: World) -> None:
    people = [await world.borrower(one) for one in ("orchard_farmer", "young_migrant")]
    for borrower_id in people:
        await operations.save_household(said(borrower_id, months=LEAN, savings_fen=0))
    day = date(2027, 1, 11)
    async with transaction() as tx:
        await set_business_date(tx, day)
    told = await asyncio.gather(*(operations.warn_of_tight_months(day) for _ in range(3)))
    assert sum(told) == 2
    facts = await fetch("SELECT payload FROM outbox_fact WHERE name = 'TightMonthNear'")
    assert len(facts) == 2
    assert len(await fetch("SELECT id FROM tight_warning")) == 2


async def test_a_household_whose_keys_cannot_be_had_waits_for_the_next_close(
    world: World, keyring: FileKms
) -> None:
    for persona in ("orchard_farmer", "young_migrant"):
        borrower_id = await world.borrower(persona)
        await operations.save_household(said(borrower_id, months=LEAN, savings_fen=0))
    day = date(2027, 1, 11)
    async with transaction() as tx:
        await set_business_date(tx, day)

    install_vault(Vault(RemoteKms(keyring, is_away=True)))  # a worker that was started just now
    assert await operations.warn_of_tight_months(day) == 0
    assert await fetch("SELECT id FROM tight_warning") == []
    install_vault(Vault(keyring))
    assert await operations.warn_of_tight_months(day) == 2
    assert await operations.warn_of_tight_months(day) == 0


async def test_a_countys_crops_begin_a_calendar(world: World) -> None:
    assert world
    crops = {one.code: one for one in await queries.crops_of("610629", date(2026, 11, 21))}
    assert sum(crops["orchard"].shares) == 1000
    assert crops["orchard"].shares[9] > 0
    shown = await ask("br00000abcdefghi", '{ householdCrops(regionCode: "610629") { code name } }')
    assert {"code": "orchard", "name": "苹果"} in shown["householdCrops"]
    with pytest.raises(RegionUnknown):
        await queries.crops_of("999999", date(2026, 11, 21))
