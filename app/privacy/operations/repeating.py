"""Doing again in a copy of the database what was done since: forgetting, and withdrawing."""

from collections.abc import Sequence
from typing import Any

from app.catalog.rules import Consent
from app.foundation.clock import moment_of
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import SealBroken, seal
from app.foundation.sealing.tombstones import Tombstone
from app.identity import operations as identity
from app.identity.events import BorrowerForgotten
from app.identity.operations.restoring import end_ways_in
from app.identity.queries.consents import consents_standing
from app.identity.rules.consents import ConsentTo
from app.origination import operations as origination
from app.privacy.models import ClosingRow
from app.privacy.operations.closing import forget_freely_given, kept_of
from app.privacy.rules.closing import ClosingState

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
    await forget_freely_given(tx, borrower_id)
    await _end_closing(tx, stone)
    await announce(tx, BorrowerForgotten(borrower_id=borrower_id))


async def take_back_again(tx: Transaction, withdrawals: Sequence[Sequence[Any]]) -> int:
    """
    Take back again what borrowers took back since a copy of the database was taken.

    What they gave anew after that, as the copy knows, stands. An application that the copy has
    under decision, and that cannot go on without it, ends; a lender who has something is told.

    Returns:
        How many consents no longer stand.
    """
    again = 0
    for borrower_id, purpose, recipient, about, noted_at in withdrawals:
        to = ConsentTo(purpose=purpose, recipient=recipient, about=about)
        given = (await consents_standing(borrower_id)).get(to)
        if given is None or given.noted_at > moment_of(noted_at):
            continue
        kind = Consent(purpose)
        await origination.let_go_of_consent(tx, borrower_id, kind, recipient, about=about)
        again += len(
            await identity.note_withdrawal(tx, borrower_id, purpose, recipient, about=about)
        )
    return again


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
