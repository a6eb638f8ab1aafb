"""
The status of every answer, as the draft has it.

Two points need more than a graph and have their tests elsewhere: headers that are too large (431)
in `tests/commands/test_stopping.py`, where a server listens, and who may not ask at all (401) in
`tests/gateway/test_proofs.py`, where a phone has a key.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from app.foundation.database import Database
from app.gateway import wire
from app.gateway.rates import Places
from app.gateway.running import Runner
from tests.gateway.draft.village import JSON, RAN, VILLAGE, client_of, code_of, well_formed

TWICE = "query($a: Fen!) { twice(amount: $a) }"
TWO = "query A { hello } query B { hello }"
AS_JSON = {"content-type": JSON}


@pytest.mark.parametrize(
    ("query", "status", "data"),
    [
        ("{ hello }", 200, {"hello": "你好"}),
        ("mutation { plant }", 200, {"plant": "planted"}),
        ("{ hello missing }", 294, {"hello": "你好", "missing": None}),
        ("{ missing }", 294, {"missing": None}),
        ("{ hello needed }", 294, None),
    ],
)
async def test_what_ran_has_a_status_of_success(
    client: httpx.AsyncClient, query: str, status: int, data: object
) -> None:
    """
    Status Codes: data must have a 2xx; should have 200 alone, and 294 with errors beside them.

    A field that failed has failed in what ran: that is no 4xx or 5xx. The draft says 200 of it
    under its examples; we take the more exact of its two words.
    """
    answer = await client.post("/graphql", json={"query": query})
    content = well_formed(answer)
    assert (answer.status_code, content["data"]) == (status, data)
    assert ("errors" in content) is (status == 294)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_JSON"),
        (b"NONSENSE", "BAD_JSON"),
        (b'{"query":', "BAD_JSON"),
        (b'{"query": "\xff"}', "BAD_JSON"),
        (b'{"query": "{"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "{ hello"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": ""}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "  "}', "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_cannot_be_read_is_a_400(
    client: httpx.AsyncClient, body: bytes, code: str
) -> None:
    """Status Codes: a body that is no JSON, or a document that is no GraphQL, should have 400."""
    answer = await client.post("/graphql", content=body, headers=AS_JSON)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b'"x"',
        b"5",
        b"null",
        b"[]",
        b"{}",
        b'{"qeury": "{ hello }"}',
        b'{"query": 5}',
        b'{"query": null}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ hello }", "variables": [7]}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "operationName": 5}',
        b'{"query": "{ hello }", "extensions": "x"}',
        b'[{"query": "{ hello }"}]',
    ],
)
async def test_what_is_no_request_is_a_422(client: httpx.AsyncClient, body: bytes) -> None:
    """Status Codes: JSON that is no well-formed request should have 422; a batch is none."""
    answer = await client.post("/graphql", content=body, headers=AS_JSON)
    assert (answer.status_code, code_of(answer), RAN) == (422, "BAD_REQUEST", [])


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({}, 422, "BAD_REQUEST"),
        ({"query": ""}, 400, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{"}, 400, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ hello }", "variables": "{"}, 422, "BAD_JSON"),
        ({"query": "{ hello }", "variables": "[7]"}, 422, "BAD_REQUEST"),
        ({"query": "{ hello }", "extensions": "x"}, 422, "BAD_JSON"),
    ],
)
async def test_what_is_no_request_in_a_url_is_the_same(
    client: httpx.AsyncClient, given: dict[str, str], status: int, code: str
) -> None:
    """GET, Status Codes: a map that is not written as JSON makes no well-formed request."""
    answer = await client.get("/graphql", params=given)
    assert (answer.status_code, code_of(answer), RAN) == (status, code, [])


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Fen) { hello }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "hello " * 1_500 + "}", {}, "TOO_COMPLEX"),
        (TWICE, {"a": 1.5}, "BAD_USER_INPUT"),
        (TWICE, {"a": True}, "BAD_USER_INPUT"),
        (TWICE, {"a": "1"}, "BAD_USER_INPUT"),
        (TWICE, {"a": 2**53}, "BAD_USER_INPUT"),
        (TWICE, {"a": None}, "BAD_USER_INPUT"),
        (TWICE, {}, "BAD_USER_INPUT"),
        ("query($a: [Fen!]) { all(amounts: $a) }", {"a": [None] * 500}, "BAD_USER_INPUT"),
    ],
)
async def test_what_is_not_valid_is_a_422_and_does_not_run(
    client: httpx.AsyncClient, query: str, variables: dict[str, object], code: str
) -> None:
    """Status Codes: a broken rule, or variables that are not of their types, should have 422."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 422
    content = well_formed(answer)
    assert {error["extensions"]["code"] for error in content["errors"]} == {code}
    assert ("data" in content, RAN) == (False, [])


@pytest.mark.parametrize(
    ("query", "name"), [(TWO, None), (TWO, ""), (TWO, "C"), ("{ hello }", "C"), ("{ hello }", "a")]
)
async def test_which_operation_is_meant_is_never_guessed(
    client: httpx.AsyncClient, query: str, name: str | None
) -> None:
    """Status Codes: where that is in doubt, it should be 422, and nothing should run."""
    answer = await client.post("/graphql", json={"query": query, "operationName": name})
    assert (answer.status_code, code_of(answer), RAN) == (422, "OPERATION_UNKNOWN", [])
    chosen = await client.post("/graphql", json={"query": TWO, "operationName": "B"})
    assert chosen.json() == {"data": {"hello": "你好"}}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "BREW"])
async def test_a_method_that_we_do_not_have_is_a_405_that_names_those_we_have(
    client: httpx.AsyncClient, method: str
) -> None:
    """
    Status Codes: another method should have 405, and then `Allow` must name what there is.

    To be a teapot, which should have 418, would take `BREW`, and we are none.
    """
    answer = await client.request(method, "/graphql", params={"query": "{ hello }"})
    assert (answer.status_code, code_of(answer), RAN) == (405, "METHOD_NOT_ALLOWED", [])
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_head_answers_as_get_does_without_the_body(client: httpx.AsyncClient) -> None:
    """Response: a server must comply with HTTP, which has no GET without HEAD."""
    given = {"query": "{ hello }"}
    got, asked = (
        await client.get("/graphql", params=given),
        await client.head("/graphql", params=given),
    )
    assert (asked.status_code, asked.content) == (200, b"")
    assert dict(asked.headers) == dict(got.headers)


@pytest.mark.parametrize(
    "media",
    [
        "text/plain",
        "application/graphql",
        "application/graphql-response+json",
    ],
)
async def test_a_body_of_another_media_type_is_a_415(client: httpx.AsyncClient, media: str) -> None:
    """Status Codes: what Content-Type names and we do not have should have 415."""
    body = orjson.dumps({"query": "mutation { plant }"})
    answer = await client.post("/graphql", content=body, headers={"content-type": media})
    assert (answer.status_code, code_of(answer), RAN) == (415, "MEDIA_TYPE", [])


async def test_a_body_that_does_not_come_is_a_408(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status Codes: who takes longer to send a request than we wait should get 408."""
    monkeypatch.setattr(wire, "SILENCE_SECONDS_MAX", 0.05)

    async def half() -> AsyncIterator[bytes]:
        yield b'{"query": '
        await asyncio.sleep(5)

    async def drop_by_drop() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b" "
            await asyncio.sleep(0.01)

    answer = await client.post("/graphql", content=half(), headers=AS_JSON)
    assert (answer.status_code, code_of(answer)) == (408, "TOO_SLOW")
    assert answer.headers["connection"] == "close"
    monkeypatch.setattr(wire, "BODY_SECONDS_MAX", 0.1)
    answer = await client.post("/graphql", content=drop_by_drop(), headers=AS_JSON)
    assert (answer.status_code, code_of(answer)) == (408, "TOO_SLOW")


async def chunked(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 8_000):
        yield body[start : start + 8_000]


@pytest.mark.parametrize("pieces", [bytes, chunked])
async def test_a_body_that_is_too_large_is_a_413(client: httpx.AsyncClient, pieces: type) -> None:
    """Status Codes: a body beyond what we take should have 413, whether its length is told."""
    body = orjson.dumps({"query": "mutation { plant }" + " " * 70_000})
    answer = await client.post("/graphql", content=pieces(body), headers=AS_JSON)
    assert (answer.status_code, code_of(answer), RAN) == (413, "BODY_TOO_LARGE", [])


async def test_a_url_that_is_too_long_is_a_414(client: httpx.AsyncClient) -> None:
    """Status Codes: a URL beyond what we take should have 414; the same goes by POST."""
    long = {"query": "{ hello }" + " " * 9_000}
    answer = await client.get("/graphql", params=long)
    assert (answer.status_code, code_of(answer), RAN) == (414, "URL_TOO_LONG", [])
    assert (await client.post("/graphql", json=long)).status_code == 200


async def test_a_server_that_has_no_room_is_a_503(database: Database) -> None:
    """Status Codes: where the server is why, it should be a 5xx: 503 under too much load."""
    assert database
    RAN.clear()
    async with client_of(Runner.over(VILLAGE, places=Places(most=1, kept=1))) as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert (answer.status_code, code_of(answer), RAN) == (503, "TEMPORARILY_UNAVAILABLE", [])
    assert answer.headers["retry-after"] == "2"
