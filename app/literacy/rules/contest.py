"""A county's contest of a month: nicknames, teams of villages, and what is shown of whom."""

import unicodedata
from dataclasses import dataclass
from datetime import date

PEOPLE_MIN = 5
"""A board of fewer is shown to nobody: in a village, the fourth is told from the other three."""

LINES_MAX = 20
"""How many lines a board has at most."""

NICKNAME_WORDS = 16
NICKNAME_NUMBERS = 90
"""A nickname is one of sixteen qualities, one of sixteen things, and a number from 10 to 99."""

NICKNAMES = NICKNAME_WORDS * NICKNAME_WORDS * NICKNAME_NUMBERS
_FIRST_NUMBER = 10

VILLAGE_LENGTH_MIN, VILLAGE_LENGTH_MAX = 2, 20
_JOINTS = frozenset(" -'’·")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nickname:
    """What others see of a learner: two words, by their places in the texts, and a number."""

    quality: int
    thing: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestLine:
    """One learner of a board."""

    rank: int
    nickname: Nickname
    points: int
    is_me: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLine:
    """One village of a board."""

    rank: int
    village: str
    people: int
    points: int
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """
    A county's contest of a month, as one of its learners may see it.

    Attributes:
        month: Such as `2026-11`.
        county: The county's code.
        village: The learner's team.
        nickname: What others see of them.
        points: Their points in this contest.
        rank: Their place; None without a point.
        people: How many have points; None where they are too few to be counted.
        board: The first of them; empty where they are too few to be shown.
        teams: Villages with enough people, most points first.
    """

    month: str
    county: str
    village: str
    nickname: Nickname
    points: int
    rank: int | None
    people: int | None
    board: tuple[ContestLine, ...]
    teams: tuple[TeamLine, ...]


def contest_key(on: date, county: str) -> str:
    """Return the name of the contest that a county holds in a day's month."""
    return f"{on:%Y-%m}:{county}"


def drawn(chance: int) -> int:
    """Return the nickname that a large random number draws."""
    return chance % NICKNAMES


def nickname_of(drawn: int) -> Nickname:
    """Return the words of a nickname that was drawn."""
    words, number = divmod(drawn, NICKNAME_NUMBERS)
    quality, thing = divmod(words, NICKNAME_WORDS)
    return Nickname(quality=quality, thing=thing, number=number + _FIRST_NUMBER)


def village_from(typed: str) -> str | None:
    """
    Return a village's name as it is kept, however it was typed; None if it is no name.

    Letters alone, so that nobody puts a phone number or an address on a board.
    """
    name = " ".join(unicodedata.normalize("NFKC", typed).split())
    is_named = VILLAGE_LENGTH_MIN <= len(name) <= VILLAGE_LENGTH_MAX
    is_plain = all(letter.isalpha() or letter in _JOINTS for letter in name)
    return name if is_named and is_plain else None
