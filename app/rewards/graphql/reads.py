"""What a phone can read of rewards."""

from typing import Annotated

import strawberry

from app.foundation.errors import NotFound
from app.foundation.graphql import Info, checked_id
from app.rewards import queries
from app.rewards.errors import CouponNotUsable
from app.rewards.graphql.types import CouponPreview, MyInvitation, Rewards
from app.servicing.graphql import loan_ref


@strawberry.type
class RewardsQuery:
    """Rewards' reads."""

    @strawberry.field(description="The caller's points and coupons, and what points buy.")
    async def rewards(self, info: Info) -> Rewards | None:
        """Show them."""
        return await Rewards.of(info, info.context.borrower_id)

    @strawberry.field(
        description="What a coupon would do to a loan today: which installments ask how much less,"
        " and what the loan costs a year with it and without. Null where there is no such loan or"
        " coupon of the caller's, or the coupon cannot be used."
    )
    async def coupon_preview(
        self,
        info: Info,
        loan_id: Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")],
        coupon_id: Annotated[strawberry.ID, strawberry.argument(description="The coupon's id.")],
    ) -> CouponPreview | None:
        """Work it out."""
        ref = loan_ref(info.context.borrower_id, loan_id, field="loanId")
        try:
            preview = await queries.coupon_preview(
                ref, checked_id(coupon_id, "cu", field="couponId")
            )
        except (NotFound, CouponNotUsable):
            return None
        return CouponPreview.of(info, preview)

    @strawberry.field(
        description="The caller's invitation code, how many entered it and what came of it."
    )
    async def my_invitation(self, info: Info) -> MyInvitation | None:
        """Show the code."""
        return await MyInvitation.of(info, info.context.borrower_id)
