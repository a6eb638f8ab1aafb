"""Who is asking: nobody known, a borrower, or a member of staff."""

from dataclasses import dataclass
from enum import StrEnum


class StaffRole(StrEnum):
    """What a member of staff may do."""

    AGENT = "AGENT"
    SUPERVISOR = "SUPERVISOR"
    DIRECTOR = "DIRECTOR"
    RISK = "RISK"
    CONTENT_EDITOR = "CONTENT_EDITOR"
    AUDITOR = "AUDITOR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymous:
    """Nobody has signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerCaller:
    """A borrower in a live session."""

    borrower_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCaller:
    """A member of staff in a live session."""

    staff_id: str
    session_id: str
    role: StaffRole


Caller = Anonymous | BorrowerCaller | StaffCaller
