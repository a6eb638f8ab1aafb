"""Nothing is changed by what came in TLS early data, on no transport; reads pass."""

from collections.abc import AsyncIterator

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from app.gateway.early import NothingEarly
from app.gateway.http import GraphQLEndpoint
from app.gateway.routes import MIDDLEWARE
from app.gateway.running import Runner
from app.gateway.sockets import SocketEndpoint
from app.gateway.standing import Standing
from app.gateway.sync import MEDIA, SyncEndpoint, cbor
from app.gateway.sync.exchange import Exchange
from tests.gateway.wires import connected

EARLY = {"early-data": "1"}
planted: list[str] = []


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hi"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plant(self) -> str:
        planted.append("one")
        return "planted"


async def taken(request: Request) -> Response:
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        planted.append("one")
    return Response("taken")


@pytest.fixture
def app(database: object) -> Starlette:
    """Serve a small graph, sync, and something else, behind what stands before every route."""
    assert database
    planted.clear()
    runner = Runner.over(strawberry.Schema(query=Query, mutation=Mutation))
    graph = GraphQLEndpoint(runner, explorer=None).answer
    methods = ["GET", "POST", "PATCH", "DELETE"]
    return Starlette(
        routes=[
            Route("/graphql", graph, methods=methods),
            WebSocketRoute("/graphql", SocketEndpoint(runner, Standing()).answer),
            Route("/s", SyncEndpoint(Exchange(runner)).answer, methods=["POST"]),
            Route("/u/dc1", taken, methods=methods),
            Route("/callbacks/rail", taken, methods=["POST"]),
        ],
        middleware=MIDDLEWARE,
    )


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_what_changes_something_waits_for_the_handshake_and_reads_pass(
    client: httpx.AsyncClient,
) -> None:
    push, pull = cbor.encode(["0", [[1, "x", {}]]]), cbor.encode(["0", []])
    change = {"query": "mutation { plant }"}
    sync = {"content-type": MEDIA}
    for method, path, sent in (
        ("POST", "/graphql", {"json": change}),
        ("POST", "/graphql", {"json": change, "headers": {"early-data": "what?"}}),
        ("POST", "/s", {"content": push, "headers": {**EARLY, **sync}}),
        ("POST", "/u/dc1", {"content": b"x"}),
        ("PATCH", "/u/dc1", {"content": b"x"}),
        ("DELETE", "/u/dc1", {}),
        ("POST", "/callbacks/rail", {"content": b"{}"}),
    ):
        answer = await client.request(method, path, **{"headers": EARLY, **sent})  # pyright: ignore[reportArgumentType]
        told = answer.json()["errors"][0]
        assert (answer.status_code, told["extensions"]["code"]) == (425, "TOO_EARLY"), path
        assert "再试一次" in told["message"]
    assert planted == []

    for asked in (
        client.post("/graphql", json={"query": "{ hello }"}, headers=EARLY),
        client.get("/graphql", params={"query": "{ hello }"}, headers=EARLY),
        client.get("/u/dc1", headers=EARLY),
    ):
        assert (await asked).status_code == 200
    pulled = await client.post("/s", content=pull, headers={**EARLY, **sync})
    assert pulled.status_code == 401, "nobody is signed in, and it was read"
    late = await client.post("/graphql", json=change)
    assert (late.status_code, planted) == (200, ["one"])


async def test_a_socket_asked_for_early_carries_reads_only(app: Starlette) -> None:
    async with connected(app, headers=EARLY) as socket:
        await socket.open()
        await socket.ask("a", "mutation { plant }")
        (error,) = (await socket.told())["payload"]
        assert error["extensions"]["code"] == "TOO_EARLY"
        await socket.ask("b", "{ hello }")
        assert (await socket.told())["payload"]["data"] == {"hello": "hi"}
    assert planted == []


def test_it_stands_before_every_route_and_looks_away_from_no_more_than_three() -> None:
    (early,) = (one for one in MIDDLEWARE if one.cls is NothingEarly)
    assert isinstance(early, Middleware)
    assert early.kwargs == {"looked_into": frozenset({"/graphql", "/staff/graphql", "/s"})}
