"""
A campaign's money: reserved when a coupon is given, spent when it is used, free again when it ends.

Each step is one statement that holds what is reserved and spent together to the ceiling. So however
many ask at once, no campaign promises a fen more than it may, and what it promised can always be
kept.

All that rewards holds is held in one order, so that nobody ever waits in a circle: a review, an
invitation, the account, coupons (by id), the loan; then the borrower's revision; then what the
campaign gave this person, and last what it gave everybody, for which all of them queue. Of several
campaigns, one comes after the other by name.
"""

from collections import Counter
from enum import StrEnum

from app.foundation.database import Transaction
from app.foundation.revision import revise, revise_all
from app.rewards.errors import RewardBudgetSpent, RewardLimitReached
from app.rewards.models import RewardCouponRow
from app.rewards.rules import Campaign


class Reserved(StrEnum):
    """What became of the wish to reserve."""

    YES = "YES"
    PERSON_FULL = "PERSON_FULL"
    CAMPAIGN_FULL = "CAMPAIGN_FULL"


async def try_reserve(tx: Transaction, campaign: Campaign, borrower_id: str) -> Reserved:
    """Reserve one coupon's amount for a person, if both ceilings leave room; else nothing."""
    await revise(tx, borrower_id)
    fen, person = campaign.amount_fen, _person(campaign.code, borrower_id)
    if not await _add(tx, person, fen, campaign.person_max_fen, borrower_id=borrower_id):
        return Reserved.PERSON_FULL
    if not await _add(tx, campaign.code, fen, campaign.budget_fen, borrower_id=None):
        await _move(tx, person, reserved_fen=-fen, spent_fen=0)
        return Reserved.CAMPAIGN_FULL
    return Reserved.YES


async def reserve(tx: Transaction, campaign: Campaign, borrower_id: str) -> None:
    """
    Reserve one coupon's amount for a person.

    Raises:
        RewardLimitReached: They have had as much of the campaign as one person may.
        RewardBudgetSpent: The campaign has given away all it may.
    """
    check_reserved(await try_reserve(tx, campaign, borrower_id))


def check_reserved(reserved: Reserved) -> None:
    """
    Check that what was wished was reserved.

    Raises:
        RewardLimitReached: The borrower has had as much of the campaign as one person may.
        RewardBudgetSpent: The campaign has given away all it may.
    """
    match reserved:
        case Reserved.PERSON_FULL:
            raise RewardLimitReached
        case Reserved.CAMPAIGN_FULL:
            raise RewardBudgetSpent
        case Reserved.YES:
            pass


async def commit(
    tx: Transaction, code: str, borrower_id: str, *, reserved_fen: int, spent_fen: int
) -> None:
    """Spend what a coupon took off; what it could have taken off besides is free again."""
    assert 0 <= spent_fen <= reserved_fen, "a coupon takes off no more than was reserved"
    await revise(tx, borrower_id)
    for key in (_person(code, borrower_id), code):
        await _move(tx, key, reserved_fen=-reserved_fen, spent_fen=spent_fen)


async def abort(tx: Transaction, *ended: RewardCouponRow) -> None:
    """Free what coupons could have taken off that ended unused; each row is changed once."""
    await revise_all(tx, (one.borrower_id for one in ended))
    of_people, of_all = Counter[str](), Counter[str]()
    for one in ended:
        of_people[_person(one.campaign, one.borrower_id)] += one.amount_fen
        of_all[one.campaign] += one.amount_fen
    for key, fen in (*sorted(of_people.items()), *sorted(of_all.items())):
        await _move(tx, key, reserved_fen=-fen, spent_fen=0)


async def take_back(
    tx: Transaction, code: str, borrower_id: str, *, spent_fen: int, reserved_fen: int
) -> None:
    """
    Turn what a coupon spent into a promise again, as it was given back with its loan.

    What it had left free when it was used is reserved anew, if there is room: nobody's own coupon
    is worth less because of a loan they returned, and the ceiling still holds, as the coupon is
    worth `spent_fen` where there is none (see `room_for`).
    """
    await revise(tx, borrower_id)
    for key in (_person(code, borrower_id), code):
        await _move(tx, key, reserved_fen=reserved_fen, spent_fen=-spent_fen)


async def room_for(tx: Transaction, campaign: Campaign | None, borrower_id: str, code: str) -> int:
    """Return how much more both ceilings leave, while the transaction holds both rows."""
    if campaign is None:
        return 0
    await revise(tx, borrower_id)
    left = list[int]()
    ceilings = {_person(code, borrower_id): campaign.person_max_fen, code: campaign.budget_fen}
    for key, most_fen in ceilings.items():
        rows = await tx.rows(
            "UPDATE reward_budget SET spent_fen = spent_fen WHERE id = ?"
            " RETURNING reserved_fen + spent_fen AS used_fen",
            [key],
        )
        left.append(most_fen - int(rows[0]["used_fen"]) if rows else 0)
    return max(min(left), 0)


async def _add(
    tx: Transaction, key: str, fen: int, most_fen: int, *, borrower_id: str | None
) -> bool:
    await tx.run(
        "INSERT INTO reward_budget (id, borrower_id, reserved_fen, spent_fen) VALUES (?, ?, 0, 0)"
        " ON CONFLICT (id) DO NOTHING",
        [key, borrower_id],
    )
    rows = await tx.rows(
        "UPDATE reward_budget SET reserved_fen = reserved_fen + ?"
        " WHERE id = ? AND reserved_fen + spent_fen + ? <= ? RETURNING id",
        [fen, key, fen, most_fen],
    )
    return bool(rows)


async def _move(tx: Transaction, key: str, *, reserved_fen: int, spent_fen: int) -> None:
    moved = await tx.run(
        "UPDATE reward_budget SET reserved_fen = reserved_fen + ?, spent_fen = spent_fen + ?"
        " WHERE id = ? AND reserved_fen + ? >= 0 AND spent_fen + ? >= 0",
        [reserved_fen, spent_fen, key, reserved_fen, spent_fen],
    )
    assert moved == 1, f"what {key} frees or spends was reserved"


def _person(code: str, borrower_id: str) -> str:
    return f"{code}:{borrower_id}"
