"""What is told over sockets and event streams, to whom, for how long, and how it ends."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from app.commands.phoning import Phone
from app.foundation.changes import changes_of
from app.foundation.database import Database, fetch
from app.foundation.graphql import SCALARS, Info, PlainProblem
from app.foundation.signatures import Purpose
from app.gateway import conversing, event_streams, sockets, standing, streaming
from app.gateway.http import GraphQLEndpoint
from app.gateway.rates import Rates
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.sockets import SocketEndpoint
from app.gateway.standing import Standing
from tests.gateway.signing_in import signed_in
from tests.gateway.wires import connected, streamed

SECRET = "13800138000"


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: Info) -> str:
        return f"你好 {info.context.language}"

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return None

    @strawberry.field
    def many(self) -> list["Query"]:
        return []


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plant(self) -> str:
        return "planted"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def counted(self, most: int) -> AsyncGenerator[int, None]:
        for number in range(most):
            yield number

    @strawberry.subscription
    async def mine(self, info: Info) -> AsyncGenerator[str, None]:
        async with aclosing(changes_of(info.context.borrower_id)) as found:
            async for _ in found:
                yield "changed"

    @strawberry.subscription
    async def tree(self) -> AsyncGenerator[Query, None]:
        yield Query()

    @strawberry.subscription
    async def broken(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError(SECRET)


SMALL = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)


def app_over(schema: strawberry.Schema, stands: Standing, rates: Rates | None = None) -> Starlette:
    runner = Runner.over(schema, rates)
    endpoint = GraphQLEndpoint(runner, explorer=None, standing=stands)
    return Starlette(
        routes=[
            Route("/graphql", endpoint.answer, methods=["POST"]),
            WebSocketRoute("/graphql", SocketEndpoint(runner, stands).answer),
        ]
    )


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database will do: of what is tested here nothing depends on it."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def stands() -> Standing:
    return Standing()


@pytest.fixture
def small(database: Database, stands: Standing) -> Starlette:
    assert database.dialect
    return app_over(SMALL, stands)


@pytest.fixture
async def phone(database: Database) -> Phone:
    """Sign a phone in by a code, over the real graph."""
    signing, _ = await signed_in(database)
    return signing


def bearer(phone: Phone) -> dict[str, object]:
    return {"authorization": f"Bearer {phone.token}"}


def proof(phone: Phone, body: bytes = b"connection_init") -> dict[str, object]:
    assert phone.keystore is not None
    assert phone.token is not None
    made = phone.keystore.proof(Purpose.PROOF, target="/graphql", body=body, token=phone.token)
    return {**bearer(phone), "proof": made}


async def test_a_socket_carries_queries_commands_and_subscriptions(small: Starlette) -> None:
    async with connected(small, headers={"accept-language": "en"}) as socket:
        await socket.say({"type": "ping"})
        assert await socket.told() == {"type": "pong"}
        await socket.open()
        await socket.ask("a", "{ hello }", extensions={"cost": True})
        told = await socket.told()
        assert told["payload"].pop("extensions") == {"cost": {"requested": 2, "charged": 3}}
        assert told == {"id": "a", "type": "next", "payload": {"data": {"hello": "你好 en"}}}
        assert await socket.told() == {"id": "a", "type": "complete"}
        await socket.ask("a", "mutation { plant }")
        assert (await socket.told())["payload"] == {"data": {"plant": "planted"}}
        assert (await socket.told())["type"] == "complete"
        query = "subscription($n: Int!) { counted(most: $n) }"
        await socket.ask("b", query, variables={"n": 2})
        heard = [await socket.told() for _ in range(3)]
        assert [one.get("payload") for one in heard] == [
            {"data": {"counted": 0}},
            {"data": {"counted": 1}},
            None,
        ]


NEVER_RUN = [
    ("{", "GRAPHQL_PARSE_FAILED"),
    ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { counted }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription($n: Int!) { counted(most: $n) }", "BAD_USER_INPUT"),
    ("query A { hello } query B { hello }", "OPERATION_UNKNOWN"),
    ("", "GRAPHQL_PARSE_FAILED"),
    (None, "BAD_REQUEST"),
]


async def test_what_never_runs_is_told_as_an_error_and_the_connection_stays(
    small: Starlette,
) -> None:
    async with connected(small) as socket:
        await socket.open()
        for query, code in NEVER_RUN:
            await socket.ask("a", query)
            told = await socket.told()
            assert (told["id"], told["type"]) == ("a", "error")
            assert {one["extensions"]["code"] for one in told["payload"]} == {code}
        await socket.ask("a", "{ hello }")
        assert (await socket.told())["type"] == "next"


SAID = {"id": "a", "type": "subscribe", "payload": {"query": "subscription { mine }"}}


CLOSING: list[tuple[list[object], int]] = [
    (["5"], 4400),
    (["[]"], 4400),
    (['"x"'], 4400),
    (["null"], 4400),
    (["{"], 4400),
    (["{}"], 4400),
    (["\ud800"], 4400),
    (["[" * 5_000], 4400),
    ([{"type": "connection_terminate"}], 4400),
    ([SAID], 4401),
    ([{"type": "pong"}, SAID], 4401),
    ([" " * 65_537], 1009),
    ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
    ([{"type": "connection_init"}, "5"], 4400),
    ([{"type": "connection_init"}, {**SAID, "id": ""}], 4400),
    ([{"type": "connection_init"}, {**SAID, "id": 5}], 4400),
    ([{"type": "connection_init"}, {**SAID, "payload": None}], 4400),
    ([{"type": "connection_init"}, {"id": "a", "type": "start"}], 4400),
    ([{"type": "connection_init", "payload": {"authorization": 5}}], 4403),
    ([{"type": "connection_init", "payload": {"authorization": "Bearer x"}}], 4403),
]


async def test_no_frame_crashes_a_socket_and_what_is_not_understood_closes_it(
    small: Starlette,
) -> None:
    for frames, code in CLOSING:
        async with connected(small) as socket:
            for frame in frames:
                await socket.say(frame)
            assert await socket.closed() == code, frames


async def test_bytes_and_another_protocol_close_a_socket_and_the_legacy_one_is_off(
    small: Starlette,
) -> None:
    async with connected(small) as socket:
        await socket.sent.put({"type": "websocket.receive", "bytes": b"{}"})
        assert await socket.closed() == 4400
    for protocols in ((), ("graphql-ws",)):
        async with connected(small, protocols=protocols) as socket:
            assert await socket.closed() == 4406


async def test_one_connection_asks_for_so_much_at_once_and_no_more(
    small: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversing, "OPERATIONS_MAX", 2)
    monkeypatch.setattr(sockets, "FRAMES_PER_BEAT", 8)

    async with connected(small) as socket:
        await socket.open()
        for name in ("a", "a"):
            await socket.say({**SAID, "id": name})
        assert await socket.closed() == 4409
    async with connected(small) as socket:
        await socket.open()
        for name in ("a", "b", "c"):
            await socket.say({**SAID, "id": name})
        assert await socket.closed() == 4429
    async with connected(small) as socket:
        await socket.open()
        for _ in range(8):
            await socket.say({"type": "pong"})
        assert await socket.closed() == 4429


async def test_a_source_that_fails_is_masked_on_every_transport(small: Starlette) -> None:
    with capture_logs() as logged:
        async with connected(small) as socket:
            await socket.open()
            await socket.ask("a", "subscription { it: broken }")
            assert (await socket.told())["payload"] == {"data": {"it": 1}}
            failed = await socket.told()
        async with streamed(small, "subscription { it: broken }") as parts:
            heard = [await parts.get() for _ in range(5)]
    (error,) = failed["payload"]["errors"]
    assert failed["payload"]["data"] is None
    assert (error["path"], error["extensions"]["code"]) == (["it"], "INTERNAL")
    assert heard[:2] == [b"200", b":\n\n"]
    assert heard[2] == b'event: next\ndata: {"data":{"it":1}}\n\n'
    assert heard[3].startswith(b'event: next\ndata: {"errors":[{')
    assert heard[4] == b"event: complete\ndata:\n\n"
    assert SECRET not in f"{failed}{heard}{logged}"


async def test_server_sent_events_are_framed_as_urql_reads_them(small: Starlette) -> None:
    """Each event has its name, one line of data and an empty line, and nothing of the next one."""
    async with streamed(small, "subscription { counted(most: 2) }") as parts:
        heard = [await parts.get() for _ in range(5)]
    assert heard == [
        b"200",
        b":\n\n",
        b'event: next\ndata: {"data":{"counted":0}}\n\n',
        b'event: next\ndata: {"data":{"counted":1}}\n\n',
        b"event: complete\ndata:\n\n",
    ]
    async with streamed(small, "{ hello }") as parts:
        assert await parts.get() == b"200"
        assert (await parts.get()).endswith('{"data":{"hello":"你好 zh-Hans"}}\n\n'.encode())
        assert await parts.get() == b"event: complete\ndata:\n\n"
    async with streamed(small, "{ nothing }") as parts:
        assert await parts.get() == b"200"
        assert b"GRAPHQL_VALIDATION_FAILED" in await parts.get()
    for accept in ("application/json", "*/*", ""):
        async with streamed(small, "subscription { mine }", {"accept": accept}) as parts:
            assert await parts.get() == b"406"


async def test_a_subscription_needs_somebody_who_signed_in(small: Starlette) -> None:
    async with connected(small) as socket:
        await socket.open()
        await socket.ask("a", "subscription { mine }")
        (error,) = (await socket.told())["payload"]["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_who_sends_nothing_or_takes_nothing_is_hung_up_on(
    small: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "INIT_SECONDS", 0.05)
    async with connected(small) as socket:
        assert await socket.closed() == 4408
    monkeypatch.setattr(sockets, "INIT_SECONDS", 5)
    monkeypatch.setattr(sockets, "HEARTBEAT_SECONDS", 0.05)
    async with connected(small) as socket:
        await socket.open()
        assert await socket.told() == {"type": "ping"}
        await socket.say({"type": "pong"})
        assert await socket.told() == {"type": "ping"}
        assert await socket.closed() == 4408
    monkeypatch.setattr(sockets, "HEARTBEAT_SECONDS", 5)
    monkeypatch.setattr(sockets, "SEND_SECONDS", 0.05)
    async with connected(small) as socket:
        await socket.open()
        socket.is_slow = True
        await socket.ask("a", "subscription { counted(most: 1000000) }")
        assert await socket.closed() == 4408


async def test_a_silent_stream_is_kept_open_by_beats(
    small: Starlette, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "HEARTBEAT_SECONDS", 0.05)
    headers = {"authorization": str(bearer(phone)["authorization"])}
    async with streamed(small, "subscription { mine }", headers) as parts:
        heard = [await parts.get() for _ in range(5)]
    assert heard.count(b":\n\n") >= 2


async def test_a_process_that_stops_tells_everybody_to_come_back(
    small: Starlette, stands: Standing, phone: Phone
) -> None:
    headers = {"authorization": str(bearer(phone)["authorization"])}
    async with (
        connected(small) as socket,
        streamed(small, "subscription { mine }", headers) as parts,
    ):
        await socket.open()
        assert [await parts.get() for _ in range(3)][2].startswith(b"event: next")
        stands.end()
        assert await socket.closed() == 4503
        assert await parts.get() == b"event: complete\ndata:\n\n"
    async with connected(small) as socket:
        await socket.say({"type": "connection_init"})
        assert await socket.closed() == 4503
    async with streamed(small, "subscription { mine }", headers) as parts:
        assert await parts.get() == b"503"


async def test_nobody_has_more_connections_than_their_share(
    small: Starlette, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "OF_ONE_CALLER", 1)
    async with connected(small) as first, connected(small) as second:
        await first.open(bearer(phone))
        await second.say({"type": "connection_init", "payload": bearer(phone)})
        assert await second.closed() == 4503
    async with connected(small) as third:
        await third.open(bearer(phone))


async def test_a_connection_ends_with_its_session(small: Starlette, phone: Phone) -> None:
    headers = {"authorization": str(bearer(phone)["authorization"])}
    async with (
        connected(small) as socket,
        streamed(small, "subscription { mine }", headers) as parts,
    ):
        await socket.open(bearer(phone))
        await socket.say(SAID)
        assert (await socket.told())["payload"] == {"data": {"mine": "changed"}}
        assert [await parts.get() for _ in range(3)][2].startswith(b"event: next")
        await phone.do("sign_out")
        assert await socket.closed() == 4403
        while (part := await parts.get()).startswith(b"event: next"):
            pass
        assert part == b"event: complete\ndata:\n\n"


async def test_a_session_bound_to_a_key_proves_its_connection_and_commands_go_by_http(
    database: Database, phone: Phone, stands: Standing
) -> None:
    await phone.enroll("Redmi 9A")
    await phone.sign_in_with_key(database.clock.now().timestamp())
    app = app_over(BORROWER_SCHEMA, stands)
    good = proof(phone)
    for payload, code in (
        (bearer(phone), 4403),
        (proof(phone, b"{}"), 4403),
        ({**bearer(phone), "proof": 5}, 4403),
    ):
        async with connected(app) as socket:
            await socket.say({"type": "connection_init", "payload": payload})
            assert await socket.closed() == code
    async with connected(app) as socket:
        await socket.open(good)
        await socket.ask("a", "{ me { phone monthlyIncome } }")
        told = await socket.told()
        assert told["payload"]["data"]["me"] == {"phone": "138****8000", "monthlyIncome": None}
        assert (await socket.told())["type"] == "complete"
        change_it = (
            'mutation { setLanguage(input: {language: EN, idempotencyKey: "k"}) { __typename } }'
        )
        await socket.ask("b", change_it)
        (error,) = (await socket.told())["payload"]
        assert error["extensions"]["code"] == "PROOF_REQUIRED"
    async with connected(app) as socket:
        await socket.say({"type": "connection_init", "payload": good})
        assert await socket.closed() == 4403
    assert (await fetch("SELECT language FROM borrower"))[0]["language"] == "zh-Hans"


async def test_the_rates_of_a_caller_hold_over_a_socket_too(database: Database) -> None:
    assert database.dialect
    async with connected(app_over(SMALL, Standing(), Rates(0.001))) as socket:
        await socket.open()
        await socket.ask("a", "{ hello }")
        assert [(await socket.told())["type"] for _ in range(2)] == ["next", "complete"]
        for query in ("{ hello }", "subscription { counted(most: 1) }"):
            await socket.ask("b", query)
            (error,) = (await socket.told())["payload"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert error["extensions"]["retryAfterSeconds"] > 100


DEEP = "many { " * 10 + "hello" + " }" * 10


async def test_an_operation_is_given_up_when_the_client_says_so_or_leaves(
    small: Starlette, phone: Phone
) -> None:
    async with connected(small) as socket:
        await socket.open(bearer(phone))
        await socket.say(SAID)
        assert (await socket.told())["type"] == "next"
        await socket.say({"id": "a", "type": "complete"})
        await socket.say({"id": "never", "type": "complete"})
        await socket.ask("a", "{ hello }")
        assert (await socket.told())["payload"]["data"]["hello"]
    async with connected(small):
        pass


async def test_what_costs_too_much_is_told_over_every_transport(small: Starlette) -> None:
    async with connected(small) as socket:
        await socket.open()
        for query in (f"{{ {DEEP} }}", f"subscription {{ tree {{ {DEEP} }} }}"):
            await socket.ask("a", query)
            (error,) = (await socket.told())["payload"]
            assert error["extensions"]["code"] == "TOO_COMPLEX"
    async with streamed(small, f"subscription {{ tree {{ {DEEP} }} }}") as parts:
        assert [await parts.get() for _ in range(2)][1].startswith(b"event: next")
        assert await parts.get() == b"event: complete\ndata:\n\n"


async def test_an_event_has_a_deadline_like_a_request(
    small: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "SECONDS_MAX", 0.05)
    async with connected(small) as socket:
        await socket.open()
        await socket.ask("a", "subscription { tree { slow } }")
        (error,) = (await socket.told())["payload"]["errors"]
        assert error["extensions"]["code"] == "TIMEOUT"


async def test_a_fault_of_ours_around_an_operation_is_masked_and_the_connection_goes_on(
    small: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_arguments: object) -> None:
        raise ValueError(SECRET)

    with capture_logs() as logged:
        async with connected(small) as socket:
            await socket.open()
            monkeypatch.setattr(conversing, "asked", break_down)
            await socket.ask("a", "{ hello }")
            (error,) = (await socket.told())["payload"]
            assert error["extensions"]["code"] == "INTERNAL"
            monkeypatch.setattr(conversing.Conversation, "hear", break_down)
            await socket.ask("a", "{ hello }")
            assert await socket.closed() == 1011
    assert SECRET not in f"{error}{logged}"
    assert [entry["event"] for entry in logged] == ["fault", "fault"]
