"""What rewards holds on a borrower, forgotten; what a campaign spent stays counted."""

from tortoise.expressions import Q

from app.catalog.queries import policy_book
from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.identity.events import BorrowerForgotten
from app.rewards.models import InvitationRow, ReviewRow, RewardCouponRow
from app.rewards.operations import budgets
from app.rewards.operations.accounts import Line, add_line, hold_account
from app.rewards.queries.accounts import entries_of
from app.rewards.rules import CouponState, PointsKind, balance_of, points_policy


async def forget_points(tx: Transaction, borrower_id: str) -> int:
    """
    Delete a borrower's points, which say what they learned; return how many lines went.

    Installments that were counted or taken back stay noted, so that they bring nothing twice; what
    they brought goes too.
    """
    policy = points_policy(await policy_book(tx.today))
    held = await tx.rows("SELECT id FROM reward_account WHERE id = ?", [borrower_id])
    if not held:
        return 0
    await hold_account(tx, borrower_id, policy)
    gone = await tx.run(
        "DELETE FROM reward_points WHERE borrower_id = ?"
        " AND (kind NOT IN (?, ?) OR source LIKE 'forgotten|%')",
        [borrower_id, PointsKind.PAID_ON_TIME.value, PointsKind.TAKEN_BACK.value],
    )
    left = balance_of(await entries_of(borrower_id))
    await tx.run("UPDATE reward_account SET points = ? WHERE id = ?", [left, borrower_id])
    source = f"forgotten|{tx.new_id('pn')}"
    await add_line(tx, borrower_id, Line(kind=PointsKind.TAKEN_BACK, source=source, points=-left))
    return gone


async def forget_rewards(tx: Transaction, fact: BorrowerForgotten) -> None:
    """
    Delete all that is kept of a borrower, and free what their unused coupons had reserved.

    What was used stands in the life of the loan, as long as the law keeps that.
    """
    borrower_id = fact.borrower_id
    await budgets.abort(tx, *await _hold_all(tx, borrower_id))
    for table in ("reward_points", "reward_coupon", "reward_budget", "reward_review"):
        await tx.run(f"DELETE FROM {table} WHERE borrower_id = ?", [borrower_id])
    await tx.run(
        "DELETE FROM reward_invitation WHERE inviter_id = ? OR invited_id = ?",
        [borrower_id, borrower_id],
    )
    await tx.run("DELETE FROM reward_account WHERE id = ?", [borrower_id])


async def _hold_all(tx: Transaction, borrower_id: str) -> list[RewardCouponRow]:
    """Hold what is to go in the order in which everybody does; return the coupons not used."""
    await ReviewRow.filter(borrower_id=borrower_id).order_by("id").select_for_update()
    theirs = InvitationRow.filter(Q(inviter_id=borrower_id) | Q(invited_id=borrower_id))
    await theirs.order_by("id").select_for_update()
    await tx.run("UPDATE reward_account SET points = points WHERE id = ?", [borrower_id])
    coupons = RewardCouponRow.filter(borrower_id=borrower_id).order_by("id")
    held = await coupons.select_for_update()
    await revise(tx, borrower_id)
    return [row for row in held if row.state == CouponState.GRANTED]
