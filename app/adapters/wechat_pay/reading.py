"""JSON from outside, as the value it should be or as nothing that can be read."""

from typing import TypeVar

import msgspec

T = TypeVar("T")


class Unreadable(Exception):
    """The bytes are no JSON of the form expected; the text names the kind of fault alone."""


def read_json(body: bytes, kind: type[T]) -> T:
    """
    Read a value of a kind.

    Raises:
        Unreadable: It is none; not even UTF-8, perhaps, or nested beyond any use.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as failure:
        raise Unreadable(type(failure).__name__) from None
