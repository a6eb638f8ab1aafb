"""What borrowers are told of rewards: a coupon came, points go soon; nothing is advertised."""

from app.foundation.database import Transaction
from app.messaging.operations.notifying import Notify, notify
from app.messaging.rules import Kind
from app.rewards.events import CouponGranted, PointsExpiring


async def tell_coupon_granted(tx: Transaction, fact: CouponGranted) -> None:
    """Say that a coupon is there, what it is worth, and until when."""
    told = Notify(
        borrower_id=fact.borrower_id,
        kind=Kind.COUPON_GRANTED,
        data={"amount_fen": fact.amount_fen, "until_on": fact.expires_on},
        dedupe_key=fact.coupon_id,
    )
    await notify(tx, told)


async def tell_points_expiring(tx: Transaction, fact: PointsExpiring) -> None:
    """Say how many points go soon, from which day on."""
    told = Notify(
        borrower_id=fact.borrower_id,
        kind=Kind.POINTS_EXPIRING,
        data={"points": fact.points, "until_on": fact.on},
        dedupe_key=fact.on,
    )
    await notify(tx, told)


REWARD_EFFECTS = (
    (CouponGranted, "messaging.coupon_granted", tell_coupon_granted),
    (PointsExpiring, "messaging.points_expiring", tell_points_expiring),
)
"""Fact, consumer's name, effect."""
