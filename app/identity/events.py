"""Facts that identity announces."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeIssued(Fact):
    """A one-time code is to be sent, or sent again."""

    challenge_id: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerJoined(Fact):
    """Somebody proved a phone number for the first time."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCompleted(Fact):
    """A borrower said who they are; they may apply for a loan now."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFamilyRevoked(Fact):
    """A refresh token older than the last two came back: a copy of it is somewhere else."""

    borrower_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWaits(Fact):
    """A new phone signed in by the number alone; it may do everything soon, unless it is ended."""

    borrower_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLost(Fact):
    """Somebody new took over a borrower's number; nothing is sent to the borrower since."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerLeft(Fact):
    """A borrower closed their account; they may still come back by signing in."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerReturned(Fact):
    """A borrower who had closed their account signed in before they were forgotten."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerForgotten(Fact):
    """A borrower's keys were destroyed; what rooms keep of them in plain is to go too."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Fact):
    """A borrower agreed to one use of their data; `about` is an application, or empty."""

    borrower_id: str
    purpose: str
    recipient: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Fact):
    """A borrower took a consent back; from now on nothing may rest on it."""

    borrower_id: str
    purpose: str
    recipient: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEnrolled(Fact):
    """A phone was given the right to sign a borrower in."""

    borrower_id: str
    device_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEnded(Fact):
    """A phone may no longer sign its borrower in; its sessions are over."""

    borrower_id: str
    device_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementFrozen(Fact):
    """A PIN for duress was typed: money out to the borrower is held back, and only staff know."""

    freeze_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementFreezeLifted(Fact):
    """Staff let money out to a borrower flow again."""

    freeze_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEnded(Fact):
    """A member of staff has left: what they had before them is for somebody else."""

    staff_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRoleChanged(Fact):
    """A member of staff has another role: what it may not hold is for somebody else."""

    staff_id: str
