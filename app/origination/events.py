"""What happens on the way from a wish to money, told to the rooms above."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSubmitted(Fact):
    """A borrower handed in a complete loan application; it waits for its decision."""

    application_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequired(Fact):
    """A submitted application lacks something after all; the borrower is asked for it."""

    application_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderLeft(Fact):
    """Who was to lend has left the published list before the decision; the application waits."""

    application_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRequested(Fact):
    """A borrower agreed to a hand-over and asked for it; the lender is still to be called."""

    handover_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Fact):
    """A borrower's data leaves the house, or has left it, for another lender."""

    handover_id: str
    borrower_id: str
    partner_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverStopped(Fact):
    """Nothing was handed over after all; `reason` is a stable UPPER_SNAKE word."""

    handover_id: str
    borrower_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAnswered(Fact):
    """The other lender said whether it goes on: `answer` is ACCEPTED or DECLINED."""

    handover_id: str
    borrower_id: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverTakenBack(Fact):
    """The borrower took the consent back; the lender is still to be told."""

    handover_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDecided(Fact):
    """
    An application was decided: `outcome` is APPROVE, REFER or DECLINE.

    `recall_id` tells a later decision from the first: a person had to look once more.
    """

    application_id: str
    borrower_id: str
    outcome: str
    recall_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRecalled(Fact):
    """Others came to carry marks of an applicant; a person looks before anything is paid."""

    application_id: str
    borrower_id: str
    recall_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCertificateMade(Fact):
    """The borrower chose an offer; its cost certificate waits to be read."""

    application_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSigned(Fact):
    """The borrower signed; the money will be sent."""

    application_id: str
    borrower_id: str
    agreement_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementRequested(Fact):
    """Money is reserved for a signed agreement and must be sent through the payment rail."""

    disbursement_id: str
    application_id: str
    borrower_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDisbursed(Fact):
    """The money has arrived and the loan exists."""

    loan_id: str
    borrower_id: str
    application_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementFailed(Fact):
    """The rail could not pay the money out; `reason` is a stable UPPER_SNAKE word."""

    application_id: str
    borrower_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationWithdrawn(Fact):
    """The borrower took the application back; nothing is owed."""

    application_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuarantorAsked(Fact):
    """A borrower named somebody to stand behind a loan; none has an account where it is None."""

    guarantee_id: str
    borrower_id: str
    guarantor_id: str | None
    by_sms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeNotNeeded(Fact):
    """Another was named in the place of somebody who had agreed."""

    guarantee_id: str
    guarantor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteedLoanLate(Fact):
    """A loan somebody answers for is late beyond what a guarantor is told of; once a day."""

    guarantee_id: str
    guarantor_id: str
    number: int
    due_on: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationExpired(Fact):
    """
    An application ended by time.

    `had_offers` tells offers nobody signed from an application without any; `was_submitted` one
    that was handed in from an idle draft.
    """

    application_id: str
    borrower_id: str
    had_offers: bool
    was_submitted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawLimitLowered(Fact):
    """A month's look lowered what a borrower may borrow anew; open loans stay as signed."""

    borrower_id: str
    limit_fen: int
    set_on: str
