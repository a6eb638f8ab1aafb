"""The part of the borrower's graph about rewards."""

from app.rewards.graphql.commands import RewardsMutation
from app.rewards.graphql.reads import RewardsQuery

__all__ = ["RewardsMutation", "RewardsQuery"]
