"""A PIN or password that finds no place to be hashed is refused before anything of it runs."""

import re
from collections.abc import Iterator

import httpx
import pytest
from graphql import GraphQLInputObjectType, get_named_type
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry import Schema

from app.foundation import hashing
from app.foundation.database import Database
from app.foundation.errors import RateLimited
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.gateway.secrets import brings_secret

NAMED = re.compile("(pin|password)$", re.IGNORECASE)


def paths_of(graph: Schema) -> set[tuple[str, ...]]:
    """Find where inputs take what is hashed slowly: every text with a name like a PIN's."""

    def walk(wanted: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        named = get_named_type(wanted)  # pyright: ignore[reportArgumentType,reportCallIssue] - any type of graphql-core's
        if isinstance(named, GraphQLInputObjectType):
            for name, one in named.fields.items():
                yield from walk(one.type, (*path, name))
        elif getattr(named, "name", "") == "String" and NAMED.search(path[-1]):
            yield path

    mutation = graph._schema.mutation_type  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    assert mutation is not None
    return {
        path
        for field in mutation.fields.values()
        for name, one in field.args.items()
        for path in walk(one.type, (name,))
    }


@pytest.mark.parametrize("graph", [BORROWER_SCHEMA, STAFF_SCHEMA], ids=["borrower", "staff"])
def test_wherever_a_pin_or_password_stands_it_is_seen_before_anything_runs(graph: Schema) -> None:
    paths = paths_of(graph)
    assert paths
    for path in paths:
        variables: object = "482915"
        for name in reversed(path):
            variables = {name: variables}
        assert isinstance(variables, dict)
        assert brings_secret(variables), path
    assert not brings_secret({"input": {"pin": None, "amount": 1}, "pins": "1", "password": 2})


@pytest.fixture
def crowded_gate() -> Iterator[None]:
    """Take every place among the secrets that are hashed."""
    taken = [hashing.gate.acquire(blocking=False) for _ in range(hashing.PLACES_MAX)]
    assert all(taken)
    yield
    hashing.gate.release(hashing.PLACES_MAX)


@pytest.mark.usefixtures("crowded_gate")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_pin_that_finds_no_place_is_told_by_429_when_to_come_again(
    database: Database,
) -> None:
    assert database.dialect
    endpoint = GraphQLEndpoint(BORROWER_SCHEMA, explorer=None)
    app = Starlette(routes=[Route("/graphql", endpoint.answer, methods=["POST"])])
    query = (
        "mutation ($input: SetPinInput!) { setPin(input: $input)"
        " { __typename ... on PlainProblem { code } } }"
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        body = {"query": query, "variables": {"input": {"pin": "482915", "idempotencyKey": "k"}}}
        answer = await client.post("/graphql", json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        other = await client.post("/graphql", json={"query": "{ regions { code } }"})
        assert other.status_code == 200
    with pytest.raises(RateLimited):
        await hashing.hashed("482915", pepper="some-pepper")
