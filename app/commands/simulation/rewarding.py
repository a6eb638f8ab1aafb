"""What borrowers do with rewards: invite, exchange points, and use coupons on their loans."""

from app.commands.simulation.living import some
from app.commands.simulation.world import BEGINS_ON, Person, World
from app.rewards import operations as rewards
from app.rewards import queries as earned
from app.rewards.operations import EnterInvitation, ExchangePoints, RedeemCoupon

EXCHANGES = (0.02, 0.2)
INVITATIONS = (0.01, 0.2)
"""How many a person and day on average, and how many a day at least."""
COUPON, COSTS = "POINTS_5", 100
WEEK = 7
"""Days within which somebody who joined may say who brought them."""


async def use_rewards(world: World) -> None:
    """Let some people use what they earned, and in the first week say who brought them."""
    paying = [one for one in world.people if one.loans]
    for person in some(world, "exchange", paying, *EXCHANGES):
        if (await earned.account_of(person.borrower_id)).points >= COSTS:
            await world.doing("exchange points and use the coupon", _exchange(world, person))
    if (world.today - BEGINS_ON).days < WEEK:
        for person in some(world, "invite", world.people, *INVITATIONS):
            await world.doing("say who brought one", _say_who(world, person))


async def _exchange(world: World, person: Person) -> None:
    coupon_id = await rewards.exchange_points(
        ExchangePoints(
            borrower_id=person.borrower_id,
            campaign=COUPON,
            idempotency_key=world.key("exchange"),
        )
    )
    await rewards.redeem_coupon(
        RedeemCoupon(loan=person.loans[0], coupon_id=coupon_id, idempotency_key=world.key("redeem"))
    )


async def _say_who(world: World, person: Person) -> None:
    inviter = world.chance.choice(world.people)
    account = await earned.account_of(inviter.borrower_id)
    if account.code is None:
        return
    await rewards.enter_invitation(
        EnterInvitation(
            borrower_id=person.borrower_id,
            code=account.code,
            idempotency_key=world.key("invite"),
        )
    )
