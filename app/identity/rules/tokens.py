"""Session tokens: opaque, short, checked by a MAC before any table is read."""

import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum

from app.foundation.base64url import as_text, from_text

ACCESS_LIFETIME = timedelta(minutes=10)
CLOCK_SLACK = timedelta(minutes=1)
"""How far two machines' clocks may differ."""
SESSION_IDLE_MAX = timedelta(days=180)
"""A farmer may open the app once a season."""
SESSIONS_MAX = 10
"""Live sessions of one borrower; the longest unused gives way to a new one."""
STAFF_IDLE_MAX = timedelta(minutes=15)
STAFF_LIFETIME = timedelta(hours=10)
STAFF_SEEN_EVERY = timedelta(minutes=1)
"""How exactly a member of staff's last activity is kept."""

_BODY = struct.Struct(">B16sI")
_MAC_BYTES = 16
_TOKEN_LENGTH = 50
"""37 bytes in base64: within 64 characters for access and 55 for refresh."""


class TokenKind(IntEnum):
    """What a token is good for; one kind never passes for another."""

    ACCESS = 1
    REFRESH = 2
    STAFF = 3
    NONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token says: which session, and its expiry (seconds since 1970) or generation."""

    kind: TokenKind
    session_id: str
    number: int


class RefreshStep(StrEnum):
    """What a refresh token leads to."""

    ROTATE = "ROTATE"
    REPEAT = "REPEAT"
    REVOKE = "REVOKE"


def write_token(key: bytes, token: Token) -> str:
    """Write a token; the same session and number give the same text, so none is ever stored."""
    body = _BODY.pack(token.kind, token.session_id.encode(), token.number)
    return as_text(body + _mac(key, body))


def read_token(key: bytes, kind: TokenKind, written: str) -> Token | None:
    """Read a token of one kind; None if we did not write it so, character for character."""
    if len(written) != _TOKEN_LENGTH or (raw := from_text(written)) is None:
        return None
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    if not hmac.compare_digest(mac, _mac(key, body)):
        return None
    said_kind, session_id, number = _BODY.unpack(body)
    if said_kind != kind:
        return None
    return Token(kind=kind, session_id=session_id.decode(), number=number)


def expires_at(now: datetime, lifetime: timedelta) -> datetime:
    """Return when a token written now is over, to the second."""
    return (now + lifetime).replace(microsecond=0)


def is_current(token: Token, now: datetime, lifetime: timedelta) -> bool:
    """
    Tell whether a token with an expiry is good now.

    One that would live longer than any token does was written by a clock ahead of ours: a clock
    set back does not bring old tokens to life.
    """
    left = datetime.fromtimestamp(token.number, UTC) - now
    return timedelta(0) < left <= lifetime + CLOCK_SLACK


def refresh_step(presented: int, current: int) -> RefreshStep:
    """
    Decide what a refresh token's generation leads to.

    The newest one rotates. The one before it comes from a phone that never got our answer, so it
    gets the same successor again, whenever it asks. An older one is a copy. One that is newer
    than we remember was ours before the database was restored from a backup; it rotates.
    """
    if presented >= current:
        return RefreshStep.ROTATE
    return RefreshStep.REPEAT if presented == current - 1 else RefreshStep.REVOKE


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"qingmiao token|" + body, "sha256")[:_MAC_BYTES]
