"""Lists that leave the desk: what they hold, who lets them go, and how they are written."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.foundation.caller import StaffRole

MAKERS = frozenset({StaffRole.SUPERVISOR, StaffRole.RISK, StaffRole.DIRECTOR, StaffRole.AUDITOR})
CHECKERS = frozenset({StaffRole.DIRECTOR, StaffRole.AUDITOR})
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportKind(StrEnum):
    """What a list is of."""

    TICKETS = "TICKETS"
    LOANS = "LOANS"


class ExportState(StrEnum):
    """
    Where a list stands; one that is approved ends by time or by downloads.

    One that nobody decides on within a week has lapsed.
    """

    ASKED = "ASKED"
    LAPSED = "LAPSED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLimits:
    """How much may leave, and for how long, as policy says."""

    rows_max: int
    hours_valid: int
    downloads_max: int
    days_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list as it leaves: a text of comma-separated values, masked."""

    content: str = field(repr=False)
    sha256: str
    rows: int
    is_cut: bool
    """Whether there would be more rows than may leave at once."""


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """
    Write rows as RFC 4180 has it, empty where there is nothing.

    What a spreadsheet would take for a formula gets an apostrophe in front: nothing that somebody
    chose for a name runs on the reader's machine.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return written.getvalue()


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text
