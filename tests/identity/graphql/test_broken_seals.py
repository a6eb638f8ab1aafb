"""Whoever's record was tampered with: a borrower hears that it is locked, staff are nobody."""

import httpx
import pyotp
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.gateway.failures import JsonFailures
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.identity import operations, rules
from tests.identity.conftest import PASSWORD, Enroll, Person

APP = Starlette(
    routes=[
        Route("/", GraphQLEndpoint(BORROWER_SCHEMA, explorer=None).answer, methods=["POST"]),
        Route("/staff", GraphQLEndpoint(STAFF_SCHEMA, explorer=None).answer, methods=["POST"]),
    ],
    middleware=[Middleware(JsonFailures)],
)


async def ask(
    token: str, language: str, *, path: str = "/", query: str = "{ me { phone } }"
) -> httpx.Response:
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post(
            path,
            json={"query": query},
            headers={"authorization": f"Bearer {token}", "accept-language": language},
        )


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", "为了保护您先锁住了"), ("en", "locked for your protection")],
)
async def test_a_record_set_back_is_locked_and_an_alarm_names_the_place(
    person: Person, language: str, words: str
) -> None:
    signed_in = await person.sign_in()
    (before,) = await fetch("SELECT phone FROM borrower")
    assert (await ask(signed_in.access_token, language)).json()["data"]["me"]["phone"]
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET phone = ?", [bytes(before["phone"])[:-1] + b"\0"])
    answer = await ask(signed_in.access_token, language)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "SEALED_DATA_BROKEN"
    assert words in error["message"]
    assert answer.json()["data"] == {"me": None}
    assert answer.headers["cache-control"] == "private, no-store"
    (alarm,) = await fetch("SELECT subject_id, about FROM audit_entry WHERE kind LIKE 'alarm.%'")
    assert alarm["subject_id"] == signed_in.borrower_id
    assert '"place":"borrower.' in alarm["about"]


async def test_a_role_written_into_the_database_opens_nothing_and_sets_off_an_alarm(
    enroll: Enroll, clock: FixedClock
) -> None:
    enrolled = await enroll()
    signed_in = await operations.staff_sign_in(
        rules.StaffSignIn(
            name="zhou",
            password=PASSWORD,
            totp=pyotp.TOTP(enrolled.totp_secret).at(clock.now()),
            idempotency_key="in",
        )
    )
    assert isinstance(signed_in, rules.StaffSignedIn)
    token, me = signed_in.access_token, {"path": "/staff", "query": "{ staffMe { role } }"}
    assert (await ask(token, "en", **me)).json()["data"] == {"staffMe": {"role": "AGENT"}}
    async with transaction() as tx:
        await tx.run("UPDATE staff SET role = 'DIRECTOR'")
    answer = await ask(token, "en", **me)
    assert answer.status_code == 403
    assert "SEALED_DATA_BROKEN" in answer.text
    assert "DIRECTOR" not in answer.text
    (alarm,) = await fetch("SELECT subject_id, about FROM audit_entry WHERE kind LIKE 'alarm.%'")
    assert alarm["subject_id"] == enrolled.staff_id
    assert '"place":"staff.' in alarm["about"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE borrower SET name = NULL",
        "UPDATE borrower SET row_seal = phone",
        "UPDATE borrower SET phone_index = resident_id_index",
        "UPDATE borrower SET name = phone",
        "UPDATE audit_cell SET digest = mac WHERE cell LIKE 'borrower.row_seal.%'",
        "DELETE FROM audit_cell WHERE cell LIKE 'borrower.row_seal.%'",
    ],
)
async def test_what_was_proven_once_is_proven_anew_when_a_part_of_it_changes(
    person: Person, change: str
) -> None:
    signed_in = await person.sign_in()
    await person.complete(signed_in.borrower_id)
    query = "{ me { phone name } }"
    shown = (await ask(signed_in.access_token, "en", query=query)).json()["data"]["me"]
    assert shown == (await ask(signed_in.access_token, "en", query=query)).json()["data"]["me"]
    async with transaction() as tx:
        await tx.run(change)
    answer = (await ask(signed_in.access_token, "en", query=query)).json()
    assert answer["data"] == {"me": None}
    assert answer["errors"][0]["extensions"]["code"] == "SEALED_DATA_BROKEN"
