"""What the draft asks of a server about bodies of answers, their media types, and validation."""

from typing import Any

import httpx
import orjson
import pytest
from graphql import parse, specified_rules, validate

from app.foundation.database import Database
from app.gateway import http
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from tests.gateway.draft.village import GRAPHQL, JSON, RAN, UTF8, client_of, code_of, well_formed

MIXED = "multipart/mixed"
ENDINGS: dict[str, tuple[bytes, int]] = {
    "whole": (b'{"query": "{ hello }"}', 200),
    "partial": (b'{"query": "{ hello missing }"}', 294),
    "empty": (b'{"query": "{ needed }"}', 294),
    "no JSON": (b"NONSENSE", 400),
    "no GraphQL": (b'{"query": "{"}', 400),
    "no request": (b'{"qeury": "{ hello }"}', 422),
    "not valid": (b'{"query": "{ nothing }"}', 422),
    "no operation": (b'{"query": "{ hello }", "operationName": "A"}', 422),
    "unknown id": (b'{"documentId": "zzz"}', 404),
}
"""Bodies that end in every way, each with its status."""


async def sent(client: httpx.AsyncClient, body: bytes, accept: str) -> httpx.Response:
    headers = {"content-type": JSON, "accept": accept}
    return await client.post("/graphql", content=body, headers=headers)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_answer_is_a_response_and_names_its_media_type(
    client: httpx.AsyncClient, ending: str
) -> None:
    """Response, Body: it must be GraphQL's own form in a type that is named, its encoding too."""
    body, status = ENDINGS[ending]
    answer = await sent(client, body, GRAPHQL)
    content = well_formed(answer)
    assert (answer.status_code, answer.headers["content-type"]) == (status, GRAPHQL + UTF8)
    assert ("data" in content) is (status < 300)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", GRAPHQL),
        ("application/*", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        (f"{GRAPHQL};q=0.1, {JSON};q=0.2", JSON),
        (f"{JSON};charset=utf-8", JSON),
        (f"text/html, {JSON};q=0.1", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{MIXED}, {JSON};q=0.9", MIXED),
        (f"{MIXED}, {GRAPHQL}", GRAPHQL),
        ("text/event-stream", "text/event-stream"),
    ],
)
async def test_who_says_what_they_like_best_gets_it(
    client: httpx.AsyncClient, accept: str, media: str
) -> None:
    """Body: Accept must be respected: of what we have, what is weighed highest."""
    answer = await sent(client, b'{"query": "{ hello }"}', accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media


@pytest.mark.parametrize("accept", ["text/plain", f"{JSON};q=0", f"{JSON};q=x", "image/*, text/*"])
async def test_who_takes_nothing_that_we_have_is_told_so(
    client: httpx.AsyncClient, accept: str
) -> None:
    """Body: we must refuse with 406 and stop, or answer as we like; it should be 406."""
    answer = await sent(client, b'{"query": "mutation { plant }"}', accept)
    assert (answer.status_code, code_of(answer), RAN) == (406, "NOT_ACCEPTABLE", [])


@pytest.mark.parametrize("ending", ENDINGS)
async def test_who_takes_plain_json_only_gets_it_for_what_succeeded(
    client: httpx.AsyncClient, ending: str
) -> None:
    """
    Body: an older client should be served as any other, with plain JSON for a 2xx only.

    So a 4xx in plain JSON is none of ours. Servers of 2023 had 200 for both: see the profile `npm`.
    """
    body, status = ENDINGS[ending]
    answer = await sent(client, body, JSON)
    media = JSON if status < 300 else GRAPHQL
    assert (answer.status_code, answer.headers["content-type"]) == (status, media + UTF8)
    assert answer.content == (await sent(client, body, GRAPHQL)).content


@pytest.mark.parametrize("ending", ENDINGS)
async def test_who_takes_parts_only_gets_them_for_what_succeeded(
    client: httpx.AsyncClient, ending: str
) -> None:
    """Status Codes: what has no data must have a 4xx or 5xx, however the client wants it told."""
    body, status = ENDINGS[ending]
    answer = await sent(client, body, MIXED)
    media = f'{MIXED}; boundary="-"' if status < 300 else GRAPHQL + UTF8
    assert (answer.status_code, answer.headers["content-type"]) == (status, media)


async def test_an_event_stream_tells_in_itself_what_never_ran(client: httpx.AsyncClient) -> None:
    """
    Status Codes: what has no data must have a 4xx or 5xx.

    Left on purpose by event streams, which the draft does not cover and graphql-sse does: a client
    there cannot read an answer that is no stream, so its protocol wants the errors in a 200. What
    is no GraphQL request at all is refused as everywhere.
    """
    answer = await sent(client, b'{"query": "{ nothing }"}', "text/event-stream")
    assert (answer.status_code, answer.text.count("GRAPHQL_VALIDATION_FAILED")) == (200, 1)
    assert (await sent(client, b"{}", "text/event-stream")).status_code == 422


async def test_what_is_no_answer_of_the_graph_does_not_pass_for_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status Codes: where no response can be made, 4xx or 5xx, and never in GraphQL's own type."""

    async def broken(_request: object, _body: bytes) -> None:
        raise ValueError

    monkeypatch.setattr(http, "context_of", broken)
    fault = await sent(client, b'{"query": "{ hello }"}', GRAPHQL)
    nowhere = await client.get("/nowhere")
    for answer, status in ((fault, 500), (nowhere, 404)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, JSON + UTF8)


BROKEN = {
    "ExecutableDefinitionsRule": "{ unreadCount } type Farm { name: String }",
    "KnownOperationTypesRule": "subscription { grows }",
    "UniqueOperationNamesRule": "query A { unreadCount } query A { loans { id } }",
    "LoneAnonymousOperationRule": "{ unreadCount } query A { unreadCount }",
    "SingleFieldSubscriptionsRule": "subscription { loanChanged { id } again: loanChanged { id } }",
    "KnownTypeNamesRule": '{ node(id: "a") { ... on Farm { id } } }',
    "FragmentsOnCompositeTypesRule": "{ me { ... on ID { id } } }",
    "VariablesAreInputTypesRule": "query($a: Loan) { unreadCount @skip(if: $a) }",
    "ScalarLeafsRule": "{ unreadCount { id } }",
    "FieldsOnCorrectTypeRule": "{ nothing }",
    "UniqueFragmentNamesRule": "{ ...F } fragment F on Query { unreadCount }"
    " fragment F on Query { unreadCount }",
    "KnownFragmentNamesRule": "{ ...F }",
    "NoUnusedFragmentsRule": "{ unreadCount } fragment F on Query { unreadCount }",
    "PossibleFragmentSpreadsRule": "{ me { ... on Query { unreadCount } } }",
    "NoFragmentCyclesRule": "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    "UniqueVariableNamesRule": "query($a: Boolean!, $a: Boolean!) { unreadCount @skip(if: $a) }",
    "NoUndefinedVariablesRule": "{ unreadCount @skip(if: $a) }",
    "NoUnusedVariablesRule": "query($a: Int) { unreadCount }",
    "KnownDirectivesRule": "{ unreadCount @nothing }",
    "UniqueDirectivesPerLocationRule": "{ unreadCount @skip(if: true) @skip(if: true) }",
    "DeferStreamDirectiveOnRootField": "mutation { ... @defer {"
    ' setLanguage(input: {language: EN, idempotencyKey: "k"}) { __typename } } }',
    "DeferStreamDirectiveOnValidOperationsRule": "subscription {"
    " loanChanged { ... @defer { id } } }",
    "DeferStreamDirectiveLabel": '{ me { ... @defer(label: "a") { id } }'
    ' ... @defer(label: "a") { unreadCount } }',
    "StreamDirectiveOnListField": "{ me { id @stream } }",
    "KnownArgumentNamesRule": "{ unreadCount(nothing: 1) }",
    "UniqueArgumentNamesRule": '{ node(id: "a", id: "b") { id } }',
    "ValuesOfCorrectTypeRule": "{ nodes(ids: [true]) { id } }",
    "ProvidedRequiredArgumentsRule": "{ node { id } }",
    "VariablesInAllowedPositionRule": "query($a: Int) { node(id: $a) { id } }",
    "OverlappingFieldsCanBeMergedRule": "{ one: unreadCount one: __typename }",
    "UniqueInputFieldNamesRule": "mutation { setLanguage(input: {language: EN, language: EN,"
    ' idempotencyKey: "k"}) { __typename } }',
    "MaxIntrospectionDepthRule": "{ __schema { types { fields { type { fields { type { fields {"
    " type { fields { name } } } } } } } } } }",
}
"""A document against each rule; the desk's graph, which has no subscriptions, gets the second."""
IN_OUR_WORDS = {"NoFragmentCyclesRule": "Fragments must not spread each other in a circle."}
"""What our limits have to know, and find, before any rule does."""


@pytest.mark.parametrize("rule", specified_rules, ids=lambda rule: rule.__name__)
async def test_every_rule_of_graphql_is_applied(database: Database, rule: Any) -> None:  # noqa: ANN401 - a rule's own type
    """Validation: every rule should be; what breaks one should get 422 and never run."""
    assert database
    has_no_streams = rule.__name__ == "KnownOperationTypesRule"
    graph = STAFF_SCHEMA if has_no_streams else BORROWER_SCHEMA
    core = graph._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    text = BROKEN[rule.__name__]
    (broken, *_) = validate(core, parse(text), [rule], hide_suggestions=True)
    async with client_of(Runner.over(graph)) as client:
        answer = await sent(client, orjson.dumps({"query": text}), GRAPHQL)
    assert answer.status_code == 422
    content = well_formed(answer)
    assert "data" not in content
    words = IN_OUR_WORDS.get(rule.__name__, broken.message)
    assert words in [error["message"] for error in content["errors"]]
