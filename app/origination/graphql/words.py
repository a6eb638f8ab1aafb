"""Origination's enums as the schema shows them, each value with what the phone can do about it."""

from enum import Enum

import strawberry


def _value(name: str, description: str) -> str:
    """Describe an enum's value; to Python it is the value's name."""
    return strawberry.enum_value(name, description=description)  # pyright: ignore[reportReturnType]


@strawberry.enum(description="Where a loan application stands.")
class LoanApplicationState(Enum):
    """States."""

    DRAFT = _value("DRAFT", "Being filled in; kept for thirty days.")
    SUBMITTED = _value("SUBMITTED", "Handed in; the decision is about to begin.")
    ACTION_REQUIRED = _value(
        "ACTION_REQUIRED", "Something is missing after all: show `missing`, then submit again."
    )
    DECIDING = _value("DECIDING", "Being decided, by machine or by a person; ask again later.")
    OFFERED = _value("OFFERED", "Approved: show `offers` and let one be accepted.")
    OFFER_ACCEPTED = _value(
        "OFFER_ACCEPTED", "An offer was chosen: open the cost certificate and have it understood."
    )
    COST_CONFIRMED = _value("COST_CONFIRMED", "The cost is confirmed: begin the signature.")
    SIGNED = _value("SIGNED", "Signed; the money is about to be sent and may still be stopped.")
    COOLING_OFF = _value("COOLING_OFF", "Signed; the money waits and the loan may be withdrawn.")
    DISBURSING = _value("DISBURSING", "The money is on its way; it can no longer be stopped.")
    BOOKED = _value("BOOKED", "The money has arrived: go to the loan by `loanId`.")
    REJECTED = _value("REJECTED", "Declined: show the decision's reasons and what would help.")
    WITHDRAWN = _value("WITHDRAWN", "Taken back by the borrower; nothing is owed.")
    EXPIRED = _value("EXPIRED", "Its time is over; nothing is owed. A new one may be started.")
    DISBURSEMENT_FAILED = _value(
        "DISBURSEMENT_FAILED", "The money could not be paid out; nothing is owed."
    )


@strawberry.enum(description="The one thing the phone should show next.")
class LoanApplicationStep(Enum):
    """Next steps."""

    FILL_IN = _value("FILL_IN", "Ask for what `missing` lists: saveApplication, giveConsent.")
    SUBMIT = _value("SUBMIT", "Everything is there: submitApplication.")
    WAIT_FOR_DECISION = _value("WAIT_FOR_DECISION", "Show that we are at work; ask again later.")
    CHOOSE_OFFER = _value("CHOOSE_OFFER", "Show the offers: acceptOffer.")
    READ_COST = _value("READ_COST", "Show the cost certificate: openCertificate.")
    ANSWER_QUESTIONS = _value("ANSWER_QUESTIONS", "Ask the questions: answerComprehension.")
    CONFIRM_COST = _value("CONFIRM_COST", "Have the cost confirmed: confirmCost.")
    SIGN = _value("SIGN", "Show the agreement and ask for the code: beginSignature, signAgreement.")
    WAIT_FOR_MONEY = _value("WAIT_FOR_MONEY", "Show that the money is coming; ask again later.")
    SEE_LOAN = _value("SEE_LOAN", "Go to the loan.")
    APPLY_AGAIN = _value("APPLY_AGAIN", "It has ended; offer a new application.")


@strawberry.enum(description="Something an application needs before it can be handed in.")
class MissingKind(Enum):
    """Missing things."""

    PROFILE = _value("PROFILE", "The borrower's profile: completeProfile.")
    BANK_CARD = _value("BANK_CARD", "Their own card or wallet: setBankCard, setWallet.")
    AMOUNT = _value("AMOUNT", "How much, within what the product lends in the region.")
    MONTHS = _value("MONTHS", "For how many months, one of those offered in the region.")
    PURPOSE = _value("PURPOSE", "What the money is for.")
    MONTHLY_INCOME = _value("MONTHLY_INCOME", "Income a month.")
    DEBT_PAYMENTS = _value("DEBT_PAYMENTS", "What the household's other debts take a month.")
    MERCHANT = _value("MERCHANT", "The school, clinic or shop that is paid.")
    CONSENT = _value("CONSENT", "A consent: giveConsent with the kind and recipient beside it.")
    DOCUMENT = _value("DOCUMENT", "A picture: addDocument with the kind beside it.")
    GUARANTOR = _value(
        "GUARANTOR", "Somebody who stands behind the loan: nameGuarantor; then wait for them."
    )
    OTHER_GUARANTOR = _value(
        "OTHER_GUARANTOR", "Somebody else: who was asked cannot do it for now: nameGuarantor."
    )
    LENDER = _value(
        "LENDER",
        "A lender: one has left the published list, so the product can't be lent now. Nothing to"
        " fill in: wait for another, or take another product.",
    )


@strawberry.enum(description="What a decision came to.")
class DecisionOutcome(Enum):
    """Outcomes."""

    APPROVE = _value("APPROVE", "Approved; there are offers.")
    REFER = _value("REFER", "A person takes a look; it is not a refusal.")
    DECLINE = _value("DECLINE", "Declined; the reasons say what would change it.")


@strawberry.enum(description="What an offer is beside what was asked for.")
class OfferKind(Enum):
    """Offers."""

    ASKED = _value("ASKED", "What was asked for.")
    LESS = _value("LESS", "A smaller amount, which costs less.")
    SHORTER = _value("SHORTER", "Paid off sooner, which costs less in all.")
    LONGER = _value("LONGER", "Smaller payments over a longer time, which costs more in all.")


@strawberry.enum(description="How a loan could cost less than an offer.")
class BetterWay(Enum):
    """Ways."""

    LESS = _value("LESS", "Borrow less: the offer with that amount stands beside it, or ask anew.")
    SHORTER = _value("SHORTER", "Pay it off sooner.")
    LATER = _value("LATER", "Borrow it later, nearer to the harvest; it ends on the same day.")
    SUBSIDIZED = _value("SUBSIDIZED", "The state may pay a part of the interest.")


@strawberry.enum(description="A plain question about the cost.")
class ComprehensionQuestionKind(Enum):
    """Questions."""

    NEXT_PAYMENT = _value("NEXT_PAYMENT", "What is paid each month, or first.")
    TOTAL = _value("TOTAL", "What is paid back in all.")
    LATE = _value("LATE", "What happens when a payment is late.")


@strawberry.enum(description="What a picture shows; never a resident ID.")
class DocumentKind(Enum):
    """Kinds of documents."""

    ENROLLMENT_NOTICE = _value("ENROLLMENT_NOTICE", "A school's notice of enrollment.")
    FEE_BILL = _value("FEE_BILL", "A school's bill.")
    MEDICAL_BILL = _value("MEDICAL_BILL", "A hospital's bill or estimate.")
    BUSINESS_LICENSE = _value("BUSINESS_LICENSE", "The shop's business license.")
    TRADE_RECORDS = _value("TRADE_RECORDS", "Records of what the shop buys and sells.")
    LAND_CONTRACT = _value("LAND_CONTRACT", "The contract of the land that is worked.")
    PURCHASE_LIST = _value("PURCHASE_LIST", "A list or quotation of what is to be bought.")
    INCOME_PROOF = _value("INCOME_PROOF", "What shows an income: pay slips, sales slips.")


@strawberry.enum(description="Where a picture stands.")
class DocumentState(Enum):
    """States of documents."""

    RECEIVING = _value("RECEIVING", "Send the rest to `uploadPath`, from `offset` on.")
    RECEIVED = _value("RECEIVED", "All bytes are here; ask again in a moment.")
    READY = _value("READY", "It is kept; GET `uploadPath` shows it.")
    REFUSED = _value("REFUSED", "It could not be kept; `problem` says why. Add it again.")
    REMOVED = _value("REMOVED", "It was taken away.")
    EXPIRED = _value("EXPIRED", "The rest did not come in time; add it again.")


@strawberry.enum(description="What became of asking somebody to stand behind a loan.")
class GuaranteeState(Enum):
    """States of guarantees."""

    ASKED = _value("ASKED", "They have not answered yet.")
    GIVEN = _value("GIVEN", "They agreed, on their own phone.")
    REFUSED = _value("REFUSED", "They said no: name somebody else.")
    WITHDRAWN = _value("WITHDRAWN", "They stepped back: name somebody else.")
    REPLACED = _value("REPLACED", "Somebody else was asked instead.")


@strawberry.enum(description="What became of an application that an agent filled in.")
class AssistedState(Enum):
    """States of assisted applications."""

    ASKED = _value("ASKED", "The person has not answered yet.")
    CONFIRMED = _value("CONFIRMED", "They confirmed it; the rest is between them and us.")
    DECLINED = _value("DECLINED", "They said no, or could not answer when called back.")
    EXPIRED = _value("EXPIRED", "They did not answer in time.")


@strawberry.enum(description="A question of a call-back.")
class CallBackQuestion(Enum):
    """Questions."""

    AMOUNT = _value("AMOUNT", "How much; type what they say.")
    MONTHS = _value("MONTHS", "For how many months; type what they say.")
    OWN_WISH = _value("OWN_WISH", "Whether it is their own wish, and nobody prompts them.")
    PAID_NOBODY = _value("PAID_NOBODY", "Whether nobody asked them for money or a code.")
