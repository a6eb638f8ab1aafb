"""What a decision leads to: offers, a rejection, or waiting for a person."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import orjson

from app.catalog import queries as catalog
from app.catalog.rules import Outcome
from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.loanmath.record import terms_as_json
from app.origination.events import ApplicationDecided
from app.origination.models import ApplicationRow, OfferRow
from app.origination.operations.stepping import advance, set_lifetime
from app.origination.queries.offered import offered_text
from app.origination.rules.better import better_as_json, better_of
from app.origination.rules.decision import Verdict
from app.origination.rules.offers import offer_of
from app.origination.rules.picks import Pick
from app.origination.rules.reductions import reductions_as_json
from app.origination.rules.snapshot import Snapshot
from app.origination.rules.states import Move
from app.partners import queries as partners


async def act_on(
    tx: Transaction,
    row: ApplicationRow,
    snapshot: Snapshot,
    verdict: Verdict,
    outcome: Outcome,
    *,
    move: Move = Move.OFFER,
    recall_id: str = "",
) -> None:
    """
    Offer (by the move given), reject, or leave it to a person; and tell.

    Raises:
        PartnerNotListed: It would be offered, and somebody it cannot be lent without has left the
            published list.
    """
    match outcome:
        case Outcome.APPROVE:
            listed = await _as_listed(tx, row, snapshot)
            await make_offers(tx, row, listed, verdict.picks)
            await advance(tx, row, move)
        case Outcome.DECLINE:
            await advance(tx, row, Move.REJECT)
        case Outcome.REFER:
            await revise(tx, row.borrower_id)
    await announce(
        tx,
        ApplicationDecided(
            application_id=row.id,
            borrower_id=row.borrower_id,
            outcome=outcome.value,
            recall_id=recall_id,
        ),
    )


async def _as_listed(tx: Transaction, row: ApplicationRow, snapshot: Snapshot) -> Snapshot:
    """
    Return what a decision saw with the lenders of today: nobody offers money off the list.

    The application keeps the product so too, so that what is offered, shown and signed agree.

    Raises:
        PartnerNotListed: Who has left cannot be done without.
    """
    product = await partners.as_listed(snapshot.offered.product, tx.today)
    if product is snapshot.offered.product:
        return snapshot
    offered = msgspec.structs.replace(snapshot.offered, product=product)
    row.offered = offered_text(offered)
    return msgspec.structs.replace(snapshot, offered=offered)


async def make_offers(
    tx: Transaction, row: ApplicationRow, snapshot: Snapshot, picks: Sequence[Pick]
) -> None:
    """Write an application's offers, and give them and it the time offers have."""
    book = await catalog.policy_book(tx.today)
    set_lifetime(tx, row, timedelta(hours=book.whole("offer_lifetime_hours")))
    for place, pick in enumerate(picks):
        draft = offer_of(snapshot, pick)
        terms = orjson.dumps(terms_as_json(draft.terms), option=orjson.OPT_SORT_KEYS)
        await OfferRow.create(
            id=tx.new_id("of"),
            application_id=row.id,
            borrower_id=row.borrower_id,
            place=place,
            kind=draft.kind.value,
            terms=terms.decode(),
            plan_sha256=draft.plan_sha256,
            funders=msgspec.json.encode(draft.funders).decode(),
            better=better_as_json(better_of(snapshot, pick)),
            reductions=reductions_as_json(draft.reductions),
            made_at=tx.now,
            expires_at=row.expires_at,
            expires_on=row.expires_on,
        )
