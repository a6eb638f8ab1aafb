"""What borrowers and staff ask origination to do; personal values never show in a repr."""

from dataclasses import dataclass, field

from app.catalog.rules import Consent
from app.foundation.caller import BorrowerCaller, StaffRole
from app.identity.rules.intents import Approval
from app.origination.rules.completeness import Merchant
from app.origination.rules.overturning import NewDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerCommand:
    """What a borrower asks for; keys count within the borrower."""

    borrower_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StartApplication(BorrowerCommand):
    """Begin an application for a product in a region."""

    product_id: str
    region_code: str
    application_id: str | None = None
    """Made by a phone without a line, so that later steps can name it before it is begun here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveApplication(BorrowerCommand):
    """Fill in any steps of an application, in any order; None leaves a step as it is."""

    application_id: str
    amount_fen: int | None = None
    months: int | None = None
    purpose: str | None = field(default=None, repr=False)
    monthly_income_fen: int | None = field(default=None, repr=False)
    debt_payments_fen: int | None = field(default=None, repr=False)
    """What the household's other debts take a month."""
    income_months: tuple[int, ...] | None = field(default=None, repr=False)
    """The months of the year in which income comes."""
    merchant: Merchant | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent(BorrowerCommand):
    """Agree to one thing, towards one recipient, in the words with this hash."""

    application_id: str
    kind: Consent
    recipient: str = ""
    text_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeConsent(BorrowerCommand):
    """Take a consent back, before the application is handed in."""

    application_id: str
    kind: Consent
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitApplication(BorrowerCommand):
    """Hand a complete application in."""

    application_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer(BorrowerCommand):
    """Choose one of the offers, or another one than before."""

    offer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCertificate(BorrowerCommand):
    """Open the cost certificate: the reading time begins."""

    application_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The choice made for one question."""

    question: str
    choice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerComprehension(BorrowerCommand):
    """Answer some or all questions about the certificate with this hash."""

    application_id: str
    certificate_sha256: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCost(BorrowerCommand):
    """Confirm the cost in the certificate with this hash."""

    application_id: str
    certificate_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSignature(BorrowerCommand):
    """Show the agreement, and what its signature will say."""

    application_id: str
    caller: BorrowerCaller


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAgreement(BorrowerCommand):
    """Sign the text with this hash by approving its intent."""

    application_id: str
    caller: BorrowerCaller
    approval: Approval
    text_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawApplication(BorrowerCommand):
    """Take an application back, at no cost, as long as no money is on its way."""

    application_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReferred:
    """Take a referred application to look at."""

    staff_id: str
    role: StaffRole
    application_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewApplication:
    """Judge a referred application, with reasons the borrower is told and a note for colleagues."""

    staff_id: str
    role: StaffRole
    application_id: str
    is_approved: bool
    reasons: tuple[str, ...] = ()
    """Codes of the scorecard that decided; its words are the borrower's."""
    note: str | None = field(default=None, repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAfterReview:
    """Decide a declined application anew, as a person found who looked at it."""

    staff_id: str
    application_id: str
    review_id: str
    found: NewDecision
