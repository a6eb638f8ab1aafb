"""People who settle what the scorecard referred: one takes it and judges, above a sum two agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import orjson

from app.catalog import queries as catalog
from app.catalog.rules import Outcome
from app.foundation import audit, idempotency
from app.foundation.caller import StaffRole
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput
from app.foundation.sealing import seal
from app.origination.errors import ReviewNeedsAnother, ReviewTaken, StepOutOfOrder
from app.origination.models import (
    ApplicationReviewRow,
    ApplicationRow,
    DecisionRow,
    review_cell,
)
from app.origination.operations.offering import act_on
from app.origination.operations.recalling import is_recalled, offer_draw_again, settle_recall
from app.origination.operations.stepping import held, is_over
from app.origination.queries.seen import decided_on
from app.origination.rules.commands import ReviewApplication, TakeReferred
from app.origination.rules.states import SIGNED_UNPAID, ApplicationState

REVIEWERS = frozenset({StaffRole.SUPERVISOR, StaffRole.RISK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A judgement that was taken; above a sum it settles only when a second person agrees."""

    application_id: str
    is_settled: bool


async def take_referred(command: TakeReferred) -> datetime:
    """
    Take a referred application to look at, so that nobody else begins; return until when.

    Taking it again prolongs it. Who lets the time pass loses it to the next.

    Raises:
        Forbidden: The member of staff is neither a supervisor nor from risk.
        NotFound: There is no such application.
        StepOutOfOrder: It does not wait for a person, or its time is over.
        ReviewTaken: Somebody else is looking at it.
    """
    if command.role not in REVIEWERS:
        raise Forbidden
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return moment_of(claim.answer["until"])
        row, decision = await _waiting(tx, command.application_id)
        review = await _review(tx, row, decision, command.staff_id)
        minutes = (await catalog.policy_book(tx.today)).whole("review_take_minutes")
        review.taken_by = command.staff_id
        review.taken_until = milliseconds(tx.now + timedelta(minutes=minutes))
        await review.save()
        await claim.settle(tx, {"until": review.taken_until})
    return moment_of(review.taken_until)


async def review_application(command: ReviewApplication) -> Reviewed:
    """
    Judge a referred application; approved, it gets its offers as of today.

    Where others came to carry its marks after it was signed, its money waits for the judgement:
    approved it is sent, declined it is given up, and nothing is owed.

    Up to a sum one person's judgement settles it. Above it the judgement is a proposal until
    another person judges the same; judging otherwise puts the other proposal in its place.

    Raises:
        Forbidden: The member of staff is neither a supervisor nor from risk.
        NotFound: There is no such application.
        StepOutOfOrder: It does not wait for a person, or its time is over.
        ReviewTaken: Somebody else is looking at it.
        ReviewNeedsAnother: The same person proposed the same before.
        InvalidInput: It is declined without a reason the borrower can be told.
        PartnerNotListed: It would be offered, and a lender it needs has left the list.
    """
    if command.role not in REVIEWERS:
        raise Forbidden
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return Reviewed(**claim.answer)
        row, decision = await _waiting(tx, command.application_id)
        review = await _review(tx, row, decision, command.staff_id)
        outcome = Outcome.APPROVE if command.is_approved else Outcome.DECLINE
        is_second = review.proposed_outcome == outcome.value
        if is_second and review.proposed_by == command.staff_id:
            raise ReviewNeedsAnother
        await _note(tx, review, decision, command, outcome, agrees=is_second)
        review.taken_by = review.taken_until = None
        is_settled = is_second or not await _needs_two(tx, row)
        if is_settled:
            await _settle(tx, row, decision, outcome, staff_id=command.staff_id)
            review.settled_by, review.settled_at = command.staff_id, milliseconds(tx.now)
        else:
            review.proposed_outcome = outcome.value
            review.proposed_by = command.staff_id
            review.proposed_at = milliseconds(tx.now)
        await review.save()
        kind = "decision.reviewed" if is_settled else "decision.review_proposed"
        about = {"application_id": row.id, "outcome": outcome.value}
        await audit.record(tx, audit.Entry(kind, row.borrower_id, command.staff_id, about))
        reviewed = Reviewed(application_id=row.id, is_settled=is_settled)
        await claim.settle(tx, {"application_id": row.id, "is_settled": is_settled})
    return reviewed


async def _waiting(tx: Transaction, application_id: str) -> tuple[ApplicationRow, DecisionRow]:
    row = await held(application_id)
    # A draw was decided with its line.
    decision = await DecisionRow.get_or_none(application_id=row.line_id or row.id)
    if decision is None or not await _waits(tx, row, decision):
        raise StepOutOfOrder(row.state, "REVIEW")
    return row, decision


async def _waits(tx: Transaction, row: ApplicationRow, decision: DecisionRow) -> bool:
    """Tell whether a person has to look: it was referred, or others carry its marks by now."""
    state = ApplicationState(row.state)
    if state in SIGNED_UNPAID:
        return await is_recalled(row.id)
    if is_over(row, tx) or state is not ApplicationState.DECIDING:
        return False
    is_referred = decision.outcome == Outcome.REFER.value and decision.reviewed_outcome is None
    return is_referred or await is_recalled(row.id)


async def _review(
    tx: Transaction, row: ApplicationRow, decision: DecisionRow, staff_id: str
) -> ApplicationReviewRow:
    """Return how far the review is; the application is held, so one person at a time gets here."""
    review = await ApplicationReviewRow.get_or_none(application_id=row.id)
    if review is None:
        return await ApplicationReviewRow.create(
            id=decision.id if row.line_id is None else tx.new_id("rv"),
            application_id=row.id,
            borrower_id=row.borrower_id,
        )
    if review.settled_at is not None:
        _begin_again(review)
    until = review.taken_until
    is_taken = until is not None and until > milliseconds(tx.now)
    if is_taken and review.taken_by != staff_id:
        raise ReviewTaken
    return review


def _begin_again(review: ApplicationReviewRow) -> None:
    """Let people judge anew what they settled before; the audit chain keeps what they said."""
    review.proposed_outcome = review.proposed_by = review.proposed_at = None
    review.settled_by = review.settled_at = None
    review.reasons = "[]"


async def _needs_two(tx: Transaction, row: ApplicationRow) -> bool:
    assert row.amount_fen is not None, "a decided application states an amount"
    book = await catalog.policy_book(tx.today)
    return row.amount_fen > book.whole("review_second_look_fen")


async def _note(
    tx: Transaction,
    review: ApplicationReviewRow,
    decision: DecisionRow,
    command: ReviewApplication,
    outcome: Outcome,
    *,
    agrees: bool,
) -> None:
    """Keep the reasons and the note; who agrees without any leaves the first person's."""
    if command.reasons or not agrees:
        await _check_reasons(decision, command.reasons, outcome)
        review.reasons = orjson.dumps(list(command.reasons)).decode()
    if command.note is not None:
        cell = review_cell(review.id, review.borrower_id)
        review.note = await seal(tx, cell, command.note)


async def _check_reasons(decision: DecisionRow, reasons: Sequence[str], outcome: Outcome) -> None:
    card = await catalog.scorecard_version(decision.model_version)
    is_known = all(code in card.reasons for code in reasons)
    is_enough = bool(reasons) or outcome is not Outcome.DECLINE
    if not is_known or not is_enough or len(set(reasons)) != len(reasons):
        raise InvalidInput("input.reasons", "origination.reason.review_reasons")
    if len(reasons) > card.reasons_max:
        raise InvalidInput("input.reasons", "origination.reason.review_reasons")


async def _settle(
    tx: Transaction,
    row: ApplicationRow,
    decision: DecisionRow,
    outcome: Outcome,
    *,
    staff_id: str,
) -> None:
    is_signed = ApplicationState(row.state) in SIGNED_UNPAID
    recall_id = await settle_recall(tx, row, outcome, staff_id=staff_id)
    if row.line_id is not None:
        if not is_signed:
            await offer_draw_again(tx, row, outcome, recall_id=recall_id)
        return
    if not is_signed:
        decided = await decided_on(row.id)
        assert decided is not None, "what is reviewed was decided"
        snapshot, verdict = decided
        today = msgspec.structs.replace(snapshot, decided_on=tx.today)
        await act_on(tx, row, today, verdict, outcome, recall_id=recall_id)
    decision.reviewed_outcome = outcome.value
    decision.reviewed_by = staff_id
    decision.reviewed_at = tx.now
    await decision.save()
