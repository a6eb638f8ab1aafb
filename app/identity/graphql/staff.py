"""Identity's part of the staff graph: signing in at the service desk."""

from typing import Annotated

import strawberry

from app.foundation.caller import StaffCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, problem_of
from app.identity import operations, queries
from app.identity.graphql import inputs, results
from app.identity.graphql.freezes import StaffFreezeMutation, StaffFreezeQuery
from app.identity.graphql.identifying import (
    StaffIdentificationMutation,
    StaffIdentificationQuery,
)
from app.identity.graphql.roles import StaffRolesMutation, StaffRolesQuery
from app.identity.graphql.stepping_up import StaffStepUpMutation
from app.identity.graphql.types import StaffMember


@strawberry.type(description="Identity's queries for staff.")
class StaffIdentityQuery(StaffFreezeQuery, StaffIdentificationQuery, StaffRolesQuery):
    """What the service desk can read about its own people."""

    @strawberry.field(description="The member of staff who is signed in; null when nobody is.")
    async def staff_me(self, info: Info) -> StaffMember | None:
        """Show the caller."""
        caller = info.context.caller
        if not isinstance(caller, StaffCaller):
            return None
        return StaffMember.of(await queries.staff_member(caller.staff_id))


@strawberry.type(description="Identity's mutations for staff.")
class StaffIdentityMutation(
    StaffStepUpMutation, StaffFreezeMutation, StaffIdentificationMutation, StaffRolesMutation
):
    """How staff sign in and out."""

    @strawberry.mutation(
        description="Sign in with password and authenticator code; each code works once, and five"
        " failures lock the name for fifteen minutes."
    )
    async def staff_sign_in(
        self,
        info: Info,
        input: Annotated[
            inputs.StaffSignInInput, strawberry.argument(description="The three proofs.")
        ],
    ) -> results.StaffSignInResult:
        """Sign a member of staff in."""
        try:
            signed_in = await operations.staff_sign_in(input.as_command())
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(signed_in, Refusal):
            return problem_of(info, signed_in)
        member = await queries.staff_member(signed_in.staff_id)
        return results.StaffSignInSuccess(
            access_token=signed_in.access_token,
            expires_at=signed_in.expires_at,
            staff=StaffMember.of(member),
        )

    @strawberry.mutation(description="Sign out at the service desk.")
    async def staff_sign_out(
        self,
        info: Info,
        input: Annotated[
            inputs.StaffSignOutInput, strawberry.argument(description="Nothing but the key.")
        ],
    ) -> results.StaffSignOutResult:
        """End the caller's session; without one there is nothing left to do."""
        caller = info.context.caller
        if isinstance(caller, StaffCaller):
            try:
                await operations.staff_sign_out(caller, idempotency_key=input.idempotency_key)
            except Refusal as refusal:
                return problem_of(info, refusal)
        return results.StaffSignOutSuccess(is_signed_out=True)
