"""Staff sign in and out over their own graph."""

import pyotp

from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock
from tests.identity.conftest import PASSWORD, Enroll, Person
from tests.identity.graphql.conftest import Ask

PROBLEM = "... on Problem { code field message }"
SIGN_IN = (
    "mutation ($input: StaffSignInInput!) { it: staffSignIn(input: $input) { __typename"
    " ... on StaffSignInSuccess { accessToken expiresAt staff { id name role } }"
    f" ... on PlainProblem {{ retryAfterSeconds }} {PROBLEM} }} }}"
)
SIGN_OUT = (
    "mutation ($input: StaffSignOutInput!) { it: staffSignOut(input: $input) { __typename"
    f" ... on StaffSignOutSuccess {{ isSignedOut }} {PROBLEM} }} }}"
)
ME = "{ it: staffMe { id name role } }"


async def test_a_member_of_staff_signs_in_and_out(
    ask_desk: Ask, enroll: Enroll, clock: FixedClock
) -> None:
    enrolled = await enroll(role=StaffRole.SUPERVISOR)
    proofs = {
        "name": "zhou",
        "password": PASSWORD,
        "totp": pyotp.TOTP(enrolled.totp_secret).at(clock.now()),
        "idempotencyKey": "in",
    }
    answer = (await ask_desk(SIGN_IN, input=proofs))["it"]
    staff = {"id": enrolled.staff_id, "name": "zhou", "role": "SUPERVISOR"}
    assert answer["staff"] == staff
    token = answer["accessToken"]
    assert (await ask_desk(ME, token=token))["it"] == staff
    malformed = (await ask_desk(SIGN_OUT, token=token, input={"idempotencyKey": ""}))["it"]
    assert malformed["field"] == "input.idempotencyKey"
    for _ in range(2):
        out = (await ask_desk(SIGN_OUT, token=token, input={"idempotencyKey": "out"}))["it"]
        assert out == {"__typename": "StaffSignOutSuccess", "isSignedOut": True}
    assert (await ask_desk(ME, token=token))["it"] is None


async def test_wrong_proofs_are_a_problem(ask_desk: Ask, enroll: Enroll) -> None:
    await enroll()
    proofs = {"name": "zhou", "password": "wrong", "totp": "000000", "idempotencyKey": "in"}
    answer = (await ask_desk(SIGN_IN, language="en", input=proofs))["it"]
    assert answer["code"] == "SIGN_IN_FAILED"
    assert answer["message"].startswith("The name, password or authenticator code is wrong")
    malformed = (await ask_desk(SIGN_IN, input=proofs | {"totp": "0"}))["it"]
    assert malformed["field"] == "input.totp"


async def test_a_borrower_is_nobody_at_the_desk(ask_desk: Ask, person: Person) -> None:
    token = (await person.sign_in()).access_token
    assert (await ask_desk(ME, token=token))["it"] is None
