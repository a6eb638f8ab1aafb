"""Identifiers: short, typed, ordered by time, and not to be guessed."""

from collections.abc import Callable
from datetime import UTC, datetime

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
"""Of one case only: these sort alike under every collation a PostgreSQL may be set to."""

ID_LENGTH = 16
_TIME_LENGTH = 6
_RANDOM_LENGTH = 8
_ENTROPY_BYTES = 16
_CHANCES = len(ALPHABET) ** _RANDOM_LENGTH
_PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
"""Two digits at a time; both lengths are even."""
_BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)

Entropy = Callable[[int], bytes]
"""Returns that many random bytes."""


def new_id(prefix: str, *, now: datetime, entropy: Entropy) -> str:
    """
    Make an identifier of 16 characters: two for the type, six for the second, eight of chance.

    It serves as primary key and as the public id. Newer ids sort after older ones to the second
    (as UUIDv7 does), so an index grows at its end, until the year 2093; 41 bits of chance keep it
    from being guessed, and whoever asks must own the row anyway.
    """
    (made,) = new_ids(prefix, 1, now=now, entropy=entropy)
    return made


def new_ids(prefix: str, count: int, *, now: datetime, entropy: Entropy) -> list[str]:
    """Make so many identifiers of one moment, with one call for all their chance."""
    assert len(prefix) == ID_LENGTH - _TIME_LENGTH - _RANDOM_LENGTH, "a prefix has two letters"
    beginning = least_id(prefix, now)
    chance = entropy(_ENTROPY_BYTES * count)
    return [
        beginning + _in_base36(int.from_bytes(part, "big") % _CHANCES, _RANDOM_LENGTH)
        for part in (
            chance[start : start + _ENTROPY_BYTES]
            for start in range(0, len(chance), _ENTROPY_BYTES)
        )
    ]


def least_id(prefix: str, moment: datetime) -> str:
    """Return what no id of this type made since a moment sorts before: their index finds them."""
    seconds = max(0, int((moment - _BEGINNING).total_seconds()))
    return prefix + _in_base36(seconds, _TIME_LENGTH)


def has_id_shape(text: str, prefix: str | None = None) -> bool:
    """Tell whether a text could be an id (of that type), before any table is asked."""
    return (
        len(text) == ID_LENGTH
        and text.isascii()
        and text.isalnum()
        and (prefix is None or text.startswith(prefix))
    )


def _in_base36(number: int, length: int) -> str:
    digits = ""
    for _ in range(length // 2):
        number, pair = divmod(number, len(_PAIRS))
        digits = _PAIRS[pair] + digits
    return digits
