"""Two people decide: a coupon given out of care, and what becomes of an invitation held back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.foundation.caller import StaffRole

MAKERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK})
"""Who may propose."""

CHECKERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK})
"""Who may decide on what somebody else proposed."""

READERS = MAKERS | {StaffRole.AUDITOR}
"""Who may read campaigns, queues and accounts."""


class ReviewKind(StrEnum):
    """What a proposal is about."""

    CARE = "CARE"
    INVITATION = "INVITATION"


class ReviewState(StrEnum):
    """How a proposal stands."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class CareReason(StrEnum):
    """Why a coupon is given; free words would hold what belongs into a ticket."""

    OUR_MISTAKE = "OUR_MISTAKE"
    LONG_WAIT = "LONG_WAIT"
    OUTAGE = "OUTAGE"
    DISASTER = "DISASTER"
    LOOKED_AT = "LOOKED_AT"
    """An invitation's proposal has no other reason than that somebody looked at its doubts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """
    One proposal.

    Attributes:
        review_id: Its id.
        kind: What it is about.
        borrower_id: Who gets the coupon, if it is given.
        invitation_id: The invitation it is about, if it is.
        campaign: The campaign it would come from; empty for a refusal.
        is_grant: Whether the coupon is to be given, or the invitation's reward refused.
        reason: Why.
        state: How it stands.
        maker_id: Who proposed it.
        proposed_at: When.
        checker_id: Who decided it, if anybody has.
        decided_at: When.
        coupon_id: The coupon that was given.
    """

    review_id: str
    kind: ReviewKind
    borrower_id: str
    invitation_id: str | None
    campaign: str
    is_grant: bool
    reason: CareReason
    state: ReviewState
    maker_id: str
    proposed_at: datetime
    checker_id: str | None
    decided_at: datetime | None
    coupon_id: str | None
