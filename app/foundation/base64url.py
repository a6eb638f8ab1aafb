"""Bytes as text that needs no escaping in URLs, headers and JSON (RFC 4648 §5)."""

import binascii

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def as_text(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode()


def from_text(text: str) -> bytes | None:
    """Read what `as_text` wrote; None if it never writes so, by a single spare bit."""
    try:
        encoded = text.encode("ascii").translate(_FROM_URL)
        raw = binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if as_text(raw) == text else None
