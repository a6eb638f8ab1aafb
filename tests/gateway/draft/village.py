"""A graph with a field for each way in which an answer may end, and what is read of answers."""

from typing import Any

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.schema.config import StrawberryConfig

from app.foundation.errors import NotFound
from app.foundation.graphql import SCALARS, Fen, PlainProblem
from app.gateway.failures import HANDLERS
from app.gateway.http import GraphQLEndpoint
from app.gateway.routes import MIDDLEWARE
from app.gateway.running import Runner

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
UTF8 = "; charset=utf-8"

RAN: list[str] = []
"""Which resolvers ran since a test began: what is refused adds nothing."""


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "") -> str:
        RAN.append("hello")
        return f"你好{name}"

    @strawberry.field
    def twice(self, amount: Fen) -> Fen:
        RAN.append("twice")
        return Fen(amount * 2)

    @strawberry.field
    def all(self, amounts: list[Fen] | None = None) -> int:
        RAN.append("all")
        return len(amounts or [])

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound

    @strawberry.field
    def needed(self) -> str:
        raise NotFound


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plant(self) -> str:
        RAN.append("plant")
        return "planted"


VILLAGE = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
)


def client_of(runner: Runner) -> httpx.AsyncClient:
    """Return a client of a graph at `/graphql` that takes what the draft prefers."""
    app = Starlette(
        routes=[Route("/graphql", GraphQLEndpoint(runner, explorer=None))],
        middleware=MIDDLEWARE,
        exception_handlers=HANDLERS,
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers={"accept": GRAPHQL}
    )


def code_of(answer: httpx.Response) -> str | None:
    """Return the code of an answer's first error, if it has one."""
    errors = well_formed(answer).get("errors")
    return errors[0]["extensions"]["code"] if errors else None


def well_formed(answer: httpx.Response) -> dict[str, Any]:
    """Read an answer that must be a GraphQL response, as GraphQL's own specification has it."""
    content: dict[str, Any] = answer.json()
    assert content.keys() <= {"data", "errors", "extensions"}
    assert "data" in content or "errors" in content
    if "errors" in content:
        assert content["errors"]
        assert all(isinstance(error["message"], str) for error in content["errors"])
    else:
        assert content["data"] is not None
    return content
