"""Whose cards the twin takes them to be: the first it moved money for, or somebody else's."""

import re
import sqlite3
import unicodedata
from dataclasses import dataclass

from app.payments.ports import FailureReason

TABLE = """
CREATE TABLE IF NOT EXISTS rail_holder (
    card_mac TEXT PRIMARY KEY, name_mac TEXT NOT NULL
) WITHOUT ROWID;
"""
_MIDDLE_DOTS = re.compile("[•‧∙⋅・]")
_GAPS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A card and under whose name money is to move, as keyed hashes."""

    card_mac: str
    name_mac: str
    is_somebody_elses: bool
    """Whether the card is of those whose holder is nobody who borrows."""


def written_alike(name: str) -> str:
    """Return a name as a bank compares it: without width, blanks, or kinds of the middle dot."""
    return _MIDDLE_DOTS.sub("·", _GAPS.sub("", unicodedata.normalize("NFKC", name)))


def refusal_of(books: sqlite3.Connection, named: Named) -> FailureReason | None:
    """Say why no money moves under this name; None where it is the holder's, or the first."""
    row = books.execute(
        "SELECT name_mac FROM rail_holder WHERE card_mac = ?", [named.card_mac]
    ).fetchone()
    is_another = row is not None and row[0] != named.name_mac
    return FailureReason.NAME_MISMATCH if named.is_somebody_elses or is_another else None


def keep(books: sqlite3.Connection, named: Named) -> None:
    """Let the card be theirs from now on, unless it has a holder."""
    books.execute(
        "INSERT INTO rail_holder (card_mac, name_mac) VALUES (?, ?)"
        " ON CONFLICT (card_mac) DO NOTHING",
        [named.card_mac, named.name_mac],
    )
