"""
Planted values of one borrower come out nowhere: every operation of ours is driven, and looked at.

Answers to others and to a session that is trusted less, what the log and operators' numbers say,
what stands in headers, ids, cursors and refusals even where the answer itself may tell, and all
that is left at rest.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.prometheus import shown_on
from app.foundation.caller import StaffRole
from app.foundation.database import Database
from app.foundation.log import configure_logging
from app.gateway.development import Example, examples
from app.gateway.http import GraphQLEndpoint
from app.gateway.manifest import Ids
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.identity import operations as identity
from app.identity.models import OneTimeCodeRow, SessionRow
from app.identity.operations.challenges import code_in
from app.identity.queries.callers import token_key
from app.identity.rules import CompleteProfile, RequestCode, SignedIn, VerifyCode
from app.identity.rules.tokens import Token, TokenKind, write_token
from app.main import MEASURES
from app.support import operations as support
from app.support.rules import Category
from tests.cards import forget_sends
from tests.gateway.lives import Lives
from tests.identity.test_leaks import encodings, stored
from tests.origination.conftest import World, small_catalog, world
from tests.support.conftest import enroll

__all__ = ["small_catalog", "world"]

PERSONA = "orchard_farmer"
PHONE, NAME, RESIDENT_ID, CARD = "13977001234", "鄢苡薇", "612629198003120161", "6200000000000039"
PURPOSE, ADDRESS, TICKET = "买罕见的榛子苗", "洛川县凤栖街道榛子坪七号", "我的榛子账对不上"
INCOME_FEN = 45_719_337
ENDING = [
    "SignOut",
    "EndSession",
    "EndOtherSessions",
    "CloseAccount",
    "RequestDeletion",
    "StartAfresh",
    "NotMe",
    "RevokeDevice",
    "StaffSignOut",
]
"""What ends what the others need, and is driven last."""
IDS = Ids.read().given
WORDS = (PHONE, NAME, RESIDENT_ID, CARD, PURPOSE, ADDRESS, TICKET)
CANARIES = (*WORDS, str(INCOME_FEN))
POINTERS = re.compile(r"(^|[a-z])(id|ids|Id|Ids|cursor|Cursor|url|Url|path|code|__typename)$")
"""Names of what leads to something: no personal value may stand in one, whoever reads it."""
TOLD = {
    "AGENT Reveal": PHONE,
    "SUPERVISOR Reveal": PHONE,
    "RISK Reveal": PHONE,
    "AGENT Ticket": TICKET,
    "SUPERVISOR Ticket": TICKET,
    "AUDITOR Ticket": TICKET,
}
"""What the desk is told in clear, each time as a look that the borrower reads of."""
ANSWERED_MIN, TAGGED_MIN = 1_000, 50
"""So many of the requests have data for an answer, and so many a tag to ask again by."""


@dataclass
class Driver:
    """Sends every operation as somebody, and keeps where a planted value came out."""

    client: httpx.AsyncClient
    lives: Lives
    answered: int = 0
    tags: int = 0
    found: list[str] = field(default_factory=list[str])
    bodies: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Who was told which value in the body of which operation."""

    async def drive(self, graph: str, who: str, token: str) -> None:
        """Send them all, what ends something last."""
        of_graph = sorted(examples(graph), key=lambda one: _name_of(one) in ENDING)
        for one in of_graph:
            await self._send(graph, who, token, one)

    async def _send(self, graph: str, who: str, token: str, one: Example) -> None:
        name = _name_of(one)
        variables = json.loads(self._filled(one.variables))
        asked = {"documentId": IDS[f"{graph}/{name}"], "variables": variables}
        signed_in = {"authorization": f"Bearer {token}"}
        if "\nmutation " in f"\n{one.query}" or name == "Ask":
            answer = await self.client.post(f"/{graph}", json=asked, headers=signed_in)
        else:
            given = {**asked, "variables": json.dumps(variables)}
            answer = await self.client.get(f"/{graph}", params=given, headers=signed_in)
        self.tags += "etag" in answer.headers
        told = answer.json()
        self.answered += bool(told.get("data"))
        self._look(f"{who} {name}: headers", str(sorted(answer.headers.items())))
        self._look(f"{who} {name}: errors", json.dumps(told.get("errors"), ensure_ascii=False))
        for key, value in _leaves(told.get("data")):
            if POINTERS.search(key) or key in {"message", "field"}:
                self._look(f"{who} {name}: {key}", value)
        self.bodies |= {(f"{who} {name}", value) for value in CANARIES if value in answer.text}

    def _filled(self, variables: str) -> str:
        ids = {f"{kind}Id": row_id for kind, row_id in self.lives.ids.items()}
        given = {**ids, "borrowerId": self.lives.mei, "id": ids["loanId"]}
        return re.sub(
            r"<([^>]+)>",
            lambda found: self.lives.world.key() if found[1] == "key" else given.get(found[1], "1"),
            variables,
        )

    def _look(self, place: str, text: str) -> None:
        self.found += [f"{place} tells {value}" for value in CANARIES if value in text]


def _name_of(one: Example) -> str:
    named = re.search(r"^(?:query|mutation|subscription) (\w+)", one.query, re.MULTILINE)
    assert named is not None, one.name
    return named[1]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    elif isinstance(value, str):
        yield key, value


async def planted(world: World) -> Lives:
    """Give one borrower values that nobody else has, through the doors that take them."""
    told = world.persona(PERSONA)
    told["contact"]["phone"] = PHONE
    told["identity"] |= {"name": NAME, "resident_id": RESIDENT_ID, "bank_card": CARD}
    told["wish"]["purpose"]["zh-Hans"] = PURPOSE
    told["income"]["monthly_fen"] = INCOME_FEN
    lives = await Lives.begin(world)
    ticket = await support.open_ticket(
        support.OpenTicket(
            caller_id=lives.mei,
            category=Category.QUESTION,
            loan_id=None,
            text=TICKET,
            idempotency_key=world.key(),
        )
    )
    lives.ids["ticket"] = ticket.ticket_id
    await identity.complete_profile(
        CompleteProfile(
            borrower_id=lives.mei,
            name=NAME,
            resident_id=RESIDENT_ID,
            region_code=told["identity"]["region_code"],
            income_fen=INCOME_FEN,
            purpose=PURPOSE,
            bank_card=None,
            address=ADDRESS,
            phone_tenure_months=None,
            idempotency_key=world.key(),
        )
    )
    return lives


def app_of() -> Starlette:
    """Serve both graphs as the app does, by their plans."""
    return Starlette(
        routes=[
            Route(
                f"/{graph}",
                GraphQLEndpoint(Runner.over(schema, graph=graph), explorer=None).answer,
                methods=["GET", "POST"],
            )
            for graph, schema in (("borrower", BORROWER_SCHEMA), ("staff", STAFF_SCHEMA))
        ]
    )


def token_of(kind: TokenKind, session_id: str, world: World) -> str:
    """Write a session's token."""
    number = int(world.clock.now().timestamp()) + 600
    return write_token(token_key(), Token(kind=kind, session_id=session_id, number=number))


async def session_on_a_new_phone(world: World) -> str:
    """Prove the number and nothing else; return the session's token."""
    await forget_sends()
    asked = await identity.request_code(RequestCode(phone=PHONE, idempotency_key=world.key()))
    row = await OneTimeCodeRow.get(id=asked.challenge_id)
    entered = await identity.verify_code(
        VerifyCode(challenge_id=asked.challenge_id, code=code_in(row), idempotency_key=world.key())
    )
    assert isinstance(entered, SignedIn)
    return entered.access_token


@pytest.fixture
def logged_as_json() -> Iterator[None]:
    """Log all there is as production does; afterwards as before."""
    handlers, hook = logging.root.handlers[:], sys.excepthook
    configure_logging(as_json=True, level="DEBUG")
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    sys.excepthook = hook


@pytest.mark.usefixtures("logged_as_json")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_planted_value_comes_out_where_it_should_not(
    database: Database, world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    lives = await planted(world)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app_of()), base_url="http://test")
    driver = Driver(client, lives)
    own = token_of(TokenKind.ACCESS, lives.ids["session"], world)
    jun = await SessionRow.get(borrower_id=lives.jun)
    async with client:
        await driver.drive("borrower", "jun", token_of(TokenKind.ACCESS, jun.id, world))
        await driver.drive("borrower", "mei on a new phone", await session_on_a_new_phone(world))
        for role in StaffRole:
            staff = await enroll(role)
            token = token_of(TokenKind.STAFF, staff.session_id, world)
            await driver.drive("staff", role.value, token)
        others = driver.bodies
        driver.bodies = set()
        await driver.drive("borrower", "mei", own)
    async with shown_on(0, MEASURES) as port, httpx.AsyncClient() as operator:
        watched = (await operator.get(f"http://127.0.0.1:{port}/metrics")).content
    assert watched.count(b'operation="Repay"') > 1
    assert [row_id for row_id in lives.ids.values() if row_id.encode() in watched] == []
    assert driver.found == []
    assert others == set(TOLD.items())
    assert driver.answered > ANSWERED_MIN
    assert driver.tags > TAGGED_MIN
    assert {value for _, value in driver.bodies} >= {NAME, PURPOSE, TICKET, str(INCOME_FEN)}
    printed = capfd.readouterr()
    logged = (printed.out + printed.err).encode()
    assert b'"level": "info"' in logged
    at_rest = await stored(database)
    for value in WORDS:
        for hidden in encodings(value):
            assert hidden not in logged, value
            assert hidden not in watched, value
            assert hidden not in at_rest, value
