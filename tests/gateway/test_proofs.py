"""A session bound to a key proves its mutations, refreshes and full reads, or gets a 401."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.commands.keystore import Keystore
from app.commands.phoning import Phone, document
from app.foundation import outbox
from app.foundation.database import Database, fetch
from app.foundation.outbox import Subscription
from app.foundation.signatures import Purpose
from app.gateway.authentication import PROOF_LENGTH_MAX
from app.gateway.certificates import CertificatePage
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA
from app.identity import operations
from app.identity.events import CodeIssued

MEI = "13800138000"
LANGUAGE = document("borrower", "set_language")


@dataclass
class Inbox:
    """The phone's text messages."""

    newest: str = ""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        assert len(phone) > 10 < len(message_id)
        found = re.search(r"#([0-9]{6})$", text)
        assert found is not None
        self.newest = found[1]


@dataclass
class Line:
    """A signed-in phone with a key, and the wire it talks over."""

    phone: Phone
    keystore: Keystore
    client: httpx.AsyncClient
    refresh_token: str

    async def post(self, body: bytes, *, proof: str | None = None) -> httpx.Response:
        headers = {
            "authorization": f"Bearer {self.phone.token}",
            "content-type": "application/json",
        }
        if proof is not None:
            headers["proof"] = proof
        return await self.client.post("/graphql", content=body, headers=headers)

    def proof(self, body: bytes, target: str = "/graphql") -> str:
        assert self.phone.token is not None
        return self.keystore.proof(Purpose.PROOF, target=target, body=body, token=self.phone.token)


@pytest.fixture
async def line(database: Database) -> AsyncIterator[Line]:
    """Sign a phone in by its key."""
    assert database.dialect
    inbox = Inbox()
    sending = partial(operations.deliver_code, sender=inbox)
    outbox.subscribe(
        [Subscription(fact_type=CodeIssued, consumer="identity.deliver_code", outside=sending)]
    )
    endpoint = GraphQLEndpoint(BORROWER_SCHEMA, explorer=None)
    app = Starlette(
        routes=[
            Route("/graphql", endpoint.answer, methods=["GET", "POST"]),
            Route("/certificates/{number}", CertificatePage().answer),
        ]
    )
    transport = httpx.ASGITransport(app)
    phone = Phone("http://test", transport=transport, keystore=Keystore())
    asked = await phone.do("request_otp", phone=MEI)
    await outbox.drain()
    entered = await phone.do("verify_otp", challengeId=asked["challengeId"], code=inbox.newest)
    phone.token = entered["accessToken"]
    await phone.enroll("Redmi 9A")
    entered = await phone.sign_in_with_key(database.clock.now().timestamp())
    assert phone.keystore is not None
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Line(phone, phone.keystore, client, entered["refreshToken"])


def asking(query: str, **rest: object) -> bytes:
    return orjson.dumps({"query": query, **rest})


def set_language(key: str = "k1") -> bytes:
    return asking(LANGUAGE, variables={"input": {"language": "EN", "idempotencyKey": key}})


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    errors: list[dict[str, Any]] = answer.json().get("errors") or [{"extensions": {"code": None}}]
    return answer.status_code, errors[0]["extensions"]["code"]


async def language() -> str:
    return (await fetch("SELECT language FROM borrower"))[0]["language"]


async def test_a_mutation_without_its_proof_is_refused_and_nothing_changes(line: Line) -> None:
    """Threats 13 and 15 at the door: a token alone, a wrong proof, and one sent twice."""
    body = set_language()
    unproven = await line.post(body)
    assert code_of(unproven) == (401, "PROOF_REQUIRED")
    assert unproven.headers["www-authenticate"] == "Proof"
    for wrong in ("", "x", "A" * 91, line.proof(b"{}"), line.proof(body, "/staff/graphql")):
        expected = "PROOF_INVALID" if wrong else "PROOF_REQUIRED"
        assert code_of(await line.post(body, proof=wrong)) == (401, expected)
    assert await language() == "zh-Hans"
    proof = line.proof(body)
    assert code_of(await line.post(body, proof=proof)) == (200, None)
    assert await language() == "en"
    assert code_of(await line.post(body, proof=proof)) == (401, "PROOF_REPLAYED")
    other = set_language("k2")
    assert code_of(await line.post(other, proof=proof)) == (401, "PROOF_INVALID")


async def test_no_batch_alias_or_second_operation_gets_around_the_proof(line: Line) -> None:
    given = '{language: EN, idempotencyKey: "k"}'
    change = f"setLanguage(input: {given}) {{ __typename }}"
    two = f"query A {{ me {{ id }} }} mutation B {{ {change} }}"
    for body in (
        asking(two, operationName="B"),
        asking(f"mutation {{ a: {change} }}"),
        asking(f"mutation {{ ...F }} fragment F on Mutation {{ {change} }}"),
        asking("mutation { ... { " + change + " } }"),
    ):
        assert code_of(await line.post(body)) == (401, "PROOF_REQUIRED")
    batch = b"[" + asking(f"mutation {{ {change} }}") + b"]"
    assert code_of(await line.post(batch)) == (422, "BAD_REQUEST")
    token = {"authorization": f"Bearer {line.phone.token}"}
    sent = await line.client.get(
        "/graphql", params={"query": f"mutation {{ {change} }}"}, headers=token
    )
    assert code_of(sent) == (405, "METHOD_NOT_ALLOWED")
    assert await language() == "zh-Hans"
    refresh = 'refreshSession(input: {refreshToken: "x", idempotencyKey: "r"}) { __typename }'
    for smuggled in (f"{refresh} {change}", f"{change} b: {refresh}", f"a: {refresh} b: {refresh}"):
        body = asking(f"mutation {{ {smuggled} }}")
        assert "refreshSession stands alone" in (await line.post(body)).text
    assert await language() == "zh-Hans"


async def test_a_refresh_is_proven_over_its_own_token(line: Line) -> None:
    line.phone.token = None
    again = await line.phone.do("refresh_session", refreshToken=line.refresh_token)
    assert again["refreshToken"] != line.refresh_token
    assert line.phone.keystore is not None
    line.phone.keystore.private_key = None
    stolen = await line.phone.tried("refresh_session", refreshToken=again["refreshToken"])
    assert stolen["code"] == "SESSION_REVOKED"


async def test_a_read_is_masked_without_a_proof_and_refused_with_a_wrong_one(line: Line) -> None:
    profile = {
        "name": "石宝塬",
        "residentId": "612629198003120014",
        "regionCode": "610629",
        "monthlyIncome": 450_000,
        "purpose": "买肥料和果袋",
    }
    await line.phone.do("complete_profile", **profile)
    body = asking("{ me { name monthlyIncome purpose phone } }")
    masked = (await line.post(body)).json()["data"]["me"]
    assert masked == {
        "name": "石*",
        "monthlyIncome": None,
        "purpose": None,
        "phone": "138****8000",
    }
    full = (await line.post(body, proof=line.proof(body))).json()["data"]["me"]
    assert (full["name"], full["monthlyIncome"]) == ("石宝塬", 450_000)
    assert code_of(await line.post(body, proof="A" * 91)) == (401, "PROOF_INVALID")
    await line.phone.do("open_ticket", category="QUESTION", text="我这个月能晚几天还吗？")
    body = asking("{ myTickets { edges { node { messages { author text } } } } }")
    for proof, text in ((None, None), (line.proof(body), "我这个月能晚几天还吗？")):
        found = (await line.post(body, proof=proof)).json()["data"]["myTickets"]["edges"]
        assert found[0]["node"]["messages"] == [{"author": "BORROWER", "text": text}]


async def test_a_get_is_proven_with_its_query(line: Line) -> None:
    target = "/graphql?query=%7B%20me%20%7B%20id%20%7D%20%7D"
    assert line.phone.token is not None
    sent = line.keystore.proof(Purpose.PROOF, target=target, body=b"", token=line.phone.token)
    headers = {"authorization": f"Bearer {line.phone.token}", "proof": sent}
    answer = await line.client.get(target, headers=headers)
    assert code_of(answer) == (401, "PROOF_INVALID")  # a POST was signed
    page = await line.client.get(
        "/certificates/pc00000000000000", headers={"authorization": f"Bearer {line.phone.token}"}
    )
    assert (page.status_code, page.headers["www-authenticate"]) == (401, "Proof")


async def test_what_a_person_writes_stands_in_no_url(line: Line) -> None:
    asks = 'ask(question: "我病了，还不上怎么办") { __typename }'
    token = {"authorization": f"Bearer {line.phone.token}"}
    for query in (f"{{ {asks} }}", f"{{ me {{ id }} b: {asks} }}", f"{{ ... {{ {asks} }} }}"):
        sent = await line.client.get("/graphql", params={"query": query}, headers=token)
        assert code_of(sent) == (405, "METHOD_NOT_ALLOWED")
        assert sent.headers["allow"] == "POST"


async def test_whole_authentication_takes_less_than_190_bytes_of_a_request(line: Line) -> None:
    proof = line.proof(b"{}")
    assert len(f"Proof: {proof}") <= PROOF_LENGTH_MAX
    assert len(str(line.phone.token)) <= 64
    assert len(line.refresh_token) <= 55
    wire = f"Authorization: Bearer {line.phone.token}\r\nProof: {proof}\r\n"
    assert len(wire) <= 190
