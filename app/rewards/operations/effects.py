"""Which facts rewards listens to."""

from typing import Any

from app.foundation.outbox import Fact, LocalEffect
from app.identity.events import BorrowerForgotten, BorrowerJoined
from app.literacy.events import PointsEarned
from app.origination.events import LoanDisbursed
from app.payments.events import RepaymentReversed, RepaymentTaken
from app.rewards.operations.earning import (
    earn_by_learning,
    earn_by_paying,
    open_account,
    take_back_points,
)
from app.rewards.operations.forgetting import forget_rewards
from app.rewards.operations.inviting import reverse_reward, reward_inviter, watch_loan
from app.rewards.operations.using import give_back
from app.servicing.events import LoanPaidOff

LOCAL_EFFECTS: tuple[tuple[type[Fact], str, LocalEffect[Any]], ...] = (
    (BorrowerJoined, "rewards.joined", open_account),
    (PointsEarned, "rewards.learned", earn_by_learning),
    (RepaymentTaken, "rewards.repaid", earn_by_paying),
    (LoanPaidOff, "rewards.paid_off", earn_by_paying),
    (RepaymentReversed, "rewards.reversed", take_back_points),
    (LoanDisbursed, "rewards.disbursed", watch_loan),
    (RepaymentTaken, "rewards.invited_repaid", reward_inviter),
    (RepaymentReversed, "rewards.invited_reversed", reverse_reward),
    (LoanPaidOff, "rewards.returned", give_back),
    (LoanPaidOff, "rewards.returned_points", take_back_points),
    (LoanPaidOff, "rewards.invited_returned", reverse_reward),
    (BorrowerForgotten, "rewards.forgotten", forget_rewards),
)
"""Fact, consumer's name for ever, effect."""
