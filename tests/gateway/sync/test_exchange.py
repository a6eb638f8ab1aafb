"""What a phone did without a line is done once, and it is told only what changed."""

import asyncio
import base64
import itertools
import os
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.commands.phoning import Phone
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch
from app.foundation.outbox import Subscription
from app.gateway import running
from app.gateway.dictionary import dictionaries
from app.gateway.http import GraphQLEndpoint
from app.gateway.manifest import Ids
from app.gateway.rates import Places
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.sync import MEDIA, PATH, SyncEndpoint, cbor
from app.gateway.sync.deltas import body_from
from app.gateway.sync.exchange import COMMANDS_MAX, AckKind, Exchange
from app.gateway.sync.graph import install
from app.identity import operations
from app.identity.events import CodeIssued
from app.support.rules import OPEN_TICKETS_MAX
from app.syncing.rules import ACKS_KEPT
from tests.published import publish_catalog

IDS = Ids.read().given
HOME, LANGUAGE, TICKET = (IDS[f"borrower/{name}"] for name in ("Me", "SetLanguage", "OpenTicket"))
SYNC = """
mutation ($input: SyncInput!) { sync(input: $input) {
  ... on SyncSuccess { state acks { number kind answer } delta retryAfterSeconds }
  ... on Problem { code field }
  ... on PlainProblem { retryAfterSeconds }
} }
"""
_numbers = itertools.count(13_800_138_000)


@dataclass
class SyncingPhone:
    """A phone that holds an answer, and numbers what it does."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    refresh: Callable[[], Awaitable[str]]
    state: str = HOME
    held: bytes = b""
    queue: list[list[Any]] = field(default_factory=list[list[Any]])
    """Commands that no ack has come for."""
    places: Places = field(default_factory=Places)
    """Those of the server."""

    async def send(self, *commands: list[Any], state: str | None = None) -> list[Any]:
        """Send commands; return the reply, unread."""
        body = cbor.encode([state or self.state, list(commands)])
        answer = await self.client.post(PATH, content=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        reply = cbor.decode(answer.content)
        assert isinstance(reply, list)
        return reply

    async def mutate(self, *commands: list[Any], **more: object) -> dict[str, Any]:
        """Send commands by the mutation; return its result."""
        given = [
            {"number": n, "operationId": name, "variables": orjson.dumps(variables).decode()}
            for n, name, variables in commands
        ]
        asked = {"state": self.state, "commands": given, **more}
        answer = await self.client.post(
            "/graphql",
            json={"query": SYNC, "variables": {"input": asked}},
            headers={**self.headers, "content-type": "application/json"},
        )
        return answer.json()["data"]["sync"]

    async def sync(self, *commands: list[Any]) -> list[Any]:
        """Send commands, and put together what changed; return the acks."""
        return self.take(await self.send(*commands))

    def take(self, reply: list[Any]) -> list[Any]:
        """Put together what changed, let go of what is acknowledged; return the acks."""
        state, acks, delta = reply
        assert len(state) <= 6
        done = {ack[0] for ack in acks if ack[1] in {AckKind.DONE, AckKind.REFUSED}}
        self.queue = [one for one in self.queue if one[0] not in done]
        if delta is not None:
            self.held = body_from(delta, self.held)
        self.state = state
        return acks


def say(number: int, language: str) -> list[Any]:
    return [number, LANGUAGE, {"input": {"language": language}}]


def complain(number: int, text: str) -> list[Any]:
    """Return a complaint, under a key of its own every third time."""
    own = {} if number % 3 else {"idempotencyKey": f"ticket-{number}"}
    return [number, TICKET, {"input": {"category": "COMPLAINT", "text": text, **own}}]


@pytest.fixture
async def phone(database: Database) -> AsyncIterator[SyncingPhone]:
    """Sign a phone in."""
    assert database.dialect
    newest: list[str] = []

    class Inbox:
        async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
            assert message_id
            assert phone
            newest.extend(re.findall(r"#([0-9]{6})$", text))

    sending = partial(operations.deliver_code, sender=Inbox())
    outbox.subscribe(
        [Subscription(fact_type=CodeIssued, consumer="identity.deliver_code", outside=sending)]
    )
    runner = Runner.over(BORROWER_SCHEMA, graph="borrower")
    install(Exchange(runner))
    app = Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(runner, explorer=None).answer, methods=["POST"]),
            Route(PATH, SyncEndpoint(Exchange(runner)).answer, methods=["POST"]),
        ]
    )
    transport = httpx.ASGITransport(app)
    signing_in = Phone("http://test", transport=transport)
    asked = await signing_in.do("request_otp", phone=str(next(_numbers)))
    await outbox.drain()
    entered = await signing_in.do("verify_otp", challengeId=asked["challengeId"], code=newest[-1])
    headers = {"authorization": f"Bearer {entered['accessToken']}", "content-type": MEDIA}
    tokens = [entered["refreshToken"]]

    async def refresh() -> str:
        entered = await signing_in.do("refresh_session", refreshToken=tokens[-1])
        tokens.append(entered["refreshToken"])
        return entered["accessToken"]

    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield SyncingPhone(client, headers, refresh, places=runner.places)


@pytest.fixture
async def policy(database: Database) -> None:
    """Publish how long answering a ticket may take."""
    assert database.dialect
    await publish_catalog()


async def plain(phone: SyncingPhone) -> bytes:
    """Return what the same query answers by itself."""
    answer = await phone.client.post(
        "/graphql",
        json={"documentId": HOME},
        headers={**phone.headers, "content-type": "application/json"},
    )
    return answer.content


async def language() -> str:
    return (await fetch("SELECT language FROM borrower"))[0]["language"]


async def test_commands_are_done_in_order_and_the_phone_holds_what_the_query_answers(
    phone: SyncingPhone,
) -> None:
    acks = await phone.sync(say(1, "EN"), say(2, "ZH_HANS"), say(3, "EN"))
    assert [ack[:2] for ack in acks] == [[n, AckKind.DONE] for n in (1, 2, 3)]
    assert await language() == "en"
    assert phone.held == await plain(phone)

    unchanged = await phone.send()
    assert unchanged == [phone.state, [], None]

    await phone.sync(say(4, "ZH_HANS"))
    assert phone.held == await plain(phone)


@pytest.mark.usefixtures("policy")
async def test_whatever_is_sent_again_gets_the_ack_it_had_and_no_second_effect(
    phone: SyncingPhone,
) -> None:
    _, first, _ = await phone.send(say(1, "EN"), complain(2, "你们收错钱了"))
    assert [ack[1] for ack in first] == [AckKind.DONE, AckKind.DONE]
    _, again, _ = await phone.send(say(1, "EN"), complain(2, "你们收错钱了"))
    assert again == first
    assert len(await fetch("SELECT id FROM ticket")) == 1

    _, taken, _ = await phone.send(say(1, "ZH_HANS"))
    assert taken == [[1, AckKind.TAKEN]]
    _, gap, _ = await phone.send(say(7, "ZH_HANS"), say(8, "ZH_HANS"))
    assert gap == [[3, AckKind.EXPECTED]]
    assert await language() == "en", "neither changed anything"


async def test_a_refused_command_uses_its_number_up_and_says_why_the_second_time_too(
    phone: SyncingPhone,
) -> None:
    refused = complain(1, "")
    _, first, _ = await phone.send(refused, say(2, "EN"))
    assert [ack[:2] for ack in first] == [[1, AckKind.REFUSED], [2, AckKind.DONE]]
    assert first[0][2]["code"] == "INVALID_INPUT"
    assert first[0][2]["field"] == "input.text"
    assert (await phone.send(refused))[1] == first[:1]
    assert await fetch("SELECT id FROM ticket") == []


@pytest.mark.usefixtures("policy")
async def test_fifty_at_once_with_the_same_number_have_one_effect(phone: SyncingPhone) -> None:
    replies = await asyncio.gather(*(phone.send(complain(1, "利息不对")) for _ in range(50)))
    kinds = {ack[1] for _, acks, _ in replies for ack in acks}
    assert kinds <= {AckKind.DONE, AckKind.AGAIN}
    assert AckKind.DONE in kinds
    assert len(await fetch("SELECT id FROM ticket")) == 1
    assert len(await fetch("SELECT id FROM numbered_command")) == 1
    assert (await phone.send(complain(1, "利息不对")))[1][0][1] == AckKind.DONE


@pytest.mark.usefixtures("policy")
async def test_a_number_without_its_answer_is_answered_by_doing_it_again(
    phone: SyncingPhone, database: Database
) -> None:
    """As after a power cut between the effect and the writing of what was answered."""
    _, first, _ = await phone.send(complain(1, "利息不对"))
    await database.connection().execute_script("UPDATE numbered_command SET ack = NULL")
    _, again, _ = await phone.send(complain(1, "利息不对"))
    assert again == first
    assert len(await fetch("SELECT id FROM ticket")) == 1


async def test_what_was_lost_or_forgotten_comes_whole_in_the_same_reply(
    phone: SyncingPhone, database: Database
) -> None:
    await phone.sync(say(1, "EN"))
    before, held = phone.state, phone.held
    lost, _, _ = await phone.send(say(2, "ZH_HANS"))
    assert lost != before
    await phone.sync()
    assert (phone.state, phone.held) == (lost, await plain(phone)), "made against what it has"
    assert phone.held != held

    await database.connection().execute_script("DELETE FROM held_answer")
    assert body_from((await phone.send())[2]) == await plain(phone)
    assert body_from((await phone.send(state=HOME))[2]) == await plain(phone)
    assert body_from((await phone.send(state=f"{HOME}.zz"))[2]) == await plain(phone)


async def test_old_acks_are_let_go_and_a_phone_that_asks_for_one_is_told_it_was_done(
    phone: SyncingPhone,
) -> None:
    every = [say(number, "EN") for number in range(1, ACKS_KEPT + 6)]
    for start in range(0, len(every), COMMANDS_MAX):
        await phone.send(*every[start : start + COMMANDS_MAX])
    kept = await fetch("SELECT number FROM numbered_command ORDER BY number")
    assert [row["number"] for row in kept] == list(range(6, ACKS_KEPT + 6))
    assert (await phone.send(every[0]))[1] == [[1, AckKind.DONE]]


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("seed", range(int(os.environ.get("QINGMIAO_HISTORIES", "1"))))
async def test_after_any_history_the_phone_holds_what_there_is_and_all_was_done_once(
    phone: SyncingPhone, clock: FixedClock, seed: int
) -> None:
    """Replies and requests are lost, doubled and late; the phone is away for up to a month."""
    chance = random.Random(seed)  # noqa: S311 - the weather
    written = complaints = 0
    replies: list[list[Any]] = []
    for _ in range(60):
        weather = chance.random()
        if weather < 0.35:
            written += 1
            if chance.random() < 0.5:
                phone.queue.append(say(written, chance.choice(["EN", "ZH_HANS"])))
            else:
                complaints += 1
                phone.queue.append(complain(written, f"第 {written} 件事"))
        elif weather < 0.45:
            clock.advance(timedelta(days=chance.uniform(0, 30)))
            phone.headers["authorization"] = f"Bearer {await phone.refresh()}"
        else:
            pushed = phone.queue[: chance.randint(0, 6)]
            reply = await phone.send(*pushed)
            if chance.random() < 0.2:
                assert (await phone.send(*pushed))[1] == reply[1], "sent again, it says the same"
            if chance.random() < 0.6:
                phone.take(reply)
            else:
                replies.append(reply)  # lost
    while phone.queue:
        await phone.sync(*phone.queue[:COMMANDS_MAX])
    await phone.sync()

    assert replies
    assert phone.held == await plain(phone)
    numbers = await fetch("SELECT number FROM numbered_command ORDER BY number")
    assert [row["number"] for row in numbers] == list(range(1, written + 1))
    assert len(await fetch("SELECT id FROM ticket")) == min(complaints, OPEN_TICKETS_MAX)


@pytest.mark.usefixtures("policy")
async def test_the_mutation_does_what_the_lean_door_does(phone: SyncingPhone) -> None:
    pushed = complain(1, "利息不对")

    command = {
        "number": pushed[0],
        "operationId": pushed[1],
        "variables": orjson.dumps(pushed[2]).decode(),
    }
    first = await phone.mutate(commands=[command])
    assert [one["kind"] for one in first["acks"]] == ["DONE"]
    assert body_from(base64.b64decode(first["delta"])) == await plain(phone)
    assert (await phone.send(pushed))[1][0][2] == orjson.loads(first["acks"][0]["answer"])
    assert len(await fetch("SELECT id FROM ticket")) == 1

    for wrong, at in (
        ({"state": "//"}, "input.state"),
        ({"commands": [{**command, "number": 0}]}, "input.commands.0.number"),
        ({"commands": [{**command, "variables": "[]"}]}, "input.commands.0.variables"),
        ({"commands": [command] * (COMMANDS_MAX + 1)}, "input.commands"),
    ):
        refused = {"code": "INVALID_INPUT", "field": at, "retryAfterSeconds": None}
        assert await phone.mutate(**wrong) == refused


async def test_the_mutation_says_when_to_come_back_where_there_is_no_room(
    phone: SyncingPhone,
) -> None:
    phone.places.most = phone.places.kept = 1
    assert await phone.mutate() == {
        "code": "TEMPORARILY_UNAVAILABLE",
        "field": None,
        "retryAfterSeconds": 2,
    }


async def test_who_pays_is_told_so_where_there_is_one_place_and_none_to_look(
    phone: SyncingPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saying a language stands for paying here."""
    monkeypatch.setattr(running, "PAYING", running.PAYING | {"setLanguage"})
    phone.places.most = phone.places.kept = 1
    for _ in range(2):
        body = cbor.encode([HOME, [say(1, "EN")]])
        answer = await phone.client.post(PATH, content=body, headers=phone.headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (200, "2")
        reply = cbor.decode(answer.content)
        assert isinstance(reply, list)
        state, acks, delta = reply
        assert (state, delta) == (HOME, None)
        assert isinstance(acks, list)
        assert [ack[:2] for ack in acks if isinstance(ack, list)] == [[1, AckKind.DONE]]
    told = await phone.mutate(say(2, "ZH_HANS"), complain(3, "太忙了"))
    assert [one["kind"] for one in told["acks"]] == ["DONE", "AGAIN"]
    assert (told["state"], told["delta"], told["retryAfterSeconds"]) == (HOME, None, 2)
    assert await language() == "zh-Hans"

    with phone.places.one(pays=True):
        crowded = (await phone.send(say(3, "EN")))[1]
    again = {"code": "TEMPORARILY_UNAVAILABLE", "retryAfterSeconds": 2}
    assert crowded == [[3, AckKind.AGAIN, again]]
    assert (await language(), phone.places.taken) == ("zh-Hans", 0)

    phone.places.kept = 0
    assert (await phone.sync(say(3, "EN")))[0][1] == AckKind.DONE
    assert phone.held == await plain(phone)


async def test_a_push_may_come_packed_with_the_shared_dictionary(phone: SyncingPhone) -> None:
    dictionary = dictionaries()[0]
    body = cbor.encode([HOME, [say(1, "EN")]])
    for packed, status in ((dictionary.for_app(body), 200), (b"\xff" + body, 400)):
        headers = {**phone.headers, "content-encoding": dictionary.coding}
        answer = await phone.client.post(PATH, content=packed, headers=headers)
        assert answer.status_code == status
    assert await language() == "en"
    bomb = dictionary.for_app(b"0" * 1_000_000)
    answer = await phone.client.post(
        PATH, content=bomb, headers={**phone.headers, "content-encoding": dictionary.coding}
    )
    assert (len(bomb) < 200, answer.status_code) == (True, 413)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\x01", 400),
        (cbor.encode([HOME]), 400),
        (cbor.encode(["", []]), 400),
        (cbor.encode(["//", []]), 400),
        (cbor.encode(["zzz", []]), 404),
        (cbor.encode([LANGUAGE, []]), 404),
        (cbor.encode([HOME, [[0, LANGUAGE, {}]]]), 400),
        (cbor.encode([HOME, [[True, LANGUAGE, {}]]]), 400),
        (cbor.encode([HOME, [[1, LANGUAGE, {"input": b"x"}]]]), 400),
        (cbor.encode([HOME, [[n, LANGUAGE, {}] for n in range(1, COMMANDS_MAX + 2)]]), 400),
        (b"\x82" * 30_000, 400),
        (b"\x00" * 70_000, 413),
    ],
)
async def test_whatever_else_is_sent_is_refused_in_json_and_changes_nothing(
    phone: SyncingPhone, body: bytes, status: int
) -> None:
    answer = await phone.client.post(PATH, content=body, headers=phone.headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"]
    assert await fetch("SELECT id FROM numbered_command") == []


async def test_without_a_session_or_for_what_must_not_wait_nothing_is_done(
    phone: SyncingPhone,
) -> None:
    anonymous = {"content-type": MEDIA}
    answer = await phone.client.post(PATH, content=cbor.encode([HOME, []]), headers=anonymous)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        401,
        "UNAUTHENTICATED",
    )
    asked = {"input": {"phone": "13800138999", "idempotencyKey": "k"}}
    never = (IDS["borrower/RequestOtp"], IDS["borrower/Sync"], HOME, "zzz")
    for number, operation_id in enumerate(never, start=1):
        acks = (await phone.send([number, operation_id, asked]))[1]
        assert acks == [[number, AckKind.REFUSED, {"code": "OPERATION_UNKNOWN"}]]
    assert len(await fetch("SELECT id FROM one_time_code")) == 1, "the phone's own, at first"
