"""Identity's part of the borrower's graph for devices: adding, signing in, listing, ending."""

from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, problem_of
from app.identity import operations, queries, rules
from app.identity.errors import DeviceClockOff, WrongPin
from app.identity.graphql import device_types as types
from app.identity.graphql.attesting import AttestationMutation
from app.identity.graphql.pins import WrongPinProblem


@strawberry.type(description="Identity's queries about devices.")
class DevicesQuery:
    """Which phones may sign in."""

    @strawberry.field(
        description="Phones whose keys may sign the borrower in, newest first, at most five; null"
        " when nobody is signed in."
    )
    async def my_devices(self, info: Info) -> list[types.Device] | None:
        """Show the caller's live devices."""
        caller = info.context.caller
        return await _devices(info, caller) if isinstance(caller, BorrowerCaller) else None


@strawberry.type(description="Identity's mutations about devices.")
class DevicesMutation(AttestationMutation):
    """How a phone gets the right to sign in, uses it, and loses it."""

    @strawberry.mutation(
        description="Begin to add this phone: a challenge for its new key, good once and for five"
        " minutes, in this session only."
    )
    async def begin_device_enrollment(
        self,
        info: Info,
        input: Annotated[
            types.BeginDeviceEnrollmentInput, strawberry.argument(description="The key.")
        ],
    ) -> types.BeginDeviceEnrollmentResult:
        """Make a challenge."""
        try:
            caller = info.context.borrower
            challenge = await operations.begin_device_enrollment(
                input.as_command(caller.borrower_id, caller.session_id)
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(challenge, WrongPin):
            return WrongPinProblem.of(info, challenge)
        return types.BeginDeviceEnrollmentSuccess.of(challenge)

    @strawberry.mutation(
        description="Add this phone: from now on its key signs the borrower in, and this session is"
        " bound to it."
    )
    async def enroll_device(
        self,
        info: Info,
        input: Annotated[types.EnrollDeviceInput, strawberry.argument(description="The keys.")],
    ) -> types.EnrollDeviceResult:
        """Add a device."""
        try:
            caller = info.context.borrower
            enrolled = await operations.enroll_device(
                input.as_command(caller.borrower_id, caller.session_id)
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(enrolled, Refusal):
            return problem_of(info, enrolled)
        return types.EnrollDeviceSuccess(
            device_id=strawberry.ID(enrolled.device_id), key_id=enrolled.key_id
        )

    @strawberry.mutation(
        description="Sign in by this phone's key, in one round trip. The session is bound to the"
        " key; the phone's session before it ends."
    )
    async def sign_in_with_device(
        self,
        info: Info,
        input: Annotated[
            types.SignInWithDeviceInput, strawberry.argument(description="The signature.")
        ],
    ) -> types.SignInWithDeviceResult:
        """Sign in."""
        try:
            signed_in = await operations.sign_in_with_device(input.as_command())
        except DeviceClockOff as refusal:
            return types.DeviceClockProblem.of(info, refusal)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return types.SignInWithDeviceSuccess.of(signed_in)

    @strawberry.mutation(
        description="Take the right to sign in from a phone, such as a lost one; its sessions end."
    )
    async def revoke_device(
        self,
        info: Info,
        input: Annotated[types.RevokeDeviceInput, strawberry.argument(description="Which one.")],
    ) -> types.RevokeDeviceResult:
        """End one of the caller's devices."""
        try:
            await operations.revoke_device(input.as_command(info.context.borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return types.RevokeDeviceSuccess(device_id=input.device_id)

    @strawberry.mutation(description="Sign out everywhere but here.")
    async def end_other_sessions(
        self,
        info: Info,
        input: Annotated[types.EndOtherSessionsInput, strawberry.argument(description="The key.")],
    ) -> types.EndOtherSessionsResult:
        """End all of the caller's other sessions."""
        try:
            caller = info.context.borrower
            command = rules.EndOtherSessions(
                borrower_id=caller.borrower_id,
                session_id=caller.session_id,
                idempotency_key=input.idempotency_key,
            )
            ended = await operations.end_other_sessions(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return types.EndOtherSessionsSuccess(ended=ended)


async def _devices(info: Info, caller: BorrowerCaller) -> list[types.Device]:
    views = await queries.devices_of(caller.borrower_id)
    return [types.Device.of(info, view, caller.device_id) for view in views]


async def device_node(info: Info, device_id: str) -> types.Device | None:
    """Find one of the caller's devices."""
    caller = info.context.caller
    if not isinstance(caller, BorrowerCaller):
        return None
    return next((one for one in await _devices(info, caller) if one.id == device_id), None)
