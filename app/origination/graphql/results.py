"""What origination's mutations answer: success, specific problems, or the general one."""

from typing import Annotated

import strawberry

from app.foundation.graphql import PlainProblem
from app.identity.graphql.intents import Intent
from app.identity.graphql.types import WrongCodeProblem
from app.origination.graphql.documents import (
    Agreement,
    AnsweredQuestion,
    CostCertificate,
)
from app.origination.graphql.problems import (
    AmountNotOfferedProblem,
    ApplicationIncompleteProblem,
    ComprehensionMissingProblem,
    PersonLimitExceededProblem,
    ReadingTimeNotOverProblem,
    StepOutOfOrderProblem,
)
from app.origination.graphql.types import LoanApplication

_APPLICATION = "The application as it stands now."


@strawberry.type(description="The application was begun.")
class StartApplicationSuccess:
    """Begun."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The steps were kept.")
class SaveApplicationSuccess:
    """Kept."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The consent was noted.")
class GiveConsentSuccess:
    """Noted."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The consent no longer stands.")
class RevokeConsentSuccess:
    """Taken back."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The application was handed in; the decision comes in a moment.")
class SubmitApplicationSuccess:
    """Handed in."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The offer was accepted; its cost certificate waits to be opened.")
class AcceptOfferSuccess:
    """Accepted."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The certificate is open; the reading time counts.")
class OpenCertificateSuccess:
    """Open."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)
    certificate: CostCertificate = strawberry.field(description="What to show.")


@strawberry.type(description="The answers were checked.")
class AnswerComprehensionSuccess:
    """Checked."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)
    answers: list[AnsweredQuestion] = strawberry.field(description="How each answer was.")
    is_understood: bool = strawberry.field(
        description="Whether every question has been answered right by now."
    )


@strawberry.type(description="The cost is confirmed; the agreement can be signed.")
class ConfirmCostSuccess:
    """Confirmed."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="Show the agreement, then the intent; approving it signs.")
class BeginSignatureSuccess:
    """Begun."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)
    agreement: Agreement = strawberry.field(description="The exact text that will be signed.")
    intent: Intent = strawberry.field(
        description="What the signature says; beginSignature with a new key sends a code again."
    )


@strawberry.type(description="The agreement is signed; the money is about to be sent.")
class SignAgreementSuccess:
    """Signed."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


@strawberry.type(description="The application was taken back; nothing is owed.")
class WithdrawApplicationSuccess:
    """Taken back."""

    application: LoanApplication = strawberry.field(description=_APPLICATION)


StartApplicationResult = Annotated[
    StartApplicationSuccess | PlainProblem,
    strawberry.union("StartApplicationResult", description="Begun, or why not."),
]
SaveApplicationResult = Annotated[
    SaveApplicationSuccess | AmountNotOfferedProblem | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("SaveApplicationResult", description="Kept, or why not."),
]
GiveConsentResult = Annotated[
    GiveConsentSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("GiveConsentResult", description="Noted, or why not."),
]
RevokeConsentResult = Annotated[
    RevokeConsentSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("RevokeConsentResult", description="Taken back, or why not."),
]
SubmitApplicationResult = Annotated[
    SubmitApplicationSuccess | ApplicationIncompleteProblem | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("SubmitApplicationResult", description="Handed in, or why not."),
]
AcceptOfferResult = Annotated[
    AcceptOfferSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("AcceptOfferResult", description="Accepted, or why not."),
]
OpenCertificateResult = Annotated[
    OpenCertificateSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("OpenCertificateResult", description="Open, or why not."),
]
AnswerComprehensionResult = Annotated[
    AnswerComprehensionSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("AnswerComprehensionResult", description="Checked, or why not."),
]
ConfirmCostResult = Annotated[
    ConfirmCostSuccess
    | ReadingTimeNotOverProblem
    | ComprehensionMissingProblem
    | StepOutOfOrderProblem
    | PlainProblem,
    strawberry.union("ConfirmCostResult", description="Confirmed, or why not."),
]
BeginSignatureResult = Annotated[
    BeginSignatureSuccess | PersonLimitExceededProblem | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("BeginSignatureResult", description="The text to sign, or why not."),
]
SignAgreementResult = Annotated[
    SignAgreementSuccess
    | WrongCodeProblem
    | PersonLimitExceededProblem
    | StepOutOfOrderProblem
    | PlainProblem,
    strawberry.union("SignAgreementResult", description="Signed, or why not."),
]
WithdrawApplicationResult = Annotated[
    WithdrawApplicationSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("WithdrawApplicationResult", description="Taken back, or why not."),
]
