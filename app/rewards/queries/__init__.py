"""Reading rewards: accounts, coupons, campaigns, invitations, and what waits for two people."""

from app.rewards.queries.accounts import Account, account_of, entries_of, entries_page
from app.rewards.queries.coupons import (
    CampaignStanding,
    CouponPreview,
    campaigns,
    campaigns_for,
    coupon,
    coupon_preview,
    coupons_of,
)
from app.rewards.queries.holding import HOLDINGS, held_of
from app.rewards.queries.inviting import (
    HeldInvitation,
    Invited,
    has_entered,
    held_invitations,
    invited_by,
)
from app.rewards.queries.reviewing import review, waiting_reviews

__all__ = [
    "HOLDINGS",
    "Account",
    "CampaignStanding",
    "CouponPreview",
    "HeldInvitation",
    "Invited",
    "account_of",
    "campaigns",
    "campaigns_for",
    "coupon",
    "coupon_preview",
    "coupons_of",
    "entries_of",
    "entries_page",
    "has_entered",
    "held_invitations",
    "held_of",
    "invited_by",
    "review",
    "waiting_reviews",
]
