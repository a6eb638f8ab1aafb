"""Risk staff settle referrals without learning who they are about."""

import pytest

from app.foundation.caller import StaffRole
from app.foundation.database import business_date
from app.origination.models import DrawLimitRow, EarlyWarningRow
from tests.origination.conftest import World, everything
from tests.origination.graphql.conftest import Ask

LIST = """{ referredApplications { edges { node { applicationId productCode regionCode amount
  months reasons signs score isMine isTaken proposedOutcome isProposedByMe
  referredAt } } pageInfo { hasNextPage } } }"""
TAKE = """mutation T($input: TakeReferredApplicationInput!) { takeReferredApplication(input: $input)
  { __typename ... on Problem { code } } }"""
REVIEW = """mutation R($input: ReviewApplicationInput!) { reviewApplication(input: $input) {
  __typename ... on ReviewApplicationSuccess { applicationId isSettled }
  ... on Problem { code field message } ... on StepOutOfOrderProblem { state } } }"""


async def test_a_referral_is_listed_and_settled(world: World, ask_staff: Ask) -> None:
    _, application_id = await world.decide("young_migrant")
    listed = (await ask_staff(LIST))["referredApplications"]["edges"]
    assert [edge["node"]["applicationId"] for edge in listed] == [application_id]
    assert listed[0]["node"]["reasons"] == ["PHONE_NEW", "CREDIT_FILE_THIN", "TURNOVER_UNKNOWN"]
    assert "会小东" not in repr(listed)
    take = {"applicationId": application_id, "idempotencyKey": "take"}
    taken = (await ask_staff(TAKE, input=take))["takeReferredApplication"]
    assert taken["__typename"] == "TakeReferredApplicationSuccess"
    ((mine,),) = [(await ask_staff(LIST))["referredApplications"]["edges"]]
    assert (mine["node"]["isMine"], mine["node"]["isTaken"]) == (True, False)
    command = {"applicationId": application_id, "isApproved": True, "idempotencyKey": "once"}
    settled = (await ask_staff(REVIEW, input=command))["reviewApplication"]
    assert settled["applicationId"] == application_id
    assert await world.state(application_id) == "OFFERED"
    again = command | {"idempotencyKey": "twice"}
    problem = (await ask_staff(REVIEW, input=again))["reviewApplication"]
    assert (problem["__typename"], problem["state"]) == ("StepOutOfOrderProblem", "OFFERED")
    assert (await ask_staff(LIST))["referredApplications"]["edges"] == []


async def test_a_service_agent_settles_nothing(world: World, ask_staff: Ask) -> None:
    _, application_id = await world.decide("young_migrant")
    before = await everything()
    command = {"applicationId": application_id, "isApproved": True, "idempotencyKey": "once"}
    problem = (await ask_staff(REVIEW, StaffRole.AGENT, input=command))["reviewApplication"]
    assert problem["code"] == "FORBIDDEN"
    malformed = command | {"applicationId": "x"}
    problem = (await ask_staff(REVIEW, input=malformed))["reviewApplication"]
    assert (problem["code"], problem["field"]) == ("INVALID_INPUT", "input.applicationId")
    assert await everything() == before
    with pytest.raises(AssertionError, match="FORBIDDEN"):
        await ask_staff(LIST, StaffRole.AGENT)


WARNINGS = "{ earlyWarnings { edges { node { borrowerId kind raisedOn } } } }"
LOWERED = "{ loweredLimit { limit since reasons { code words whatWouldChangeIt } } }"


async def test_staff_see_whom_to_ask_and_the_borrower_why_less_can_be_drawn(
    world: World, ask_staff: Ask, ask: Ask
) -> None:
    assert world
    today = await business_date()
    mei = "br00000mei000000"
    await EarlyWarningRow.create(
        id="ew00000000000001", borrower_id=mei, kind="LATE", live_key="one", raised_on=today
    )
    await EarlyWarningRow.create(
        id="ew00000000000002", borrower_id=mei, kind="LATE", raised_on=today, ended_on=today
    )
    (listed,) = (await ask_staff(WARNINGS))["earlyWarnings"]["edges"]
    assert listed["node"] == {"borrowerId": mei, "kind": "LATE", "raisedOn": today.isoformat()}
    with pytest.raises(AssertionError, match="FORBIDDEN"):
        await ask_staff(WARNINGS, StaffRole.AGENT)
    await DrawLimitRow.create(
        borrower_id=mei,
        limit_fen=500_000,
        reasons='["LATE_NOW"]',
        score_id="mo00000000000001",
        set_on=today,
    )
    lowered = (await ask(LOWERED, mei))["loweredLimit"]
    assert (lowered["limit"], lowered["reasons"][0]["code"]) == (500_000, "LATE_NOW")
    assert lowered["reasons"][0]["whatWouldChangeIt"]
    assert (await ask(LOWERED, "br00000lin000000"))["loweredLimit"] is None
    assert (await ask(LOWERED))["loweredLimit"] is None
