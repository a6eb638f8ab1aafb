"""What origination's mutations take; each becomes a command."""

import strawberry

from app.catalog.graphql import ConsentKind
from app.catalog.rules import Consent
from app.foundation.caller import BorrowerCaller
from app.foundation.errors import InvalidInput
from app.foundation.graphql import Fen, checked_id, checked_text
from app.identity.graphql.intents import ApprovalInput
from app.origination.graphql.words import ComprehensionQuestionKind
from app.origination.rules import commands
from app.origination.rules.completeness import PURPOSE_MAX, merchant_of

KEY = "Made by the phone, 1-64 of A-Z a-z 0-9 _ . : -; sent again, it gets the same answer."
APPLICATION_ID = "From startApplication."
HASH_MAX = 64
RECIPIENT_MAX = 40
REGION_CODE_MAX = 6
ANSWERS_MAX = 3


def _application_id(value: str) -> str:
    return checked_id(value, "ap", field="input.applicationId")


def _hash(value: str, field: str) -> str:
    return checked_text(value, field=field, most=HASH_MAX)


@strawberry.input(description="For which product, where.")
class StartApplicationInput:
    """Beginning an application."""

    product_id: strawberry.ID = strawberry.field(description="A product's id from `products`.")
    region_code: str = strawberry.field(description="A code from `regions`.")
    application_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Made by a phone without a line, so that its steps can be written down before"
        " they are sent: ap, then 14 of 0-9 a-z at random. Left out, one is made here.",
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.StartApplication:
        """Check the shapes and translate."""
        return commands.StartApplication(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            product_id=checked_id(self.product_id, "pr", field="input.productId"),
            region_code=checked_text(
                self.region_code, field="input.regionCode", most=REGION_CODE_MAX
            ),
            application_id=None
            if self.application_id is None
            else _application_id(self.application_id),
        )


@strawberry.input(description="The school, clinic or shop that is paid.")
class MerchantInput:
    """A merchant."""

    name: str = strawberry.field(description="Its full name, at most 60 characters.")
    account: str = strawberry.field(description="Its account number: 8 to 32 digits.")


@strawberry.input(description="Some steps of an application; what is left out stays as it is.")
class SaveApplicationInput:
    """Filling an application in."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    amount: Fen | None = strawberry.field(default=None, description="How much.")
    months: int | None = strawberry.field(default=None, description="For how many months.")
    purpose: str | None = strawberry.field(
        default=None,
        description="What the money is for, one line of at most 60 characters; it stands in the"
        " agreement and in the text message with the code.",
    )
    monthly_income: Fen | None = strawberry.field(
        default=None, description="Income a month; seasonal income is the year's divided by 12."
    )
    debt_payments: Fen | None = strawberry.field(
        default=None, description="What the household's other debts take a month; 0 if none."
    )
    income_months: list[int] | None = strawberry.field(
        default=None,
        description="The months of the year in which income comes, 1-12; all twelve if it is"
        " steady. Payments that fall in them count in favor.",
    )
    merchant: MerchantInput | None = strawberry.field(
        default=None, description="Only where the product's payee is MERCHANT."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.SaveApplication:
        """Check the shapes and translate."""
        merchant = None
        if self.merchant is not None:
            merchant = merchant_of(
                self.merchant.name, self.merchant.account, field="input.merchant"
            )
        purpose = self.purpose
        if purpose is not None:
            purpose = checked_text(purpose, field="input.purpose", most=PURPOSE_MAX)
        return commands.SaveApplication(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
            amount_fen=self.amount,
            months=self.months,
            purpose=purpose,
            monthly_income_fen=self.monthly_income,
            debt_payments_fen=self.debt_payments,
            income_months=None if self.income_months is None else tuple(self.income_months[:13]),
            merchant=merchant,
        )


@strawberry.input(description="What is agreed to, in the words with this hash.")
class GiveConsentInput:
    """Giving a consent."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    kind: ConsentKind = strawberry.field(description="To what.")
    recipient: str | None = strawberry.field(
        default=None, description="The consent's recipient as `consents` says; null if it has none."
    )
    text_hash: str = strawberry.field(
        description="The textHash of the words that were shown, or its first 16 digits."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.GiveConsent:
        """Check the shapes and translate."""
        return commands.GiveConsent(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
            kind=Consent[self.kind.name],
            recipient=_recipient(self.recipient),
            text_sha256=_hash(self.text_hash, "input.textHash"),
        )


@strawberry.input(description="Which consent is taken back.")
class RevokeConsentInput:
    """Taking a consent back."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    kind: ConsentKind = strawberry.field(description="To what.")
    recipient: str | None = strawberry.field(
        default=None, description="The consent's recipient; null if it has none."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.RevokeConsent:
        """Check the shapes and translate."""
        return commands.RevokeConsent(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
            kind=Consent[self.kind.name],
            recipient=_recipient(self.recipient),
        )


def _recipient(value: str | None) -> str:
    if value is None:
        return ""
    return checked_text(value, field="input.recipient", most=RECIPIENT_MAX)


@strawberry.input(description="Which application is handed in.")
class SubmitApplicationInput:
    """Handing in."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.SubmitApplication:
        """Check the shapes and translate."""
        return commands.SubmitApplication(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
        )


@strawberry.input(description="Which offer is accepted.")
class AcceptOfferInput:
    """Accepting an offer."""

    offer_id: strawberry.ID = strawberry.field(description="An id from the application's offers.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.AcceptOffer:
        """Check the shapes and translate."""
        return commands.AcceptOffer(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            offer_id=checked_id(self.offer_id, "of", field="input.offerId"),
        )


@strawberry.input(description="Whose certificate is opened.")
class OpenCertificateInput:
    """Opening the certificate."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.OpenCertificate:
        """Check the shapes and translate."""
        return commands.OpenCertificate(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
        )


@strawberry.input(description="The choice made for one question.")
class ComprehensionAnswerInput:
    """An answer."""

    question: ComprehensionQuestionKind = strawberry.field(description="Which question.")
    choice: str = strawberry.field(description="The key of the choice.")


@strawberry.input(description="Answers to some or all questions about the certificate.")
class AnswerComprehensionInput:
    """Answering."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    certificate_hash: str = strawberry.field(description="The hash of the certificate shown.")
    answers: list[ComprehensionAnswerInput] = strawberry.field(
        description="One to three answers, each question once."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.AnswerComprehension:
        """Check the shapes and translate."""
        kinds = [answer.question for answer in self.answers]
        if not 1 <= len(kinds) <= ANSWERS_MAX or len(set(kinds)) != len(kinds):
            raise InvalidInput("input.answers", "origination.reason.answer")
        return commands.AnswerComprehension(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
            certificate_sha256=_hash(self.certificate_hash, "input.certificateHash"),
            answers=tuple(
                commands.Answer(
                    question=answer.question.name,
                    choice=checked_text(answer.choice, field="input.answers", most=HASH_MAX),
                )
                for answer in self.answers
            ),
        )


@strawberry.input(description="Which certificate is confirmed.")
class ConfirmCostInput:
    """Confirming the cost."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    certificate_hash: str = strawberry.field(description="The hash of the certificate read.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.ConfirmCost:
        """Check the shapes and translate."""
        return commands.ConfirmCost(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
            certificate_sha256=_hash(self.certificate_hash, "input.certificateHash"),
        )


@strawberry.input(description="Whose agreement is to be signed.")
class BeginSignatureInput:
    """Beginning the signature."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: BorrowerCaller) -> commands.BeginSignature:
        """Check the shapes and translate."""
        return commands.BeginSignature(
            borrower_id=caller.borrower_id,
            caller=caller,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
        )


@strawberry.input(description="The signature: the text's hash, and the approval of its intent.")
class SignAgreementInput:
    """Signing."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    text_hash: str = strawberry.field(description="The hash of the agreement that was shown.")
    approval: ApprovalInput = strawberry.field(description="Of the intent in beginSignature.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: BorrowerCaller) -> commands.SignAgreement:
        """Check the shapes and translate."""
        return commands.SignAgreement(
            borrower_id=caller.borrower_id,
            caller=caller,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
            approval=self.approval.as_approval(),
            text_sha256=_hash(self.text_hash, "input.textHash"),
        )


@strawberry.input(description="Which application is taken back.")
class WithdrawApplicationInput:
    """Withdrawing."""

    application_id: strawberry.ID = strawberry.field(description=APPLICATION_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> commands.WithdrawApplication:
        """Check the shapes and translate."""
        return commands.WithdrawApplication(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=_application_id(self.application_id),
        )
