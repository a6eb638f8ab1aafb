"""Borrowers' rights at the desk: corrections and reviews asked for, answered in time."""

from dataclasses import dataclass

from app.foundation import idempotency
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Transaction, transaction
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.identity.queries import check_stepped_up
from app.identity.rules import StaffMember
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.privacy import queries as privacy
from app.privacy.events import DataCorrectionAsked
from app.privacy.operations import correcting, reviewing
from app.privacy.operations.correcting import DecideAnswer, ProposeAnswer
from app.privacy.operations.reviewing import AnswerReview
from app.privacy.rules import Reason, What
from app.privacy.rules.requests import (
    CorrectionState,
    CorrectionView,
    CorrectionWords,
    ReviewState,
    ReviewView,
    ReviewWords,
)
from app.support.operations.browsing import check_no_browsing, noticing_browsing
from app.support.operations.desk import put_on_record, staff_at_desk
from app.support.operations.tickets import open_for_borrower
from app.support.rules import Category

MAKERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR})
CHECKERS = frozenset({StaffRole.SUPERVISOR})
REVIEWERS = frozenset({StaffRole.RISK})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRequest:
    """A wish for a correction with what was written in it."""

    view: CorrectionView
    words: CorrectionWords


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedReview:
    """A wish for a person's look with what was written in it."""

    view: ReviewView
    words: ReviewWords


async def bring_correction_to_staff(tx: Transaction, fact: DataCorrectionAsked) -> None:
    """Open the ticket in which the borrower shows their evidence."""
    words = text(
        f"support.data_correction.{fact.field}", DEFAULT_LANGUAGE, request_id=fact.request_id
    )
    await open_for_borrower(tx, fact.borrower_id, category=Category.CORRECTION, words=words)


async def open_data_correction(caller: StaffCaller, request_id: str) -> OpenedRequest:
    """
    Read what a borrower wants to stand there, and why; the look is on their record.

    Raises:
        Forbidden: The role does not check corrections.
        NotFound: There is no such request.
        Forgotten: The borrower's data was deleted at their wish.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, MAKERS)
    view = await privacy.correction_asked(request_id)
    async with noticing_browsing(staff), transaction() as tx:
        await _looked(tx, staff, view.borrower_id, Reason.BORROWER_ASKED)
    return OpenedRequest(view=view, words=await privacy.correction_words(request_id))


async def propose_data_correction(caller: StaffCaller, command: ProposeAnswer) -> CorrectionView:
    """
    Say whether the evidence is enough, once per idempotency key.

    Raises:
        Forbidden: The role does not check corrections.
        NotFound: There is no such request.
        CorrectionNotOpen: It is proposed on or decided already.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await correcting.propose_answer(tx, command, staff)
            await claim.settle(tx, {"request_id": command.request_id})
    return await privacy.correction_asked(command.request_id)


async def decide_data_correction(caller: StaffCaller, command: DecideAnswer) -> CorrectionView:
    """
    Confirm or hand back what somebody else proposed, once per key; the borrower is told.

    Raises:
        Forbidden: The role decides no corrections.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such request.
        CorrectionNotOpen: Nothing is proposed, or it is decided already.
        OwnProposal: The same person proposed it.
        ResidentIdTaken: Another borrower has this resident ID.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            view = await correcting.decide_answer(tx, command, staff)
            await _tell_corrected(tx, view)
            await claim.settle(tx, {"request_id": view.request_id})
    return await privacy.correction_asked(command.request_id)


async def open_review(caller: StaffCaller, review_id: str) -> OpenedReview:
    """
    Read why a borrower wants a person's look; the look is on their record.

    Raises:
        Forbidden: The role reviews no decisions.
        NotFound: There is no such request.
        Forgotten: The borrower's data was deleted at their wish.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, REVIEWERS)
    view = await privacy.review_asked(review_id)
    async with noticing_browsing(staff), transaction() as tx:
        await _looked(tx, staff, view.borrower_id, Reason.BORROWER_ASKED)
    return OpenedReview(view=view, words=await privacy.review_words(review_id))


async def answer_review(caller: StaffCaller, command: AnswerReview) -> ReviewView:
    """
    Say whether a decision stands, once per idempotency key; the borrower is told.

    Raises:
        Forbidden: The role reviews no decisions.
        NotFound: There is no such request.
        ReviewNotOpen: It is answered already.
        InvalidInput: There is a new decision beside one that stands, none beside one that does
            not, or its amount is too much.
        StepOutOfOrder: The application is no longer where the machine left it.
        RuleStands: A rule refuses on the new decision's facts, too.
        NothingToOffer: No loan can be carried within the new decision's amount.
        StepUpNeeded: There is a new decision, and no fresh authenticator code was entered within
            five minutes.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, REVIEWERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            if command.new_decision is not None:
                await check_stepped_up(caller, tx.now)
            view = await reviewing.answer_review(tx, command, staff)
            is_upheld = view.state is ReviewState.UPHELD
            await _tell(
                tx,
                view.borrower_id,
                Kind.DECISION_UPHELD if is_upheld else Kind.DECISION_OVERTURNED,
                {"application_id": view.application_id, "review_id": view.review_id},
                key=view.review_id,
            )
            await claim.settle(tx, {"review_id": view.review_id})
    return await privacy.review_asked(command.review_id)


async def _looked(tx: Transaction, staff: StaffMember, borrower_id: str, reason: Reason) -> None:
    await check_no_browsing(tx, staff)
    await put_on_record(tx, staff, borrower_id, what=What.RIGHTS_REQUEST, reason=reason)


async def _tell_corrected(tx: Transaction, view: CorrectionView) -> None:
    kinds = {
        CorrectionState.MADE: Kind.DATA_CORRECTED,
        CorrectionState.REFUSED: Kind.DATA_NOT_CORRECTED,
    }
    kind = kinds.get(view.state)
    if kind is not None:
        about: dict[str, str | int] = {"request_id": view.request_id}
        await _tell(tx, view.borrower_id, kind, about, key=view.request_id)


async def _tell(
    tx: Transaction, borrower_id: str, kind: Kind, data: dict[str, str | int], *, key: str
) -> None:
    await notify(tx, Notify(borrower_id=borrower_id, kind=kind, data=data, dedupe_key=key))
