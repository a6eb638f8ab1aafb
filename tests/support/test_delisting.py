"""Partners' places on the published list, ended and begun at the desk by one and another."""

from datetime import date, timedelta

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import business_date, transaction
from app.partners import queries
from app.partners.operations import load_partners
from tests.support.conftest import enroll
from tests.support.test_publishing import ask, close_to, decide, everything, propose

PROPOSED = """
  ... on ProposeDelistingSuccess { proposal { id state version sha256
    changes { field before after } } }
  ... on VersionFaultyProblem { faults { field reason } } ... on Problem { code field }
"""
DELIST = f"""mutation ($input: ProposeDelistingInput!) {{
  proposeDelisting(input: $input) {{ {PROPOSED} }} }}"""
NEW = """
code = "{code}"
version = 1
effective_from = {day}
kind = "BANK"
fictional = true
on_list_from = {day}
[name]
zh-Hans = "松原村镇银行"
en = "Songyuan Village Bank"
[role]
zh-Hans = "和我们一起把钱借给您。"
en = "Lends together with us."
"""


async def delist(staff: StaffCaller, day: date, key: str = "e", code: str = "yunling_bank"):  # noqa: ANN201 - an answer's only field
    given = {"partnerCode": code, "effectiveFrom": str(day), "why": "牌照收回了。"}
    return await ask(staff, DELIST, input={**given, "idempotencyKey": key})


async def codes(day: date) -> list[str]:
    return [one.code for one in await queries.partners(day)]


@pytest.fixture
async def desk(policies: None) -> tuple[StaffCaller, StaffCaller]:
    """Give one who proposes and one who decides, and publish the fixtures."""
    assert policies is None
    await load_partners()
    return await enroll(StaffRole.RISK), await enroll(StaffRole.DIRECTOR)


async def test_a_partner_leaves_the_list_when_a_second_person_says_so_and_not_before(
    desk: tuple[StaffCaller, StaffCaller],
) -> None:
    risk, director = desk
    today = await business_date()
    day = today + timedelta(days=10)

    waits = (await delist(risk, day))["proposal"]
    assert {one["field"]: (one["before"], one["after"]) for one in waits["changes"]} == {
        "effective_from": ('"2025-12-01"', f'"{day}"'),
        "on_list_until": ('"2028-11-30"', f'"{day - timedelta(days=1)}"'),
        "version": ("1", "2"),
    }
    assert "yunling_bank" in await codes(day)
    assert (await decide(risk, waits))["code"] == "OWN_VERSION_PROPOSAL"
    done = (await decide(director, waits))["proposal"]
    assert (done["state"], done["version"]) == ("PUBLISHED", "yunling_bank:2")
    assert "yunling_bank" in await codes(day - timedelta(days=1))
    assert "yunling_bank" not in await codes(day)

    again = await delist(risk, day, "e2")
    assert [one["reason"] for one in again["faults"]] == ["nothing_changes"]
    at_once = await delist(risk, today, "h", "hechuan_bank")
    await decide(director, at_once["proposal"], "h")
    assert "hechuan_bank" not in await codes(today)
    assert "hechuan_bank" in await codes(today - timedelta(days=1))
    assert await load_partners() == 0


async def test_a_partner_comes_on_the_list_tomorrow_at_the_earliest_and_never_in_the_past(
    desk: tuple[StaffCaller, StaffCaller], clock: FixedClock
) -> None:
    assert clock
    risk, director = desk
    today = await business_date()
    untouched = await everything()
    lazy = await enroll(StaffRole.SUPERVISOR, is_stepped_up=False)
    assert (await delist(lazy, today))["code"] == "STEP_UP_NEEDED"
    assert (await delist(await enroll(StaffRole.AGENT), today))["code"] == "FORBIDDEN"
    missing = await delist(risk, today, "m", "moon_bank")
    assert (missing["code"], missing["field"]) == ("NOT_FOUND", "input.partnerCode")
    for key, day, wrong in (
        ("a", today, {}),
        ("b", today + timedelta(days=1), {"version = 1": "version = 2"}),
        ("c", today + timedelta(days=1), {'kind = "BANK"': 'kind = "MOON"'}),
    ):
        text = NEW.format(code="songyuan_bank", day=day)
        for old, new in wrong.items():
            text = text.replace(old, new)
        assert (await propose(risk, text, "PARTNER", key))["faults"]
    gone = await delist(risk, today - timedelta(days=1), "p")
    assert {one["reason"] for one in gone["faults"]} == {"day_too_early"}
    assert (await everything())[:4] == untouched[:4]

    day = today + timedelta(days=1)
    text = NEW.format(code="songyuan_bank", day=day)
    waits = (await propose(risk, text, "PARTNER", "n"))["proposal"]
    assert (await decide(director, waits))["proposal"]["state"] == "PUBLISHED"
    assert "songyuan_bank" not in await codes(today)
    assert "songyuan_bank" in await codes(day)
    late = (await delist(risk, day, "l"))["proposal"]
    await close_to(day + timedelta(days=1))
    assert (await decide(director, late, "l"))["code"] == "CATALOG_VERSION_FAULTY"
    async with transaction() as tx:
        rows = await tx.rows("SELECT version_key FROM partner_version WHERE code = 'yunling_bank'")
    assert [row["version_key"] for row in rows] == ["yunling_bank:1"]
