"""Answers in parts: only when asked for, whole in the end, held to every limit."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.schema.config import StrawberryConfig

from app.gateway.failures import HANDLERS
from app.gateway.http import GraphQLEndpoint
from app.gateway.rates import Places, Rates
from app.gateway.routes import MIDDLEWARE
from app.gateway.running import Runner

GRAPHQL = "application/graphql-response+json"
MIXED = "multipart/mixed"
OLDER = "multipart/mixed;deferSpec=20220824, application/json"
SECRET = "13800138000"

QUERY = """query Q($later: Boolean! = true) {
  farm { name ...Rest @defer(if: $later, label: "rest") }
  ... @defer { farm { fields { crop ... @defer { yieldOf } } } }
}
fragment Rest on Farm { owner broken animals @stream(initialCount: 1) { name } }"""


@strawberry.type
class Animal:
    name: str


@strawberry.type
class Field:
    crop: str

    @strawberry.field
    async def yield_of(self) -> int:
        await asyncio.sleep(0)
        if self.crop == "apple":
            raise ValueError(SECRET)
        return len(self.crop)


@strawberry.type
class Farm:
    name: str = "果园"

    @strawberry.field
    async def owner(self) -> str:
        await asyncio.sleep(0)
        return "mei"

    @strawberry.field
    async def broken(self) -> str | None:
        raise ValueError(SECRET)

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return None

    @strawberry.field
    def animals(self) -> list[Animal]:
        return [Animal(name=one) for one in ("hen", "goat", "ox")]

    @strawberry.field
    async def fields(self) -> list[Field]:
        await asyncio.sleep(0)
        return [Field(crop="pear"), Field(crop="apple")]


@strawberry.type
class Query:
    @strawberry.field
    async def farm(self) -> Farm | None:
        return Farm()


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def plant(self) -> Farm:
        return Farm()


SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(enable_experimental_incremental_execution=True),
)


@pytest.fixture
def runner() -> Runner:
    return Runner.over(SCHEMA, Rates(), Places(most=2, kept=1))


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database will do: nothing here depends on it."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def client(runner: Runner, database: object) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    endpoint = GraphQLEndpoint(runner, explorer=None)
    app = Starlette(
        routes=[Route("/graphql", endpoint.answer, methods=["GET", "POST"])],
        middleware=MIDDLEWARE,
        exception_handlers=HANDLERS,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


def parts_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """Read an answer as its media type says: delimiters, headers, one JSON value in each part."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith('multipart/mixed; boundary="-"')
    assert "content-encoding" not in answer.headers
    preamble, *parts, end = answer.content.split(b"\r\n---")
    assert end == b"--\r\n"
    parts = [preamble.removeprefix(b"---"), *parts]
    told: list[dict[str, Any]] = []
    for part in parts:
        head, _, body = part.partition(b"\r\n\r\n")
        assert head == b"\r\nContent-Type: application/json; charset=utf-8"
        told.append(orjson.loads(body))
    assert [one["hasNext"] for one in told] == [True] * (len(told) - 1) + [False]
    return told


def put(data: Any, path: list[str | int], value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Merge a value at a path, as a client does."""
    for step in path:
        data = data[step]
    for name, one in value.items():
        if isinstance(one, dict) and isinstance(data.get(name), dict):
            put(data, [name], one)
        else:
            data[name] = one


def by_id(parts: list[dict[str, Any]]) -> tuple[Any, list[Any]]:
    """Put parts together that say by id where they belong."""
    data, errors, pending = parts[0]["data"], list(parts[0].get("errors", [])), {}
    for part in parts:
        pending |= {one["id"]: one["path"] for one in part.get("pending", [])}
        for one in part.get("incremental", []):
            path = [*pending[one["id"]], *one.get("subPath", [])]
            errors += one.get("errors", [])
            if "data" in one:
                put(data, path, one["data"])
            else:
                items = data
                for step in path:
                    items = items[step]
                items += one["items"]
        for one in part.get("completed", []):
            errors += one.get("errors", [])
            pending.pop(one["id"])
    assert pending == {}
    return data, errors


def by_path(parts: list[dict[str, Any]]) -> tuple[Any, list[Any]]:
    """Put parts together that say by path where they belong."""
    data, errors = parts[0]["data"], list(parts[0].get("errors", []))
    for part in parts:
        assert not {"pending", "completed"} & part.keys()
        for one in part.get("incremental", []):
            errors += one.get("errors", [])
            if one.get("items") is not None:
                *path, start = one["path"]
                items = data
                for step in path:
                    items = items[step]
                assert len(items) == start
                items += one["items"]
            elif one["data"] is not None:
                put(data, one["path"], one["data"])
    return data, errors


async def ask(client: httpx.AsyncClient, accept: str, query: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - any JSON value
    body = {"query": query, **more}
    return await client.post("/graphql", json=body, headers={"accept": accept})


async def test_whoever_takes_no_parts_gets_the_whole_answer_at_once(
    client: httpx.AsyncClient,
) -> None:
    for accept in (GRAPHQL, "application/json", "*/*", "multipart/*, */*", "text/event-stream"):
        answer = await ask(client, accept, QUERY)
        assert "hasNext" not in answer.text
        assert SECRET not in answer.text
        told = orjson.loads(answer.text.removeprefix("event: next\ndata: ").split("\n")[0])
        # A field that may not be null fails with what is around it, when nothing is parted.
        assert {one["extensions"]["code"] for one in told["errors"]} == {"INTERNAL"}
        assert told["data"] == {"farm": None}
    undeferred = QUERY.replace("yieldOf", "crop")
    told = (await ask(client, GRAPHQL, undeferred)).json()
    assert told["data"]["farm"]["animals"] == [{"name": "hen"}, {"name": "goat"}, {"name": "ox"}]


@pytest.mark.parametrize("accept", [MIXED, f"{GRAPHQL}, {MIXED}", OLDER])
async def test_parts_put_together_are_the_whole_and_every_one_is_masked(
    client: httpx.AsyncClient, accept: str
) -> None:
    answer = await ask(client, accept, QUERY)
    parts = parts_of(answer)
    assert parts[0]["data"] == {"farm": {"name": "果园"}}
    data, errors = (by_path if "deferSpec" in accept else by_id)(parts)
    assert data == {
        "farm": {
            "name": "果园",
            "owner": "mei",
            "broken": None,
            "animals": [{"name": "hen"}, {"name": "goat"}, {"name": "ox"}],
            "fields": [{"crop": "pear", "yieldOf": 4}, {"crop": "apple"}],
        }
    }
    assert SECRET not in answer.text
    assert [one["extensions"]["code"] for one in errors] == ["INTERNAL"] * 2
    assert sorted(one["path"][-1] for one in errors) == ["broken", "yieldOf"]


async def test_what_defers_nothing_in_the_end_has_one_part_or_one_body(
    client: httpx.AsyncClient,
) -> None:
    query = "query Q($later: Boolean!) { farm { name ... @defer(if: $later) { owner } } }"
    answer = await ask(client, f"{MIXED}, {GRAPHQL}", query, variables={"later": False})
    assert answer.json() == {"data": {"farm": {"name": "果园", "owner": "mei"}}}
    assert parts_of(await ask(client, MIXED, "{ farm { name } }")) == [
        {"data": {"farm": {"name": "果园"}}, "hasNext": False}
    ]
    refused = await ask(client, MIXED, "{ nothing }")
    assert refused.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    unbound = await ask(client, f"{MIXED}, {GRAPHQL}", query)
    assert (unbound.status_code, unbound.json()["errors"][0]["extensions"]["code"]) == (
        422,
        "BAD_USER_INPUT",
    )


async def test_a_command_runs_once_and_only_what_it_shows_comes_later(
    client: httpx.AsyncClient,
) -> None:
    parts = parts_of(await ask(client, MIXED, "mutation { plant { name ... @defer { owner } } }"))
    assert by_id(parts) == ({"plant": {"name": "果园", "owner": "mei"}}, [])


@pytest.mark.parametrize("accept", [MIXED, OLDER])
async def test_what_is_late_fails_alone_at_the_deadline_and_gives_its_place_back(
    client: httpx.AsyncClient, runner: Runner, accept: str
) -> None:
    query = '{ farm { name ... @defer(label: "slow") { slow } } }'
    answer = await ask(client, accept, query, extensions={"timeoutMs": 50})
    first, last = parts_of(answer)
    assert first["data"] == {"farm": {"name": "果园"}}
    (failed,) = last["completed"] if accept == MIXED else last["incremental"]
    assert failed["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert runner.places.taken == 0


async def test_parts_cost_more_than_the_whole_and_are_charged_for_what_they_hold(
    client: httpx.AsyncClient, runner: Runner
) -> None:
    asked = {"extensions": {"cost": True}}
    *_, last = parts_of(await ask(client, MIXED, QUERY, **asked))
    whole = (await ask(client, GRAPHQL, QUERY, **asked)).json()
    cost = last["extensions"]["cost"]
    assert cost["requested"] > whole["extensions"]["cost"]["requested"]
    assert cost["charged"] > 0
    lists = "{ farm { animals @stream { name } } }"
    prepared = runner.documents.prepare(lists)
    assert prepared.in_parts is not None
    operation, parted = prepared.operation(None), prepared.in_parts.operation(None)
    assert operation is not None
    assert parted is not None
    undivided = runner.costs.requested(prepared, operation, {})
    assert runner.costs.requested(prepared.in_parts, parted, {}) == undivided + 5 * 10
    runner.rates = Rates(points_per_second=0.1)
    statuses = [(await ask(client, MIXED, QUERY)).status_code for _ in range(50)]
    assert (statuses[0], statuses[-1]) == (200, 429)
