"""Rows of rewards: points, coupons, budgets, invitations, and what two people decide on."""

from datetime import date

import orjson
from tortoise import fields
from tortoise.models import Model

from app.foundation.clock import moment_of
from app.rewards.rules import (
    CareReason,
    Coupon,
    CouponState,
    PointsEntry,
    PointsKind,
    Review,
    ReviewKind,
    ReviewState,
    Way,
)
from app.rewards.rules.inviting import Doubt


class RewardAccountRow(Model):
    """A borrower's account. `points` is the sum of its entries, and never below zero."""

    id = fields.CharField(max_length=16, primary_key=True)
    """The borrower's."""
    points = fields.IntField(default=0)
    code = fields.CharField(max_length=8, unique=True)
    """What others enter who were invited by them."""
    device_mark = fields.CharField(max_length=32, null=True, db_index=True)
    """Keyed mark of the phone they signed up with, while it is compared. It says not whose.

    Once the key of such marks turns, those from before meet none that come after.
    """
    opened_on = fields.CharField(max_length=10, db_index=True)
    warned_until = fields.CharField(max_length=10, null=True)
    """The last day whose points they were told will go."""

    class Meta:
        table = "reward_account"


class PointsEntryRow(Model):
    """A line of an account, never changed. Its key is borrower and source, so it comes once."""

    id = fields.CharField(max_length=16, primary_key=True)
    entry_key = fields.CharField(max_length=120, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=16)
    source = fields.CharField(max_length=100)
    points = fields.IntField()
    made_at = fields.BigIntField()
    expires_on = fields.CharField(max_length=10, null=True, db_index=True)

    class Meta:
        table = "reward_points"

    def as_entry(self) -> PointsEntry:
        """Return the line as the rules know it."""
        return PointsEntry(
            kind=PointsKind(self.kind),
            source=self.source,
            points=self.points,
            made_at=moment_of(self.made_at),
            expires_on=None if self.expires_on is None else date.fromisoformat(self.expires_on),
        )


class RewardCouponRow(Model):
    """A coupon. Its key is what it was given for, so it is given once."""

    id = fields.CharField(max_length=16, primary_key=True)
    source_key = fields.CharField(max_length=64, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    campaign = fields.CharField(max_length=24)
    way = fields.CharField(max_length=12)
    amount_fen = fields.BigIntField()
    state = fields.CharField(max_length=12)
    granted_at = fields.BigIntField()
    expires_on = fields.CharField(max_length=10, db_index=True)
    loan_id = fields.CharField(max_length=16, null=True, db_index=True)
    event_id = fields.CharField(max_length=16, null=True)
    used_fen = fields.BigIntField(default=0)
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "reward_coupon"

    def as_coupon(self) -> Coupon:
        """Return the coupon as others know it."""
        return Coupon(
            coupon_id=self.id,
            borrower_id=self.borrower_id,
            campaign=self.campaign,
            way=Way(self.way),
            amount_fen=self.amount_fen,
            state=CouponState(self.state),
            granted_at=moment_of(self.granted_at),
            expires_on=date.fromisoformat(self.expires_on),
            loan_id=self.loan_id,
            event_id=self.event_id,
            used_fen=self.used_fen,
        )


class RewardBudgetRow(Model):
    """
    What a campaign, or one person of it, has promised and spent. The key is `CODE[:borrower]`.

    Changed by single statements that hold the sum to its ceiling, so no race overspends it.
    """

    id = fields.CharField(max_length=48, primary_key=True)
    borrower_id = fields.CharField(max_length=16, null=True, db_index=True)
    reserved_fen = fields.BigIntField(default=0)
    spent_fen = fields.BigIntField(default=0)

    class Meta:
        table = "reward_budget"


class InvitationRow(Model):
    """Somebody entered somebody's code. A person is invited once."""

    id = fields.CharField(max_length=16, primary_key=True)
    inviter_id = fields.CharField(max_length=16, db_index=True)
    invited_id = fields.CharField(max_length=16, unique=True)
    state = fields.CharField(max_length=12, db_index=True)
    doubts = fields.TextField()
    """A JSON array of `Doubt`s."""
    entered_at = fields.BigIntField()
    loan_id = fields.CharField(max_length=16, null=True)
    coupon_id = fields.CharField(max_length=16, null=True)
    settled_month = fields.CharField(max_length=7, null=True)
    """In which month it was rewarded."""

    class Meta:
        table = "reward_invitation"

    def known_doubts(self) -> frozenset[Doubt]:
        """Return the doubts so far."""
        return frozenset(Doubt(one) for one in orjson.loads(self.doubts))


class ReviewRow(Model):
    """A proposal that a second person decides. `waiting_key` keeps one of a kind waiting."""

    id = fields.CharField(max_length=16, primary_key=True)
    kind = fields.CharField(max_length=12)
    waiting_key = fields.CharField(max_length=40, null=True, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    invitation_id = fields.CharField(max_length=16, null=True)
    campaign = fields.CharField(max_length=24)
    is_grant = fields.BooleanField()
    reason = fields.CharField(max_length=16)
    state = fields.CharField(max_length=12)
    maker_id = fields.CharField(max_length=16)
    proposed_at = fields.BigIntField()
    checker_id = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)
    coupon_id = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "reward_review"

    def as_review(self) -> Review:
        """Return the proposal as others know it."""
        decided_at = self.decided_at
        return Review(
            review_id=self.id,
            kind=ReviewKind(self.kind),
            borrower_id=self.borrower_id,
            invitation_id=self.invitation_id,
            campaign=self.campaign,
            is_grant=self.is_grant,
            reason=CareReason(self.reason),
            state=ReviewState(self.state),
            maker_id=self.maker_id,
            proposed_at=moment_of(self.proposed_at),
            checker_id=self.checker_id,
            decided_at=None if decided_at is None else moment_of(decided_at),
            coupon_id=self.coupon_id,
        )
