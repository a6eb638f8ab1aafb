"""Staff sign in and out over their own graph."""

from datetime import timedelta
from pathlib import Path

import pyotp

from app.foundation.base64url import as_text
from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock
from app.foundation.signatures.plain import unpacked
from app.identity import operations
from app.identity.rules.devices import kept_bytes
from app.identity.rules.staffing import Signers
from tests.identity.conftest import PASSWORD, Enroll, Person
from tests.identity.graphql.conftest import Ask
from tests.identity.operations.test_passkeys import SITE, new_key

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
    assert answer["message"].startswith(
        "The name, password, authenticator code or passkey is wrong"
    )
    malformed = (await ask_desk(SIGN_IN, input=proofs | {"totp": "0"}))["it"]
    assert malformed["field"] == "input.totp"


async def test_a_new_colleague_is_told_to_choose_and_is_nobody_once_they_have_left(
    ask_desk: Ask, clock: FixedClock
) -> None:
    made = await operations.give_place("wang", StaffRole.AGENT, Signers())
    totp = pyotp.TOTP(made.totp_secret)
    proofs = {"name": "wang", "password": made.password, "idempotencyKey": "first"}
    first = proofs | {"totp": totp.at(clock.now())}
    told = (await ask_desk(SIGN_IN, language="en", input=first))["it"]
    assert (told["code"], told["field"]) == ("PASSWORD_TO_CHANGE", "input.newPassword")
    assert "choose a password of your own" in told["message"]
    clock.advance(timedelta(seconds=30))
    chosen = {"totp": totp.at(clock.now()), "newPassword": PASSWORD, "idempotencyKey": "second"}
    token = (await ask_desk(SIGN_IN, input=proofs | chosen))["it"]["accessToken"]
    assert (await ask_desk(ME, token=token))["it"]["name"] == "wang"
    await operations.end_staff("wang", Signers())
    assert (await ask_desk(ME, token=token))["it"] is None


async def test_a_borrower_is_nobody_at_the_desk(ask_desk: Ask, person: Person) -> None:
    token = (await person.sign_in()).access_token
    assert (await ask_desk(ME, token=token))["it"] is None


def document(name: str) -> str:
    folder = Path(__file__).parents[3] / "fixtures" / "operations" / "staff"
    return (folder / f"{name}.graphql").read_text(encoding="utf-8")


async def test_a_passkey_stands_for_the_code_on_the_graph(
    ask_desk: Ask, enroll: Enroll, clock: FixedClock
) -> None:
    async def challenge(use: str) -> dict[str, str]:
        asked = await ask_desk(document("staff_passkey_challenge"), token=token, use=use)
        return asked["staffPasskeyChallenge"]

    enrolled, key, token = await enroll(), new_key(), None
    asked = {"name": "zhou", "password": PASSWORD, "idempotencyKey": "in"}
    code = pyotp.TOTP(enrolled.totp_secret).at(clock.now())
    operations.set_staff_site(SITE)
    try:
        token = (await ask_desk(SIGN_IN, input=asked | {"totp": code}))["it"]["accessToken"]
        to_sign = await challenge("ADD")
        parts = unpacked(key.registration(kept_bytes(to_sign["challenge"])), 2)
        made = {"clientData": as_text(parts[0]), "attestation": as_text(parts[1])}
        new = made | {"nonce": to_sign["nonce"], "name": "ring", "idempotencyKey": "add"}
        added = await ask_desk(document("add_staff_passkey"), token=token, input=new)
        passkey_id = added["addStaffPasskey"]["passkey"]["id"]

        answers: list[dict[str, str]] = []
        for number, use in enumerate(("SIGN_IN", "STEP_UP"), start=2):
            to_sign, key.counter = await challenge(use), number
            parts = unpacked(key.assertion(kept_bytes(to_sign["challenge"])), 3)
            names = ("clientData", "authenticatorData", "signature")
            answer = dict(zip(names, map(as_text, parts), strict=True))
            ours = {"nonce": to_sign["nonce"], "credentialId": as_text(key.credential_id)}
            answers.append(answer | ours)
        again = asked | {"passkey": answers[0], "idempotencyKey": "by-key"}
        it = (await ask_desk(SIGN_IN, input=again))["it"]
        assert it["__typename"] == "StaffSignInSuccess"
        both = (await ask_desk(SIGN_IN, input=again | {"totp": code}))["it"]
        assert (both["code"], both["field"]) == ("INVALID_INPUT", "input.totp")
        up = {"passkey": answers[1], "idempotencyKey": "up"}
        it = (await ask_desk(document("staff_step_up"), token=token, input=up))["staffStepUp"]
        assert it["__typename"] == "StaffStepUpSuccess"
        mine = (await ask_desk(document("staff_passkeys"), token=token))["staffPasskeys"]
        assert [(one["id"], one["name"]) for one in mine] == [(passkey_id, "ring")]
        gone = {"passkeyId": passkey_id, "idempotencyKey": "gone"}
        it = await ask_desk(document("remove_staff_passkey"), token=token, input=gone)
        assert it["removeStaffPasskey"]["passkeys"] == []
    finally:
        operations.set_staff_site(None)
