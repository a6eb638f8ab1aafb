"""A phone signs in, says who its owner is and minds its sessions, over the graph."""

from datetime import timedelta
from typing import Any

import pytest
from strawberry.printer import print_schema

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from tests.identity.conftest import LAN, MEI, Person, Phones
from tests.identity.graphql.conftest import BORROWERS, STAFF, Ask

PROBLEM = "... on Problem { code field message }"
REQUEST = (
    "mutation ($input: RequestOtpInput!) { it: requestOtp(input: $input) {"
    " __typename ... on RequestOtpSuccess { challengeId phone expiresAt resendAfterSeconds }"
    f" ... on PlainProblem {{ retryAfterSeconds }} {PROBLEM} }} }}"
)
VERIFY = (
    "mutation ($input: VerifyOtpInput!) { it: verifyOtp(input: $input) {"
    " __typename ... on VerifyOtpSuccess"
    " { borrowerId sessionId accessToken refreshToken expiresAt isNew }"
    f" ... on WrongCodeProblem {{ attemptsLeft }} {PROBLEM} }} }}"
)
REFRESH = (
    "mutation ($input: RefreshSessionInput!) { it: refreshSession(input: $input) {"
    " __typename ... on RefreshSessionSuccess { accessToken refreshToken expiresAt }"
    f" {PROBLEM} }} }}"
)
SIGN_OUT = (
    "mutation ($input: SignOutInput!) { it: signOut(input: $input) {"
    f" __typename ... on SignOutSuccess {{ isSignedOut }} {PROBLEM} }} }}"
)
END = (
    "mutation ($input: EndSessionInput!) { it: endSession(input: $input) {"
    f" __typename ... on EndSessionSuccess {{ sessionId }} {PROBLEM} }} }}"
)
BORROWER = (
    "{ id name phone residentId bankCardTail regionCode monthlyIncome purpose isStudent"
    " language isProfileComplete joinedAt }"
)
COMPLETE = (
    "mutation ($input: CompleteProfileInput!) { it: completeProfile(input: $input) {"
    f" __typename ... on CompleteProfileSuccess {{ borrower {BORROWER} }}"
    f" ... on UnderAgeProblem {{ ageMin }} ... on ResidentIdTakenProblem {{ contactsSupport }}"
    f" {PROBLEM} }} }}"
)
SET_CARD = (
    "mutation ($input: SetBankCardInput!) { it: setBankCard(input: $input) {"
    " __typename ... on SetBankCardSuccess { borrower { bankCardTail } }"
    f" {PROBLEM} }} }}"
)
SET_LANGUAGE = (
    "mutation ($input: SetLanguageInput!) { it: setLanguage(input: $input) {"
    f" __typename ... on SetLanguageSuccess {{ borrower {{ language }} }} {PROBLEM} }} }}"
)
ME = f"{{ it: me {BORROWER} }}"
SESSIONS = "{ it: mySessions { id deviceName startedAt lastUsedOn isCurrent } }"
NODE = "query ($id: ID!) { it: node(id: $id) { __typename id } }"
PROFILE: dict[str, Any] = {
    "name": "石宝塬",
    "residentId": "612629198003120014",
    "regionCode": "610629",
    "monthlyIncome": 450_000,
    "purpose": "买肥料和果袋",
    "bankCard": "6200000000000013",
}


def keyed(key: str, **values: object) -> dict[str, object]:
    return {**values, "idempotencyKey": key}


async def signed_in(ask: Ask, phones: Phones, phone: str = MEI, **more: str) -> dict[str, Any]:
    asked = (await ask(REQUEST, input=keyed(f"ask-{phone}", phone=phone)))["it"]
    await outbox.drain()
    typed = keyed("type", challengeId=asked["challengeId"], code=phones.code(), **more)
    answer = (await ask(VERIFY, input=typed))["it"]
    assert answer["__typename"] == "VerifyOtpSuccess"
    return answer


async def test_a_phone_signs_in_and_reads_its_owner(
    ask: Ask, phones: Phones, clock: FixedClock
) -> None:
    asked = (await ask(REQUEST, input=keyed("ask", phone=MEI)))["it"]
    assert asked == {
        "__typename": "RequestOtpSuccess",
        "challengeId": asked["challengeId"],
        "phone": "138****8000",
        "expiresAt": (clock.now() + timedelta(minutes=5)).isoformat(),
        "resendAfterSeconds": 60,
    }
    await outbox.drain()
    wrong = keyed("wrong", challengeId=asked["challengeId"], code="000000")
    assert (await ask(VERIFY, input=wrong))["it"] == {
        "__typename": "WrongCodeProblem",
        "attemptsLeft": 4,
        "code": "WRONG_CODE",
        "field": "input.code",
        "message": "验证码不对，还可以再试 4 次。请对照最近一条短信再输一遍。",
    }
    right = keyed("right", challengeId=asked["challengeId"], code=phones.code())
    answer = (await ask(VERIFY, input=right))["it"]
    assert answer["isNew"]
    me = (await ask(ME, token=answer["accessToken"]))["it"]
    assert me == {
        "id": answer["borrowerId"],
        "name": None,
        "phone": "138****8000",
        "residentId": None,
        "bankCardTail": None,
        "regionCode": None,
        "monthlyIncome": None,
        "purpose": None,
        "isStudent": False,
        "language": "ZH_HANS",
        "isProfileComplete": False,
        "joinedAt": clock.now().isoformat(),
    }


async def test_the_last_wrong_guess_says_what_to_do(ask: Ask, phones: Phones) -> None:
    asked = (await ask(REQUEST, input=keyed("ask", phone=MEI)))["it"]
    await outbox.drain()
    code = "111111" if phones.code() == "000000" else "000000"
    answer: dict[str, Any] = {}
    for number in range(5):
        typed = keyed(f"{number}", challengeId=asked["challengeId"], code=code)
        answer = (await ask(VERIFY, language="en", input=typed))["it"]
    assert answer["attemptsLeft"] == 0
    assert answer["message"].endswith("Please ask for a new one.")
    typed = keyed("late", challengeId=asked["challengeId"], code=phones.code())
    assert (await ask(VERIFY, input=typed))["it"]["code"] == "CODE_EXPIRED"


async def test_too_many_codes_say_how_long_to_wait(ask: Ask) -> None:
    await ask(REQUEST, input=keyed("one", phone=MEI))
    answer = (await ask(REQUEST, input=keyed("two", phone=MEI)))["it"]
    assert (answer["code"], answer["retryAfterSeconds"]) == ("RATE_LIMITED", 60)


@pytest.mark.parametrize(
    ("document", "values", "path"),
    [
        (REQUEST, {"phone": "12345"}, "input.phone"),
        (VERIFY, {"challengeId": "oc1", "code": "123456"}, "input.challengeId"),
        (VERIFY, {"challengeId": "ss00000000000000", "code": "123456"}, "input.challengeId"),
        (VERIFY, {"challengeId": "oc00000000000000", "code": "x"}, "input.code"),
        (
            VERIFY,
            {"challengeId": "oc00000000000000", "code": "123456", "deviceName": "x" * 65},
            "input.deviceName",
        ),
    ],
)
async def test_malformed_input_names_its_field(
    ask: Ask, document: str, values: dict[str, object], path: str
) -> None:
    answer = (await ask(document, input=keyed("key", **values)))["it"]
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", path)
    assert await fetch("SELECT id FROM one_time_code") == []


async def test_a_profile_is_completed_and_shown(ask: Ask, phones: Phones) -> None:
    token = (await signed_in(ask, phones))["accessToken"]
    answer = (await ask(COMPLETE, token=token, input=keyed("profile", **PROFILE)))["it"]
    shown = answer["borrower"]
    assert (shown["name"], shown["residentId"], shown["monthlyIncome"]) == (
        "石宝塬", "612***…14", 450_000,
    )  # fmt: skip
    assert shown["isProfileComplete"]
    assert (await ask(ME, token=token))["it"] == shown


async def test_somebody_under_age_is_told_kindly(ask: Ask, phones: Phones) -> None:
    token = (await signed_in(ask, phones))["accessToken"]
    values = PROFILE | {"residentId": "350524201004010089"}
    answer = (await ask(COMPLETE, token=token, input=keyed("profile", **values)))["it"]
    assert (answer["__typename"], answer["ageMin"]) == ("UnderAgeProblem", 18)
    assert "监护人" in answer["message"]
    assert not (await ask(ME, token=token))["it"]["isProfileComplete"]


async def test_a_taken_resident_id_offers_customer_service(ask: Ask, phones: Phones) -> None:
    mei = (await signed_in(ask, phones))["accessToken"]
    await ask(COMPLETE, token=mei, input=keyed("profile", **PROFILE))
    lan = (await signed_in(ask, phones, LAN))["accessToken"]
    answer = (await ask(COMPLETE, token=lan, input=keyed("profile", **PROFILE)))["it"]
    assert (answer["__typename"], answer["contactsSupport"]) == ("ResidentIdTakenProblem", True)
    assert "138" not in answer["message"]


async def test_another_name_is_refused_with_the_way_to_a_correction(
    ask: Ask, phones: Phones
) -> None:
    token = (await signed_in(ask, phones))["accessToken"]
    await ask(COMPLETE, token=token, input=keyed("profile", **PROFILE))
    other = keyed("other", **PROFILE | {"name": "石宝源", "monthlyIncome": 1})
    answer = (await ask(COMPLETE, token=token, input=other))["it"]
    assert (answer["code"], answer["field"]) == ("NAME_FIXED", "input.name")
    assert "更正" in answer["message"]
    me = (await ask(ME, token=token))["it"]
    assert (me["name"], me["monthlyIncome"]) == ("石宝塬", 450_000)


async def test_a_malformed_profile_names_its_field(ask: Ask, phones: Phones) -> None:
    token = (await signed_in(ask, phones))["accessToken"]
    values = PROFILE | {"monthlyIncome": -5}
    answer = (await ask(COMPLETE, token=token, input=keyed("profile", **values)))["it"]
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "input.monthlyIncome")


async def test_card_and_language_are_set(ask: Ask, phones: Phones) -> None:
    token = (await signed_in(ask, phones))["accessToken"]
    card = keyed("card", bankCard="6200 0000 0000 0021")
    assert (await ask(SET_CARD, token=token, input=card))["it"] == {
        "__typename": "SetBankCardSuccess",
        "borrower": {"bankCardTail": "0021"},
    }
    wrong = keyed("wrong", bankCard="6200 0000 0000 0022")
    assert (await ask(SET_CARD, token=token, input=wrong))["it"]["field"] == "input.bankCard"
    language = keyed("language", language="EN")
    assert (await ask(SET_LANGUAGE, token=token, input=language))["it"]["borrower"] == {
        "language": "EN"
    }
    reused = keyed("language", language="ZH_HANS")
    answer = (await ask(SET_LANGUAGE, token=token, input=reused))["it"]
    assert answer["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await ask(ME, token=token))["it"]["language"] == "EN"


async def test_tokens_go_on_and_a_copied_one_ends_the_session(ask: Ask, phones: Phones) -> None:
    first = await signed_in(ask, phones)
    tokens = [first["refreshToken"]]
    for number in range(2):
        answer = (await ask(REFRESH, input=keyed(f"r{number}", refreshToken=tokens[-1])))["it"]
        tokens.append(answer["refreshToken"])
    stolen = keyed("stolen", refreshToken=tokens[0])
    assert (await ask(REFRESH, input=stolen))["it"]["code"] == "SESSION_REVOKED"
    assert (await ask(ME, token=first["accessToken"]))["it"] is None
    nonsense = keyed("nonsense", refreshToken="nonsense")
    assert (await ask(REFRESH, input=nonsense))["it"]["code"] == "UNAUTHENTICATED"


async def test_sessions_are_listed_and_ended(
    ask: Ask, phones: Phones, person: Person, clock: FixedClock
) -> None:
    lost = await person.sign_in(device_name="Redmi 9A")
    clock.advance(timedelta(minutes=2))
    mine = await signed_in(ask, phones)
    token = mine["accessToken"]
    listed = (await ask(SESSIONS, token=token))["it"]
    assert [(one["deviceName"], one["isCurrent"]) for one in listed] == [
        ("手机", True),
        ("Redmi 9A", False),
    ]
    assert listed[0]["lastUsedOn"] == "2026-11-21"
    end = keyed("end", sessionId=lost.session_id)
    assert (await ask(END, token=token, input=end))["it"]["sessionId"] == lost.session_id
    assert [one["id"] for one in (await ask(SESSIONS, token=token))["it"]] == [mine["sessionId"]]
    for session_id, code in (("ss00000000000000", "NOT_FOUND"), ("ss", "INVALID_INPUT")):
        end = keyed(f"end-{code}", sessionId=session_id)
        assert (await ask(END, token=token, input=end))["it"]["code"] == code


async def test_signing_out_twice_is_done_as_well(ask: Ask, phones: Phones) -> None:
    token = (await signed_in(ask, phones))["accessToken"]
    malformed = (await ask(SIGN_OUT, token=token, input=keyed("")))["it"]
    assert malformed["field"] == "input.idempotencyKey"
    for _ in range(2):
        answer = (await ask(SIGN_OUT, token=token, input=keyed("out")))["it"]
        assert answer == {"__typename": "SignOutSuccess", "isSignedOut": True}
    assert (await ask(ME, token=token))["it"] is None


async def test_whoever_has_not_signed_in_sees_and_changes_nothing(ask: Ask) -> None:
    assert (await ask(ME))["it"] is None
    assert (await ask(SESSIONS))["it"] is None
    for document, values in (
        (COMPLETE, PROFILE),
        (SET_CARD, {"bankCard": "6200000000000013"}),
        (SET_LANGUAGE, {"language": "EN"}),
        (END, {"sessionId": "ss00000000000000"}),
    ):
        answer = (await ask(document, input=keyed("key", **values)))["it"]
        assert answer["code"] == "UNAUTHENTICATED"
    assert await fetch("SELECT claim_key FROM idempotency_claim") == []


async def test_a_node_is_the_callers_own_or_null(ask: Ask, phones: Phones) -> None:
    mei, lan = await signed_in(ask, phones), await signed_in(ask, phones, LAN)
    for id_key, name in (("borrowerId", "Borrower"), ("sessionId", "Session")):
        found = (await ask(NODE, token=mei["accessToken"], id=mei[id_key]))["it"]
        assert found == {"__typename": name, "id": mei[id_key]}
        assert (await ask(NODE, token=mei["accessToken"], id=lan[id_key]))["it"] is None
        assert (await ask(NODE, id=mei[id_key]))["it"] is None


@pytest.mark.parametrize("schema", [BORROWERS, STAFF], ids=["borrower", "staff"])
def test_everything_in_the_schema_is_described(schema: Any) -> None:  # noqa: ANN401 - Strawberry's
    graph = schema._schema  # noqa: SLF001 - graphql-core's own schema
    ours = [
        one
        for name, one in graph.type_map.items()
        if not name.startswith("__")
        and name not in {"Query", "Date", "DateTime"}
        and name not in {"String", "Boolean", "Int", "ID", "Float"}
    ]
    for one in ours:
        assert one.description, one.name
        for name, part in (getattr(one, "fields", None) or {}).items():
            assert part.description, f"{one.name}.{name}"
            for argument in (getattr(part, "args", None) or {}).values():
                assert argument.description, f"{one.name}.{name}"
        for name, value in (getattr(one, "values", None) or {}).items():
            assert value.description, f"{one.name}.{name}"
    assert print_schema(schema)
