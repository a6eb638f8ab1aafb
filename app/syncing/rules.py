"""Numbers of commands, and states under which phones hold answers."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta

from app.foundation.base64url import as_text

ACKS_KEPT = 64
"""Of each phone the answers to its last commands; it waits for no older one."""
HELD_FOR = timedelta(days=35)
"""A phone may be away for thirty days and still be told only what changed."""
STATE_SHAPE = re.compile(r"[0-9A-Za-z]{1,3}(\.[A-Za-z0-9_-]{2})?")
"""The short id of what a phone holds, alone at first; then with two characters of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """One command of a phone, in its place among the phone's commands."""

    phone_id: str
    """The device whose key signs for it; the session where it has none."""
    borrower_id: str
    number: int
    """Counted from 1, without gaps."""
    command_hash: str = field(repr=False)

    @property
    def id(self) -> str:
        """Return the command's place, which no other command takes."""
        return f"{self.phone_id}.{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A command that was carried out, or refused for good."""

    command_hash: str
    ack: str | None = field(repr=False)
    """What it was answered; None where the answer was lost before it was written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAnswer:
    """What a phone holds of one operation, and the version vector it was made at."""

    state: str
    release: str
    tag: str | None
    body: str = field(repr=False)

    @property
    def operation_id(self) -> str:
        """Return the short id of the operation."""
        return operation_of(self.state)


def operation_of(state: str) -> str:
    """Return the short id of the operation that a state is of."""
    return state.partition(".")[0]


def state_of(operation_id: str, release: str, body: bytes) -> str:
    """
    Return the state under which a phone holds a body: at most six characters.

    Two bodies may share one; the CRC tells them apart.
    """
    digest = hashlib.blake2b(release.encode() + b"\0" + body, digest_size=3).digest()
    return f"{operation_id}.{as_text(digest)[:2]}"
