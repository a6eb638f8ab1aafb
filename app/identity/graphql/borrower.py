"""Identity's part of the borrower's graph: signing in, sessions, the profile."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, NodeResolver, problem_of
from app.identity import operations, queries, rules
from app.identity.errors import ResidentIdTaken, UnderAge, WrongCode
from app.identity.graphql import inputs, results
from app.identity.graphql.devices import DevicesMutation, DevicesQuery, device_node
from app.identity.graphql.identifying import IdentificationMutation
from app.identity.graphql.phones import PhoneMutation
from app.identity.graphql.pins import PinMutation
from app.identity.graphql.recovery import RecoveryMutation
from app.identity.graphql.types import (
    Borrower,
    ResidentIdTakenProblem,
    Session,
    UnderAgeProblem,
    WrongCodeProblem,
)
from app.identity.graphql.wallets import WalletMutation


@strawberry.type(description="Identity's queries.")
class IdentityQuery(DevicesQuery):
    """What a phone can read about its owner."""

    @strawberry.field(description="The borrower who is signed in; null when nobody is.")
    async def me(self, info: Info) -> Borrower | None:
        """Show the caller to themselves."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        if caller.trust is Trust.CONTACT:
            return Borrower.of_contact(await queries.contact_view_of(caller))
        return await _borrower(caller)

    @strawberry.field(
        description="Phones on which the borrower is signed in, newest first, at most ten;"
        " null when nobody is signed in."
    )
    async def my_sessions(self, info: Info) -> list[Session] | None:
        """Show the caller's live sessions."""
        caller = info.context.caller
        return await _sessions(info, caller) if isinstance(caller, BorrowerCaller) else None


@strawberry.type(description="Identity's mutations.")
class IdentityMutation(
    DevicesMutation,
    PinMutation,
    RecoveryMutation,
    IdentificationMutation,
    PhoneMutation,
    WalletMutation,
):
    """What a phone can do to sign in and to say who its owner is."""

    @strawberry.mutation(
        description="Text a one-time code to a phone: once a minute, four an hour, eight a day."
    )
    async def request_otp(
        self,
        info: Info,
        input: Annotated[inputs.RequestOtpInput, strawberry.argument(description="Where to.")],
    ) -> results.RequestOtpResult:
        """Send a code."""
        try:
            asked = await operations.request_code(input.as_command(info.context.language))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return results.RequestOtpSuccess.of(asked)

    @strawberry.mutation(
        description="Sign in with a one-time code: five guesses a code, ten wrong ones a day."
    )
    async def verify_otp(
        self,
        info: Info,
        input: Annotated[
            inputs.VerifyOtpInput, strawberry.argument(description="Challenge and code.")
        ],
    ) -> results.VerifyOtpResult:
        """Sign in."""
        try:
            signed_in = await operations.verify_code(input.as_command(info.context.language))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(signed_in, WrongCode):
            return WrongCodeProblem.of(info, signed_in)
        return results.VerifyOtpSuccess.of(signed_in)

    @strawberry.mutation(
        description="Get new tokens. If the answer is lost, send the same refresh token again, at"
        " any time: it gets the same successor. Older ones end the session, as does one without a"
        " proof where the session is bound to a device. Send it alone; the Proof header"
        " signs `qingmiao refresh v1` and the refresh token."
    )
    async def refresh_session(
        self,
        info: Info,
        input: Annotated[
            inputs.RefreshSessionInput, strawberry.argument(description="The refresh token.")
        ],
    ) -> results.RefreshSessionResult:
        """Carry a session on."""
        command = rules.RefreshSession(
            refresh_token=input.refresh_token,
            idempotency_key=input.idempotency_key,
            sent=info.context.sent,
        )
        try:
            refreshed = await operations.refresh_session(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(refreshed, Refusal):
            return problem_of(info, refreshed)
        return results.RefreshSessionSuccess.of(refreshed)

    @strawberry.mutation(description="Sign out on this phone.")
    async def sign_out(
        self,
        info: Info,
        input: Annotated[
            inputs.SignOutInput, strawberry.argument(description="Nothing but the key.")
        ],
    ) -> results.SignOutResult:
        """End the caller's session; without one there is nothing left to do."""
        caller = info.context.caller
        if isinstance(caller, BorrowerCaller):
            try:
                await operations.sign_out(caller, idempotency_key=input.idempotency_key)
            except Refusal as refusal:
                return problem_of(info, refusal)
        return results.SignOutSuccess(is_signed_out=True)

    @strawberry.mutation(description="Sign out on another phone, such as a lost one.")
    async def end_session(
        self,
        info: Info,
        input: Annotated[inputs.EndSessionInput, strawberry.argument(description="Which one.")],
    ) -> results.EndSessionResult:
        """End one of the caller's sessions."""
        try:
            await operations.end_session(input.as_command(info.context.borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return results.EndSessionSuccess(session_id=input.session_id)

    @strawberry.mutation(
        description="Say who the borrower is; needed once before applying. Sent again, it replaces"
        " everything but name and resident ID, for which there is requestDataCorrection."
    )
    async def complete_profile(
        self,
        info: Info,
        input: Annotated[
            inputs.CompleteProfileInput, strawberry.argument(description="The profile.")
        ],
    ) -> results.CompleteProfileResult:
        """Keep a profile."""
        try:
            caller = info.context.borrower
            await operations.complete_profile(input.as_command(caller.borrower_id))
        except ResidentIdTaken as refusal:
            return ResidentIdTakenProblem.of(info, refusal)
        except UnderAge as refusal:
            return UnderAgeProblem.of(info, refusal)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return results.CompleteProfileSuccess(borrower=await _borrower(caller))

    @strawberry.mutation(
        description="Name the bank card that money goes to; another one than before needs approval."
    )
    async def set_bank_card(
        self,
        info: Info,
        input: Annotated[inputs.SetBankCardInput, strawberry.argument(description="The card.")],
    ) -> results.SetBankCardResult:
        """Keep a bank card."""
        try:
            caller = info.context.borrower
            wrong = await operations.set_bank_card(input.as_command(caller))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if wrong is not None:
            return WrongCodeProblem.of(info, wrong)
        return results.SetBankCardSuccess(borrower=await _borrower(caller))

    @strawberry.mutation(
        description="Choose the language of text messages; answers follow Accept-Language."
    )
    async def set_language(
        self,
        info: Info,
        input: Annotated[inputs.SetLanguageInput, strawberry.argument(description="The language.")],
    ) -> results.SetLanguageResult:
        """Keep a language."""
        try:
            caller = info.context.borrower
            await operations.set_language(input.as_command(caller.borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return results.SetLanguageSuccess(borrower=await _borrower(caller))


async def _borrower(caller: BorrowerCaller) -> Borrower:
    own = await queries.own_view_of(caller.borrower_id)
    return Borrower.of(own, sees_all=caller.sees_all, trust=caller.trust)


async def _sessions(info: Info, caller: BorrowerCaller) -> list[Session]:
    views = await queries.sessions_of(caller.borrower_id, info.context.now)
    if caller.trust is Trust.CONTACT:
        views = [view for view in views if view.session_id == caller.session_id]
    return [Session.of(info, view, caller.session_id) for view in views]


async def _borrower_node(info: Info, borrower_id: str) -> Borrower | None:
    caller = info.context.caller
    if not isinstance(caller, BorrowerCaller) or caller.borrower_id != borrower_id:
        return None
    return await _borrower(info.context.borrower)


async def _session_node(info: Info, session_id: str) -> Session | None:
    caller = info.context.caller
    if not isinstance(caller, BorrowerCaller):
        return None
    sessions = await _sessions(info, caller)
    return next((session for session in sessions if session.id == session_id), None)


NODES: Mapping[str, NodeResolver] = {
    "br": _borrower_node,
    "ss": _session_node,
    "dv": device_node,
}
"""Who finds a node of this room, by the two letters its id begins with."""
