"""A borrower chooses a PIN over the graph, and risk sees who typed the one for duress."""

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.identity import operations, queries, rules
from tests.desk import step_up_everybody
from tests.forced import force
from tests.identity.conftest import PASSWORD, Enroll, Person
from tests.identity.graphql.conftest import Ask
from tests.identity.graphql.test_borrower import PROBLEM, keyed

PIN, OTHER, DURESS, WRONG = "482915", "719364", "605283", "918273"
SET = (
    "mutation ($input: SetPinInput!) { it: setPin(input: $input) {"
    f" __typename ... on SetPinSuccess {{ hasPin }} {PROBLEM} }} }}"
)
CHANGE = (
    "mutation ($input: ChangePinInput!) { it: changePin(input: $input) { __typename"
    " ... on ChangePinSuccess { hasPin } ... on WrongPinProblem { attemptsLeft }"
    f" {PROBLEM} }} }}"
)
SET_DURESS = (
    "mutation ($input: SetDuressPinInput!) { it: setDuressPin(input: $input) { __typename"
    " ... on SetDuressPinSuccess { hasPin } ... on WrongPinProblem { attemptsLeft }"
    f" {PROBLEM} }} }}"
)
ME = "{ it: me { hasPin isPinLocked } }"
FREEZES = "{ it: disbursementFreezes { id borrowerId frozenAt } }"
LIFT = (
    "mutation ($input: LiftDisbursementFreezeInput!) { it: liftDisbursementFreeze(input: $input) {"
    f" __typename ... on LiftDisbursementFreezeSuccess {{ freezeId }} {PROBLEM} }} }}"
)


@pytest.fixture(autouse=True)
def cheaply() -> Iterator[None]:
    """Hash at hardly any cost: what is tested here does not depend on it."""
    set_cost(Cost(memory_kib=64, passes=1))
    yield
    set_cost(USUAL_COST)


async def test_a_pin_is_chosen_changed_and_locked(ask: Ask, person: Person) -> None:
    token = (await person.sign_in()).access_token
    assert (await ask(ME, token=token))["it"] == {"hasPin": False, "isPinLocked": False}
    easy = (await ask(SET, token=token, input=keyed("easy", pin="123456")))["it"]
    assert (easy["code"], easy["field"]) == ("INVALID_INPUT", "input.pin")
    assert "太容易被猜到" in easy["message"]
    kept = (await ask(SET, token=token, input=keyed("set", pin=PIN)))["it"]
    assert kept == {"__typename": "SetPinSuccess", "hasPin": True}
    again = (await ask(SET, token=token, input=keyed("again", pin=OTHER)))["it"]
    assert again["code"] == "PIN_ALREADY_SET"
    changed = (await ask(CHANGE, token=token, input=keyed("change", pin=PIN, newPin=OTHER)))["it"]
    assert changed == {"__typename": "ChangePinSuccess", "hasPin": True}

    told: list[dict[str, Any]] = []
    for number in range(6):
        wrong = keyed(f"wrong-{number}", pin=WRONG, newPin=PIN)
        told.append((await ask(CHANGE, token=token, input=wrong))["it"])
    assert [one.get("attemptsLeft") for one in told] == [4, 3, 2, 1, 0, None]
    assert "锁上" in told[4]["message"]
    assert told[5]["code"] == "PIN_LOCKED"
    assert (await ask(ME, token=token))["it"] == {"hasPin": True, "isPinLocked": True}


async def test_a_pin_for_duress_shows_nowhere(ask: Ask, person: Person) -> None:
    signed_in = await person.sign_in()
    token = signed_in.access_token
    await ask(SET, token=token, input=keyed("set", pin=PIN))
    wrong = keyed("wrong", pin=WRONG, duressPin=DURESS)
    assert (await ask(SET_DURESS, token=token, input=wrong))["it"]["attemptsLeft"] == 4
    for pin, key in ((PIN, "second"), (DURESS, "forced")):
        before = (await ask(ME, token=token))["it"]
        given = keyed(key, pin=pin, duressPin=DURESS if pin == PIN else OTHER)
        done = (await ask(SET_DURESS, token=token, input=given))["it"]
        assert done == {"__typename": "SetDuressPinSuccess", "hasPin": True}
        assert (await ask(ME, token=token))["it"] == before
    assert await queries.is_disbursement_frozen(signed_in.borrower_id)


async def test_whoever_has_not_signed_in_has_no_pin_to_choose(ask: Ask) -> None:
    for document, given in (
        (SET, {"pin": PIN}),
        (CHANGE, {"pin": PIN, "newPin": OTHER}),
        (SET_DURESS, {"pin": PIN}),
    ):
        answer = (await ask(document, input=keyed("key", **given)))["it"]
        assert answer["code"] == "UNAUTHENTICATED"
    assert await fetch("SELECT borrower_id FROM pin") == []


async def test_only_risk_sees_whose_money_is_held_back_and_lets_it_flow(
    ask_desk: Ask, person: Person, enroll: Enroll, clock: FixedClock
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await force(borrower_id)
    set_cost(Cost(memory_kib=64, passes=1))
    tokens: dict[StaffRole, str] = {}
    for role in (StaffRole.RISK, StaffRole.AGENT):
        name = role.value.lower()
        enrolled = await enroll(name, role)
        signed_in = await operations.staff_sign_in(
            rules.StaffSignIn(
                name=name,
                password=PASSWORD,
                totp=pyotp.TOTP(enrolled.totp_secret).at(clock.now()),
                idempotency_key=name,
            )
        )
        assert isinstance(signed_in, rules.StaffSignedIn)
        tokens[role] = signed_in.access_token
    assert (await ask_desk(FREEZES))["it"] is None
    assert (await ask_desk(FREEZES, token=tokens[StaffRole.AGENT]))["it"] is None
    seen = (await ask_desk(FREEZES, token=tokens[StaffRole.RISK]))["it"]
    assert [one["borrowerId"] for one in seen] == [borrower_id]

    lift = keyed("lift", freezeId=seen[0]["id"], reason="met her in the office, alone")
    for token, code in ((None, "UNAUTHENTICATED"), (tokens[StaffRole.AGENT], "FORBIDDEN")):
        assert (await ask_desk(LIFT, token=token, input=lift))["it"]["code"] == code
    malformed = keyed("malformed", freezeId="fz", reason="x")
    refused = (await ask_desk(LIFT, token=tokens[StaffRole.RISK], input=malformed))["it"]
    assert refused["field"] == "input.freezeId"
    stale = (await ask_desk(LIFT, token=tokens[StaffRole.RISK], input=lift))["it"]
    assert stale["code"] == "STEP_UP_NEEDED"
    assert await queries.is_disbursement_frozen(borrower_id)
    await step_up_everybody()
    lifted = (await ask_desk(LIFT, token=tokens[StaffRole.RISK], input=lift))["it"]
    assert lifted["__typename"] == "LiftDisbursementFreezeSuccess"
    assert (await ask_desk(FREEZES, token=tokens[StaffRole.RISK]))["it"] == []
