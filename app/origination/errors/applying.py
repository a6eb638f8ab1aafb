"""Refusals from the first step of an application to its disbursement."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.foundation.errors import Refusal


class MissingItem(StrEnum):
    """Something an application needs before it can be handed in."""

    PROFILE = "PROFILE"
    BANK_CARD = "BANK_CARD"
    AMOUNT = "AMOUNT"
    MONTHS = "MONTHS"
    PURPOSE = "PURPOSE"
    MONTHLY_INCOME = "MONTHLY_INCOME"
    DEBT_PAYMENTS = "DEBT_PAYMENTS"
    MERCHANT = "MERCHANT"
    CONSENT = "CONSENT"
    DOCUMENT = "DOCUMENT"
    GUARANTOR = "GUARANTOR"
    OTHER_GUARANTOR = "OTHER_GUARANTOR"
    """The guarantor cannot stand behind it for now; why is between them and us."""
    LENDER = "LENDER"
    """Who lends the product has left the published list; nothing the borrower can fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """
    One thing that is missing.

    A consent also says which, and for which recipient; a picture what it is to show.
    """

    item: MissingItem
    consent: str | None = None
    recipient: str | None = None
    document: str | None = None


class StepOutOfOrder(Refusal):
    """The loan application does not stand where this step is possible; `state` says where."""

    code = "STEP_OUT_OF_ORDER"

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"{wanted} is not possible in {state}")
        self.state = state
        self.wanted = wanted

    @property
    def text_key(self) -> str:
        """Where the application stands decides what the person can do next."""
        return f"origination.out_of_order.{self.state}"


class ApplicationIncomplete(Refusal):
    """Something is missing before the application can be handed in; `missing` lists all of it."""

    code = "APPLICATION_INCOMPLETE"

    def __init__(self, missing: Sequence[Missing]) -> None:
        super().__init__(f"{len(missing)} missing")
        self.missing = tuple(missing)

    def details(self) -> dict[str, object]:
        """Return how many things are missing."""
        return {"count": len(self.missing)}


class TooManyApplications(Refusal):
    """The borrower has as many open applications as one person may; finish or withdraw one."""

    code = "TOO_MANY_APPLICATIONS"

    def __init__(self, open_max: int) -> None:
        super().__init__(f"at most {open_max}")
        self.open_max = open_max


class ApplicationIdTaken(Refusal):
    """The phone's own id for the application stands for something else; make another one."""

    code = "APPLICATION_ID_TAKEN"

    def __init__(self) -> None:
        super().__init__("taken", field="input.applicationId")


class ConsentNotAsked(Refusal):
    """This application asks for no such consent, or not for this recipient."""

    code = "CONSENT_NOT_ASKED"

    def __init__(self) -> None:
        super().__init__("no such consent here", field="input.kind")


class ConsentTextChanged(Refusal):
    """The hash is not that of the consent's present text; show the text again."""

    code = "CONSENT_TEXT_CHANGED"

    def __init__(self) -> None:
        super().__init__("another text", field="input.textHash")


class OfferExpired(Refusal):
    """The offer's time is over; apply again for a fresh one."""

    code = "OFFER_EXPIRED"


class CertificateNotOpened(Refusal):
    """The cost certificate has to be opened before it can be confirmed or asked about."""

    code = "CERTIFICATE_NOT_OPENED"


class CertificateChanged(Refusal):
    """The hash is not that of the present cost certificate; open it and read it again."""

    code = "CERTIFICATE_CHANGED"

    def __init__(self) -> None:
        super().__init__("another certificate", field="input.certificateHash")


class ReadingTimeNotOver(Refusal):
    """The certificate was opened too short a time ago; wait as long as it says."""

    code = "READING_TIME_NOT_OVER"

    def __init__(self, seconds_left: int) -> None:
        super().__init__(f"{seconds_left} s left")
        self.seconds_left = seconds_left
        self.retry_after_seconds = seconds_left


class ComprehensionMissing(Refusal):
    """Not every question about the cost is answered right yet; `questions_left` says which."""

    code = "COMPREHENSION_MISSING"

    def __init__(self, questions_left: Sequence[str]) -> None:
        super().__init__(f"{len(questions_left)} left")
        self.questions_left = tuple(questions_left)

    def details(self) -> dict[str, object]:
        """Return how many questions are left."""
        return {"count": len(self.questions_left)}


class AgreementChanged(Refusal):
    """The hash is not that of the text to be signed; begin the signature again and read it."""

    code = "AGREEMENT_CHANGED"

    def __init__(self) -> None:
        super().__init__("another text", field="input.textHash")


class ReductionChanged(Refusal):
    """Others pay less of the interest by now than the certificate says; accept the offer again."""

    code = "REDUCTION_CHANGED"

    def __init__(self) -> None:
        super().__init__("another loan of the borrower's used a part of it")


class PersonLimitExceeded(Refusal):
    """With this loan the borrower would owe more than one person may; `left_fen` is still free."""

    code = "PERSON_LIMIT_EXCEEDED"

    def __init__(self, *, limit_fen: int, left_fen: int) -> None:
        super().__init__(f"{left_fen} left of {limit_fen}")
        self.limit_fen = limit_fen
        self.left_fen = left_fen


class ReviewTaken(Refusal):
    """Somebody else is looking at this application; choose another, or wait until they are done."""

    code = "REVIEW_TAKEN"

    def __init__(self) -> None:
        super().__init__("somebody else has it")


class ReviewNeedsAnother(Refusal):
    """For this sum a second person has to judge the same; the first one's word is kept."""

    code = "REVIEW_NEEDS_ANOTHER"

    def __init__(self) -> None:
        super().__init__("the same person proposed it")


class DisbursementStepRefused(Refusal):
    """The disbursement cannot take this step from where it stands."""

    code = "DISBURSEMENT_STEP_REFUSED"

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"{state} does not lead to {wanted}")
        self.state = state
        self.wanted = wanted


class RuleStands(Refusal):
    """A rule of law or policy refuses on these facts, and nobody may look past it."""

    code = "RULE_STANDS"

    def __init__(self, rule: str) -> None:
        super().__init__(rule, field="input.newDecision")
        self.rule = rule


class NothingToOffer(Refusal):
    """On these facts no loan of the product can be carried within this amount."""

    code = "NOTHING_TO_OFFER"

    def __init__(self) -> None:
        super().__init__("nothing fits", field="input.newDecision")
