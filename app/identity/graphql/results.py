"""What identity's mutations answer: a success, a problem of its own, or a plain problem."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.graphql import PlainProblem
from app.identity import rules
from app.identity.graphql.types import (
    Borrower,
    ResidentIdTakenProblem,
    StaffMember,
    UnderAgeProblem,
    WrongCodeProblem,
)

ACCESS = "Send it as `Authorization: Bearer …`; at most 64 characters, good for ten minutes."
REFRESH = "Keep it safe on the phone; refreshSession takes it. At most 55 characters."


@strawberry.type(description="A code is on its way, whether or not the number is known here.")
class RequestOtpSuccess:
    """Where the code went and how long it lives."""

    challenge_id: strawberry.ID = strawberry.field(description="Pass it to verifyOtp.")
    phone: str = strawberry.field(description="Where it was sent, masked: 138****5678.")
    expires_at: datetime = strawberry.field(description="Until when the code works.")
    resend_after_seconds: int = strawberry.field(
        description="Wait this long before requestOtp again; the code then sent is the same."
    )
    code_length: int = strawberry.field(
        description="How many digits the code has: six, or eight while many codes are guessed at."
    )

    @classmethod
    def of(cls, asked: rules.CodeRequested) -> "RequestOtpSuccess":
        """Show that a code is on its way."""
        return cls(
            challenge_id=strawberry.ID(asked.challenge_id),
            phone=asked.masked_phone,
            expires_at=asked.expires_at,
            resend_after_seconds=asked.resend_after_seconds,
            code_length=asked.digits,
        )


@strawberry.type(description="The borrower is signed in on this phone.")
class VerifyOtpSuccess:
    """The session's first tokens."""

    borrower_id: strawberry.ID = strawberry.field(description="Who signed in.")
    session_id: strawberry.ID = strawberry.field(description="This phone's session.")
    access_token: str = strawberry.field(description=ACCESS)
    refresh_token: str = strawberry.field(description=REFRESH)
    expires_at: datetime = strawberry.field(description="When the access token is over.")
    is_new: bool = strawberry.field(
        description="Whether this number signs in for the first time; greet them then."
    )

    @classmethod
    def of(cls, signed_in: rules.SignedIn) -> "VerifyOtpSuccess":
        """Hand over the tokens."""
        return cls(
            borrower_id=strawberry.ID(signed_in.borrower_id),
            session_id=strawberry.ID(signed_in.session_id),
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token,
            expires_at=signed_in.expires_at,
            is_new=signed_in.is_new,
        )


@strawberry.type(description="The session goes on.")
class RefreshSessionSuccess:
    """The session's next tokens."""

    access_token: str = strawberry.field(description=ACCESS)
    refresh_token: str = strawberry.field(description=REFRESH)
    expires_at: datetime = strawberry.field(description="When the access token is over.")

    @classmethod
    def of(cls, next_tokens: rules.SessionTokens) -> "RefreshSessionSuccess":
        """Hand over the tokens."""
        return cls(
            access_token=next_tokens.access_token,
            refresh_token=next_tokens.refresh_token,
            expires_at=next_tokens.expires_at,
        )


@strawberry.type(description="The session is over; its tokens open nothing more.")
class SignOutSuccess:
    """Signed out."""

    is_signed_out: bool = strawberry.field(
        description="Always true: signing out twice, or without a session, is done as well."
    )


@strawberry.type(description="That session is over; its tokens open nothing more.")
class EndSessionSuccess:
    """One session ended."""

    session_id: strawberry.ID = strawberry.field(description="The session that ended.")


@strawberry.type(description="The profile is kept; the borrower may apply.")
class CompleteProfileSuccess:
    """The profile as it stands."""

    borrower: Borrower = strawberry.field(description="The borrower as they see themselves.")


@strawberry.type(description="Money will go to this card.")
class SetBankCardSuccess:
    """The profile as it stands."""

    borrower: Borrower = strawberry.field(description="The borrower as they see themselves.")


@strawberry.type(description="Money will go to this wallet, or to the card where there is none.")
class SetWalletSuccess:
    """The profile as it stands."""

    borrower: Borrower = strawberry.field(description="The borrower as they see themselves.")


@strawberry.type(description="Messages will be in this language.")
class SetLanguageSuccess:
    """The profile as it stands."""

    borrower: Borrower = strawberry.field(description="The borrower as they see themselves.")


@strawberry.type(description="The member of staff is signed in.")
class StaffSignInSuccess:
    """The session's token."""

    access_token: str = strawberry.field(
        description="Send it as `Authorization: Bearer …`; idle for 15 minutes, it is over."
    )
    expires_at: datetime = strawberry.field(
        description="When it is over however busy it is: ten hours after signing in."
    )
    staff: StaffMember = strawberry.field(description="Who signed in.")


@strawberry.type(description="The member of staff is signed out.")
class StaffSignOutSuccess:
    """Signed out."""

    is_signed_out: bool = strawberry.field(
        description="Always true: signing out twice, or without a session, is done as well."
    )


RequestOtpResult = Annotated[
    RequestOtpSuccess | PlainProblem,
    strawberry.union("RequestOtpResult", description="Whether a code is on its way."),
]
VerifyOtpResult = Annotated[
    VerifyOtpSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("VerifyOtpResult", description="Whether the borrower is signed in."),
]
RefreshSessionResult = Annotated[
    RefreshSessionSuccess | PlainProblem,
    strawberry.union("RefreshSessionResult", description="Whether the session goes on."),
]
SignOutResult = Annotated[
    SignOutSuccess | PlainProblem,
    strawberry.union("SignOutResult", description="Whether the session is over."),
]
EndSessionResult = Annotated[
    EndSessionSuccess | PlainProblem,
    strawberry.union("EndSessionResult", description="Whether that session is over."),
]
CompleteProfileResult = Annotated[
    CompleteProfileSuccess | ResidentIdTakenProblem | UnderAgeProblem | PlainProblem,
    strawberry.union("CompleteProfileResult", description="Whether the profile is kept."),
]
SetBankCardResult = Annotated[
    SetBankCardSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("SetBankCardResult", description="Whether the card is kept."),
]
SetWalletResult = Annotated[
    SetWalletSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("SetWalletResult", description="Whether the wallet is kept."),
]
SetLanguageResult = Annotated[
    SetLanguageSuccess | PlainProblem,
    strawberry.union("SetLanguageResult", description="Whether the language is kept."),
]
StaffSignInResult = Annotated[
    StaffSignInSuccess | PlainProblem,
    strawberry.union("StaffSignInResult", description="Whether the member of staff is in."),
]
StaffSignOutResult = Annotated[
    StaffSignOutSuccess | PlainProblem,
    strawberry.union("StaffSignOutResult", description="Whether the member of staff is out."),
]
