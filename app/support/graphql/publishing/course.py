"""The course on the staff graph: its versions, and new ones by one and another."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.catalog.rules.proposing import CHECKERS, MAKERS
from app.foundation.errors import Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Info,
    PlainProblem,
    checked_id,
    checked_text,
    id_or_none,
    problem_of,
)
from app.literacy import operations as literacy
from app.literacy import queries
from app.literacy.rules.publishing import CourseProposal
from app.support.operations import teaching
from app.support.operations.desk import staff_at_desk

VERSION_MAX = 12


@strawberry.enum(name="CourseState", description="How a version of the course stands.")
class ShownCourseState(Enum):
    """States of `rules.publishing.CourseState`."""

    WAITING = strawberry.enum_value("WAITING", description="It waits for a second person.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="It was let be taught.")
    REJECTED = strawberry.enum_value("REJECTED", description="It was not.")


@strawberry.type(description="What a version changes of the course that is published now.")
class CourseChanges:
    """Lessons by name."""

    added: list[str] = strawberry.field(description="Lessons that are new.")
    changed: list[str] = strawberry.field(description="Lessons of which a word is new.")
    withdrawn: list[str] = strawberry.field(description="Lessons that are taught no longer.")


@strawberry.type(description="A version of the course that somebody proposed.")
class CourseVersion:
    """A proposal, and what became of it."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    version: str = strawberry.field(description="The course's version: a hash of all its files.")
    state: ShownCourseState = strawberry.field(description="How it stands.")
    lessons: int = strawberry.field(description="How many lessons it has.")
    maker_id: strawberry.ID = strawberry.field(description="Who proposed it.")
    proposed_at: datetime = strawberry.field(description="When.")
    checker_id: strawberry.ID | None = strawberry.field(
        description="Who decided; null while it waits."
    )
    decided_at: datetime | None = strawberry.field(description="When; null while it waits.")

    @strawberry.field(description="What it changes of the course that is published now.")
    async def changes(self, info: Info) -> CourseChanges:
        """Compare the two."""
        changes = await info.context.loader(queries.changes_by_proposal).load(self.id)
        return CourseChanges(
            added=list(changes.added),
            changed=list(changes.changed),
            withdrawn=list(changes.withdrawn),
        )

    @classmethod
    def of(cls, proposal: CourseProposal) -> "CourseVersion":
        """Show a proposal."""
        checker_id = proposal.checker_id
        return cls(
            id=strawberry.ID(proposal.proposal_id),
            version=proposal.version,
            state=ShownCourseState(proposal.state.value),
            lessons=proposal.lessons,
            maker_id=strawberry.ID(proposal.maker_id),
            proposed_at=proposal.proposed_at,
            checker_id=id_or_none(checker_id),
            decided_at=proposal.decided_at,
        )


@strawberry.input(description="The wish to teach the files that this release came with.")
class ProposeCourseInput:
    """A proposal."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="A second person's answer to a proposed course.")
class DecideCourseInput:
    """Yes or no."""

    course_version_id: strawberry.ID = strawberry.field(
        description="The proposed version's id; somebody else's."
    )
    version: str = strawberry.field(description="The version that was read.")
    is_approved: bool = strawberry.field(description="Whether it is to be taught.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="The course waits for a second person.")
class ProposeCourseSuccess:
    """The proposal."""

    version: CourseVersion = strawberry.field(description="The proposal.")


@strawberry.type(description="The proposed course is settled.")
class DecideCourseSuccess:
    """The settled proposal."""

    version: CourseVersion = strawberry.field(description="The proposal.")


ProposeCourseResult = Annotated[
    ProposeCourseSuccess | PlainProblem,
    strawberry.union("ProposeCourseResult", description="What became of a proposed course."),
]
DecideCourseResult = Annotated[
    DecideCourseSuccess | PlainProblem,
    strawberry.union("DecideCourseResult", description="What became of a decision."),
]


@strawberry.type
class StaffCourseQuery:
    """The part of Query about the course."""

    @strawberry.field(
        description="Versions of the course, proposed last first, at most twenty. The newest"
        " published one is taught; before the first, the files each release came with."
    )
    async def course_versions(self, info: Info) -> list[CourseVersion] | None:
        """List them."""
        await staff_at_desk(info.context.staff, MAKERS | CHECKERS)
        return [CourseVersion.of(one) for one in await queries.course_versions()]


@strawberry.type
class StaffCourseMutation:
    """The part of Mutation about the course."""

    @strawberry.mutation(
        description="Propose to teach the lesson files this release came with, after"
        " `staffStepUp`; a second person decides."
    )
    async def propose_course(
        self,
        info: Info,
        input: Annotated[ProposeCourseInput, strawberry.argument(description="The wish.")],
    ) -> ProposeCourseResult:
        """Propose."""
        try:
            staff = info.context.staff
            command = literacy.ProposeCourse(
                maker_id=staff.staff_id, idempotency_key=input.idempotency_key
            )
            proposed = await teaching.propose_course(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ProposeCourseSuccess(version=CourseVersion.of(proposed))

    @strawberry.mutation(
        description="Publish or reject a course that a colleague proposed, after `staffStepUp`;"
        " published, it is taught everywhere within a minute."
    )
    async def decide_course(
        self,
        info: Info,
        input: Annotated[DecideCourseInput, strawberry.argument(description="The answer.")],
    ) -> DecideCourseResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = literacy.DecideCourse(
                checker_id=staff.staff_id,
                proposal_id=checked_id(
                    input.course_version_id, "cv", field="input.courseVersionId"
                ),
                version=checked_text(input.version, field="input.version", most=VERSION_MAX),
                is_approved=input.is_approved,
                idempotency_key=input.idempotency_key,
            )
            decided = await teaching.decide_course(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideCourseSuccess(version=CourseVersion.of(decided))
