"""
What the draft of GraphQL over HTTP (August 2026) asks of a server about URLs and requests.

One test for each point that binds a server; its docstring names the section and says in our words
how strongly. What binds clients only, or is left to a server's choice, has none.
"""

from pathlib import Path

import httpx
import orjson
import pytest

from app.foundation.database import Database
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.main import app_over, outside_of
from app.settings import Settings
from tests.gateway.draft.village import GRAPHQL, JSON, RAN, UTF8, client_of, code_of, well_formed

TWICE = "query($amount: Fen!) { twice(amount: $amount) }"
TWO = "query A { hello } query null { twice(amount: 1) } mutation B { plant }"


async def test_each_graph_has_a_url_of_its_own_that_says_graphql(
    database: Database, tmp_path: Path
) -> None:
    """
    URL: every graph must be served, at one URL or more; by convention it ends so.

    The app's own routes leave it to the graph to say which methods it has.
    """
    settings = Settings.from_environ({"DATA_FOLDER": str(tmp_path), "PORT": "1"})
    app = app_over(settings, outside_of(settings, database.clock))
    fields: dict[str, set[str]] = {}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path in ("/graphql", "/staff/graphql"):
            query = {"query": "{ __schema { queryType { fields { name } } } }"}
            told = well_formed(await client.post(path, json=query))["data"]
            fields[path] = {one["name"] for one in told["__schema"]["queryType"]["fields"]}
            assert (await client.options(path)).headers["allow"] == "GET, HEAD, POST"
    assert "whoLookedAtMe" in fields["/graphql"] - fields["/staff/graphql"]
    assert "borrowerView" in fields["/staff/graphql"] - fields["/graphql"]


async def test_queries_and_mutations_go_to_one_url(client: httpx.AsyncClient) -> None:
    """URL: nobody must be made to use another one for changes (dropped from newer editions)."""
    assert (await client.post("/graphql", json={"query": "{ hello }"})).status_code == 200
    changed = await client.post("/graphql", json={"query": "mutation { plant }"})
    assert changed.json() == {"data": {"plant": "planted"}}


async def test_what_a_caller_may_not_see_is_left_out_by_the_graph(database: Database) -> None:
    """URL: what a well-formed request holds should not decide whether it is forbidden."""
    assert database
    async with client_of(Runner.over(BORROWER_SCHEMA)) as client:
        answer = await client.post(
            "/graphql", json={"query": "{ regions { code } whoLookedAtMe { edges { cursor } } }"}
        )
    assert (answer.status_code, code_of(answer)) == (294, "UNAUTHENTICATED")
    assert answer.json()["data"] == {"regions": [], "whoLookedAtMe": None}


async def test_in_production_a_document_that_is_not_ours_is_forbidden(database: Database) -> None:
    """
    URL: who forbids should say so by a 4xx or 5xx; what is asked should not be why.

    We follow the first. The second is left on purpose: an allow-list is the best guard a phone's
    graph can have, and the appendix on persisted documents names this use of them.
    """
    assert database
    async with client_of(
        Runner.over(BORROWER_SCHEMA, graph="borrower", only_trusted=True)
    ) as client:
        answer = await client.post("/graphql", json={"query": "{ regions { code } }"})
    assert (answer.status_code, code_of(answer)) == (403, "DOCUMENT_NOT_TRUSTED")
    assert "data" not in answer.json()


@pytest.mark.parametrize("media", [JSON, JSON + UTF8, JSON + '; charset="UTF-8"', JSON.upper()])
async def test_json_is_utf_8_where_nothing_else_is_said(
    client: httpx.AsyncClient, media: str
) -> None:
    """Serialization Format, Media Types, POST: JSON must be taken, and is UTF-8 by default."""
    body = '{"query": "{ hello(name: \\"青苗\\") }"}'
    headers = {"content-type": media}
    answer = await client.post("/graphql", content=body.encode(), headers=headers)
    assert answer.content == '{"data":{"hello":"你好青苗"}}'.encode()
    other = await client.post("/graphql", content=body.encode("gbk"), headers=headers)
    assert (other.status_code, code_of(other)) == (400, "BAD_JSON")


@pytest.mark.parametrize("accept", [GRAPHQL, GRAPHQL + UTF8, GRAPHQL + ";charset=utf8"])
async def test_who_names_no_encoding_is_answered_in_utf_8(
    client: httpx.AsyncClient, accept: str
) -> None:
    """Media Types: a media type in Accept means UTF-8 where it names nothing else."""
    query = {"query": "{ hello }"}
    answer = await client.post("/graphql", json=query, headers={"accept": accept})
    assert answer.headers["content-type"] == GRAPHQL + UTF8
    assert answer.content.decode("utf-8") == '{"data":{"hello":"你好"}}'


@pytest.mark.parametrize(
    ("written", "data"),
    [
        ("query=%7B+hello+%7D", {"hello": "你好"}),
        ("query=%7Bhello(name:%22%E9%9D%92+%2B%22)%7D", {"hello": "你好青 +"}),
        ("query={twice(amount:1)}&variables=%7B%7D&extensions=%7B%22x%22:1%7D", {"twice": 2}),
        (
            "query=query($a:Fen!)%7Btwice(amount:$a)%7D&variables=%7B%22a%22%3A150%7D",
            {"twice": 300},
        ),
        ("operationName=A&query=query+A{hello}query+B{twice(amount:1)}", {"hello": "你好"}),
    ],
)
async def test_a_url_is_read_as_a_form(
    client: httpx.AsyncClient, written: str, data: dict[str, object]
) -> None:
    """GET: parameters stand in the query component, form-encoded; maps as JSON."""
    answer = await client.get(f"/graphql?{written}")
    assert (answer.status_code, answer.json()) == (200, {"data": data})


async def test_a_parameter_of_a_url_that_is_empty_is_not_there(client: httpx.AsyncClient) -> None:
    """GET: the empty string is as good as nothing, and `null` is an operation's name."""
    given = {"query": "{ hello }", "operationName": "", "variables": "", "extensions": ""}
    assert (await client.get("/graphql", params=given)).json() == {"data": {"hello": "你好"}}
    named = {"query": TWO, "operationName": "null"}
    assert (await client.get("/graphql", params=named)).json() == {"data": {"twice": 2}}
    unnamed = await client.get("/graphql", params={"query": TWO, "operationName": ""})
    assert (unnamed.status_code, code_of(unnamed)) == (422, "OPERATION_UNKNOWN")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_no_url_changes_anything(client: httpx.AsyncClient, method: str) -> None:
    """GET: a mutation must be refused and not run; 405, which the draft likes best, says POST."""
    for given in ({"query": "mutation { plant }"}, {"query": TWO, "operationName": "B"}):
        refused = await client.request(method, "/graphql", params=given)
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert RAN == []
    read = await client.request(method, "/graphql", params={"query": TWO, "operationName": "A"})
    assert (read.status_code, RAN) == (200, ["hello"])


async def test_a_body_of_no_media_type_is_refused(client: httpx.AsyncClient) -> None:
    """POST: without Content-Type a body should be refused with a 4xx."""
    body = orjson.dumps({"query": "mutation { plant }"})
    answer = await client.post("/graphql", content=body)
    assert "content-type" not in answer.request.headers
    assert (answer.status_code, code_of(answer), RAN) == (415, "MEDIA_TYPE", [])


async def test_null_in_json_is_as_good_as_nothing(client: httpx.AsyncClient) -> None:
    """JSON Encoding: a parameter that may be left out may be null."""
    body = {"query": "{ hello }", "operationName": None, "variables": None, "extensions": None}
    answer = await client.post("/graphql", json=body)
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "你好"}})


async def test_properties_that_we_do_not_know_are_ignored(client: httpx.AsyncClient) -> None:
    """JSON Encoding: a server must ignore what it does not understand, in extensions as well."""
    variables = {"amount": 150}
    body = {"query": TWICE, "variables": variables, "extensions": {"trace": [1]}, "id": 5, "": {}}
    answer = await client.post("/graphql", json=body)
    assert (answer.status_code, answer.json()) == (200, {"data": {"twice": 300}})
