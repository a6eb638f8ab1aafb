"""Versions of the course at the desk: one proposes the files, another publishes, both on record."""

from app.catalog.rules.proposing import CHECKERS, MAKERS
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.database import Transaction, transaction
from app.identity.queries import check_stepped_up
from app.literacy import operations as literacy
from app.literacy import queries
from app.literacy.rules.publishing import CourseProposal, CourseState
from app.support.operations.desk import staff_at_desk

DECIDED = {CourseState.PUBLISHED: "course.published", CourseState.REJECTED: "course.rejected"}


async def propose_course(caller: StaffCaller, command: literacy.ProposeCourse) -> CourseProposal:
    """
    Propose to teach the files this release came with, once per idempotency key.

    Raises:
        Forbidden: The role proposes no courses.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        CourseFaulty: The files have findings.
        CourseAlreadyProposed: This version waits, or is taught.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    contents = literacy.read_contents()
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.course_proposal(claim.answer["proposal_id"])
        proposed = await literacy.propose_course(tx, staff.staff_id, contents)
        await _put_in_chain(tx, "course.proposed", staff.staff_id, proposed)
        await claim.settle(tx, {"proposal_id": proposed.proposal_id})
    return proposed


async def decide_course(caller: StaffCaller, command: literacy.DecideCourse) -> CourseProposal:
    """
    Publish or reject a course somebody else proposed, once per idempotency key.

    Raises:
        Forbidden: The role decides on no courses.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such proposal.
        OwnCourseProposal: The caller proposed it.
        CourseProposalNotOpen: It is decided, or is of another version than the one read.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            decided = await literacy.decide_course(tx, command)
            await _put_in_chain(tx, DECIDED[decided.state], staff.staff_id, decided)
            await claim.settle(tx, {"proposal_id": decided.proposal_id})
    await literacy.follow_published()
    return await queries.course_proposal(command.proposal_id)


async def _put_in_chain(
    tx: Transaction, kind: str, staff_id: str, proposed: CourseProposal
) -> None:
    about = {"proposal": proposed.proposal_id, "version": proposed.version}
    await record(tx, Entry(kind, None, staff_id, about))
