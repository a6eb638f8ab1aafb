"""The consent ledger's values: what was agreed to, towards whom, about what; and what stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConsentAct(StrEnum):
    """What a line of the ledger says was done."""

    GIVEN = "GIVEN"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTo:
    """
    One use of a borrower's data.

    `purpose` is a word of the policy data; `recipient` a partner's code, or empty; `about` the
    application it was given for, or empty when it was given for whatever may come.
    """

    purpose: str
    recipient: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWords:
    """Which words were read: their version, their language, and the SHA-256 of them."""

    version: int
    language: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """One line of the ledger."""

    line_id: str
    number: int
    """From 1, in the order things happened to this borrower."""
    act: ConsentAct
    to: ConsentTo
    words: ConsentWords
    """A withdrawal repeats the words of what it takes back."""
    session_id: str | None
    noted_at: datetime


def standing(lines: Iterable[ConsentLine]) -> dict[ConsentTo, ConsentLine]:
    """Return what stands, each with the line that gave it; lines come in their order."""
    found: dict[ConsentTo, ConsentLine] = {}
    for line in lines:
        if line.act is ConsentAct.GIVEN:
            found[line.to] = line
        else:
            found.pop(line.to, None)
    return found
