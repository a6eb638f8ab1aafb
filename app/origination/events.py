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
class ApplicationDecided(Fact):
    """An application was decided: `outcome` is APPROVE, REFER or DECLINE."""

    application_id: str
    borrower_id: str
    outcome: str


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
class ApplicationExpired(Fact):
    """An application ended by time; `had_offers` tells an expired offer from an idle draft."""

    application_id: str
    borrower_id: str
    had_offers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawLimitLowered(Fact):
    """A month's look lowered what a borrower may borrow anew; open loans stay as signed."""

    borrower_id: str
    limit_fen: int
    set_on: str
