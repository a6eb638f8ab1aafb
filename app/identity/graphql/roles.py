"""Changes of role on the staff graph."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.caller import StaffRole as Role
from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import KEY_PER_CLICK, Info, PlainProblem, checked_id, problem_of
from app.identity.graphql.types import StaffRole
from app.identity.operations import roles as operations
from app.identity.queries import roles as queries
from app.identity.rules import roles as rules
from app.identity.rules.roles import DecideRoleChange, ProposeRoleChange


@strawberry.enum(description="Where a proposed change of role stands.")
class RoleChangeState(Enum):
    """States of `rules.roles.RoleChangeState`."""

    PROPOSED = strawberry.enum_value("PROPOSED", description="It waits, for a week at most.")
    APPROVED = strawberry.enum_value("APPROVED", description="It holds.")
    REJECTED = strawberry.enum_value("REJECTED", description="It was rejected.")


@strawberry.type(description="A proposed change of what a member of staff may do.")
class RoleChange:
    """A change."""

    id: strawberry.ID = strawberry.field(description="The proposal's id.")
    name: str = strawberry.field(description="The work name of the colleague.")
    role_before: StaffRole = strawberry.field(description="Their role when it was proposed.")
    role_after: StaffRole = strawberry.field(description="The role proposed.")
    maker_name: str = strawberry.field(description="Who proposed it.")
    state: RoleChangeState = strawberry.field(description="Where it stands.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    decided_at: datetime | None = strawberry.field(
        description="When it was decided; null while it waits."
    )

    @classmethod
    def of(cls, change: rules.RoleChange) -> "RoleChange":
        """Show a change."""
        return cls(
            id=strawberry.ID(change.change_id),
            name=change.name,
            role_before=StaffRole(change.role_before.value),
            role_after=StaffRole(change.role_after.value),
            maker_name=change.maker_name,
            state=RoleChangeState(change.state.value),
            proposed_at=change.proposed_at,
            decided_at=change.decided_at,
        )


@strawberry.input(description="Another role for a colleague.")
class ProposeRoleChangeInput:
    """A proposal."""

    name: str = strawberry.field(description="The name the colleague signs in with.")
    role: StaffRole = strawberry.field(description="The role they are to have.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="A second person's answer to a proposed change of role.")
class DecideRoleChangeInput:
    """Yes or no."""

    change_id: strawberry.ID = strawberry.field(description="The proposal; somebody else's.")
    is_approved: bool = strawberry.field(description="Whether the change is to hold.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="The change waits for a second person.")
class ProposeRoleChangeSuccess:
    """The proposal."""

    change: RoleChange = strawberry.field(description="The proposal.")


@strawberry.type(description="The change is decided.")
class DecideRoleChangeSuccess:
    """The decided change."""

    change: RoleChange = strawberry.field(description="The change.")


ProposeRoleChangeResult = Annotated[
    ProposeRoleChangeSuccess | PlainProblem,
    strawberry.union("ProposeRoleChangeResult", description="What became of the proposal."),
]
DecideRoleChangeResult = Annotated[
    DecideRoleChangeSuccess | PlainProblem,
    strawberry.union("DecideRoleChangeResult", description="What became of the decision."),
]


@strawberry.type(description="Queries about roles.")
class StaffRolesQuery:
    """What waits."""

    @strawberry.field(
        description="Changes of role that wait for a second person, oldest first, at most 100; for"
        " supervisors and directors."
    )
    async def role_changes(self, info: Info) -> list[RoleChange] | None:
        """Return what waits."""
        if info.context.staff.role not in rules.DECIDERS:
            raise Forbidden
        waiting = await queries.waiting_role_changes(info.context.now)
        return [RoleChange.of(change) for change in waiting]


@strawberry.type(description="Mutations about roles.")
class StaffRolesMutation:
    """Proposing and deciding."""

    @strawberry.mutation(
        description="Propose another role for a colleague, after `staffStepUp`; a second person"
        " decides."
    )
    async def propose_role_change(
        self,
        info: Info,
        input: Annotated[ProposeRoleChangeInput, strawberry.argument(description="Who and what.")],
    ) -> ProposeRoleChangeResult:
        """Propose."""
        try:
            staff = info.context.staff
            command = ProposeRoleChange(
                maker_id=staff.staff_id,
                name=input.name,
                role=Role(input.role.value),
                idempotency_key=input.idempotency_key,
            )
            change = await operations.propose_role_change(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ProposeRoleChangeSuccess(change=RoleChange.of(change))

    @strawberry.mutation(
        description="Approve or reject a change of role that a colleague proposed, after"
        " `staffStepUp`; approved, it holds from their next request."
    )
    async def decide_role_change(
        self,
        info: Info,
        input: Annotated[DecideRoleChangeInput, strawberry.argument(description="The answer.")],
    ) -> DecideRoleChangeResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = DecideRoleChange(
                checker_id=staff.staff_id,
                change_id=checked_id(input.change_id, "sr", field="input.changeId"),
                is_approved=input.is_approved,
                idempotency_key=input.idempotency_key,
            )
            change = await operations.decide_role_change(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideRoleChangeSuccess(change=RoleChange.of(change))
