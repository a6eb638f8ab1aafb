"""Having a person look at what a machine decided (PIPL art. 24): asked for, and answered."""

from dataclasses import dataclass, field
from datetime import timedelta

from app.catalog.queries import policy_book
from app.catalog.rules import Outcome
from app.foundation import audit, idempotency
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.identity.rules import StaffMember
from app.origination import queries as origination
from app.origination.operations import decide_after_review
from app.origination.rules.commands import DecideAfterReview
from app.origination.rules.overturning import NewDecision
from app.privacy.errors import ReviewAsked, ReviewNotOpen, ReviewNotPossible
from app.privacy.models import HumanReviewRow
from app.privacy.operations.correcting import due_on
from app.privacy.queries.requests import review_view
from app.privacy.rules.requests import ReviewState, ReviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHumanReview:
    """Have a person look at a decision."""

    caller_id: str
    application_id: str
    reason: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReview:
    """
    Say whether the decision stands, in words the borrower reads.

    Where it does not, `new_decision` is the one that takes its place.
    """

    caller_id: str
    review_id: str
    is_upheld: bool
    answer: str = field(repr=False)
    new_decision: NewDecision | None = None
    idempotency_key: str


async def request_human_review(command: RequestHumanReview) -> ReviewView:
    """
    Bring a decision by machine to a person.

    Raises:
        NotFound: There is no such application, or it is somebody else's.
        ReviewNotPossible: It was not declined by a machine, or too long ago.
        ReviewAsked: A person looks at it already, or has.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return review_view(await HumanReviewRow.get(id=claim.answer["review_id"]))
        await revise(tx, command.caller_id)
        days = (await policy_book(tx.today)).table("human_review_days")
        await _check(tx, command, int(days["ask_within"]))
        review_id = tx.new_id("hv")
        cell = HumanReviewRow.seals.cell("reason", review_id, command.caller_id)
        row = await HumanReviewRow.create(
            id=review_id,
            borrower_id=command.caller_id,
            application_id=command.application_id,
            state=ReviewState.OPEN.value,
            reason=await seal(tx, cell, command.reason),
            asked_at=tx.now,
            due_on=due_on(local_date(tx.now), int(days["answer_within"])),
        )
        await _note(tx, row, "privacy.review_asked", command.caller_id)
        await claim.settle(tx, {"review_id": row.id})
    return review_view(row)


async def _check(tx: Transaction, command: RequestHumanReview, within_days: int) -> None:
    try:
        await origination.application(command.caller_id, command.application_id)
    except NotFound:
        raise NotFound("input.applicationId") from None
    decision = (await origination.decisions_by_application([command.application_id]))[0]
    if decision is None or decision.is_reviewed or decision.outcome is not Outcome.DECLINE:
        raise ReviewNotPossible
    if decision.decided_at < tx.now - timedelta(days=within_days):
        raise ReviewNotPossible
    if await HumanReviewRow.filter(application_id=command.application_id).exists():
        raise ReviewAsked


async def answer_review(tx: Transaction, command: AnswerReview, staff: StaffMember) -> ReviewView:
    """
    Answer: the decision stands, or was not right; then a person's takes its place, with offers.

    Raises:
        InvalidInput: It stands and there is a new one, or neither; or the amount is too much.
        NotFound: There is no such request.
        ReviewNotOpen: It is answered already.
        StepOutOfOrder: The application is no longer where the machine left it.
        RuleStands: A rule refuses on the facts as put right, too.
        NothingToOffer: No loan can be carried within the new decision's amount.
    """
    if command.is_upheld == (command.new_decision is not None):
        raise InvalidInput("input.newDecision", "privacy.reason.new_decision")
    row = await HumanReviewRow.filter(id=command.review_id).select_for_update().first()
    if row is None:
        raise NotFound("input.reviewId")
    if row.state != ReviewState.OPEN.value:
        raise ReviewNotOpen
    row.state = (ReviewState.UPHELD if command.is_upheld else ReviewState.OVERTURNED).value
    row.answered_by, row.answered_name, row.answered_at = staff.staff_id, staff.name, tx.now
    cell = HumanReviewRow.seals.cell("answer", row.id, row.borrower_id)
    row.answer = await seal(tx, cell, command.answer)
    await row.save()
    await _note(tx, row, f"privacy.review_{row.state.lower()}", staff.staff_id)
    if command.new_decision is not None:
        decided = DecideAfterReview(
            staff_id=staff.staff_id,
            application_id=row.application_id,
            review_id=row.id,
            found=command.new_decision,
        )
        await decide_after_review(tx, decided)
    await revise(tx, row.borrower_id)
    return review_view(row)


async def _note(tx: Transaction, row: HumanReviewRow, kind: str, actor: str) -> None:
    about = {"review_id": row.id, "application_id": row.application_id}
    await audit.record(tx, audit.Entry(kind, row.borrower_id, actor, about))
