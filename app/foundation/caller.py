"""Who is asking: nobody known, a borrower, or a member of staff."""

from dataclasses import dataclass, field
from enum import StrEnum


class StaffRole(StrEnum):
    """What a member of staff may do."""

    AGENT = "AGENT"
    SUPERVISOR = "SUPERVISOR"
    DIRECTOR = "DIRECTOR"
    RISK = "RISK"
    CONTENT_EDITOR = "CONTENT_EDITOR"
    AUDITOR = "AUDITOR"
    PARTNER_AGENT = "PARTNER_AGENT"
    """A partner's person in a village or shop: none of ours, who only fills applications in."""


class Trust(StrEnum):
    """How far a session's holder has shown to be the account's person, from least to most."""

    CONTACT = "CONTACT"
    """They are reached by its number or on its phone; that is all."""
    KNOWN = "KNOWN"
    """They may see what is theirs, masked, and pay what they owe."""
    FULL = "FULL"
    """They may do all that the account's owner may."""

    def reaches(self, needed: "Trust") -> bool:
        """Tell whether this is as much as is needed."""
        return _RANKS[self] >= _RANKS[needed]


_RANKS = {trust: rank for rank, trust in enumerate(Trust)}
"""They are named above from the least to the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymous:
    """Nobody has signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerCaller:
    """A borrower in a live session."""

    borrower_id: str
    session_id: str
    device_id: str | None = None
    """The device whose key the session is bound to; none after signing in by code alone."""
    is_proven: bool = False
    """Whether that key signed this very request."""
    trust: Trust = Trust.FULL

    @property
    def sees_all(self) -> bool:
        """Whether the borrower's own values may be shown in full: proven, if there is a key."""
        return self.trust is Trust.FULL and (self.device_id is None or self.is_proven)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCaller:
    """A member of staff in a live session."""

    staff_id: str
    session_id: str
    role: StaffRole


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """One HTTP request as it came, as far as a proof covers it."""

    method: str
    target: str
    """Path and query, as they stand in the request line."""
    body_hash: bytes = field(repr=False)
    """SHA-256."""
    proof: str = field(repr=False)
    """The `Proof` header; empty where none was sent."""


Caller = Anonymous | BorrowerCaller | StaffCaller
