"""Our own documents are answered by id, and where only they are trusted, nothing else is."""

import asyncio

import httpx
import orjson
import pytest
from graphql import OperationDefinitionNode, parse
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs

from app.foundation.database import Database
from app.gateway import compiled, documents
from app.gateway.asking import Asked, asked_by_short_id, variables_of
from app.gateway.documents import Documents
from app.gateway.http import GraphQLEndpoint
from app.gateway.manifest import Ids, Operation, registered
from app.gateway.readying import readying
from app.gateway.routes import SHORT_PATH
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.gateway.wire import BadRequest
from app.literacy import operations as literacy

OURS = {one.name: one for one in registered("borrower")}
BROKEN = Operation("borrower", "Broken", "query", "query Broken { nothing }", "~~")
STAFF = STAFF_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema


def client(*, only_trusted: bool) -> httpx.AsyncClient:
    runner = Runner.over(BORROWER_SCHEMA, graph="borrower", only_trusted=only_trusted)
    answer = GraphQLEndpoint(runner, explorer=None).answer
    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/graphql", answer, methods=methods), Route(SHORT_PATH, answer)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_document_of_ours_is_found_by_short_id_hash_or_text_and_answers_the_same(
    database: Database,
) -> None:
    assert database
    literacy.load_course()
    for only_trusted in (False, True):
        async with client(only_trusted=only_trusted) as sending:
            await find_it_every_way(sending, OURS["Lesson"])
            other = await sending.post("/graphql", json={"query": "{ regions { code } }"})
            refused = (403, "DOCUMENT_NOT_TRUSTED")
            assert ((other.status_code, code_of(other)) == refused) is only_trusted


async def find_it_every_way(sending: httpx.AsyncClient, lesson: Operation) -> None:
    variables = {"slug": "yearly-rate"}
    short = f"/q/{lesson.short_id}"
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": lesson.digest}}
    ways = [
        await sending.get(short, params=variables),
        await sending.get(short, params={"variables": orjson.dumps(variables).decode()}),
        *[
            await sending.post("/graphql", json={"variables": variables, **asked})
            for asked in (
                {"documentId": lesson.short_id},
                {"documentId": f"sha256:{lesson.digest}"},
                {"query": lesson.body},
                {"extensions": persisted},
            )
        ],
    ]
    assert {one.status_code for one in ways} == {200}
    assert len({one.content for one in ways}) == 1
    assert "data" in ways[0].json()
    unknown = await sending.get("/q/zzz")
    assert (unknown.status_code, code_of(unknown)) == (404, "PERSISTED_QUERY_NOT_FOUND")
    mutation = await sending.get(f"/q/{OURS['RequestOtp'].short_id}")
    assert mutation.status_code == 405


def code_of(answer: httpx.Response) -> str | None:
    errors = answer.json().get("errors")
    return errors[0]["extensions"]["code"] if errors else None


def test_variables_in_a_short_url_are_read_as_their_types_want_them() -> None:
    text = "query($first: Int, $code: String!, $ids: [ID!], $amount: Fen!) { a }"
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    given = {"first": "3", "code": "610629", "ids": '["a"]', "amount": "150", "other": "1"}
    read = variables_of(asked_by_short_id("0", given), operation)
    assert read == {"first": 3, "code": "610629", "ids": ["a"], "amount": 150}
    with pytest.raises(BadRequest):
        variables_of(asked_by_short_id("0", {"first": "three"}), operation)


async def test_in_production_every_document_of_ours_is_parsed_and_planned_right_after_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = Runner.over(STAFF_SCHEMA, graph="staff")
    assert runner.trusted is not None
    runner.trusted.register([BROKEN])
    stop = asyncio.Event()
    with capture_logs() as logged:
        working = asyncio.ensure_future(readying([runner])(stop))
        for _ in range(len(registered("staff")) + 3):
            await asyncio.sleep(0)
    assert not working.done(), "work that is done would be missed"
    stop.set()
    await working
    assert [one["event"] for one in logged] == ["own_document_broken"]

    monkeypatch.setattr(documents, "read", None)
    monkeypatch.setattr(compiled, "plan_of", None)
    for one in registered("staff"):
        prepared = runner.document(Asked(None, document_id=one.short_id))
        operation = runner.operation(prepared, Asked(None))
        assert isinstance(runner.execute, compiled.Compiled)
        assert runner.execute.plan(prepared, operation) or one.kind == "subscription"


async def test_a_document_of_ours_that_is_broken_is_told_as_anybodys(database: Database) -> None:
    assert database
    runner = Runner.over(BORROWER_SCHEMA, graph="borrower", only_trusted=True)
    assert runner.trusted is not None
    runner.trusted.register([BROKEN])
    app = Starlette(routes=[Route(SHORT_PATH, GraphQLEndpoint(runner, explorer=None).answer)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as sending:
        told = await sending.get(f"/q/{BROKEN.short_id}")
    assert code_of(told) == "GRAPHQL_VALIDATION_FAILED"


def test_where_the_graph_is_closed_no_document_asks_what_it_is_like() -> None:
    text = "{ __schema { queryType { name } } }"
    assert not Documents(STAFF).prepare(text).errors
    assert Documents(STAFF, shows_schema=False).prepare(text).errors
    misspelled = Documents(STAFF, shows_schema=False).prepare("{ ticketQueues { id } }")
    assert "ticketQueue" not in misspelled.errors[0].message.replace("ticketQueues", "")


def operations(*names: str) -> list[str]:
    return [Operation("borrower", name, "query", "").key for name in names]


def test_an_id_is_never_given_twice() -> None:
    first = Ids({}).extended(operations("A", "B", "C"))
    assert first.given == {"borrower/A": "0", "borrower/B": "1", "borrower/C": "2"}
    without = first.extended(operations("A", "C"))
    assert without.retired == {"1": "borrower/B"}
    again = without.extended(operations("A", "B", "C", "D"))
    assert again.given == {
        "borrower/A": "0",
        "borrower/B": "3",
        "borrower/C": "2",
        "borrower/D": "4",
    }
    every = Ids.read()
    taken = [*every.given.values(), *every.retired]
    assert len(taken) == len(set(taken))
    assert all(1 <= len(one) <= 3 for one in taken)
