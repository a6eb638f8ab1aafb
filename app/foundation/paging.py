"""Pages of long lists: keyset cursors that a caller can neither read sense into nor forge."""

import hmac
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from app.foundation.base64url import as_text, from_text
from app.foundation.errors import InvalidInput
from app.foundation.sealing import derived_key

FIRST_DEFAULT = 20
FIRST_MAX = 100
_MAC_BYTES = 8

V = TypeVar("V")
Key = tuple[str | int, ...]
"""The sort key of one item, ending in its id, so that no two items share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsk:
    """How many items are wanted, and after which sort key."""

    first: int = FIRST_DEFAULT
    after: Key | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[V]):
    """Some items with their sort keys, and whether there are more."""

    items: tuple[tuple[Key, V], ...]
    has_more: bool

    @classmethod
    def cut(cls, found: list[tuple[Key, V]], ask: PageAsk) -> "Page[V]":
        """Make a page of what a query found when it asked for one item more than wanted."""
        return cls(tuple(found[: ask.first]), len(found) > ask.first)


def page_ask(list_name: str, first: int | None, after: str | None) -> PageAsk:
    """
    Check a caller's `first` and `after`; `list_name` names the list and whose it is.

    Raises:
        InvalidInput: `first` is not within 1–100, or `after` is no cursor of this list.
    """
    wanted = FIRST_DEFAULT if first is None else first
    if not 1 <= wanted <= FIRST_MAX:
        raise InvalidInput("first", "foundation.reason.page_size", most=FIRST_MAX)
    return PageAsk(first=wanted, after=None if after is None else _key_of(list_name, after))


def cursor_of(list_name: str, key: Key) -> str:
    """Write a sort key as an opaque cursor, valid for this list only."""
    content = orjson.dumps(list(key))
    return as_text(_mac(list_name, content) + content)


def _key_of(list_name: str, cursor: str) -> Key:
    refused = InvalidInput("after", "foundation.reason.cursor")
    raw = from_text(cursor)
    if raw is None:
        raise refused
    mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(list_name, content)):
        raise refused
    return tuple(orjson.loads(content))


def _mac(list_name: str, content: bytes) -> bytes:
    message = list_name.encode() + b"\0" + content
    return hmac.digest(derived_key("cursor"), message, "sha256")[:_MAC_BYTES]
