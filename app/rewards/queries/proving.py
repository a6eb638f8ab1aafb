"""Proof of rewards: points are their lines, campaigns their coupons, coupons the loans' events."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.foundation.database import fetch, transaction
from app.foundation.proof import PROBLEMS_MAX, Proof
from app.rewards.models import RewardCouponRow
from app.rewards.rules import CouponState
from app.servicing.queries.proving import CausedEvent, caused_events

CHUNK = 500


async def check_rewards() -> Proof:
    """Prove that no point, no fen of a campaign and no coupon comes or goes without a cause."""
    looked_at, problems = 0, list[str]()
    for check in (_accounts, _budgets):
        found, wrong = await check()
        looked_at += found
        problems += wrong
    after = ""
    while True:
        async with transaction():
            # Held, so that nothing is used or given back between the two reads.
            asked = RewardCouponRow.filter(id__gt=after).order_by("id").limit(CHUNK)
            rows = await asked.select_for_update()
            events = await caused_events([row.loan_id for row in rows if row.loan_id])
        problems += _coupons(rows, events)
        looked_at += len(rows)
        if len(rows) < CHUNK:
            break
        after = rows[-1].id
    promise = "points are their lines, campaigns their coupons, coupons their loans' events"
    return Proof(promise=promise, looked_at=looked_at, problems=tuple(problems[:PROBLEMS_MAX]))


async def _accounts() -> tuple[int, list[str]]:
    rows = await fetch(
        "SELECT a.id, a.points, COALESCE(SUM(p.points), 0) AS lines FROM reward_account AS a"
        " LEFT JOIN reward_points AS p ON p.borrower_id = a.id GROUP BY a.id, a.points"
        " HAVING a.points <> COALESCE(SUM(p.points), 0) OR a.points < 0"
        f" ORDER BY a.id LIMIT {PROBLEMS_MAX}"
    )
    many = await fetch("SELECT COUNT(*) AS many FROM reward_account")
    wrong = [
        f"points of {row['id']}: {row['points']} kept, lines sum to {row['lines']}" for row in rows
    ]
    return int(many[0]["many"]), wrong


async def _budgets() -> tuple[int, list[str]]:
    """
    Compare what is promised and spent with the coupons there are.

    A campaign's own row keeps counting what somebody spent who is forgotten since.
    """
    wrong: list[str] = []
    for row in [*await _compared(_OF_CAMPAIGNS), *await _compared(_OF_PEOPLE)]:
        spent, used = int(row["spent_fen"]), int(row["used"])
        is_spent_so = spent >= used if row["borrower_id"] is None else spent == used
        if int(row["reserved_fen"]) != int(row["promised"]) or not is_spent_so:
            wrong.append(
                f"budget {row['id']}: {row['reserved_fen']} reserved and {spent} spent,"
                f" coupons say {row['promised']} and {used}"
            )
    many = await fetch("SELECT COUNT(*) AS many FROM reward_budget")
    return int(many[0]["many"]), wrong[:PROBLEMS_MAX]


_OF_CAMPAIGNS = "c.campaign = b.id WHERE b.borrower_id IS NULL"
_OF_PEOPLE = (
    "c.borrower_id = b.borrower_id AND b.id = c.campaign || ':' || c.borrower_id"
    " WHERE b.borrower_id IS NOT NULL"
)


async def _compared(on: str) -> list[dict[str, Any]]:
    return await fetch(
        "SELECT b.id, b.borrower_id, b.reserved_fen, b.spent_fen,"
        " COALESCE(SUM(CASE WHEN c.state = ? THEN c.amount_fen END), 0) AS promised,"
        " COALESCE(SUM(CASE WHEN c.state = ? THEN c.used_fen END), 0) AS used"
        f" FROM reward_budget AS b LEFT JOIN reward_coupon AS c ON {on}"
        " GROUP BY b.id, b.borrower_id, b.reserved_fen, b.spent_fen ORDER BY b.id",
        [CouponState.GRANTED.value, CouponState.REDEEMED.value],
    )


def _coupons(rows: Sequence[RewardCouponRow], events: Sequence[CausedEvent]) -> Iterator[str]:
    """Compare used coupons with what their loans' lives say; one given back is undone there."""
    taken: dict[tuple[str | None, str], int] = {}
    for event in events:
        key = (event.loan_id, event.about)
        if event.cause == "coupon":
            taken[key] = taken.get(key, 0) + (event.amount_fen or 0)
        elif event.cause == "coupon_back":
            taken[key] = 0
    for row in rows:
        is_used = row.state == CouponState.REDEEMED
        if is_used != (row.loan_id is not None and row.event_id is not None):
            yield f"coupon {row.id}: is {row.state}, and its loan is {row.loan_id}"
        elif is_used and (seen := taken.get((row.loan_id, row.id))) != row.used_fen:
            yield f"coupon {row.id}: {row.used_fen} used, {seen} in loan {row.loan_id}"
