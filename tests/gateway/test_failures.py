"""A request that no route answers is answered in JSON, and nothing of a fault's text is shown."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from traceback import format_exception

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Scope
from structlog.testing import capture_logs

from app.foundation.errors import REFUSALS, InvalidInput, TemporarilyUnavailable
from app.gateway.early import TooEarly
from app.gateway.failures import HANDLERS, AnswerBrokenOff, JsonFailures
from app.gateway.http import GraphQLEndpoint
from app.gateway.rates import Crowded, Places, TooOften
from app.gateway.running import Runner
from app.gateway.wire import BadRequest

SECRET = "13800138000"
REQUEST: Scope = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "headers": [],
    "root_path": "",
}


async def broken(_request: Request) -> Response:
    raise ValueError(SECRET)


async def busy(_request: Request) -> Response:
    raise TemporarilyUnavailable(7)


async def wrong(_request: Request) -> Response:
    raise InvalidInput("phone", "identity.reason.phone")


async def cut_off(_request: Request) -> Response:
    raise ClientDisconnect


async def half(_request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        raise ValueError(SECRET)

    return StreamingResponse(parts())


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hi"


FULL = Runner.over(strawberry.Schema(Query), places=Places(most=0, kept=0))
APP = Starlette(
    routes=[
        Route("/graphql", GraphQLEndpoint(FULL, explorer=None).answer, methods=["POST"]),
        Route("/broken", broken),
        Route("/busy", busy),
        Route("/wrong", wrong),
        Route("/cut-off", cut_off),
        Route("/half", half),
    ],
    middleware=[Middleware(JsonFailures)],
    exception_handlers=HANDLERS,
)


async def asked(
    path: str, method: str = "GET", *, body: bytes = b"", **headers: str
) -> httpx.Response:
    transport = httpx.ASGITransport(APP)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, content=body, headers=sent)


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/nowhere", "GET", 404, "NOT_FOUND"),
        ("/busy", "DELETE", 405, "METHOD_NOT_ALLOWED"),
        ("/busy", "GET", 503, "TEMPORARILY_UNAVAILABLE"),
        ("/wrong", "GET", 400, "INVALID_INPUT"),
        ("/cut-off", "GET", 400, "BAD_REQUEST"),
        ("/broken", "GET", 500, "INTERNAL"),
    ],
)
async def test_whatever_fails_is_told_in_json(
    path: str, method: str, status: int, code: str
) -> None:
    answer = await asked(path, method)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["message"]


async def test_a_wait_is_told_in_seconds() -> None:
    assert (await asked("/busy")).headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/nowhere", b"", 404),
        ("/busy", b"", 503),
        ("/wrong", b"", 400),
        ("/cut-off", b"", 400),
        ("/broken", b"", 500),
        ("/graphql", b'{"query": "{ hello }"}', 503),
        ("/graphql", b"x" * 70_000, 413),
    ],
)
async def test_what_a_person_may_meet_is_said_in_their_language(
    path: str, body: bytes, status: int
) -> None:
    said: set[str] = set()
    for language in ("zh-CN", "en-GB"):
        method = "POST" if body else "GET"
        headers = {"accept_language": language, "content_type": "application/json"}
        answer = await asked(path, method, body=body, **headers)
        assert answer.status_code == status
        (error,) = answer.json()["errors"]
        assert bool(re.search("[一-鿿]", error["message"])) is (language == "zh-CN")
        said.add(error["extensions"]["code"])
    assert len(said) == 1, "the code is the same"


@pytest.mark.parametrize("problem", [TooOften(3), Crowded(), TooEarly()])
def test_what_cannot_be_done_now_has_words_for_everybody(problem: BadRequest) -> None:
    assert problem.said("zh-Hans") != problem.said("en") == str(problem)


async def test_a_faults_text_reaches_neither_the_answer_nor_the_log() -> None:
    with capture_logs() as logged:
        answer = await asked("/broken")
    assert SECRET not in answer.text
    assert SECRET not in str(logged)
    (fault,) = logged
    assert (fault["event"], fault["error"], fault["where"]) == ("fault", "ValueError", "/broken")
    assert fault["reference"] in answer.json()["errors"][0]["message"]


async def test_an_answer_that_has_begun_is_cut_off_without_a_word() -> None:
    with capture_logs() as logged, pytest.raises(AnswerBrokenOff) as broken_off:
        await asked("/half")
    assert SECRET not in "".join(format_exception(broken_off.value))
    assert [entry["event"] for entry in logged] == ["fault"]


async def test_what_is_no_request_passes_through() -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: object, send: object) -> None:
        assert receive
        assert send
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(_message: Message) -> None:
        return

    await JsonFailures(inner)({"type": "lifespan"}, receive, send)
    await JsonFailures(inner)(REQUEST, receive, send)
    assert seen == ["lifespan", "http"]


def test_every_code_of_the_gateway_is_in_the_readme() -> None:
    root = Path(__file__).parents[2]
    readme = (root / "README.md").read_text("utf-8")
    source = "".join(path.read_text("utf-8") for path in (root / "app" / "gateway").rglob("*.py"))
    codes = set(re.findall(r'(?:BadRequest|told)\((?:\s*[0-9]{3},\s*)?"([A-Z_]+)"', source))
    codes |= set(
        re.findall(r'^[A-Z_]+ = "([A-Z]+(?:_[A-Z]+)+|INTERNAL|TIMEOUT)"$', source, re.MULTILINE)
    )
    codes -= REFUSALS.keys()
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in readme} == set()
