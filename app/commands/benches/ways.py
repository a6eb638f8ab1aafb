"""Ways of asking the same gateway: as a usual GraphQL client does, and as our own app can."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

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

from app.commands.benches.asking import Commands, Handset, NotYet, Way
from app.commands.benches.http2.speaking import Got, Sent
from app.commands.phone_wire import (
    UNPACKED_MAX,
    changes,
    dictionary,
    named,
    packed,
    short_id,
    short_path,
    unpacked,
)
from app.commands.phoning import UNMASKED, PhoneError, document
from app.foundation.errors import RateLimited
from app.foundation.signatures import Purpose
from app.gateway.sync import MEDIA as CBOR_MEDIA
from app.gateway.sync import PATH as SYNC_PATH
from app.gateway.sync import cbor
from app.gateway.sync.deltas import body_from
from app.gateway.sync.exchange import AckKind

PATH = "/graphql"
NOT_MODIFIED = 304
GRAPHQL_MEDIA = "application/graphql-response+json"
HOLDS = "home"
"""The query whose answer the phone keeps up to date by syncing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way of asking by its name; each phone begins with one of its own."""

    code: str
    what: str
    new: Callable[[], Way]
    is_usual: bool = False
    """Whether it also goes about screens and journeys as a usual client does."""


class Usual:
    """What a usual client sends: whole documents, `__typename` everywhere, nothing compressed."""

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
            **_authority(handset),
            "proof": _proof(handset, "POST", PATH, body),
        }
        return Sent("POST", PATH, headers, body)

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """Return the data of an answer."""
        assert variables is not None, "they do not matter here"
        return _data(operation, got)


class Plain:
    """Our own documents in ordinary requests, and answers compressed as anybody's can be."""

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return an ordinary GraphQL request with no header too many."""
        query = document("borrower", operation)
        body = orjson.dumps({"query": query, "variables": variables})
        headers = {
            "content-type": "application/json",
            "accept": GRAPHQL_MEDIA,
            "accept-encoding": "zstd, gzip",
            "accept-language": "zh-Hans",
            **_authority(handset),
        }
        if operation in UNMASKED or changes(operation):
            headers["proof"] = _proof(handset, "POST", PATH, body)
        return Sent("POST", PATH, headers, body)

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """Return the data of an answer."""
        assert variables is not None, "they do not matter here"
        return _data(operation, got)


@dataclass(slots=True)
class Trusted:
    """
    Our documents by their short ids, our dictionary, and nothing again that the phone has.

    Reads are not signed: what they show of the borrower is masked, which does for these screens.
    """

    _known: dict[str, tuple[str, dict[str, Any]]] = field(
        default_factory=dict[str, tuple[str, dict[str, Any]]]
    )
    """By path, the ETag and the data that came with it."""

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return a GET for a query, and else a POST that names the document."""
        headers = {"accept-encoding": dictionary().coding, **_authority(handset)}
        if changes(operation):
            about, body = packed(named(operation, variables))
            headers |= {"content-type": "application/json", **about}
            headers["proof"] = _proof(handset, "POST", PATH, body)
            return Sent("POST", PATH, headers, body)
        path = short_path(operation, variables)
        if path in self._known:
            headers["if-none-match"] = self._known[path][0]
        return Sent("GET", path, headers)

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """Return the data of an answer, or what is known where nothing has changed."""
        path = short_path(operation, variables)
        if got.status == NOT_MODIFIED:
            return self._known[path][1]
        data = _data(operation, got)
        if "etag" in got.headers:
            self._known[path] = (got.headers["etag"], data)
        return data


@dataclass(slots=True)
class Synced:
    """
    Push and pull in one round trip: commands numbered, and of the home screen what changed.

    Other reads go by their short ids.
    """

    _reads: Trusted = field(default_factory=Trusted)
    _state: str = ""
    _held: bytes = field(default=b"", repr=False)
    _handset: Handset | None = None

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return a pull for the home screen, and else what asks for a document by its id."""
        if operation != HOLDS:
            return self._reads.sent(handset, operation, variables)
        return self.pushed(handset, [])

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """Return the data of an answer, put together from what changed."""
        if operation != HOLDS:
            return self._reads.data(operation, variables, got)
        self.acknowledged(got)
        return orjson.loads(self._held)["data"]

    def pushed(self, handset: Handset, commands: Commands) -> Sent:
        """Return a sync that carries out commands; one that is sent again has the same numbers."""
        self._handset = handset
        pushed: list[cbor.Value] = [
            [handset.next_number + place, short_id(operation), {"input": dict(given)}]
            for place, (operation, given) in enumerate(commands)
        ]
        body = cbor.encode([self._state or short_id(HOLDS), pushed])
        headers = {
            "accept-encoding": dictionary().coding,
            "content-type": CBOR_MEDIA,
            **_authority(handset),
        }
        about, body = packed(body)
        headers |= about
        if commands:
            headers["proof"] = _proof(handset, "POST", SYNC_PATH, body)
        return Sent("POST", SYNC_PATH, headers, body)

    def acknowledged(self, got: Got) -> Sequence[dict[str, Any]]:
        """Take what changed, and return what each command answered."""
        if got.headers.get("content-type") != CBOR_MEDIA:
            raise _told("sync", orjson.loads(_unpacked(got))["errors"])
        match cbor.decode(_unpacked(got)):
            case [str(state), list(acks), delta] if delta is None or isinstance(delta, bytes):
                self._state = state
                if delta is not None:
                    self._held = body_from(delta, self._held, shared=dictionary())
            case odd:
                raise PhoneError(f"sync: {odd}")
        return [self._answer(cast("list[Any]", ack)) for ack in acks]

    def _answer(self, ack: list[Any]) -> dict[str, Any]:
        number, kind, *answer = ack
        if kind == AckKind.AGAIN:
            raise NotYet(f"sync: {ack}")
        if kind != AckKind.DONE:
            raise PhoneError(f"sync: {ack}")
        assert self._handset is not None, "it was asked before it is answered"
        self._handset.next_number = number + 1
        return answer[0] if answer else {}


WAYS = (
    Method(code="usual", what="a usual GraphQL client", new=Usual, is_usual=True),
    Method(code="plain", what="our documents (plain)", new=Plain),
    Method(code="trusted", what="short ids (trusted)", new=Trusted),
    Method(code="synced", what="push and pull (synced)", new=Synced),
)
"""A usual client first; the others are our own app's."""


def _authority(handset: Handset) -> dict[str, str]:
    return {"authorization": f"Bearer {handset.token}"}


def _proof(handset: Handset, method: str, target: str, body: bytes) -> str:
    assert method == "POST", "reads by GET are not signed"
    return handset.keystore.proof(Purpose.PROOF, target=target, body=body, token=handset.token)


def _data(operation: str, got: Got) -> dict[str, Any]:
    content = orjson.loads(_unpacked(got))
    if errors := content.get("errors"):
        raise _told(operation, errors)
    return content["data"]


def _told(operation: str, errors: Sequence[Mapping[str, Any]]) -> PhoneError:
    """Return what errors come to: some only say that it is too early."""
    is_early = errors[0].get("extensions", {}).get("code") == RateLimited.code
    return (NotYet if is_early else PhoneError)(f"{operation}: {errors}")


def _unpacked(got: Got) -> bytes:
    coding = got.headers.get("content-encoding", "")
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompress(got.body, max_output_size=UNPACKED_MAX)
    if coding == "gzip":
        return zlib.decompress(got.body, 16 + zlib.MAX_WBITS)
    return unpacked(got.body, coding)


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
