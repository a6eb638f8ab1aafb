"""A borrower whose record was tampered with hears that it is locked, and sees no value."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation.database import fetch, transaction
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA
from tests.identity.conftest import Person

APP = Starlette(
    routes=[Route("/", GraphQLEndpoint(BORROWER_SCHEMA, explorer=None).answer, methods=["POST"])]
)


async def ask(token: str, language: str) -> httpx.Response:
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post(
            "/",
            json={"query": "{ me { phone } }"},
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
