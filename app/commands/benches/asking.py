"""Ways of asking the same gateway: as a usual GraphQL client does, and as our own app does."""

import secrets
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import orjson
import zstandard
from graphql import (
    DocumentNode,
    FieldNode,
    NameNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from app.commands.benches.http2.speaking import Got, Line, Sent
from app.commands.keystore import Keystore
from app.commands.phoning import UNMASKED, PhoneError, document
from app.foundation.signatures import Purpose

PATH = "/graphql"
NOT_MODIFIED = 304
UNZIPPED_MAX = 1 << 20


@dataclass(slots=True)
class Handset:
    """Who asks: a session and the phone's key."""

    token: str = field(repr=False)
    keystore: Keystore
    new_key: Callable[[], str] = lambda: secrets.token_urlsafe(9)
    """Where idempotency keys come from; what is signed depends on them."""


class Way(Protocol):
    """Turns an operation into a request and an answer into data."""

    @property
    def code(self) -> str:
        """Return its name in files and JSON."""
        ...

    @property
    def what(self) -> str:
        """Return its name for people."""
        ...

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return the request that asks for an operation."""
        ...

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """
        Return the data of its answer.

        Raises:
            PhoneError: The answer carries errors.
        """
        ...


@dataclass(slots=True)
class Asking:
    """A phone that asks one way, over a line that it opens when there is none."""

    way: Way
    handset: Handset
    open_line: Callable[[], Awaitable[Line]]
    line: Line | None = None
    trips: int = 0
    """Requests sent: each waits for the one before, so each is a round trip of the app's."""
    body_up: int = 0
    body_down: int = 0

    async def ask(self, operation: str, **variables: object) -> dict[str, Any]:
        """
        Ask once and return the data.

        Raises:
            LineCut: The connection broke first.
            PhoneError: The answer carries errors.
        """
        if self.line is None:
            self.line = await self.open_line()
        sent = self.way.sent(self.handset, operation, variables)
        self.trips += 1
        got = await self.line.exchange(sent)
        self.body_up += len(sent.body)
        self.body_down += len(got.body)
        return self.way.data(operation, variables, got)

    async def do(self, operation: str, **given: object) -> dict[str, Any]:
        """
        Send a mutation that must succeed.

        Raises:
            LineCut: The connection broke first.
            PhoneError: It was refused.
        """
        keyed = {"idempotencyKey": self.handset.new_key(), **given}
        data = await self.ask(operation, input=keyed)
        answer: dict[str, Any] = next(iter(data.values()))
        if not answer["__typename"].endswith("Success"):
            raise PhoneError(f"{operation}: {answer}")
        return answer

    async def hang_up(self) -> None:
        """Close the line; the next question opens another."""
        if self.line is not None:
            await self.line.close()
            self.line = None


@dataclass(frozen=True, slots=True)
class Usual:
    """What a usual client sends: whole documents, `__typename` everywhere, nothing compressed."""

    code: str = "usual"
    what: str = "a usual GraphQL client"

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return what Apollo's client for Android would send over OkHttp."""
        name, query = _with_typenames(operation)
        asked = {"operationName": name, "variables": variables, "query": query}
        body = orjson.dumps(asked)
        headers = {
            "x-apollo-operation-name": name,
            "accept": "multipart/mixed;deferSpec=20220824, application/graphql-response+json,"
            " application/json",
            "content-type": "application/json",
            "content-length": str(len(body)),
            "accept-language": "zh-Hans",
            "user-agent": "okhttp/4.12.0",
            **_authority(handset, operation, body, is_always_signed=True),
        }
        return Sent("POST", PATH, headers, body)

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """Return the data of an answer."""
        assert variables is not None, "they do not matter here"
        return _data(operation, got)


@dataclass(frozen=True, slots=True)
class Plain:
    """What our app can always send: its own documents, and it reads what is compressed."""

    code: str = "plain"
    what: str = "our documents by POST"

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return an ordinary GraphQL request with no header too many."""
        body = orjson.dumps({"query": document("borrower", operation), "variables": variables})
        headers = {
            "content-type": "application/json",
            "accept": "application/graphql-response+json",
            "accept-encoding": "zstd, gzip",
            "accept-language": "zh-Hans",
            **_authority(handset, operation, body, is_always_signed=False),
        }
        return Sent("POST", PATH, headers, body)

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """Return the data of an answer."""
        assert variables is not None, "they do not matter here"
        return _data(operation, got)


def _authority(
    handset: Handset, operation: str, body: bytes, *, is_always_signed: bool
) -> dict[str, str]:
    """Return who asks; changes and what shows values in clear are signed by the phone's key."""
    headers = {"authorization": f"Bearer {handset.token}"}
    changes = document("borrower", operation).lstrip().startswith("mutation")
    if changes or is_always_signed or operation in UNMASKED:
        headers["proof"] = handset.keystore.proof(
            Purpose.PROOF, target=PATH, body=body, token=handset.token
        )
    return headers


def _data(operation: str, got: Got) -> dict[str, Any]:
    content = orjson.loads(_unpacked(got))
    if content.get("errors"):
        raise PhoneError(f"{operation}: {content['errors']}")
    return content["data"]


def _unpacked(got: Got) -> bytes:
    match got.headers.get("content-encoding"):
        case "zstd":
            return zstandard.ZstdDecompressor().decompress(got.body, max_output_size=UNZIPPED_MAX)
        case "gzip":
            return zlib.decompress(got.body, 16 + zlib.MAX_WBITS)
        case _:
            return got.body


@lru_cache(maxsize=256)
def _with_typenames(operation: str) -> tuple[str, str]:
    """Write one of our documents as a client with a normalized cache sends it."""
    parsed = parse(document("borrower", operation))
    definition: Any = parsed.definitions[0]
    written: DocumentNode = visit(parsed, _Typenames())
    return definition.name.value, print_ast(written)


class _Typenames(Visitor):
    """Asks for `__typename` in every selection below an operation's own."""

    def leave_selection_set(
        self,
        node: SelectionSetNode,
        _key: object,
        parent: object,
        *_rest: object,
    ) -> SelectionSetNode | None:
        names = {one.name.value for one in node.selections if isinstance(one, FieldNode)}
        if getattr(parent, "kind", "") == "operation_definition" or "__typename" in names:
            return None
        asked = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
        return SelectionSetNode(selections=(*node.selections, asked))
