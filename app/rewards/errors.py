"""What rewards refuses; nothing is changed."""

from app.foundation.errors import Refusal


class PointsShort(Refusal):
    """There are fewer points than this takes."""

    code = "POINTS_SHORT"

    def __init__(self, *, points: int, needed: int) -> None:
        super().__init__(f"{points} of {needed}")
        self.points = points
        self.needed = needed


class CampaignOver(Refusal):
    """No campaign of this name gives coupons in this way today."""

    code = "CAMPAIGN_OVER"


class RewardBudgetSpent(Refusal):
    """The campaign has given away all it may."""

    code = "REWARD_BUDGET_SPENT"


class RewardLimitReached(Refusal):
    """One person has had from this campaign as much as one person may."""

    code = "REWARD_LIMIT_REACHED"


class CouponNotUsable(Refusal):
    """The coupon is used, out of time, or was taken back; `state` says which."""

    code = "COUPON_NOT_USABLE"

    def __init__(self, state: str) -> None:
        super().__init__(f"it is {state}", field="input.couponId")
        self.state = state


class InvitationCodeUnknown(Refusal):
    """Nobody has this invitation code."""

    code = "INVITATION_CODE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("no such code", field="input.code")


class OwnInvitation(Refusal):
    """Nobody invites themselves."""

    code = "OWN_INVITATION"

    def __init__(self) -> None:
        super().__init__("own code", field="input.code")


class InvitationTooLate(Refusal):
    """A code is entered in the first days after joining, before the first application."""

    code = "INVITATION_TOO_LATE"

    def __init__(self, *, days: int) -> None:
        super().__init__(f"within {days} days", field="input.code")
        self.days = days


class InvitedAlready(Refusal):
    """The caller has entered a code before; one person is invited once."""

    code = "INVITED_ALREADY"


class RewardReviewNotOpen(Refusal):
    """It is decided already, or something has changed since; look at it again."""

    code = "REWARD_REVIEW_NOT_OPEN"


class OwnRewardReview(Refusal):
    """Whoever proposes never decides; somebody else has to."""

    code = "OWN_REWARD_REVIEW"


class RewardReviewWaits(Refusal):
    """The same waits for a second person already."""

    code = "REWARD_REVIEW_WAITS"
