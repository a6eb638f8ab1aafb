"""Versions of the catalog, proposed and published, as the staff graph shows them."""

from datetime import date, datetime
from enum import Enum

import orjson
import strawberry

from app.catalog import queries
from app.catalog.errors import CatalogVersionFaulty
from app.catalog.rules import Fault, proposing
from app.catalog.rules.proposing import Proposal, changes_between
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, Problem, problem_of, problem_parts
from app.identity.queries import staff_by_id


@strawberry.enum(description="What a version of the catalog is of.")
class VersionKind(Enum):
    """Kinds of `rules.proposing.VersionKind`."""

    PRODUCT = strawberry.enum_value("PRODUCT", description="A product; its code names it.")
    REGION = strawberry.enum_value(
        "REGION", description="A province's or county's pack; its six digits name it."
    )
    POLICY = strawberry.enum_value(
        "POLICY", description="A dated figure of law or of our own; its name names it."
    )
    SCORECARD = strawberry.enum_value(
        "SCORECARD", description="The scorecard; there is one, and its code is scorecard."
    )
    PARTNER = strawberry.enum_value(
        "PARTNER", description="A partner and its place on the published list; its code names it."
    )


@strawberry.enum(description="Where a proposed version stands.")
class VersionProposalState(Enum):
    """States of `rules.proposing.ProposalState`."""

    PROPOSED = strawberry.enum_value("PROPOSED", description="It waits, for a week at most.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="It stands, and holds on its day.")
    REJECTED = strawberry.enum_value("REJECTED", description="A second person said no.")
    TAKEN_BACK = strawberry.enum_value("TAKEN_BACK", description="Its maker took it back.")


@strawberry.type(description="One figure or sentence in which two versions differ.")
class VersionChange:
    """A difference."""

    field: str = strawberry.field(description="Its path in the document, such as amount.max_fen.")
    before: str | None = strawberry.field(description="As it was, as JSON; null where it was not.")
    after: str | None = strawberry.field(description="As it would be; null where it would not be.")

    @classmethod
    def of(cls, change: proposing.Change) -> "VersionChange":
        """Show a difference."""
        return cls(field=change.field, before=change.before, after=change.after)


@strawberry.type(description="A version that one member of staff proposed and another decides on.")
class VersionProposal:
    """A proposal."""

    id: strawberry.ID = strawberry.field(description="The proposal's id.")
    kind: VersionKind = strawberry.field(description="What it is a version of.")
    code: str = strawberry.field(
        description="Of which product, region or policy value; or scorecard."
    )
    version: str = strawberry.field(description="Code and number, or name and first day.")
    effective_from: date = strawberry.field(description="The first day it would hold.")
    content: str = strawberry.field(description="The whole document, as JSON.")
    sha256: str = strawberry.field(description="The content's hash; deciding names it.")
    why: str = strawberry.field(description="Why, in its maker's words.")
    state: VersionProposalState = strawberry.field(description="Where it stands.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    decided_at: datetime | None = strawberry.field(
        description="When it was decided or taken back; null while it waits."
    )
    maker_id: strawberry.Private[str]
    checker_id: strawberry.Private[str | None]
    value: strawberry.Private[Proposal]

    @strawberry.field(description="The work name of who proposed it.")
    async def maker_name(self, info: Info) -> str:
        """Name the maker."""
        return await _name(info, self.maker_id)

    @strawberry.field(description="The work name of who decided; null while nobody has.")
    async def checker_name(self, info: Info) -> str | None:
        """Name the checker."""
        return None if self.checker_id is None else await _name(info, self.checker_id)

    @strawberry.field(
        description="In what it differs from the published version that holds before its first day."
    )
    async def changes(self) -> list[VersionChange]:
        """Compare it with what is published."""
        one = self.value
        before = await queries.content_before(
            one.kind, one.code, one.version_key, one.effective_from
        )
        after = orjson.loads(one.content)
        return [VersionChange.of(change) for change in changes_between(before or {}, after)]

    @classmethod
    def of(cls, proposal: Proposal) -> "VersionProposal":
        """Show a proposal."""
        return cls(
            id=strawberry.ID(proposal.proposal_id),
            kind=VersionKind(proposal.kind.value),
            code=proposal.code,
            version=proposal.version_key,
            effective_from=proposal.effective_from,
            content=proposal.content,
            sha256=proposal.sha256,
            why=proposal.why,
            state=VersionProposalState(proposal.state.value),
            proposed_at=proposal.proposed_at,
            decided_at=proposal.decided_at,
            maker_id=proposal.maker_id,
            checker_id=proposal.checker_id,
            value=proposal,
        )


async def _name(info: Info, staff_id: str) -> str:
    member = await info.context.loader(staff_by_id).load(staff_id)
    return "" if member is None else member.name


@strawberry.type(description="A version as it was published; it never changes.")
class CatalogVersion:
    """A version."""

    id: strawberry.ID = strawberry.field(description="The version's id.")
    kind: VersionKind = strawberry.field(description="What it is a version of.")
    code: str = strawberry.field(
        description="Of which product, region or policy value; or scorecard."
    )
    version: str = strawberry.field(description="Code and number, or name and first day.")
    effective_from: date = strawberry.field(description="The first day it holds.")
    content: str = strawberry.field(description="The whole document, as JSON.")
    sha256: str = strawberry.field(description="The content's hash.")
    published_at: datetime = strawberry.field(description="When it was published.")
    proposal: VersionProposal | None = strawberry.field(
        description="Who proposed and approved it; null for what came with the code."
    )

    @classmethod
    def of(cls, version: queries.PublishedVersion) -> "CatalogVersion":
        """Show a version."""
        proposal = version.proposal
        return cls(
            id=strawberry.ID(version.version_id),
            kind=VersionKind(version.kind.value),
            code=version.code,
            version=version.version_key,
            effective_from=version.effective_from,
            content=version.content,
            sha256=version.sha256,
            published_at=version.published_at,
            proposal=None if proposal is None else VersionProposal.of(proposal),
        )


@strawberry.type(description="One thing to be put right in a version.")
class VersionFault:
    """A fault."""

    version: str = strawberry.field(
        description="Which version it is in, such as `region 610629:2`; empty for the one proposed."
    )
    field: str = strawberry.field(description="The path in its document; empty for all of it.")
    reason: str = strawberry.field(description="Which fault it is; branch on this.")
    message: str = strawberry.field(description="What to put right, in the caller's language.")


@strawberry.type(description="The version cannot be published as it is.")
class VersionFaultyProblem(Problem):
    """Every fault at once."""

    faults: list[VersionFault] = strawberry.field(description="What speaks against it.")


def version_problem(info: Info, refusal: Refusal) -> VersionFaultyProblem | PlainProblem:
    """Turn a refusal into its problem; faults are shown one by one."""
    if not isinstance(refusal, CatalogVersionFaulty):
        return problem_of(info, refusal)
    language = info.context.language
    faults = [
        VersionFault(
            version=fault.subject,
            field=fault.field,
            reason=fault.reason,
            message=fault.said(language),
        )
        for fault in refusal.faults
        if isinstance(fault, Fault)
    ]
    return VersionFaultyProblem(**problem_parts(info, refusal), faults=faults)
