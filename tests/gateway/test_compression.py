"""Answers travel in the coding a client wants, and what tells a secret is never compressed."""

import gzip
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import brotli
import httpx
import orjson
import pytest
import zstandard
from graphql import GraphQLObjectType, get_named_type, parse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send
from strawberry import Schema

from app.commands.phoning import document
from app.foundation import outbox
from app.foundation.database import Database
from app.foundation.outbox import Subscription
from app.gateway.codings import chosen, weights_of
from app.gateway.compression import Compression
from app.gateway.http import GraphQLEndpoint
from app.gateway.routes import MIDDLEWARE
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.gateway.secrets import SECRET, SECRETS, tells_secret
from app.gateway.selected import fields_of
from app.identity import operations
from app.identity.events import CodeIssued

LONG = {"data": ["本金 1,000.00 元，利息 12.00 元"] * 40}
PLAIN = orjson.dumps(LONG)
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor(max_window_size=1 << 15).decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}
FOR_SECRETS = re.compile(r"token|secret|nonce|passw|challenge(?!d)", re.IGNORECASE)


async def asked(
    answer: Response, accept: str | None, *, method: str = "GET"
) -> tuple[httpx.Response, bytes]:
    async def endpoint(_request: Request) -> Response:
        return answer

    app = Starlette(routes=[Route("/", endpoint, methods=["GET", "POST"])], middleware=MIDDLEWARE)
    headers = {} if accept is None else {"accept-encoding": accept}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        del client.headers["accept-encoding"]
        async with client.stream(method, "/", headers=headers) as got:
            return got, b"".join([chunk async for chunk in got.aiter_raw()])


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, br, zstd", "zstd"),
        ("gzip, br", "br"),
        ("gzip", "gzip"),
        ("X-GZIP", "gzip"),
        ("gzip;q=1.0, br;q=0.5, zstd;q=0.999", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0, *;q=0.5", "zstd"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.2, gzip;q=0.1", None),
        ("zstd;q=nan, gzip;q=2, br;q=-1", None),
        ("gzip;level=9", "gzip"),
        ("deflate, compress", None),
        ("", None),
        (None, None),
    ],
)
async def test_the_weightiest_coding_is_taken_and_of_equals_the_first_of_ours(
    accept: str | None, coding: str | None
) -> None:
    public = {"cache-control": "public"}
    got, body = await asked(Response(PLAIN, media_type="application/json", headers=public), accept)

    assert got.headers.get("content-encoding") == coding
    assert got.headers["content-length"] == str(len(body))
    assert got.headers["vary"] == "Accept-Encoding, Available-Dictionary"
    assert (body if coding is None else DECODERS[coding](body)) == PLAIN
    assert coding is None or len(body) < len(PLAIN) / 4


async def test_who_refuses_identity_gets_every_answer_as_gzip_or_is_refused_before_it_runs() -> (
    None
):
    tiny = Response(b"{}", media_type="application/json")
    for answer in (tiny, JSONResponse(LONG, headers={"cache-control": SECRET})):
        got, body = await asked(answer, "gzip, identity;q=0")
        assert got.headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == answer.body
        assert len(body) > len(answer.body), "wrapped, not compressed"
    for accept in ("identity;q=0", "zstd, *;q=0", "br, identity;q=0"):
        got, body = await asked(tiny, accept)
        assert (got.status_code, b"NOT_ACCEPTABLE" in body) == (406, True)


@pytest.mark.parametrize(
    "answer",
    [
        Response(b"{}", media_type="application/json"),
        Response(b"{}", media_type="application/json", headers={"cache-control": "no-store"}),
        Response(hashlib.shake_256(b"noise").digest(300), media_type="text/plain"),
        Response(PLAIN, media_type="application/pdf"),
        Response(PLAIN, media_type="image/jpeg"),
        Response(PLAIN, media_type="text/plain", headers={"content-encoding": "br"}),
        Response(PLAIN, media_type="text/plain", headers={"content-digest": "sha-256=:AA==:"}),
        Response(PLAIN, 206, media_type="text/plain", headers={"content-range": "bytes 0-9/99"}),
        Response(PLAIN, media_type="application/json", headers={"cache-control": SECRET}),
        Response(status_code=304, headers={"etag": '"1"'}),
        Response(status_code=204),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.media_type} {len(answer.body)}",
)
async def test_what_would_grow_is_packed_already_partial_or_secret_travels_as_it_is(
    answer: Response,
) -> None:
    before = list(answer.raw_headers)
    got, body = await asked(answer, "zstd, br, gzip")
    assert body == answer.body
    kept = [(name, value) for name, value in got.headers.raw if name != b"vary"]
    assert kept == before


async def test_a_stream_goes_on_part_by_part_and_a_head_says_what_a_get_would() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"event: next\ndata: %d\n\n" % number

    got, body = await asked(StreamingResponse(parts(), media_type="text/event-stream"), "gzip, br")
    assert "content-encoding" not in got.headers
    assert body.count(b"event: next") == 3

    page = PlainTextResponse("长" * 500, headers={"etag": '"1"', "accept-ranges": "bytes"})
    head, _ = await asked(page, "gzip", method="HEAD")
    page = PlainTextResponse("长" * 500, headers={"etag": '"1"', "accept-ranges": "bytes"})
    full, _ = await asked(page, "gzip")
    assert head.headers == full.headers
    assert full.headers["etag"] == 'W/"1"', "other bytes are another representation"
    assert "accept-ranges" not in full.headers


async def test_a_long_answer_in_parts_and_what_is_no_http_pass_as_they_are() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield PLAIN

    got, body = await asked(StreamingResponse(parts(), media_type="application/json"), "gzip, br")
    assert "content-encoding" not in got.headers
    assert body == PLAIN * 3

    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        heard.append(scope["type"])

    async def receive() -> Message:
        return {}

    async def send(_message: Message) -> None:
        return

    await Compression(app)({"type": "lifespan"}, receive, send)
    assert heard == ["lifespan"]


def test_a_coding_that_needs_more_than_its_name_is_never_taken_for_a_star() -> None:
    assert chosen(weights_of("*"), ()) == "identity"
    assert chosen(weights_of("dcz;q=0.5, *"), ("dcz", "zstd")) == "zstd"


@pytest.mark.parametrize("schema", [BORROWER_SCHEMA, STAFF_SCHEMA], ids=["borrower", "staff"])
def test_every_field_that_may_tell_a_secret_is_known_as_one(schema: Schema) -> None:
    core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    found = {
        f"{type_.name}.{name}"
        for type_ in core.type_map.values()
        if isinstance(type_, GraphQLObjectType) and type_.name not in {"Query", "Mutation"}
        for name, field in type_.fields.items()
        if FOR_SECRETS.search(name) and get_named_type(field.type).name in {"String", "ID"}
    }
    assert found <= SECRETS
    assert found, "the search finds something"


def test_a_secret_is_seen_through_aliases_and_fragments() -> None:
    core = BORROWER_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    hidden = """
        mutation M($i: VerifyOtpInput!) { verifyOtp(input: $i) { ...F } }
        fragment F on VerifyOtpResult { ... on VerifyOtpSuccess { t: accessToken } }
    """
    assert tells_secret(fields_of(core, parse(hidden)))
    assert not tells_secret(fields_of(core, parse(hidden.replace("accessToken", "isNew"))))
    assert {"VerifyOtpSuccess.accessToken", "Intent.text", "PayoffCertificate.code"} <= SECRETS


class Inbox:
    """Keeps the newest code."""

    newest = ""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        del phone, message_id
        self.newest = "".join(re.findall(r"#([0-9]{6})$", text))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_answer_with_an_access_token_is_not_compressed(database: Database) -> None:
    assert database.dialect
    inbox = Inbox()
    sending = partial(operations.deliver_code, sender=inbox)
    outbox.subscribe(
        [Subscription(fact_type=CodeIssued, consumer="identity.deliver_code", outside=sending)]
    )
    endpoint = GraphQLEndpoint(BORROWER_SCHEMA, explorer=None)
    app = Starlette(
        routes=[Route("/graphql", endpoint.answer, methods=["POST"])], middleware=MIDDLEWARE
    )
    answers: list[httpx.Response] = []

    async def heard(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(answer)

    transport = httpx.ASGITransport(app)
    headers = {"accept-encoding": "gzip"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://t", headers=headers, event_hooks={"response": [heard]}
    ) as client:

        async def sent(operation: str, **given: str) -> Any:  # noqa: ANN401 - any JSON
            variables = {"input": {**given, "idempotencyKey": operation}}
            query = document("borrower", operation)
            body = {"query": query, "variables": variables}
            data = (await client.post("/graphql", json=body)).json()["data"]
            return next(iter(data.values()))

        asked_for = await sent("request_otp", phone="13800138000")
        await outbox.drain()
        challenge = asked_for["challengeId"]
        wrong = await sent("verify_otp", challengeId="oc00000000000000", code="000000")
        done = await sent(
            "verify_otp", challengeId=challenge, code=inbox.newest, deviceName="Redmi"
        )
        client.headers["authorization"] = f"Bearer {done['accessToken']}"
        names = " ".join(f"name{number}: __typename" for number in range(12))
        await client.post("/graphql", json={"query": f"{{ {names} }}"})
    assert wrong["__typename"] != "VerifyOtpSuccess"
    assert len(done["accessToken"]) > 40
    *secrets, open_one = answers
    for secret in secrets:
        assert secret.headers["cache-control"] == SECRET
        assert "content-encoding" not in secret.headers
    assert open_one.headers["content-encoding"] == "gzip"
