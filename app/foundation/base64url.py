"""Bytes as text that needs no escaping in URLs, headers and JSON (RFC 4648 §5)."""

import base64


def as_text(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
