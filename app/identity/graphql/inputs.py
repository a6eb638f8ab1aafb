"""What phones and the service desk send to identity."""

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.graphql import Fen, checked_id
from app.identity import rules
from app.identity.graphql.intents import ApprovalInput
from app.identity.graphql.types import Language
from app.identity.rules.wallets import SetWallet

KEY = "Chosen by the sender; the same key and input again get the same answer, done once."


@strawberry.input(description="Which phone to send a one-time code to.")
class RequestOtpInput:
    """A phone number."""

    phone: str = strawberry.field(
        description="A mobile number of mainland China, in any usual writing: 138 0013 8000."
    )
    device_id: str | None = strawberry.field(
        description="What the app installation calls itself, 1 to 64 characters; for limits only.",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, language: str) -> rules.RequestCode:
        """Return the command."""
        return rules.RequestCode(
            phone=self.phone,
            device_id=self.device_id,
            language=language,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="The one-time code as it arrived.")
class VerifyOtpInput:
    """A challenge and the code for it."""

    challenge_id: strawberry.ID = strawberry.field(description="From requestOtp.")
    code: str = strawberry.field(description="The digits from the text message.")
    device_name: str = strawberry.field(
        description="What to call this phone in mySessions, up to 64 characters: Redmi 9A.",
        default="",
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, language: str) -> rules.VerifyCode:
        """
        Return the command.

        Raises:
            InvalidInput: The challenge's id has another shape.
        """
        return rules.VerifyCode(
            challenge_id=checked_id(self.challenge_id, "oc", field="input.challengeId"),
            code=self.code,
            device_name=self.device_name,
            language=language,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="The refresh token the phone keeps.")
class RefreshSessionInput:
    """A refresh token."""

    refresh_token: str = strawberry.field(
        description="The newest one received; keep it until the answer with its successor is here."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Signing out on this phone.")
class SignOutInput:
    """Nothing but the key."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which session to end.")
class EndSessionInput:
    """One of the borrower's sessions."""

    session_id: strawberry.ID = strawberry.field(description="From mySessions.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.EndSession:
        """
        Return the command.

        Raises:
            InvalidInput: The session's id has another shape.
        """
        return rules.EndSession(
            borrower_id=borrower_id,
            session_id=checked_id(self.session_id, "ss", field="input.sessionId"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Who the borrower is and what they live on.")
class CompleteProfileInput:
    """A profile."""

    name: str = strawberry.field(
        description="Name as on the resident ID, up to 40 characters; it can be given only once."
    )
    resident_id: str = strawberry.field(
        description="Resident ID, 18 characters (or 15, the old form); it can be given only once."
    )
    region_code: str = strawberry.field(description="Six digits, from regions.")
    monthly_income: Fen = strawberry.field(
        description="Income in an average month, up to 100,000,000 fen."
    )
    purpose: str = strawberry.field(
        description="What the money is for, in the borrower's words, up to 60 characters."
    )
    bank_card: str | None = strawberry.field(
        description="Card that money goes to; left out, the present one stays.", default=None
    )
    address: str | None = strawberry.field(
        description="Postal address, up to 120 characters; left out, the present one stays.",
        default=None,
    )
    is_student: bool = strawberry.field(
        description="Whether the borrower is a student.", default=False
    )
    phone_tenure_months: int | None = strawberry.field(
        description="For how many months they have had this phone number, 0 to 600.", default=None
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.CompleteProfile:
        """Return the command."""
        return rules.CompleteProfile(
            borrower_id=borrower_id,
            name=self.name,
            resident_id=self.resident_id,
            region_code=self.region_code,
            income_fen=self.monthly_income,
            purpose=self.purpose,
            bank_card=self.bank_card,
            address=self.address,
            is_student=self.is_student,
            phone_tenure_months=self.phone_tenure_months,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="The card that money goes to.")
class SetBankCardInput:
    """A bank card."""

    bank_card: str = strawberry.field(description="Card number, 13 to 19 digits, spaces allowed.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    approval: ApprovalInput | None = strawberry.field(
        default=None,
        description="Of an intent to CHANGE_BANK_CARD (see beginIntent); for the first card none.",
    )

    def as_command(self, caller: BorrowerCaller) -> rules.SetBankCard:
        """Return the command."""
        return rules.SetBankCard(
            caller=caller,
            bank_card=self.bank_card,
            idempotency_key=self.idempotency_key,
            approval=None if self.approval is None else self.approval.as_approval(),
        )


@strawberry.input(description="The wallet that money goes to, or none any more.")
class SetWalletInput:
    """A wallet."""

    login_code: str | None = strawberry.field(
        default=None,
        description="What `wx.login` gave, used nowhere else; left out, no wallet is used any"
        " more and money goes to the card.",
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)
    approval: ApprovalInput | None = strawberry.field(
        default=None,
        description="Of an intent to CHANGE_WALLET or REMOVE_WALLET (see beginIntent); none for the"
        " first wallet before the profile is complete.",
    )

    def as_command(self, caller: BorrowerCaller) -> SetWallet:
        """Return the command."""
        return SetWallet(
            caller=caller,
            login_code=self.login_code,
            idempotency_key=self.idempotency_key,
            approval=None if self.approval is None else self.approval.as_approval(),
        )


@strawberry.input(description="The language of text messages.")
class SetLanguageInput:
    """A language."""

    language: Language = strawberry.field(description="The language to write in from now on.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.SetLanguage:
        """Return the command."""
        return rules.SetLanguage(
            borrower_id=borrower_id,
            language=rules.Language(self.language.value),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Signing out at the service desk.")
class StaffSignOutInput:
    """Nothing but the key."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)
