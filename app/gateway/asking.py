"""What a client asks for: the parameters of a GraphQL request, checked, whatever carried them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

import orjson
from graphql import (
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeNode,
)

from app.gateway.wire import BadRequest

_SHA256 = re.compile(r"[0-9a-f]{64}")
PREFIX = "sha256:"
SECONDS_MIN = 0.001
IDS_KEPT = 512
"""Requests by short id alone that are remembered; there are fewer documents."""
_NOT_TEXT = frozenset({"Int", "Float", "Boolean", "Fen"})
"""Scalars whose values are JSON's own; the others are written as they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a GraphQL request asks for."""

    query: str | None
    """The document's text; none where an id stands for it."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    operation_name: str | None = None
    document_id: str | None = None
    """Of a persisted document: `sha256:` and 64 hexadecimal digits, or an id of our manifest."""
    registers: bool = False
    """Whether the document is to be kept under its hash (an automatic persisted query)."""
    named: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables given one by one in a short URL; their types are the document's."""
    seconds_max: float | None = None
    """The client's own deadline, if it is shorter than ours."""
    wants_cost: bool = False


def json_object(raw: bytes, what: str, *, unreadable: int = 400) -> dict[str, Any]:
    """
    Read a JSON object from UTF-8.

    Raises:
        BadRequest: It is no JSON (`unreadable`), or no object (422).
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadRequest(unreadable, "BAD_JSON", f"{what} must be JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise _bad(f"{what} must be a JSON object.")
    return cast("dict[str, Any]", value)


def asked(given: Mapping[str, Any]) -> Asked:
    """
    Read the parameters of a GraphQL-over-HTTP or persisted document request.

    Of `extensions` we read `persistedQuery` (automatic persisted queries), `timeoutMs` (the
    client's own deadline) and `cost: true`; others are the client's business.

    Raises:
        BadRequest: One is missing, or of the wrong type (422).
    """
    query, document_id = given.get("query"), given.get("documentId")
    extensions = _optional(given, "extensions", dict, "an object")
    persisted = _persisted(extensions.get("persistedQuery"))
    if query == "" and (document_id is not None or persisted is not None):
        query = None  # the published client of graphql-transport-ws cannot leave it out
    if query is not None and not isinstance(query, str):
        raise _bad("query must be a GraphQL document.")
    if document_id is not None and not (isinstance(document_id, str) and document_id):
        raise _bad("documentId must be a string that is not empty.")
    if query is not None and document_id is not None:
        raise _bad("Send query or documentId, not both.")
    if query is None and document_id is None and persisted is None:
        raise _bad("query must be a GraphQL document.")
    return Asked(
        query=query,
        variables=_optional(given, "variables", dict, "an object"),
        operation_name=_optional(given, "operationName", str, "a string") or None,
        document_id=document_id or persisted,
        registers=persisted is not None,
        seconds_max=_seconds(extensions.get("timeoutMs")),
        wants_cost=extensions.get("cost") is True,
    )


def asked_in_url(given: Mapping[str, str]) -> Asked:
    """
    Read the parameters from a URL's query component.

    Raises:
        BadRequest: As for a body.
    """
    found: dict[str, Any] = {
        name: given[name] or None for name in ("documentId", "operationName") if name in given
    }
    if "query" in given:
        found["query"] = given["query"]
    for name in ("variables", "extensions"):
        if written := given.get(name):
            raw = written.encode("utf-8", "replace")
            if raw.strip() != b"null":
                found[name] = json_object(raw, name, unreadable=422)
    return asked(found)


def asked_by_short_id(short_id: str, given: Mapping[str, str]) -> Asked:
    """
    Read a request for one of our own documents: its id in the path, variables in the query.

    Besides `variables`, which is JSON, each variable may stand there by its own name.

    Raises:
        BadRequest: As for any URL.
    """
    if not given:
        return _by_id_alone(short_id)
    about = {name: value for name, value in given.items() if name in {"variables", "extensions"}}
    named = {name: value for name, value in given.items() if name not in about}
    return replace(asked_in_url({**about, "documentId": short_id}), named=named)


@lru_cache(IDS_KEPT)
def _by_id_alone(short_id: str) -> Asked:
    """Return what most requests ask; nobody writes into what is asked."""
    return Asked(query=None, document_id=short_id)


def variables_of(asked: Asked, operation: OperationDefinitionNode) -> dict[str, Any]:
    """
    Return the variables of a request, each of those given by name read as its type wants it.

    Raises:
        BadRequest: One that is a number, a list or an object is not written as one.
    """
    if not asked.named:
        return asked.variables
    variables = dict(asked.variables)
    for one in operation.variable_definitions or ():
        name = one.variable.name.value
        if name in asked.named:
            variables[name] = _read(name, asked.named[name], one.type)
    return variables


def _read(name: str, written: str, type_: TypeNode) -> object:
    while isinstance(type_, NonNullTypeNode):
        type_ = type_.type
    as_json = isinstance(type_, ListTypeNode) or written.startswith("{")
    if not as_json and isinstance(type_, NamedTypeNode):
        as_json = type_.name.value in _NOT_TEXT
    if not as_json:
        return written
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        raise _bad(f"{name} is not what its type wants.") from None


def _optional(given: Mapping[str, Any], name: str, kind: type, called: str) -> Any:  # noqa: ANN401 - as the kind says
    value = given.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise _bad(f"{name} must be {called} or null.")
    return value


def _persisted(given: object) -> str | None:
    """Read Apollo's extension; None where there is none."""
    if given is None:
        return None
    persisted = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    digest, version = persisted.get("sha256Hash"), persisted.get("version")
    if version != 1 or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise _bad("persistedQuery must have version 1 and a sha256Hash in hexadecimal.")
    return PREFIX + digest


def _seconds(given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise _bad("timeoutMs must be a whole number of milliseconds.")
    return max(given / 1000, SECONDS_MIN)


def _bad(message: str) -> BadRequest:
    """Return what to say of a request that is not well-formed: the draft's word for it is 422."""
    return BadRequest(422, "BAD_REQUEST", message)
