"""What a decision leads to: offers, a rejection, or a person's judgement."""

from datetime import timedelta

import msgspec
import orjson

from app.catalog import queries as catalog
from app.catalog.rules import Outcome
from app.foundation import idempotency
from app.foundation.caller import StaffRole
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import unseal_all
from app.loanmath.record import terms_as_json
from app.origination.errors import StepOutOfOrder
from app.origination.events import ApplicationDecided
from app.origination.models import ApplicationRow, DecisionRow, OfferRow, decision_cell
from app.origination.operations.stepping import advance, held, is_over, set_lifetime
from app.origination.rules.commands import ReviewApplication
from app.origination.rules.decision import Verdict, verdict_from
from app.origination.rules.offers import offer_of
from app.origination.rules.snapshot import Snapshot, snapshot_from
from app.origination.rules.states import Move

REVIEWERS = frozenset({StaffRole.SUPERVISOR, StaffRole.RISK})


async def act_on(
    tx: Transaction,
    row: ApplicationRow,
    snapshot: Snapshot,
    verdict: Verdict,
    outcome: Outcome,
) -> None:
    """Offer, reject, or leave it to a person; and tell."""
    match outcome:
        case Outcome.APPROVE:
            await _make_offers(tx, row, snapshot, verdict)
            await advance(tx, row, Move.OFFER)
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


async def _make_offers(
    tx: Transaction, row: ApplicationRow, snapshot: Snapshot, verdict: Verdict
) -> None:
    book = await catalog.policy_book(tx.today)
    set_lifetime(tx, row, timedelta(hours=book.whole("offer_lifetime_hours")))
    for place, pick in enumerate(verdict.picks):
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
            made_at=tx.now,
            expires_at=row.expires_at,
            expires_on=row.expires_on,
        )


async def review_application(command: ReviewApplication) -> str:
    """
    Settle a referred application as a person judges; approved, it gets its offers as of today.

    Raises:
        Forbidden: The member of staff is neither a supervisor nor from risk.
        NotFound: There is no such application.
        StepOutOfOrder: It does not wait for a person, or its time is over.
    """
    if command.role not in REVIEWERS:
        raise Forbidden
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id)
        decision = await DecisionRow.get_or_none(
            application_id=row.id, outcome=Outcome.REFER.value, reviewed_outcome=None
        )
        if decision is None or is_over(row, tx):
            raise StepOutOfOrder(row.state, "REVIEW")
        outcome = Outcome.APPROVE if command.is_approved else Outcome.DECLINE
        snapshot, verdict = await _seen(decision)
        today = msgspec.structs.replace(snapshot, decided_on=tx.today)
        await act_on(tx, row, today, verdict, outcome)
        decision.reviewed_outcome = outcome.value
        decision.reviewed_by = command.staff_id
        decision.reviewed_at = tx.now
        await decision.save()
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def _seen(decision: DecisionRow) -> tuple[Snapshot, Verdict]:
    snapshot, verdict = await unseal_all(
        [
            (decision_cell(decision.id, decision.borrower_id, "snapshot"), decision.snapshot),
            (decision_cell(decision.id, decision.borrower_id, "verdict"), decision.verdict),
        ]
    )
    return snapshot_from(snapshot), verdict_from(verdict)
