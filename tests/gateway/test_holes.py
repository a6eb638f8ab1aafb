"""
What a stock GraphQL server was found to let through, hole by hole; none of it happens here.

Each test is named after what was found there.
"""

import asyncio
import gzip
import hashlib
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.graphql import SCALARS, PlainProblem
from app.gateway.documents import Documents
from app.gateway.failures import HANDLERS
from app.gateway.http import GraphQLEndpoint
from app.gateway.profiles import Profile
from app.gateway.rates import Rates
from app.gateway.routes import MIDDLEWARE
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.settings import HttpProfile

GRAPHQL = "application/graphql-response+json"
SECRET = "13800138000"
SECONDS_MAX = 0.05
"""What a document may take before it runs; the fastest of a few tries, in processor time."""


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "") -> str:
        return f"你好{name}"

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return None

    @strawberry.field
    async def sql(self) -> int | None:
        rows = await fetch(
            "SELECT count(*) AS n FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"
            " SELECT n + 1 FROM c WHERE n < 300000000) SELECT n FROM c)"
        )
        return rows[0]["n"]

    @strawberry.field
    def missing(self) -> str:
        raise NotFound

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError(SECRET)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plant(self) -> str:
        return "planted"


SMALL = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database will do: of what is tested here nothing depends on it."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def client_of(runner: Runner, profile: Profile | None = None) -> httpx.AsyncClient:
    endpoint = GraphQLEndpoint(runner, explorer=None, profile=profile or Profile())
    app = Starlette(
        routes=[Route("/graphql", endpoint)],
        middleware=MIDDLEWARE,
        exception_handlers=HANDLERS,
    )
    headers = {"accept": GRAPHQL, "content-type": "application/json"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers=headers
    )


@pytest.fixture
async def client(database: object) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    async with client_of(Runner.over(SMALL)) as opened:
        yield opened


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def doubling(count: int, leaf: str) -> str:
    parts = ["{ ...F0 }"]
    parts += [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(count)]
    return " ".join([*parts, f"fragment F{count} on Query {{ {leaf} }}"])


def overlapping(count: int) -> str:
    """Fragments that ask for the same lists in the same place, each through fragments again."""
    spreads = " ".join(f"...F{n}" for n in range(count))
    parts = [
        f"fragment F{n} on Query {{ loans {{ ...G{n} }} }} "
        f"fragment G{n} on Loan {{ installments {{ number dueOn ...H{n} }} }} "
        f"fragment H{n} on Installment {{ status paid left }}"
        for n in range(count)
    ]
    return f"{{ {spreads} }} {' '.join(parts)}"


BOMBS = {
    "727 bytes of fragments": doubling(15, "unreadCount"),
    "aliases": "{ " + " ".join(f"a{n}: unreadCount" for n in range(120)) + " }",
    "directives": "{ unreadCount " + "@skip(if: false) " * 110 + "}",
    "480 unused variables": "query("
    + "".join(f"$v{n}:X" for n in range(480))
    + ") { loans { id } }",
    "unknown names": "{ " + " ".join(f"unreadCoun{n}" for n in range(140)) + " }",
    "one long name": "query($a: " + "Loa" * 650 + ") { loans { id } }",
    "lists in lists": "{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }",
    "50 deferred fragments": "{ " + "... @defer { loans @stream { id } } " * 25 + "}",
    "inline fragments": "{ " + "... { " * 300 + "unreadCount" + " }" * 300 + " }",
    "a fragment for every operation": " ".join(f"query Q{n} {{ ...F }}" for n in range(90))
    + " fragment F on Query { unreadCount }",
    "8 kB of overlapping fragments": overlapping(45),
    "64 kB of a string": '{ node(id: "' + "\\n" * 31_000 + '") { id } }',
    "as many comments as there may be": "#" * 32_700 + "\n{ unreadCount }",
    "as long a string as there may be": '{ node(id: "' + "\\n" * 16_300 + '") { id } }',
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_document_takes_long_before_it_runs(name: str) -> None:
    """Stock limiters could be stopped for nine seconds by 727 bytes of fragments."""
    runner = Runner.over(BORROWER_SCHEMA)
    best = 1.0
    for _ in range(4):
        documents = Documents(runner.schema)
        began = time.process_time()
        prepared = documents.prepare(BOMBS[name])
        if not prepared.errors and (operation := prepared.operation(None)) is not None:
            runner.costs.requested(prepared, operation, {})
        best = min(best, time.process_time() - began)
        if best < SECONDS_MAX:
            break
    assert best < SECONDS_MAX


async def test_a_bomb_is_refused_while_another_clients_requests_go_on(
    client: httpx.AsyncClient,
) -> None:
    bombs = [client.post("/graphql", json={"query": bomb}) for bomb in BOMBS.values()]
    others = [client.post("/graphql", json={"query": "{ hello }"}) for _ in range(10)]
    answers = await asyncio.gather(*bombs, *others)
    assert [answer.status_code for answer in answers[-10:]] == [200] * 10
    assert {answer.status_code for answer in answers[:-10]} <= {400, 413, 422}


MALFORMED = (
    b'"x"', b"5", b"null", b"true", b"[]", b'[{"query": "{ hello }"}]', b"{}",
)  # fmt: skip
UNREADABLE = (
    b"", b"{", b"\xff\xfe", b'{"query": "\xff"}',
    b"[" * 60_000, b'{"a":' * 10_000, b'{"query": "\\ud800"}', b'{"query": NaN}',
    b'{"query": "{ hello }", "variables": {"a": Infinity}}', b"\x00", b"\xef\xbb\xbf{}",
    b'{"query": "{ hello(name: \\"\\\\ud800\\") }"}',
)  # fmt: skip
UNDERSTOOD = (
    b'{"query": "{ nothing }", "query": "{ hello }"}',
    b'{"query": "{ hello }", "variables": {"a": 123456789012345678901234567890}}',
    b'{"query": "{ hello }", "more": {"and": "more"}, "extensions": {"some": 1}}',
    '{"query": "{ hello(name: \\"\U0001f9e1\\") }"}'.encode(),
)


async def test_no_body_crashes_the_server(client: httpx.AsyncClient) -> None:
    """`"x"`, `5`, `null` and invalid UTF-8 were answered with a 500 there."""
    for bodies, status in ((MALFORMED, 422), (UNREADABLE, 400)):
        for body in bodies:
            answer = await client.post("/graphql", content=body)
            assert answer.status_code == status, body[:40]
            assert answer.json()["errors"][0]["message"]
    for body in UNDERSTOOD:
        answer = await client.post("/graphql", content=body)
        assert answer.status_code == 200, body[:40]
        assert answer.json()["data"]["hello"].startswith("你好")


async def test_two_anonymous_operations_execute_neither(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello } { missing }"})
    assert code_of(answer) == (422, "GRAPHQL_VALIDATION_FAILED")
    assert "data" not in answer.json()


async def test_nothing_leaks_in_parts_that_are_deferred(client: httpx.AsyncClient) -> None:
    query = "{ hello ... @defer { broken } }"
    for accept in ("multipart/mixed;deferSpec=20220824", "multipart/mixed", GRAPHQL, "*/*"):
        answer = await client.post("/graphql", json={"query": query}, headers={"accept": accept})
        assert SECRET not in answer.text
        assert answer.text.count('"INTERNAL"') == 1
        is_parted = answer.headers["content-type"].startswith("multipart/mixed")
        assert is_parted == accept.startswith("multipart")


def test_a_valid_document_is_not_validated_again() -> None:
    """A limiter made by a factory defeated the cache there: each request was validated anew."""
    runner = Runner.over(SMALL)
    began = time.process_time()
    first = runner.documents.prepare("{ hello }")
    once = time.process_time() - began
    began = time.process_time()
    for _ in range(20):
        assert runner.documents.prepare("{ hello }") is first
    assert time.process_time() - began < max(once, 0.001)


async def test_no_form_is_taken_so_no_page_sends_one_without_a_preflight(
    client: httpx.AsyncClient,
) -> None:
    operations = orjson.dumps({"query": "mutation { plant }"}).decode()
    for media in (
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/graphql",
        "",
    ):
        answer = await client.post("/graphql", content=operations, headers={"content-type": media})
        assert code_of(answer) == (415, "MEDIA_TYPE")


async def test_nothing_a_client_wrote_reaches_the_log(client: httpx.AsyncClient) -> None:
    """Literals of queries stood in the logs there; aliases are the client's words as well."""
    query = '{ alias13800138000: broken hello(name: "13800138000") }'
    with capture_logs() as logged:
        answer = await client.post("/graphql", json={"query": query})
        await client.get("/alias13800138000")
    assert answer.status_code == 294
    (fault,) = logged
    assert (fault["event"], fault["where"]) == ("fault", "broken")
    assert SECRET not in str(logged)


async def test_chinese_travels_as_it_is_and_not_escaped(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert answer.content == '{"data":{"hello":"你好"}}'.encode()


async def test_whatever_is_wrong_is_told_in_json(client: httpx.AsyncClient) -> None:
    """Frameworks answer 404, 405 and 500 in plain text."""
    for answer in (
        await client.get("/nowhere"),
        await client.request("PATCH", "/graphql"),
        await client.put("/graphql", content=b"{}"),
        await client.get("/graphql", params={"query": "{ hello }" + " " * 9_000}),
        await client.get("/graphql", params={"query": "{"}),
        await client.post("/graphql", content=b"x", headers={"accept": "image/png"}),
        await client.post("/graphql", content=b"{}", headers={"accept-encoding": "identity;q=0"}),
    ):
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"].endswith("json; charset=utf-8")
        assert answer.json()["errors"][0]["extensions"]["code"]


async def test_utf_8_is_the_only_charset(client: httpx.AsyncClient) -> None:
    body = orjson.dumps({"query": "{ hello }"})
    for charset, status in (("utf-8", 200), ('"UTF8"', 200), ("utf-16", 415), ("gbk", 415)):
        media = {"content-type": f"application/json; charset={charset}"}
        assert (await client.post("/graphql", content=body, headers=media)).status_code == status


async def test_a_compressed_body_is_opened_up_to_the_limit(client: httpx.AsyncClient) -> None:
    body = orjson.dumps({"query": "{ hello }" + " " * 1_000})
    for content, encoding, status, code in (
        (gzip.compress(body), "gzip", 200, None),
        (gzip.compress(body + b" " * 10_000_000), "gzip", 413, "BODY_TOO_LARGE"),
        (gzip.compress(body)[:-3], "gzip", 400, "BAD_ENCODING"),
        (body, "deflate", 415, "CONTENT_ENCODING"),
    ):
        headers = {"content-encoding": encoding}
        answer = await client.post("/graphql", content=content, headers=headers)
        assert answer.status_code == status
        if code is not None:
            assert code_of(answer) == (status, code)
    assert answer.headers["accept-encoding"] == "gzip, br, zstd"


async def test_an_operation_is_stopped_at_its_deadline_with_its_statements(
    client: httpx.AsyncClient,
) -> None:
    began = time.monotonic()
    for query in ("{ hello slow }", "{ sql }"):
        asked = {"query": query, "extensions": {"timeoutMs": 100}}
        answer = await client.post("/graphql", json=asked)
        assert code_of(answer) == (294, "TIMEOUT")
        assert answer.json()["data"] is None
    assert (await client.post("/graphql", json={"query": "{ hello }"})).status_code == 200
    assert time.monotonic() - began < 8
    for wrong in (0, -1, 1.5, True, "1"):
        asked = {"query": "{ hello }", "extensions": {"timeoutMs": wrong}}
        assert code_of(await client.post("/graphql", json=asked)) == (422, "BAD_REQUEST")


async def test_cost_is_told_to_whoever_asks_and_to_whoever_asks_too_much(
    client: httpx.AsyncClient, database: object
) -> None:
    assert database
    asked = {"query": "{ hello }", "extensions": {"cost": True}}
    answer = await client.post("/graphql", json=asked)
    assert answer.json()["extensions"] == {"cost": {"requested": 2, "charged": 3}}
    answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert "extensions" not in answer.json()
    offers = "offers { number: id installments { number dueOn total } }"
    query = f"{{ applications(first: 100) {{ edges {{ node {{ id {offers} }} }} }} }}"
    async with client_of(Runner.over(BORROWER_SCHEMA)) as real:
        answer = await real.post("/graphql", json={"query": query})
    assert code_of(answer) == (422, "TOO_COMPLEX")
    assert answer.json()["extensions"]["cost"]["requested"] > 20_000


async def test_who_asks_too_often_is_told_to_wait(database: object) -> None:
    assert database
    async with client_of(Runner.over(SMALL, Rates(0.001))) as client:
        await client.post("/graphql", json={"query": "{ hello }"})
        answer = await client.post("/graphql", json={"query": "{ hello }"})
    assert code_of(answer) == (429, "RATE_LIMITED")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_thousand_aliased_tries_count_a_thousand(database: object) -> None:
    """So none of them runs: one operation takes one guess, and a body holds one operation."""
    assert database
    given = '(input: {challengeId: "oc1ibejps0ic20p9", code: "000000", idempotencyKey: "k"})'
    tries = " ".join(f"a{n}: verifyOtp{given} {{ __typename }}" for n in range(1_000))
    async with client_of(Runner.over(BORROWER_SCHEMA)) as client:
        few = tries[: tries.index("a2:")]
        for query in (f"mutation {{ {few} }}", f"mutation {{ {few} {few.replace('a', 'b')} }}"):
            assert code_of(await client.post("/graphql", json={"query": query}))[0] in {400, 422}
        answer = await client.post(
            "/graphql", json={"query": f"mutation {{ {tries[:60_000]} }} }}"}
        )
        assert answer.status_code in {400, 422}
        batch = [{"query": f"mutation {{ verifyOtp{given} {{ __typename }} }}"}] * 10
        assert code_of(await client.post("/graphql", json=batch)) == (422, "BAD_REQUEST")


async def test_a_document_is_persisted_under_its_hash_and_found_by_it(
    client: httpx.AsyncClient,
) -> None:
    query = "query Q { hello }"
    digest = hashlib.sha256(query.encode()).hexdigest()
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    unknown = await client.post("/graphql", json={"extensions": persisted})
    assert code_of(unknown) == (404, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    plain = {"accept": "application/json"}
    old = await client.post("/graphql", json={"extensions": persisted}, headers=plain)
    assert (old.status_code, old.json()) == (404, unknown.json())
    first = await client.post("/graphql", json={"query": query, "extensions": persisted})
    assert first.status_code == 200
    for answer in (
        await client.post("/graphql", json={"extensions": persisted}),
        await client.post("/graphql", json={"documentId": f"sha256:{digest}"}),
        await client.get("/graphql", params={"documentId": f"sha256:{digest}"}),
        await client.get("/graphql", params={"extensions": orjson.dumps(persisted).decode()}),
    ):
        assert answer.json() == first.json()
    other = {"query": "{ missing }", "extensions": persisted}
    assert code_of(await client.post("/graphql", json=other)) == (400, "PERSISTED_QUERY_MISMATCH")
    for wrong in (
        {"query": "", "documentId": ""},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": digest}}},
        {"extensions": {"persistedQuery": 5}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}},
    ):
        assert code_of(await client.post("/graphql", json=wrong)) == (422, "BAD_REQUEST")


async def test_the_older_profile_answers_as_servers_did_then(database: object) -> None:
    assert database
    profile = Profile(HttpProfile.NPM)
    async with client_of(Runner.over(SMALL), profile) as client:
        for accept, media in (("*/*", "application/json"), (GRAPHQL, GRAPHQL)):
            headers = {"accept": accept}
            answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
            assert answer.headers["content-type"] == f"{media}; charset=utf-8"
        for body, strict, plain in (
            (b"{", 400, 400),
            (b'{"qeury": "{ hello }"}', 400, 400),
            (b'{"query": "{ nothing }"}', 400, 200),
            (b'{"query": "{ hello broken }"}', 200, 200),
        ):
            for accept, status in ((GRAPHQL, strict), ("application/json", plain)):
                answer = await client.post("/graphql", content=body, headers={"accept": accept})
                assert answer.status_code == status
                assert answer.json()["errors"]
        answer = await client.get("/graphql", params={"query": "mutation { plant }"})
        assert answer.status_code == 405


def test_the_costliest_of_our_own_documents_are_far_below_the_limit() -> None:
    for name, schema in (
        ("borrower/explain", BORROWER_SCHEMA),
        ("borrower/my_tickets", BORROWER_SCHEMA),
        ("borrower/hardship_options", BORROWER_SCHEMA),
        ("staff/partner_figures", STAFF_SCHEMA),
    ):
        runner = Runner.over(schema)
        path = Path(__file__).parents[2] / "fixtures" / "operations" / f"{name}.graphql"
        prepared = runner.documents.prepare(path.read_text("utf-8"))
        operation = prepared.operation(None)
        assert operation is not None, name
        assert runner.costs.requested(prepared, operation, {"first": 100}) < 15_000, name
