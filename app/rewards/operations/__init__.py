"""The use cases of rewards."""

from app.rewards.operations.effects import LOCAL_EFFECTS
from app.rewards.operations.expiring import end_of_day
from app.rewards.operations.forgetting import forget_points
from app.rewards.operations.inviting import EnterInvitation, enter_invitation
from app.rewards.operations.reviewing import (
    DecideRewardReview,
    ProposeCareCoupon,
    ProposeInvitationAnswer,
    decide,
    propose_answer,
    propose_care,
)
from app.rewards.operations.staff_leaving import withdraw_proposals
from app.rewards.operations.using import (
    ExchangePoints,
    RedeemCoupon,
    Redeemed,
    exchange_points,
    redeem_coupon,
)

__all__ = [
    "LOCAL_EFFECTS",
    "DecideRewardReview",
    "EnterInvitation",
    "ExchangePoints",
    "ProposeCareCoupon",
    "ProposeInvitationAnswer",
    "RedeemCoupon",
    "Redeemed",
    "decide",
    "end_of_day",
    "enter_invitation",
    "exchange_points",
    "forget_points",
    "propose_answer",
    "propose_care",
    "redeem_coupon",
    "withdraw_proposals",
]
