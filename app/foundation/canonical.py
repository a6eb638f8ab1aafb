"""One way to write a document as bytes, so that a hash names exactly what was read."""

import hashlib
from collections.abc import Sequence

import orjson

Canonical = str | int | bool | None | Sequence["Canonical"] | dict[str, "Canonical"]
"""What a canonical document is made of; amounts are whole fen, rates decimal strings."""

_ORDERED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_json(document: Canonical) -> str:
    """
    Write a document as RFC 8785 (JCS) does: keys in order, no spaces, nothing escaped without need.

    Its order of keys is that of their UTF-16 units (§3.2.3). Numbers are whole and within ±(2⁵³-1),
    where every reader reads the same (§3.2.2.3); what needs more is a decimal string, as the RFC's
    appendix D advises. A float is a fault of ours: it is refused before it is rounded.

    Raises:
        TypeError: There is a float in it, a whole number too large, or half a surrogate pair.
    """
    _check(document)
    written = orjson.dumps(document, option=_ORDERED).decode()
    if _has_pairs(written):  # only these are in another order by UTF-16 than by code point
        written = orjson.dumps(_in_order(document), option=orjson.OPT_STRICT_INTEGER).decode()
    return written


def _check(document: Canonical) -> None:
    if isinstance(document, dict):
        for value in document.values():
            _check(value)
    elif isinstance(document, list | tuple):
        for value in document:
            _check(value)
    elif document is not None and not isinstance(document, str | int):
        raise TypeError(f"{type(document).__name__} has no canonical spelling here")


def _has_pairs(written: str) -> bool:
    return len(written.encode("utf-16-le")) != 2 * len(written)


def _in_order(document: Canonical) -> Canonical:
    if isinstance(document, dict):
        keys = sorted(document, key=lambda key: key.encode("utf-16-be"))
        return {key: _in_order(document[key]) for key in keys}
    if isinstance(document, list | tuple):
        return [_in_order(value) for value in document]
    return document


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
