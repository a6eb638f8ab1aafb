"""How our own app writes what it asks: short ids, paths, and the dictionary it shares with us."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import orjson
from graphql import parse

from app.commands.phoning import document
from app.gateway.dictionary import Dictionary, dictionaries
from app.gateway.manifest import Ids

SHORT_PATH = "/q/"
UNPACKED_MAX = 1 << 20
BORROWER = "borrower"


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Return the dictionary that the app was shipped with: the newest."""
    return dictionaries()[0]


@lru_cache(maxsize=256)
def short_id(operation: str) -> str:
    """
    Return the short id of one of the borrower's documents.

    Raises:
        PhoneError: There is no such operation.
    """
    definition: Any = parse(document(BORROWER, operation)).definitions[0]
    return _ids()[f"{BORROWER}/{definition.name.value}"]


def short_path(operation: str, variables: Mapping[str, Any]) -> str:
    """Return where a query is asked for by its short id, with its variables by their names."""
    given = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in variables.items()
        if value is not None
    }
    query = f"?{urlencode(given)}" if given else ""
    return f"{SHORT_PATH}{short_id(operation)}{query}"


def named(operation: str, variables: Mapping[str, Any]) -> bytes:
    """Return the body of a POST that asks for a document by its short id."""
    return orjson.dumps({"documentId": short_id(operation), "variables": variables})


def packed(body: bytes) -> tuple[dict[str, str], bytes]:
    """Return a body as it is shortest, and the header that says so."""
    coding, shorter = dictionary().coding, dictionary().for_app(body)
    if len(shorter) + len(coding) < len(body):
        return {"content-encoding": coding}, shorter
    return {}, body


def unpacked(body: bytes, coding: str) -> bytes:
    """Return the body of an answer as it was before it was made short for the app."""
    if coding == dictionary().coding:
        return dictionary().from_app.decompress(body, max_output_size=UNPACKED_MAX)
    return body  # codings that everybody knows are undone by whoever fetched it


@lru_cache(maxsize=256)
def changes(operation: str) -> bool:
    """
    Tell whether one of the borrower's documents is a mutation.

    Raises:
        PhoneError: There is no such operation.
    """
    return document(BORROWER, operation).lstrip().startswith("mutation")


@lru_cache(maxsize=1)
def _ids() -> Mapping[str, str]:
    return Ids.read().given
