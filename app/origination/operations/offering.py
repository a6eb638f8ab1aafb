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
from app.origination.rules.better import better_as_json, better_of
from app.origination.rules.decision import Verdict
from app.origination.rules.offers import offer_of
from app.origination.rules.picks import Pick
from app.origination.rules.snapshot import Snapshot
from app.origination.rules.states import Move


async def act_on(
    tx: Transaction,
    row: ApplicationRow,
    snapshot: Snapshot,
    verdict: Verdict,
    outcome: Outcome,
    *,
    move: Move = Move.OFFER,
) -> None:
    """Offer (by the move given), reject, or leave it to a person; and tell."""
    match outcome:
        case Outcome.APPROVE:
            await make_offers(tx, row, snapshot, verdict.picks)
            await advance(tx, row, move)
        case Outcome.DECLINE:
            await advance(tx, row, Move.REJECT)
        case Outcome.REFER:
            await revise(tx, row.borrower_id)
    await announce(
        tx,
        ApplicationDecided(
            application_id=row.id, borrower_id=row.borrower_id, outcome=outcome.value
        ),
    )


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
            made_at=tx.now,
            expires_at=row.expires_at,
            expires_on=row.expires_on,
        )
