"""PINs: six digits that a family sharing a phone can't guess, and what is asked around them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from app.foundation.errors import InvalidInput
from app.identity.rules import people

DIGITS = 6
GUESSES_IN_A_ROW = 5
"""Wrong PINs in a row that lock it: five of a million, where easy numbers are refused."""
DOUBTED_GUESSES_MAX = 5
DOUBTED_FOR = timedelta(days=30)
"""Five guesses in so long for all sessions of a borrower's that are trusted equally little: sixty a
year of a million. They are forgiven by time, by staff who have seen the borrower, and by the right
PIN in the session that guessed."""
DISTINCT_MIN = 3
"""112211 and 555155 are among the first that anybody tries."""

_SHAPE = re.compile(r"[0-9]{6}")
_INPUT_MAX = 24


class PinFit(StrEnum):
    """What a typed PIN turned out to be."""

    RIGHT = "RIGHT"
    DURESS = "DURESS"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinGuess:
    """A PIN that was typed, counted and compared; `check_pin` says what it opens."""

    borrower_id: str
    version: int
    fit: PinFit
    attempts_left: int
    renewed: str | None = field(default=None, repr=False)
    guess_id: str | None = None
    """Where it is counted, if its session is not trusted fully."""
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinState:
    """Whether a borrower has a PIN, and whether wrong ones locked it."""

    is_set: bool
    is_locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Money out is held back from a borrower, as staff see it."""

    freeze_id: str
    borrower_id: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAside:
    """A bank card named while money out is held back: shown, and never sent anything."""

    freeze_id: str
    card: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNumbers:
    """Numbers of a borrower's own that whoever knows them would try first."""

    phone: str = field(repr=False)
    """E.164"""
    resident_id: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPin:
    """Choose the first PIN, or one after a reset."""

    borrower_id: str
    pin: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePin:
    """Choose another PIN, knowing the present one."""

    borrower_id: str
    pin: str = field(repr=False)
    new_pin: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDuressPin:
    """Choose a second PIN for when somebody forces the borrower to type one; None takes it back."""

    borrower_id: str
    pin: str = field(repr=False)
    duress_pin: str | None = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftFreeze:
    """Let money out to a borrower flow again, for a reason that is kept."""

    staff_id: str
    freeze_id: str
    reason: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


def pin_input(written: str, *, field: str = "input.pin") -> str:
    """
    Read six digits as a person types them; a malformed PIN is refused before it costs a guess.

    Raises:
        InvalidInput: It is not six digits.
    """
    pin = unicodedata.normalize("NFKC", written[: _INPUT_MAX + 1]).replace(" ", "")
    if len(written) > _INPUT_MAX or not _SHAPE.fullmatch(pin):
        raise InvalidInput(field, "identity.reason.pin")
    return pin


def new_pin_of(written: str, own: OwnNumbers, *, field: str) -> str:
    """
    Read a PIN that somebody chooses.

    Raises:
        InvalidInput: It is not six digits, is easy to guess, or is a number of the borrower's own.
    """
    pin = pin_input(written, field=field)
    if is_easy(pin):
        raise InvalidInput(field, "identity.reason.pin_easy")
    if pin in set(_own_digits(own)):
        raise InvalidInput(field, "identity.reason.pin_own")
    return pin


def is_easy(pin: str) -> bool:
    """
    Tell whether a PIN is among those that are tried first, whoever chose it.

    That is: fewer than three different digits (000000, 121212), steps that are all the same
    (123456, 987654, 135791), two equal halves (123123), a mirror (123321), or pairs (112233).
    """
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    half = DIGITS // 2
    return (
        len(set(pin)) < DISTINCT_MIN
        or len(steps) == 1
        or pin[:half] == pin[half:]
        or pin == pin[::-1]
        or pin[::2] == pin[1::2]
    )


def _own_digits(own: OwnNumbers) -> Iterator[str]:
    """Yield a person's own six digits: ends of phone and ID, ways to write the birthday."""
    yield own.phone[-DIGITS:]
    if own.resident_id is None:
        return
    yield own.resident_id[-DIGITS:].replace("X", "0")
    yield own.resident_id[-DIGITS - 1 : -1]
    yield from _birthday_digits(people.birth_date_of(own.resident_id))


def _birthday_digits(born: date) -> Iterator[str]:
    for shape in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y"):
        yield born.strftime(shape)
    for shape in (f"{born.year}{born.month}{born.day}", f"{born.month}{born.day}{born.year}"):
        if len(shape) == DIGITS:
            yield shape
