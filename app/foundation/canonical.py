"""One way to write a document as bytes, so that a hash names exactly what was read."""

import hashlib
import json

Canonical = str | int | list["Canonical"] | dict[str, "Canonical"]
"""What a canonical document is made of; amounts are whole fen, rates decimal strings."""


def canonical_json(document: Canonical) -> str:
    """
    Write a document as RFC 8785 does: keys in order, no spaces, nothing escaped without need.

    Keys are ASCII, so Python's order is the RFC's order of UTF-16 units; numbers are whole and
    small enough for every reader.
    """
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
