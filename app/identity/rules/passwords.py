"""
What is kept of a password: its hash, for how long it is good, or that its owner has left.

All of it stands in one column, which the row's seal covers: whoever writes to the table behind our
back brings nobody back, and makes no password last.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.foundation.clock import milliseconds, moment_of

PASSWORD_MIN = 12
PASSWORD_MAX = 128

ONCE_LIFETIME = timedelta(days=7)
"""How long a password for one use waits: a new colleague begins within a week."""
ONCE_CHARACTERS = 16
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
"""What a password for one use is written with: nothing that is mistaken for another sign."""
_FITTING = 256 - 256 % len(_SIGNS)

_ONCE, _ENDED = "once:", "ended:"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPassword:
    """What is kept of a member of staff's password."""

    password_hash: str | None = field(repr=False)
    """None of somebody who has left: no password fits."""
    once_until: datetime | None = None
    """Of a password for one use: until when it may be changed for one of their own."""
    ended_at: datetime | None = None

    def hash_at(self, now: datetime) -> str | None:
        """Return what a password is compared with at a moment; None where none may fit."""
        if self.once_until is not None and now >= self.once_until:
            return None
        return self.password_hash

    @property
    def is_for_once(self) -> bool:
        """Tell whether it only serves to choose another one."""
        return self.once_until is not None


NOBODYS = KeptPassword(password_hash=None)
"""What a name that nobody has is compared with."""


def kept_password(written: str) -> KeptPassword:
    """Read what stands in the column."""
    if written.startswith(_ENDED):
        ended_at = moment_of(int(written.removeprefix(_ENDED)))
        return KeptPassword(password_hash=None, ended_at=ended_at)
    if written.startswith(_ONCE):
        until, _, password_hash = written.removeprefix(_ONCE).partition(":")
        return KeptPassword(password_hash=password_hash, once_until=moment_of(int(until)))
    return KeptPassword(password_hash=written)


def for_once(password_hash: str, now: datetime) -> str:
    """Write a password's hash down as good for one use, within a week."""
    return f"{_ONCE}{milliseconds(now + ONCE_LIFETIME)}:{password_hash}"


def ended(now: datetime) -> str:
    """Write down that somebody has left, in the place of their password."""
    return f"{_ENDED}{milliseconds(now)}"


def drawn_password(chance: bytes) -> str:
    """
    Write chance as a password for one use, such as 7hkm-2wxt-p9ne-rz4c: some 79 bits.

    Bytes that would make one sign likelier than another are left out.
    """
    fitting = [byte for byte in chance if byte < _FITTING][:ONCE_CHARACTERS]
    assert len(fitting) == ONCE_CHARACTERS, "enough chance was handed in"
    signs = "".join(_SIGNS[byte % len(_SIGNS)] for byte in fitting)
    return "-".join(signs[at : at + 4] for at in range(0, ONCE_CHARACTERS, 4))
