"""Identity's part of the staff graph: signing in at the service desk."""

from typing import Annotated

import strawberry

from app.foundation.caller import StaffCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, problem_of
from app.identity import operations, queries, rules
from app.identity.graphql import inputs, results
from app.identity.graphql.freezes import StaffFreezeMutation, StaffFreezeQuery
from app.identity.graphql.identifying import (
    StaffIdentificationMutation,
    StaffIdentificationQuery,
)
from app.identity.graphql.passkeys import (
    StaffPasskeyAnswerInput,
    StaffPasskeysMutation,
    StaffPasskeysQuery,
)
from app.identity.graphql.roles import StaffRolesMutation, StaffRolesQuery
from app.identity.graphql.stepping_up import StaffStepUpMutation
from app.identity.graphql.types import StaffMember


@strawberry.input(description="How a member of staff proves who they are.")
class StaffSignInInput:
    """Name, password, and a code or a passkey."""

    name: str = strawberry.field(description="The name given at enrollment.")
    password: str = strawberry.field(description="The password.")
    totp: str | None = strawberry.field(
        description="The six digits the authenticator app shows now; not beside a passkey.",
        default=None,
    )
    passkey: StaffPasskeyAnswerInput | None = strawberry.field(
        description="The answer to a challenge for SIGN_IN; not beside a code.", default=None
    )
    new_password: str | None = strawberry.field(
        description="Theirs from now on in the place of this one, and their other sessions end; 12"
        " characters at least. Needed after a password for one use (`PASSWORD_TO_CHANGE`).",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=inputs.KEY)

    def as_command(self) -> rules.StaffSignIn:
        """
        Return the command.

        Raises:
            InvalidInput: Something of the passkey's answer cannot be read.
        """
        return rules.StaffSignIn(
            name=self.name,
            password=self.password,
            totp=self.totp,
            passkey=None if self.passkey is None else self.passkey.as_answer(),
            new_password=self.new_password,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="Identity's queries for staff.")
class StaffIdentityQuery(
    StaffFreezeQuery, StaffIdentificationQuery, StaffPasskeysQuery, StaffRolesQuery
):
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
    StaffStepUpMutation,
    StaffPasskeysMutation,
    StaffFreezeMutation,
    StaffIdentificationMutation,
    StaffRolesMutation,
):
    """How staff sign in and out."""

    @strawberry.mutation(
        description="Sign in with the password and either an authenticator code or a passkey; a"
        " code and a challenge work once, and five failures lock the name for fifteen minutes."
    )
    async def staff_sign_in(
        self,
        info: Info,
        input: Annotated[
            StaffSignInInput, strawberry.argument(description="Who, and both proofs.")
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
