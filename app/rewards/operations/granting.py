"""A coupon is given: once for what it is given for, within its campaign's money."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.rewards.events import CouponGranted
from app.rewards.models import RewardCouponRow
from app.rewards.rules import Campaign, CouponState, Way


async def grant(
    tx: Transaction, campaign: Campaign, borrower_id: str, *, source_key: str
) -> RewardCouponRow:
    """
    Give a coupon whose amount was reserved just now; whoever did not ask for it is told.

    The caller makes sure that a source comes once: by the account it holds, or the row.
    """
    row = await RewardCouponRow.create(
        id=tx.new_id("cu"),
        source_key=source_key,
        borrower_id=borrower_id,
        campaign=campaign.code,
        way=campaign.way.value,
        amount_fen=campaign.amount_fen,
        state=CouponState.GRANTED.value,
        granted_at=milliseconds(tx.now),
        expires_on=campaign.last_day_of(tx.today).isoformat(),
    )
    if campaign.way is not Way.POINTS:
        await announce(
            tx,
            CouponGranted(
                coupon_id=row.id,
                borrower_id=borrower_id,
                amount_fen=row.amount_fen,
                way=row.way,
                expires_on=row.expires_on,
            ),
        )
    return row
