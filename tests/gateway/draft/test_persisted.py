"""
What the draft's appendix on persisted documents asks of a server that has them.

The edition of August 2026 leaves the appendix for a later one; we follow it as it was proposed.
"""

import hashlib

import httpx
import pytest

from tests.gateway.draft.village import RAN, code_of, well_formed

TEXT = "query A($amount: Fen!) { twice(amount: $amount) } mutation B { plant }"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
ID = f"sha256:{DIGEST}"


@pytest.fixture
async def persisted(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return a client of a server that has the document."""
    extension = {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}
    body = {"query": TEXT, "operationName": "B", "extensions": extension}
    assert (await client.post("/graphql", json=body)).status_code == 200
    RAN.clear()
    return client


async def test_a_document_is_asked_for_by_the_hash_of_its_text(
    persisted: httpx.AsyncClient,
) -> None:
    """SHA256 Hex Document Identifier, GET, POST: it should be known by that, either way."""
    answers = [
        await persisted.post(
            "/graphql",
            json={"documentId": ID, "operationName": "A", "variables": {"amount": 150}},
        ),
        await persisted.get(
            "/graphql",
            params={
                "documentId": ID,
                "operationName": "A",
                "variables": '{"amount":150}',
                "extensions": '{"some":1}',
            },
        ),
    ]
    assert [(one.status_code, one.json()) for one in answers] == [
        (200, {"data": {"twice": 300}})
    ] * 2
    unnamed = await persisted.get("/graphql", params={"documentId": ID, "operationName": ""})
    assert (unnamed.status_code, code_of(unnamed)) == (422, "OPERATION_UNKNOWN")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_no_url_changes_anything_by_an_id_either(
    persisted: httpx.AsyncClient, method: str
) -> None:
    """GET: a mutation that is asked for by an id must be refused with 405 and not run."""
    given = {"documentId": ID, "operationName": "B"}
    refused = await persisted.request(method, "/graphql", params=given)
    assert (refused.status_code, refused.headers["allow"], RAN) == (405, "POST", [])


@pytest.mark.parametrize(
    "document_id",
    [
        "zzz",
        f"sha256:{'0' * 64}",
        f"sha256:{DIGEST.upper()}",
        f"SHA256:{DIGEST}",
        f"sha512:{DIGEST}",
        f"x-ours:{DIGEST}",
        DIGEST,
        "sha256:",
        "青苗",
    ],
)
async def test_an_id_that_nothing_is_found_by_is_told_by_one_error(
    persisted: httpx.AsyncClient, document_id: str
) -> None:
    """Persisted Document Response: it must be a well-formed response with a single error."""
    for answer in (
        await persisted.post("/graphql", json={"documentId": document_id}),
        await persisted.get("/graphql", params={"documentId": document_id}),
    ):
        content = well_formed(answer)
        assert (answer.status_code, code_of(answer)) == (404, "PERSISTED_QUERY_NOT_FOUND")
        assert ("data" in content, len(content["errors"])) == (False, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 5},
        {"documentId": ""},
        {"documentId": None},
        {"documentId": ID, "variables": [1]},
        {"documentId": ID, "operationName": 5},
        {"documentId": ID, "query": TEXT},
    ],
)
async def test_a_request_for_a_persisted_document_is_well_formed_or_refused(
    persisted: httpx.AsyncClient, body: dict[str, object]
) -> None:
    """Persisted Document Request: parameters must be of their types; id and text do not mix."""
    answer = await persisted.post("/graphql", json=body)
    assert (answer.status_code, code_of(answer), RAN) == (422, "BAD_REQUEST", [])
