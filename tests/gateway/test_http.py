"""What an answer tells people and developers; how it is told over HTTP is in `draft`."""

from collections.abc import AsyncIterator

import httpx
import pytest
import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.schema.config import StrawberryConfig

from app.foundation.errors import InvalidInput, NotFound, RateLimited, TemporarilyUnavailable
from app.foundation.graphql import SCALARS, Info, PlainProblem
from app.gateway import http
from app.gateway.http import GraphQLEndpoint
from app.gateway.masking import shown, timed_out

GRAPHQL = "application/graphql-response+json"
SECRET = "13800138000"


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: Info) -> str:
        return f"你好 {info.context.language}"

    @strawberry.field
    def busy(self) -> str | None:
        raise ConnectionResetError(SECRET)

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError(SECRET)

    @strawberry.field
    def mine(self, info: Info) -> str | None:
        return info.context.borrower_id

    @strawberry.field
    def page(self, first: int) -> str:
        raise InvalidInput("first", "foundation.reason.page_size", most=first)


@pytest.fixture
async def client(database: object) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    schema = strawberry.Schema(
        query=Query,
        types=[PlainProblem],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    endpoint = GraphQLEndpoint(schema, explorer="<html>GraphiQL</html>")
    app = Starlette(routes=[Route("/graphql", endpoint)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers={"accept": GRAPHQL}
    ) as opened:
        yield opened


async def ask(client: httpx.AsyncClient, query: str) -> httpx.Response:
    return await client.post("/graphql", json={"query": query})


async def test_a_query_is_answered_in_utf8_and_never_cached(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ hello }")
    assert answer.status_code == 200
    assert "你好 zh-Hans".encode() in answer.content
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_person_gets_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert "GraphiQL" in answer.text


async def test_a_refusal_in_a_query_is_told_in_the_callers_language(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post(
        "/graphql",
        json={"query": "{ hello missing mine }"},
        headers={"accept-language": "en-GB,zh;q=0.5"},
    )
    assert answer.status_code == 294
    content = answer.json()
    assert content["data"] == {"hello": "你好 en", "missing": None, "mine": None}
    told = {error["path"][0]: error for error in content["errors"]}
    assert told["missing"]["extensions"] == {"code": "NOT_FOUND"}
    assert told["mine"]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert told["mine"]["message"] == "Please sign in first."


async def test_a_database_that_goes_away_in_a_field_is_no_fault(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ busy }")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "TEMPORARILY_UNAVAILABLE", "retryAfterSeconds": 1}
    assert SECRET not in answer.text


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_request: object) -> None:
        raise TemporarilyUnavailable(retry_after_seconds=7)

    monkeypatch.setattr(http, "context_of", away)
    answer = await ask(client, "{ hello }")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "TEMPORARILY_UNAVAILABLE", "retryAfterSeconds": 7}


def test_whatever_is_worth_sending_again_says_when() -> None:
    limited = GraphQLError("", path=["mine"], original_error=RateLimited(60))
    assert shown(limited, "en")["extensions"] == {"code": "RATE_LIMITED", "retryAfterSeconds": 60}
    assert timed_out("en")["extensions"] == {"code": "TIMEOUT", "retryAfterSeconds": 2}


async def test_a_refused_argument_names_itself(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ page(first: 7) }")
    assert answer.status_code == 294, "nothing could be shown, yet it was run"
    assert answer.json()["data"] is None
    error = answer.json()["errors"][0]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "first"}
    assert "7" in error["message"]


async def test_a_fault_is_masked_behind_a_reference(
    client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await ask(client, "{ broken }")
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["reference"] in error["message"]
    logged = "".join(capfd.readouterr())
    assert error["extensions"]["reference"] in logged
    assert SECRET not in answer.text + logged
