"""The endpoint answers every request in JSON with a status that says what happened."""

from collections.abc import AsyncIterator, Callable

import httpx
import orjson
import pytest
import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.schema.config import StrawberryConfig

from app.foundation.errors import InvalidInput, NotFound, RateLimited, TemporarilyUnavailable
from app.foundation.graphql import SCALARS, Fen, Info, PlainProblem
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
    def twice(self, amount: Fen) -> Fen:
        return Fen(amount * 2)

    @strawberry.field
    def all(self, amounts: list[Fen] | None = None) -> int:
        return len(amounts or [])

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


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plant(self) -> str:
        return "planted"


@pytest.fixture
async def client(database: object) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[PlainProblem],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    endpoint = GraphQLEndpoint(schema, explorer="<html>GraphiQL</html>")
    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/graphql", endpoint.answer, methods=methods)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers={"accept": GRAPHQL}
    ) as opened:
        yield opened


async def ask(client: httpx.AsyncClient, query: str, **rest: object) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, **rest})


async def test_a_query_is_answered_in_utf8_and_never_cached(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ hello }")
    assert answer.status_code == 200
    assert "你好 zh-Hans".encode() in answer.content
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"


async def test_get_carries_queries_and_never_mutations(client: httpx.AsyncClient) -> None:
    variables = '{"amount": 150}'
    query = "query($amount: Fen!) { twice(amount: $amount) }"
    answer = await client.get("/graphql", params={"query": query, "variables": variables})
    assert answer.json() == {"data": {"twice": 300}}
    refused = await client.get("/graphql", params={"query": "mutation { plant }"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def test_a_person_gets_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert "GraphiQL" in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_JSON"),
        (b"{", "BAD_JSON"),
        (b'"x"', "BAD_REQUEST"),
        (b"5", "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b"[]", "BAD_REQUEST"),
        (b"{}", "BAD_REQUEST"),
        (b'{"query": 5}', "BAD_REQUEST"),
        (b'{"query": "  "}', "BAD_REQUEST"),
        (b'{"query": "{ hello }", "variables": []}', "BAD_REQUEST"),
        (b'{"query": "{ hello }", "operationName": 5}', "BAD_REQUEST"),
        (b'{"query": "{ hello }", "extensions": 5}', "BAD_REQUEST"),
        (b'{"query": "\xff"}', "BAD_JSON"),
        (b'{"query": "{ hello"}', "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_a_malformed_body_is_a_400_that_says_why(
    client: httpx.AsyncClient, body: bytes, code: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("query A { hello } query B { hello }", None),
        ("query A { hello } query B { hello }", "C"),
        ("{ hello }", "C"),
    ],
)
async def test_which_of_several_operations_is_never_guessed(
    client: httpx.AsyncClient, query: str, name: str | None
) -> None:
    answer = await ask(client, query, operationName=name)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_UNKNOWN"
    chosen = await ask(client, "query A { hello } query B { all }", operationName="B")
    assert chosen.json() == {"data": {"all": 0}}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Fen!) { twice(amount: $a) }", {"a": 1.5}, "BAD_USER_INPUT"),
        ("query($a: Fen!) { twice(amount: $a) }", {"a": True}, "BAD_USER_INPUT"),
        ("query($a: Fen!) { twice(amount: $a) }", {"a": "1"}, "BAD_USER_INPUT"),
        ("query($a: Fen!) { twice(amount: $a) }", {"a": 2**53}, "BAD_USER_INPUT"),
        ("query($a: Fen!) { twice(amount: $a) }", {}, "BAD_USER_INPUT"),
        ("query($a: Fen) { hello }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: [Fen!]) { all(amounts: $a) }", {"a": [None] * 500}, "BAD_USER_INPUT"),
        ("{ " + "hello " * 1_500 + "}", {}, "TOO_COMPLEX"),
    ],
)
async def test_what_cannot_run_is_a_422_for_strict_clients_and_a_200_for_old_ones(
    client: httpx.AsyncClient, query: str, variables: dict[str, object], code: str
) -> None:
    strict = await ask(client, query, variables=variables)
    assert strict.status_code == 422
    assert {error["extensions"]["code"] for error in strict.json()["errors"]} == {code}
    assert "data" not in strict.json()
    old = await client.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"accept": "application/json"},
    )
    assert old.status_code == 200
    assert old.json() == strict.json()


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
    async def away(_request: object, _body: bytes) -> None:
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


@pytest.mark.parametrize(
    ("accept", "status", "media"),
    [
        ("*/*", 200, GRAPHQL),
        ("application/json", 200, "application/json"),
        (f"application/json;q=0.5, {GRAPHQL}", 200, GRAPHQL),
        (f"application/json, {GRAPHQL};q=0.9", 200, "application/json"),
        ("application/*", 200, GRAPHQL),
        ("application/json;charset=utf-8", 200, "application/json"),
        ("text/plain", 406, "application/json"),
        ("application/json;q=0", 406, "application/json"),
        ("application/json;q=x", 406, "application/json"),
    ],
)
async def test_the_media_type_is_negotiated(
    client: httpx.AsyncClient, accept: str, status: int, media: str
) -> None:
    headers = {"accept": accept}
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        f"{media}; charset=utf-8",
    )


async def test_other_methods_and_media_are_refused(client: httpx.AsyncClient) -> None:
    put = await client.put("/graphql", json={"query": "{ hello }"})
    assert (put.status_code, put.headers["allow"]) == (405, "GET, POST")
    form = await client.post("/graphql", data={"query": "{ hello }"})
    assert form.status_code == 415


def declared(body: bytes) -> tuple[bytes, dict[str, str]]:
    return body, {"content-length": str(len(body))}


def chunked(body: bytes) -> tuple[AsyncIterator[bytes], dict[str, str]]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 8_000):
            yield body[start : start + 8_000]

    return pieces(), {}


@pytest.mark.parametrize("send", [declared, chunked])
async def test_a_body_beyond_64_kib_is_refused(
    client: httpx.AsyncClient,
    send: Callable[[bytes], tuple[bytes | AsyncIterator[bytes], dict[str, str]]],
) -> None:
    content, headers = send(orjson.dumps({"query": "{ hello }" + " " * 70_000}))
    answer = await client.post(
        "/graphql", content=content, headers={**headers, "content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


async def test_get_with_broken_variables_is_a_400(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": "{ hello }", "variables": "{"})
    assert answer.status_code == 400
