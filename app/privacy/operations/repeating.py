"""Forgetting again whoever was forgotten since a copy of the database was taken."""

from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import SealBroken, seal
from app.foundation.sealing.tombstones import Tombstone
from app.household.operations import forget_household
from app.identity.events import BorrowerForgotten
from app.identity.operations.restoring import end_ways_in
from app.literacy import operations as literacy
from app.origination import operations as origination
from app.privacy.models import ClosingRow
from app.privacy.operations.closing import kept_of
from app.privacy.rules.closing import ClosingState
from app.rewards import operations as rewards

log = logger(__name__)


async def forget_again(tx: Transaction, stone: Tombstone) -> None:
    """
    Do what closing and forgetting an account did, in a copy that knows of neither.

    Ways in end, unsigned applications are taken back, what was learned goes, a closing under way is
    done, and every room is told, so that messages go too. While their old keys still open, who they
    were is written down as the law wants it kept; where nothing opens any more, it is lost.
    """
    borrower_id = stone.subject_id
    if not await end_ways_in(tx, borrower_id):
        return
    await origination.take_back_all(tx, borrower_id)
    await literacy.forget_learning(tx, borrower_id)
    await rewards.forget_points(tx, borrower_id)
    await forget_household(tx, borrower_id)
    await _end_closing(tx, stone)
    await announce(tx, BorrowerForgotten(borrower_id=borrower_id))


async def _end_closing(tx: Transaction, stone: Tombstone) -> None:
    borrower_id = stone.subject_id
    row = await ClosingRow.filter(live_key=borrower_id).get_or_none()
    if row is None:
        is_needed = stone.held_until is not None
        if not is_needed or await ClosingRow.filter(
            borrower_id=borrower_id, state=ClosingState.DONE.value
        ):
            return
        row = ClosingRow(
            id=tx.new_id("cl"),
            borrower_id=borrower_id,
            asked_at=stone.buried_at,
            leaves_at=stone.buried_at,
        )
    row.live_key = None
    row.state = ClosingState.DONE.value
    row.ended_at = stone.buried_at
    row.held_until = stone.held_until
    if stone.held_until is not None:
        await _keep(tx, row)
    await row.save()


async def _keep(tx: Transaction, row: ClosingRow) -> None:
    try:
        text = await kept_of(row.borrower_id)
    except (NotFound, SealBroken):
        log.warning("not_kept", borrower_id=row.borrower_id)
        return
    row.kept = await seal(tx, ClosingRow.seals.cell("kept", row.id, row.borrower_id), text)
