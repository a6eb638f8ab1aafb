"""New versions of the catalog at the desk: two people, whole or not at all, and never changed."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from app.catalog import queries
from app.catalog.errors import ProductNotOffered
from app.catalog.operations import FIXTURES, load_catalog
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import business_date, fetch, set_business_date, transaction
from app.foundation.graphql import Context
from app.gateway.schema import STAFF_SCHEMA
from app.partners.operations import load_partners
from tests.desk import step_up_everybody
from tests.support.conftest import enroll

PROPOSAL = "id state version why makerName checkerName sha256 changes { field before after }"
PROBLEMS = """
  ... on VersionFaultyProblem { faults { version field reason message } }
  ... on Problem { code field message }
"""
PROPOSED = f"... on ProposeVersionSuccess {{ proposal {{ {PROPOSAL} }} }} {PROBLEMS}"
ENDING = f"... on ProposeWithdrawalSuccess {{ proposal {{ {PROPOSAL} }} }} {PROBLEMS}"
SETTLED = f"... on DecideVersionSuccess {{ proposal {{ {PROPOSAL} }} }} {PROBLEMS}"
PROPOSE = f"""mutation ($input: ProposeVersionInput!) {{
  proposeVersion(input: $input) {{ {PROPOSED} }} }}"""
WITHDRAW = f"""mutation ($input: ProposeWithdrawalInput!) {{
  proposeWithdrawal(input: $input) {{ {ENDING} }} }}"""
DECIDE = f"""mutation ($input: DecideVersionInput!) {{
  decideVersion(input: $input) {{ {SETTLED} }} }}"""
TAKE_BACK = """mutation ($input: TakeBackVersionInput!) {
  takeBackVersion(input: $input) { ... on TakeBackVersionSuccess { proposal { state } } } }"""
HISTORY = """query ($kind: VersionKind!, $code: String!) {
  catalogVersions(kind: $kind, code: $code, first: 2) {
    edges { node { version effectiveFrom sha256 proposal { makerName checkerName } } }
    pageInfo { hasNextPage } } }"""
WAITING = "{ versionProposals { id version makerName } }"
WHY = "果商说一年不够周转。"
TABLES = ("product_version", "region_pack", "policy_value", "version_proposal", "audit_entry")


async def ask(caller: StaffCaller, document: str, language: str = "en", **variables: object) -> Any:  # noqa: ANN401 - an answer's only field
    async with transaction() as tx:
        context = Context(caller=caller, language=language, now=tx.now, today=tx.today)
    answer = await STAFF_SCHEMA.execute(document, variable_values=variables, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    (value,) = answer.data.values()
    return value


async def propose(
    staff: StaffCaller, document: str, kind: str = "PRODUCT", key: str = "p", language: str = "en"
) -> Any:  # noqa: ANN401 - an answer's only field
    given = {"kind": kind, "document": document, "why": WHY, "idempotencyKey": key}
    return await ask(staff, PROPOSE, language, input=given)


async def decide(staff: StaffCaller, proposal: Any, key: str = "d", **changes: object) -> Any:  # noqa: ANN401 - an answer's only field
    given = {"proposalId": proposal["id"], "sha256": proposal["sha256"], "isApproved": True}
    return await ask(staff, DECIDE, input={**given, "idempotencyKey": key, **changes})


def shop(day: date, **edits: str) -> str:
    text = (FIXTURES / "products" / "small_shop-v2.toml").read_text(encoding="utf-8")
    text = text.replace("version = 2", "version = 3").replace("2026-11-20", day.isoformat())
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    return text


def card(day: date, **edits: str) -> str:
    text = (FIXTURES / "policy" / "scorecard-v2.json").read_text(encoding="utf-8")
    edits |= {'"version": 2': '"version": 3', "2026-11-20": day.isoformat()}
    for old, new in edits.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def reading_seconds(seconds: int, day: date) -> str:
    return (
        f'name = "reading_seconds_min"\neffective_from = {day}\nvalue = {seconds}\n'
        'unit = "seconds"\nkind = "reading"\nsource = "青苗的做法"\n'
        'meaning.zh-Hans = "要读这么多秒。"\nmeaning.en = "To be read so many seconds."\n'
    )


async def everything() -> list[list[dict[str, object]]]:
    return [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]


async def close_to(day: date) -> None:
    async with transaction() as tx:
        await set_business_date(tx, day)


@pytest.fixture
async def desk(policies: None) -> tuple[StaffCaller, StaffCaller]:
    """Give one who proposes and one who decides, and publish the fixtures."""
    assert policies is None
    await load_partners()
    return await enroll(StaffRole.RISK), await enroll(StaffRole.DIRECTOR)


async def test_a_version_holds_from_its_day_once_a_second_person_approved_it(
    desk: tuple[StaffCaller, StaffCaller],
) -> None:
    risk, director = desk
    day = await business_date() + timedelta(days=1)
    before = await queries.offered_product("small_shop", "320830", day)

    waits = (await propose(risk, shop(day, **{"typical = 12": "typical = 18"})))["proposal"]
    assert (waits["state"], waits["version"], waits["why"]) == ("PROPOSED", "small_shop:3", WHY)
    assert {one["field"]: (one["before"], one["after"]) for one in waits["changes"]} == {
        "effective_from": ('"2026-11-20"', f'"{day}"'),
        "version": ("2", "3"),
        "terms.typical": ("12", "18"),
    }
    assert (await propose(risk, shop(day, **{"typical = 12": "typical = 18"})))["proposal"] == waits
    assert await queries.offered_product("small_shop", "320830", day) == before
    assert [one["id"] for one in await ask(director, WAITING)] == [waits["id"]]

    done = (await decide(director, waits))["proposal"]
    assert (done["state"], done["checkerName"]) == ("PUBLISHED", "li.director")
    today = await queries.offered_product("small_shop", "320830", day - timedelta(days=1))
    after = await queries.offered_product("small_shop", "320830", day)
    assert (today.version_id, today.terms.typical) == (before.version_id, 12)
    assert (after.product.version, after.terms.typical) == (3, 18)
    assert await ask(director, WAITING) == []

    auditor = await enroll(StaffRole.AUDITOR)
    page = await ask(auditor, HISTORY, kind="PRODUCT", code="small_shop")
    assert [edge["node"]["version"] for edge in page["edges"]] == ["small_shop:3", "small_shop:2"]
    assert [edge["node"]["proposal"] for edge in page["edges"]] == [
        {"makerName": "li.risk", "checkerName": "li.director"},
        None,
    ]
    assert page["pageInfo"]["hasNextPage"]
    rows = await fetch(
        "SELECT kind, actor FROM audit_entry WHERE kind LIKE 'catalog%' ORDER BY seq"
    )
    assert [(row["kind"], row["actor"]) for row in rows] == [
        ("catalog.proposed", risk.staff_id),
        ("catalog.published", director.staff_id),
    ]

    end = {"productCode": "small_shop", "effectiveFrom": str(day), "why": WHY}
    ends = (await ask(risk, WITHDRAW, input={**end, "idempotencyKey": "w"}))["proposal"]
    assert (await decide(director, ends, key="w"))["proposal"]["state"] == "PUBLISHED"
    with pytest.raises(ProductNotOffered):
        await queries.offered_product("small_shop", "320830", day)
    kept = await queries.version_in(before.version_id, "320830", day)
    assert kept.product == before.product
    assert (await load_catalog()).products == 0


async def test_what_may_not_be_published_is_named_field_by_field_and_changes_nothing(
    desk: tuple[StaffCaller, StaffCaller], clock: FixedClock
) -> None:
    risk, director = desk
    day = await business_date() + timedelta(days=1)
    untouched = await everything()

    wrong = {'share = "0.8"': 'share = "0.7"', 'code = "yunling_bank"': 'code = "moon_bank"'}
    faulty = await propose(risk, shop(day, **wrong), language="zh-Hans")
    assert faulty["code"] == "CATALOG_VERSION_FAULTY"
    assert [(one["field"], one["reason"]) for one in faulty["faults"]] == [
        ("funders", "shares_not_one"),
        ("funders[1]", "partner_unknown"),
    ]
    assert faulty["faults"][1]["message"] == "没有 moon_bank 这家合作方。"
    for staff in (await enroll(StaffRole.AGENT), await enroll(StaffRole.AUDITOR)):
        assert (await propose(staff, reading_seconds(15, day), "POLICY"))["code"] == "FORBIDDEN"
    lazy = await enroll(StaffRole.SUPERVISOR, is_stepped_up=False)
    assert (await propose(lazy, reading_seconds(15, day), "POLICY"))["code"] == "STEP_UP_NEEDED"
    assert (await everything())[:4] == untouched[:4]

    waits = (await propose(risk, reading_seconds(15, day), "POLICY"))["proposal"]
    second = await propose(risk, reading_seconds(20, day), "POLICY", key="p2")
    assert second["code"] == "VERSION_PROPOSAL_WAITS"
    before = await everything()
    assert (await decide(risk, waits))["code"] == "OWN_VERSION_PROPOSAL"
    other = await decide(director, waits, sha256="0" * 64)
    assert (other["code"], other["field"]) == ("VERSION_PROPOSAL_OTHERWISE", "input.sha256")
    supervisor = await enroll(StaffRole.SUPERVISOR, name="li.second")
    assert (await decide(supervisor, waits))["code"] == "FORBIDDEN"
    async with transaction() as tx:
        await tx.run("UPDATE version_proposal SET content = REPLACE(content, '15', '16')", [])
    assert (await decide(director, waits))["code"] == "VERSION_PROPOSAL_OTHERWISE"
    async with transaction() as tx:
        await tx.run("UPDATE version_proposal SET content = REPLACE(content, '16', '15')", [])
    assert (await everything())[:4] == before[:4]

    await close_to(day)
    late = await decide(director, waits)
    assert [one["reason"] for one in late["faults"]] == ["day_too_early"]
    taken = await ask(risk, TAKE_BACK, input={"proposalId": waits["id"], "idempotencyKey": "t"})
    assert taken["proposal"]["state"] == "TAKEN_BACK"
    clock.advance(timedelta(minutes=1))
    assert (await decide(director, waits, key="d2"))["code"] == "VERSION_PROPOSAL_NOT_OPEN"


async def test_a_policy_value_changes_what_is_done_from_its_day_on_and_only_once(
    desk: tuple[StaffCaller, StaffCaller], clock: FixedClock
) -> None:
    risk, director = desk
    day = await business_date() + timedelta(days=3)
    waits = (await propose(risk, reading_seconds(25, day), "POLICY"))["proposal"]
    checkers = [director, await enroll(StaffRole.DIRECTOR, name="li.other")]

    answers = await asyncio.gather(
        *(decide(one, waits, key=f"d{n}") for n, one in enumerate(checkers))
    )

    assert sorted(answer.get("code", "done") for answer in answers) == [
        "VERSION_PROPOSAL_NOT_OPEN",
        "done",
    ]
    last = await queries.policy_book(day - timedelta(days=1))
    assert (
        last.whole("reading_seconds_min"),
        (await queries.policy_book(day)).whole("reading_seconds_min"),
    ) == (10, 25)
    rows = await fetch("SELECT 1 FROM policy_value WHERE code = 'reading_seconds_min'")
    assert len(rows) == 2
    clock.advance(timedelta(hours=1))
    await step_up_everybody()
    again = await propose(risk, reading_seconds(30, day), "POLICY", key="p9")
    assert {one["reason"] for one in again["faults"]} == {"stands_already", "stands_twice"}


async def test_a_scorecard_is_checked_whole_and_leaves_the_versions_before_as_they_were(
    desk: tuple[StaffCaller, StaffCaller],
) -> None:
    risk, director = desk
    day = await business_date() + timedelta(days=1)
    before = [await queries.scorecard_sha256(version) for version in (1, 2)]
    wrong = {
        '"name": "farm_years"': '"name": "zodiac_sign"',
        '"code": "CREDIT_INSURANCE"': '"code": "GOOD_LOOKS"',
        '"SCORE_LOW": {': '"SCORE_TINY": {',
    }
    faulty = await propose(risk, card(day, **wrong), "SCORECARD")
    assert {one["reason"] for one in faulty["faults"]} == {
        "feature_unknown",
        "mitigation_unknown",
        "reason_without_words",
    }
    same = await propose(risk, card(day), "SCORECARD")
    assert [one["reason"] for one in same["faults"]] == ["nothing_changes"]

    edits = {'"base_points": 350': '"base_points": 300'}
    waits = (await propose(risk, card(day, **edits), "SCORECARD"))["proposal"]
    assert waits["version"] == "3"
    assert {one["field"]: one["after"] for one in waits["changes"]} == {
        "base_points": "300",
        "effective_from": f'"{day}"',
        "version": "3",
    }
    second = await propose(risk, card(day, **edits), "SCORECARD", key="p2")
    assert second["code"] == "VERSION_PROPOSAL_WAITS"
    assert (await decide(risk, waits))["code"] == "OWN_VERSION_PROPOSAL"
    assert (await decide(director, waits))["proposal"]["state"] == "PUBLISHED"
    assert (await queries.scorecard(day - timedelta(days=1))).version == 2
    assert (await queries.scorecard(day)).base_points == 300
    assert [await queries.scorecard_sha256(version) for version in (1, 2)] == before
    page = await ask(risk, HISTORY, kind="SCORECARD", code="scorecard")
    assert [edge["node"]["version"] for edge in page["edges"]] == ["3", "2"]
    assert (await load_catalog()).scorecards == 0
