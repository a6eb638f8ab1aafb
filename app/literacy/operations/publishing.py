"""
Courses are taught only once two people let them be.

The files a release came with are a proposal. Until a second person publishes them, the version
published before is taught, from what the database keeps of it. Where none was ever published, on
a first start, the files are taught as they are; in development they always are.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.log import logger
from app.literacy import queries
from app.literacy.errors import (
    CourseAlreadyProposed,
    CourseFaulty,
    CourseProposalNotOpen,
    OwnCourseProposal,
)
from app.literacy.models import CourseVersionRow
from app.literacy.operations.indexing import index_course
from app.literacy.queries.published import (
    course_proposal,
    opened,
    packed,
    published_course,
    published_version,
)
from app.literacy.rules import course_findings, course_from
from app.literacy.rules.publishing import CourseProposal, CourseState

FOLLOW_SECONDS = 60
"""How long a process may go on teaching what was published before."""

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCourse:
    """Somebody proposes to teach the files that the release came with."""

    maker_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who proposes."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCourse:
    """A second person publishes or rejects a proposed course."""

    checker_id: str
    proposal_id: str
    version: str
    is_approved: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who decides."""
        return self.checker_id


async def propose_course(
    tx: Transaction, maker_id: str, contents: Mapping[str, str]
) -> CourseProposal:
    """
    Propose that files be taught; nothing changes for borrowers yet.

    Raises:
        CourseFaulty: The files have findings.
        CourseAlreadyProposed: This version waits, or is the one published last.
    """
    if findings := course_findings(contents):
        raise CourseFaulty(findings)
    course = course_from(contents)
    if course.version == await published_version():
        raise CourseAlreadyProposed
    row = CourseVersionRow(
        id=tx.new_id("cv"),
        version=course.version,
        state=CourseState.WAITING.value,
        waiting_key=course.version,
        contents=packed(dict(contents)),
        lessons=len(course.lessons),
        proposed_by=maker_id,
        proposed_at=milliseconds(tx.now),
    )
    await CourseVersionRow.bulk_create([row], ignore_conflicts=True)
    if not await CourseVersionRow.exists(id=row.id):
        raise CourseAlreadyProposed
    return await course_proposal(row.id)


async def decide_course(tx: Transaction, command: DecideCourse) -> CourseProposal:
    """
    Publish or reject what somebody else proposed; published, every process soon teaches it.

    What questions are answered from is indexed in the same transaction.

    Raises:
        NotFound: There is no such proposal.
        OwnCourseProposal: The caller proposed it.
        CourseProposalNotOpen: It is decided, or is of another version than the one read.
    """
    row = await CourseVersionRow.filter(id=command.proposal_id).select_for_update().first()
    if row is None:
        raise NotFound("input.courseVersionId")
    if row.proposed_by == command.checker_id:
        raise OwnCourseProposal
    if row.waiting_key is None or row.version != command.version:
        raise CourseProposalNotOpen
    row.state = (CourseState.PUBLISHED if command.is_approved else CourseState.REJECTED).value
    row.waiting_key = None
    row.decided_by = command.checker_id
    row.decided_at = milliseconds(tx.now)
    await row.save(update_fields=["state", "waiting_key", "decided_by", "decided_at"])
    if command.is_approved:
        await index_course(tx, opened(row.contents))
    return await course_proposal(row.id)


async def follow_published() -> bool:
    """Teach the course published last, if this process does not yet; tell whether that is new."""
    version = await published_version()
    if version is None or version == queries.course().version:
        return False
    course = await published_course()
    assert course is not None, "what was published is kept"
    queries.teach(course)
    log.info("course_followed", lessons=len(course.lessons), version=course.version)
    return True


@asynccontextmanager
async def following_published(every_seconds: float = FOLLOW_SECONDS) -> AsyncIterator[None]:
    """Teach what is published last, now and whenever that changes, until the end."""
    await follow_published()
    task = asyncio.create_task(_follow(every_seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(every_seconds: float) -> None:
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await follow_published()
        except Exception as failure:  # noqa: BLE001 - one bad minute must not end the next ones
            log.warning("course_not_followed", error=type(failure).__name__)
