"""A decline that a person overturned: a decision of its own, and the offers that follow from it."""

from functools import partial

from app.catalog import queries as catalog
from app.catalog.rules import Outcome
from app.foundation.audit import Entry, record
from app.foundation.database import Transaction
from app.foundation.errors import InvalidInput
from app.foundation.log import logger
from app.foundation.sealing import seal, unseal_all
from app.origination.errors import StepOutOfOrder
from app.origination.models import (
    ApplicationRow,
    DecisionRow,
    SecondDecisionRow,
    decision_cell,
    second_decision_cell,
)
from app.origination.operations.offering import act_on
from app.origination.operations.stepping import held
from app.origination.queries import commitments_of
from app.origination.rules.commands import DecideAfterReview
from app.origination.rules.overturning import decided_anew, put_right
from app.origination.rules.snapshot import snapshot_from
from app.origination.rules.states import ApplicationState, Move

log = logger(__name__)


async def decide_after_review(tx: Transaction, command: DecideAfterReview) -> str:
    """
    Decide a declined application anew, as a person found, and make the offers; return the id.

    The machine's decision stays as it was written; this one stands beside it and counts from now
    on. The borrower is told, and the offers live as long as any others.

    Raises:
        NotFound: There is no such application.
        StepOutOfOrder: It was not declined by the machine, or is decided anew already.
        InvalidInput: The amount is more than was asked for, or than one person may approve.
        RuleStands: A rule refuses on the facts as put right, too.
        NothingToOffer: No loan of the product can be carried within the amount.
        PartnerNotListed: A lender it needs has left the list.
    """
    row = await held(command.application_id)
    decision = await DecisionRow.get_or_none(
        application_id=row.id, outcome=Outcome.DECLINE.value, reviewed_outcome=None
    )
    if decision is None or row.state != ApplicationState.REJECTED.value:
        raise StepOutOfOrder(row.state, Move.OVERTURN.value)
    await _check_amount(tx, row, command.found.amount_fen)
    cell = decision_cell(decision.id, row.borrower_id, "snapshot")
    (saw,) = await unseal_all([(cell, decision.snapshot)])
    owed = await commitments_of(row.borrower_id, apart_from=row.id)
    facts = put_right(
        snapshot_from(saw),
        command.found,
        decided_on=tx.today,
        own_debt_fen=owed.monthly_fen,
        exposure_fen=owed.principal_fen,
    )
    card = await catalog.scorecard_version(decision.model_version)
    verdict = decided_anew(facts, card, most_fen=command.found.amount_fen)
    decision_id = tx.new_id("ds")
    place = partial(second_decision_cell, decision_id, row.borrower_id)
    await SecondDecisionRow.create(
        id=decision_id,
        decision_id=decision.id,
        application_id=row.id,
        borrower_id=row.borrower_id,
        review_id=command.review_id,
        model_version=card.version,
        outcome=verdict.outcome.value,
        reason=await seal(tx, place("reason"), command.found.reason),
        snapshot=await seal(tx, place("snapshot"), facts.as_json()),
        verdict=await seal(tx, place("verdict"), verdict.as_json()),
        decided_by=command.staff_id,
        decided_at=tx.now,
        decided_on=tx.today,
    )
    await act_on(tx, row, facts, verdict, verdict.outcome, move=Move.OVERTURN)
    about = {"application_id": row.id, "decision_id": decision_id, "overturns": decision.id}
    await record(tx, Entry("decision.overturned", row.borrower_id, command.staff_id, about))
    log.info("decision_overturned", application_id=row.id)
    return decision_id


async def _check_amount(tx: Transaction, row: ApplicationRow, amount_fen: int) -> None:
    assert row.amount_fen is not None, "a decided application states an amount"
    alone_fen = (await catalog.policy_book(tx.today)).whole("review_second_look_fen")
    most_fen = min(row.amount_fen, alone_fen)
    if not 0 < amount_fen <= most_fen:
        raise InvalidInput(
            "input.newDecision.amount", "origination.reason.overturned_amount", most_fen=most_fen
        )
