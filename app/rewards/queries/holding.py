"""What rewards holds on a borrower, for their copy of it."""

from app.foundation.holding import Held, Holding, held_by
from app.rewards.models import (
    InvitationRow,
    PointsEntryRow,
    ReviewRow,
    RewardAccountRow,
    RewardCouponRow,
)

HOLDINGS = (
    Holding(
        section="points_account",
        model=RewardAccountRow,
        columns=("points", "code"),
        of="id",
    ),
    Holding(
        section="points",
        model=PointsEntryRow,
        columns=("kind", "source", "points", "made_at", "expires_on"),
    ),
    Holding(
        section="coupons",
        model=RewardCouponRow,
        columns=(
            "campaign",
            "way",
            "amount_fen",
            "state",
            "granted_at",
            "expires_on",
            "loan_id",
            "used_fen",
            "used_at",
        ),
    ),
    Holding(
        section="invitation_entered",
        model=InvitationRow,
        columns=("entered_at",),
        of="invited_id",
    ),
    Holding(
        section="invitations_given",
        model=InvitationRow,
        columns=("entered_at",),
        of="inviter_id",
    ),
    Holding(
        section="coupons_proposed",
        model=ReviewRow,
        columns=("kind", "campaign", "reason", "state", "proposed_at", "decided_at"),
    ),
)
"""Each table, with what of it is handed out: of an invitation nothing of the other person."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
