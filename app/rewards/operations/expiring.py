"""With the close of day: points and coupons out of time go, after a warning; marks are dropped."""

from datetime import date, timedelta

from app.catalog.queries import policy_book
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.rewards.events import PointsExpiring
from app.rewards.models import RewardCouponRow
from app.rewards.operations import budgets
from app.rewards.operations.accounts import Line, add_line, hold_account
from app.rewards.queries.accounts import entries_of
from app.rewards.rules import (
    CouponState,
    CouponStep,
    PointsKind,
    going_by,
    limits_of,
    next_state,
    points_policy,
)

BATCH_MAX = 200


async def end_of_day(today: date) -> None:
    """
    Let go what is out of time by a day, and warn of what goes soon.

    Some at a time, each batch in a transaction of its own that leaves nothing of it to be done:
    stopped at any point and run again, it goes on there.
    """
    while await _expire_coupons(today):
        pass
    while await _expire_points(today):
        pass
    while await _warn(today):
        pass
    async with transaction() as tx:
        limits = limits_of(await policy_book(today))
        if limits is None:
            return
        await tx.run(
            "UPDATE reward_account SET device_mark = NULL"
            " WHERE device_mark IS NOT NULL AND opened_on < ?",
            [(today - timedelta(days=limits.mark_days)).isoformat()],
        )


async def _expire_coupons(today: date) -> bool:
    async with transaction() as tx:
        over = RewardCouponRow.filter(
            state=CouponState.GRANTED.value, expires_on__lt=today.isoformat()
        )
        rows = await over.order_by("id").limit(BATCH_MAX).select_for_update()
        await budgets.abort(tx, *rows)
        state = next_state(CouponState.GRANTED, CouponStep.EXPIRE).value
        await RewardCouponRow.filter(id__in=[row.id for row in rows]).update(state=state)
    return len(rows) == BATCH_MAX


async def _expire_points(today: date) -> bool:
    """Let points go whose last day is over; of each last day once, so a second run finds none."""
    async with transaction() as tx:
        policy = points_policy(await policy_book(today))
        found = await tx.rows(
            "SELECT DISTINCT p.borrower_id, p.expires_on FROM reward_points AS p"
            " WHERE p.expires_on < ? AND NOT EXISTS (SELECT 1 FROM reward_points AS e"
            " WHERE e.entry_key = p.borrower_id || ':expired|' || p.expires_on)"
            f" ORDER BY p.borrower_id, p.expires_on LIMIT {BATCH_MAX}",
            [today.isoformat()],
        )
        # All accounts before the first revision, as whoever writes to one account holds them.
        for borrower_id in sorted({one["borrower_id"] for one in found}):
            await hold_account(tx, borrower_id, policy)
        for one in found:
            await _expire(tx, one["borrower_id"], date.fromisoformat(one["expires_on"]))
    return len(found) == BATCH_MAX


async def _expire(tx: Transaction, borrower_id: str, day: date) -> None:
    gone = going_by(await entries_of(borrower_id), day)
    source = f"expired|{day.isoformat()}"
    await add_line(tx, borrower_id, Line(kind=PointsKind.EXPIRED, source=source, points=-gone))


async def _warn(today: date) -> bool:
    """
    Tell those whose points go soon, of all that go within the days of warning at once.

    Who learns daily has points that go daily, and is told again only when the days they were told
    of are nearly over.
    """
    async with transaction() as tx:
        policy = points_policy(await policy_book(today))
        until = today + timedelta(days=policy.warn_days)
        soon = (today + timedelta(days=policy.warn_least_days)).isoformat()
        found = await tx.rows(
            "SELECT DISTINCT a.id, COALESCE(a.warned_until, '') AS warned_until"
            " FROM reward_account AS a JOIN reward_points AS p ON p.borrower_id = a.id"
            " WHERE p.expires_on >= ? AND p.expires_on <= ? AND a.points > 0"
            " AND p.expires_on > COALESCE(a.warned_until, '')"
            " AND COALESCE(a.warned_until, '') < ?"
            f" ORDER BY a.id LIMIT {BATCH_MAX}",
            [today.isoformat(), until.isoformat(), soon],
        )
        for one in found:
            await hold_account(tx, one["id"], policy)
            entries = await entries_of(one["id"])
            told = date.fromisoformat(one["warned_until"]) if one["warned_until"] else date.min
            gone = going_by(entries, told)
            ends = {line.expires_on for line in entries if line.expires_on is not None}
            days = sorted(day for day in ends if told < day <= until)
            first = next((day for day in days if going_by(entries, day) > gone), None)
            if first is not None:
                points = going_by(entries, until) - gone
                fact = PointsExpiring(borrower_id=one["id"], points=points, on=first.isoformat())
                await announce(tx, fact)
            await tx.run(
                "UPDATE reward_account SET warned_until = ? WHERE id = ?",
                [until.isoformat(), one["id"]],
            )
    return len(found) == BATCH_MAX
