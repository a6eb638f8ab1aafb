"""Catalog and course on the staff graph: versions, and new ones by one and another."""

from typing import Annotated

import strawberry

from app.catalog import queries
from app.catalog.rules import proposing
from app.catalog.rules.proposing import (
    CHECKERS,
    MAKERS,
    READERS,
    WHY_MAX,
    DecideVersion,
    ProposeVersion,
    ProposeWithdrawal,
    TakeBackVersion,
)
from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    checked_text,
    connection_of,
    problem_of,
)
from app.support import operations
from app.support.graphql.publishing.course import StaffCourseMutation, StaffCourseQuery
from app.support.graphql.publishing.inputs import (
    DecideVersionInput,
    ProposeDelistingInput,
    ProposeVersionInput,
    ProposeWithdrawalInput,
    TakeBackVersionInput,
)
from app.support.graphql.publishing.types import (
    CatalogVersion,
    VersionFaultyProblem,
    VersionKind,
    VersionProposal,
    version_problem,
)

CODE_MAX = 64


@strawberry.type(description="The version waits for a second person.")
class ProposeVersionSuccess:
    """The proposal."""

    proposal: VersionProposal = strawberry.field(description="The proposal.")


@strawberry.type(description="The proposed version is settled.")
class DecideVersionSuccess:
    """The settled proposal."""

    proposal: VersionProposal = strawberry.field(description="The proposal.")


@strawberry.type(description="The end of the product waits for a second person.")
class ProposeWithdrawalSuccess:
    """The proposal."""

    proposal: VersionProposal = strawberry.field(description="The proposal.")


@strawberry.type(description="The end of a partner's place on the list waits for a second.")
class ProposeDelistingSuccess:
    """The proposal."""

    proposal: VersionProposal = strawberry.field(description="The proposal.")


@strawberry.type(description="The proposal is taken back.")
class TakeBackVersionSuccess:
    """The proposal."""

    proposal: VersionProposal = strawberry.field(description="The proposal.")


ProposeVersionResult = Annotated[
    ProposeVersionSuccess | VersionFaultyProblem | PlainProblem,
    strawberry.union("ProposeVersionResult", description="What became of a proposal."),
]
ProposeWithdrawalResult = Annotated[
    ProposeWithdrawalSuccess | VersionFaultyProblem | PlainProblem,
    strawberry.union("ProposeWithdrawalResult", description="What became of a proposed end."),
]
ProposeDelistingResult = Annotated[
    ProposeDelistingSuccess | VersionFaultyProblem | PlainProblem,
    strawberry.union("ProposeDelistingResult", description="What became of a proposed end."),
]
DecideVersionResult = Annotated[
    DecideVersionSuccess | VersionFaultyProblem | PlainProblem,
    strawberry.union("DecideVersionResult", description="What became of a decision."),
]
TakeBackVersionResult = Annotated[
    TakeBackVersionSuccess | PlainProblem,
    strawberry.union("TakeBackVersionResult", description="What became of the second thought."),
]


@strawberry.type(description="Queries about versions of the catalog.")
class StaffCatalogQuery(StaffCourseQuery):
    """What there was, and what waits."""

    @strawberry.field(
        description="Every version of one product, region, partner or policy value, or of the"
        " scorecard, the one that begins last first."
    )
    async def catalog_versions(
        self,
        info: Info,
        kind: Annotated[VersionKind, strawberry.argument(description="Of what.")],
        code: Annotated[
            str,
            strawberry.argument(
                description="Its code or name, such as small_shop, 610629 or scorecard."
            ),
        ],
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[CatalogVersion] | None:
        """Return a page of the history."""
        await operations.staff_at_desk(info.context.staff, READERS)
        of_what = proposing.VersionKind(kind.value)
        named = checked_text(code, field="code", most=CODE_MAX)
        list_name = f"catalog-versions:{of_what}:{named}"
        ask = asked_page(list_name, first, after)
        page = await queries.versions_of(of_what, named, ask)
        return connection_of(list_name, ask, page, CatalogVersion.of)

    @strawberry.field(
        description="Proposed versions that wait for a second person, oldest first, at most 100."
    )
    async def version_proposals(self, info: Info) -> list[VersionProposal] | None:
        """Return what waits."""
        await operations.staff_at_desk(info.context.staff, MAKERS | CHECKERS)
        waiting = await queries.waiting_proposals(info.context.now)
        return [VersionProposal.of(one) for one in waiting]

    @strawberry.field(description="One proposed version, whatever became of it.")
    async def version_proposal(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The proposal's id.")],
    ) -> VersionProposal | None:
        """Return one proposal."""
        await operations.staff_at_desk(info.context.staff, MAKERS | CHECKERS)
        try:
            return VersionProposal.of(await queries.proposal(checked_id(id, "vn", field="id")))
        except NotFound:
            return None


@strawberry.type(description="Mutations about versions of the catalog.")
class StaffCatalogMutation(StaffCourseMutation):
    """Proposing, deciding, taking back."""

    @strawberry.mutation(
        description="Propose a version of a product, region pack, policy value, partner or the"
        " scorecard, after `staffStepUp`; a second person decides. It begins tomorrow at the"
        " earliest."
    )
    async def propose_version(
        self,
        info: Info,
        input: Annotated[ProposeVersionInput, strawberry.argument(description="The version.")],
    ) -> ProposeVersionResult:
        """Propose a version."""
        try:
            staff = info.context.staff
            command = ProposeVersion(
                maker_id=staff.staff_id,
                kind=proposing.VersionKind(input.kind.value),
                document=input.document,
                why=checked_text(input.why, field="input.why", most=WHY_MAX),
                idempotency_key=input.idempotency_key,
            )
            proposal = await operations.propose_version(staff, command)
        except Refusal as refusal:
            return version_problem(info, refusal)
        return ProposeVersionSuccess(proposal=VersionProposal.of(proposal))

    @strawberry.mutation(
        description="Propose that a product is offered no longer, after `staffStepUp`; a second"
        " person decides. Applications handed in keep their version."
    )
    async def propose_withdrawal(
        self,
        info: Info,
        input: Annotated[ProposeWithdrawalInput, strawberry.argument(description="The product.")],
    ) -> ProposeWithdrawalResult:
        """Propose an end."""
        try:
            staff = info.context.staff
            command = ProposeWithdrawal(
                maker_id=staff.staff_id,
                code=input.product_code,
                effective_from=input.effective_from,
                why=checked_text(input.why, field="input.why", most=WHY_MAX),
                idempotency_key=input.idempotency_key,
            )
            proposal = await operations.propose_version(staff, command)
        except Refusal as refusal:
            return version_problem(info, refusal)
        return ProposeWithdrawalSuccess(proposal=VersionProposal.of(proposal))

    @strawberry.mutation(
        description="Propose that a partner leaves the published list, after `staffStepUp`; a"
        " second person decides. From that day on nothing is handed in, offered, accepted, signed"
        " or handed over with it; loans that were signed live on."
    )
    async def propose_delisting(
        self,
        info: Info,
        input: Annotated[ProposeDelistingInput, strawberry.argument(description="The partner.")],
    ) -> ProposeDelistingResult:
        """Propose that a partner leaves."""
        try:
            staff = info.context.staff
            command = ProposeWithdrawal(
                maker_id=staff.staff_id,
                kind=proposing.VersionKind.PARTNER,
                code=input.partner_code,
                effective_from=input.effective_from,
                why=checked_text(input.why, field="input.why", most=WHY_MAX),
                idempotency_key=input.idempotency_key,
            )
            proposal = await operations.propose_version(staff, command)
        except Refusal as refusal:
            return version_problem(info, refusal)
        return ProposeDelistingSuccess(proposal=VersionProposal.of(proposal))

    @strawberry.mutation(
        description="Publish or reject a version that a colleague proposed, after `staffStepUp`;"
        " published, it never changes again."
    )
    async def decide_version(
        self,
        info: Info,
        input: Annotated[DecideVersionInput, strawberry.argument(description="The answer.")],
    ) -> DecideVersionResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = DecideVersion(
                checker_id=staff.staff_id,
                proposal_id=checked_id(input.proposal_id, "vn", field="input.proposalId"),
                sha256=input.sha256,
                is_approved=input.is_approved,
                idempotency_key=input.idempotency_key,
            )
            proposal = await operations.decide_version(staff, command)
        except Refusal as refusal:
            return version_problem(info, refusal)
        return DecideVersionSuccess(proposal=VersionProposal.of(proposal))

    @strawberry.mutation(description="Take back a version that one proposed oneself.")
    async def take_back_version(
        self,
        info: Info,
        input: Annotated[TakeBackVersionInput, strawberry.argument(description="Which one.")],
    ) -> TakeBackVersionResult:
        """Take back."""
        try:
            staff = info.context.staff
            command = TakeBackVersion(
                maker_id=staff.staff_id,
                proposal_id=checked_id(input.proposal_id, "vn", field="input.proposalId"),
                idempotency_key=input.idempotency_key,
            )
            proposal = await operations.take_back_version(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return TakeBackVersionSuccess(proposal=VersionProposal.of(proposal))
