"""Origination's enums as the schema shows them, each value with what the phone can do about it."""

from enum import Enum

import strawberry

from app.foundation.graphql import enum_value


@strawberry.enum(description="Where a loan application stands.")
class LoanApplicationState(Enum):
    """States."""

    DRAFT = enum_value("DRAFT", "Being filled in; kept for thirty days.")
    SUBMITTED = enum_value("SUBMITTED", "Handed in; the decision is about to begin.")
    ACTION_REQUIRED = enum_value(
        "ACTION_REQUIRED", "Something is missing after all: show `missing`, then submit again."
    )
    DECIDING = enum_value("DECIDING", "Being decided, by machine or by a person; ask again later.")
    OFFERED = enum_value("OFFERED", "Approved: show `offers` and let one be accepted.")
    OFFER_ACCEPTED = enum_value(
        "OFFER_ACCEPTED", "An offer was chosen: open the cost certificate and have it understood."
    )
    COST_CONFIRMED = enum_value("COST_CONFIRMED", "The cost is confirmed: begin the signature.")
    SIGNED = enum_value("SIGNED", "Signed; the money is about to be sent and may still be stopped.")
    COOLING_OFF = enum_value(
        "COOLING_OFF", "Signed; the money waits and the loan may be withdrawn."
    )
    DISBURSING = enum_value("DISBURSING", "The money is on its way; it can no longer be stopped.")
    BOOKED = enum_value("BOOKED", "The money has arrived: go to the loan by `loanId`.")
    REJECTED = enum_value("REJECTED", "Declined: show the decision's reasons and what would help.")
    WITHDRAWN = enum_value("WITHDRAWN", "Taken back by the borrower; nothing is owed.")
    EXPIRED = enum_value("EXPIRED", "Its time is over; nothing is owed. A new one may be started.")
    DISBURSEMENT_FAILED = enum_value(
        "DISBURSEMENT_FAILED", "The money could not be paid out; nothing is owed."
    )


@strawberry.enum(description="The one thing the phone should show next.")
class LoanApplicationStep(Enum):
    """Next steps."""

    FILL_IN = enum_value("FILL_IN", "Ask for what `missing` lists: saveApplication, giveConsent.")
    SUBMIT = enum_value("SUBMIT", "Everything is there: submitApplication.")
    WAIT_FOR_DECISION = enum_value(
        "WAIT_FOR_DECISION", "Show that we are at work; ask again later."
    )
    CHOOSE_OFFER = enum_value("CHOOSE_OFFER", "Show the offers: acceptOffer.")
    READ_COST = enum_value("READ_COST", "Show the cost certificate: openCertificate.")
    ANSWER_QUESTIONS = enum_value("ANSWER_QUESTIONS", "Ask the questions: answerComprehension.")
    CONFIRM_COST = enum_value("CONFIRM_COST", "Have the cost confirmed: confirmCost.")
    SIGN = enum_value(
        "SIGN", "Show the agreement and ask for the code: beginSignature, signAgreement."
    )
    WAIT_FOR_MONEY = enum_value("WAIT_FOR_MONEY", "Show that the money is coming; ask again later.")
    SEE_LOAN = enum_value("SEE_LOAN", "Go to the loan.")
    APPLY_AGAIN = enum_value("APPLY_AGAIN", "It has ended; offer a new application.")


@strawberry.enum(description="Something an application needs before it can be handed in.")
class MissingKind(Enum):
    """Missing things."""

    PROFILE = enum_value("PROFILE", "The borrower's profile: completeProfile.")
    BANK_CARD = enum_value("BANK_CARD", "Their own card or wallet: setBankCard, setWallet.")
    AMOUNT = enum_value("AMOUNT", "How much, within what the product lends in the region.")
    MONTHS = enum_value("MONTHS", "For how many months, one of those offered in the region.")
    PURPOSE = enum_value("PURPOSE", "What the money is for.")
    MONTHLY_INCOME = enum_value("MONTHLY_INCOME", "Income a month.")
    DEBT_PAYMENTS = enum_value("DEBT_PAYMENTS", "What the household's other debts take a month.")
    MERCHANT = enum_value("MERCHANT", "The school, clinic or shop that is paid.")
    CONSENT = enum_value("CONSENT", "A consent: giveConsent with the kind and recipient beside it.")
    DOCUMENT = enum_value("DOCUMENT", "A picture: addDocument with the kind beside it.")
    GUARANTOR = enum_value(
        "GUARANTOR", "Somebody who stands behind the loan: nameGuarantor; then wait for them."
    )
    OTHER_GUARANTOR = enum_value(
        "OTHER_GUARANTOR", "Somebody else: who was asked cannot do it for now: nameGuarantor."
    )
    LENDER = enum_value(
        "LENDER",
        "A lender: one has left the published list, so the product can't be lent now. Nothing to"
        " fill in: wait for another, or take another product.",
    )


@strawberry.enum(description="What a decision came to.")
class DecisionOutcome(Enum):
    """Outcomes."""

    APPROVE = enum_value("APPROVE", "Approved; there are offers.")
    REFER = enum_value("REFER", "A person takes a look; it is not a refusal.")
    DECLINE = enum_value("DECLINE", "Declined; the reasons say what would change it.")


@strawberry.enum(description="What an offer is beside what was asked for.")
class OfferKind(Enum):
    """Offers."""

    ASKED = enum_value("ASKED", "What was asked for.")
    LESS = enum_value("LESS", "A smaller amount, which costs less.")
    SHORTER = enum_value("SHORTER", "Paid off sooner, which costs less in all.")
    LONGER = enum_value("LONGER", "Smaller payments over a longer time, which costs more in all.")


@strawberry.enum(description="How a loan could cost less than an offer.")
class BetterWay(Enum):
    """Ways."""

    LESS = enum_value(
        "LESS", "Borrow less: the offer with that amount stands beside it, or ask anew."
    )
    SHORTER = enum_value("SHORTER", "Pay it off sooner.")
    LATER = enum_value("LATER", "Borrow it later, nearer to the harvest; it ends on the same day.")
    SUBSIDIZED = enum_value("SUBSIDIZED", "The state may pay a part of the interest.")


@strawberry.enum(description="A plain question about the cost.")
class ComprehensionQuestionKind(Enum):
    """Questions."""

    NEXT_PAYMENT = enum_value("NEXT_PAYMENT", "What is paid each month, or first.")
    TOTAL = enum_value("TOTAL", "What is paid back in all.")
    LATE = enum_value("LATE", "What happens when a payment is late.")


@strawberry.enum(description="What a picture shows; never a resident ID.")
class DocumentKind(Enum):
    """Kinds of documents."""

    ENROLLMENT_NOTICE = enum_value("ENROLLMENT_NOTICE", "A school's notice of enrollment.")
    FEE_BILL = enum_value("FEE_BILL", "A school's bill.")
    MEDICAL_BILL = enum_value("MEDICAL_BILL", "A hospital's bill or estimate.")
    BUSINESS_LICENSE = enum_value("BUSINESS_LICENSE", "The shop's business license.")
    TRADE_RECORDS = enum_value("TRADE_RECORDS", "Records of what the shop buys and sells.")
    LAND_CONTRACT = enum_value("LAND_CONTRACT", "The contract of the land that is worked.")
    PURCHASE_LIST = enum_value("PURCHASE_LIST", "A list or quotation of what is to be bought.")
    INCOME_PROOF = enum_value("INCOME_PROOF", "What shows an income: pay slips, sales slips.")
    TICKET_EVIDENCE = enum_value("TICKET_EVIDENCE", "What a ticket is about; for attachPicture.")


@strawberry.enum(description="Where a picture stands.")
class DocumentState(Enum):
    """States of documents."""

    RECEIVING = enum_value("RECEIVING", "Send the rest to `uploadPath`, from `offset` on.")
    RECEIVED = enum_value("RECEIVED", "All bytes are here; ask again in a moment.")
    READY = enum_value("READY", "It is kept; GET `uploadPath` shows it.")
    REFUSED = enum_value("REFUSED", "It could not be kept; `problem` says why. Add it again.")
    REMOVED = enum_value("REMOVED", "It was taken away.")
    EXPIRED = enum_value("EXPIRED", "The rest did not come in time; add it again.")


@strawberry.enum(description="What became of asking somebody to stand behind a loan.")
class GuaranteeState(Enum):
    """States of guarantees."""

    ASKED = enum_value("ASKED", "They have not answered yet.")
    GIVEN = enum_value("GIVEN", "They agreed, on their own phone.")
    REFUSED = enum_value("REFUSED", "They said no: name somebody else.")
    WITHDRAWN = enum_value("WITHDRAWN", "They stepped back: name somebody else.")
    REPLACED = enum_value("REPLACED", "Somebody else was asked instead.")


@strawberry.enum(description="What became of an application that an agent filled in.")
class AssistedState(Enum):
    """States of assisted applications."""

    ASKED = enum_value("ASKED", "The person has not answered yet.")
    CONFIRMED = enum_value("CONFIRMED", "They confirmed it; the rest is between them and us.")
    DECLINED = enum_value("DECLINED", "They said no, or could not answer when called back.")
    EXPIRED = enum_value("EXPIRED", "They did not answer in time.")


@strawberry.enum(description="A question of a call-back.")
class CallBackQuestion(Enum):
    """Questions."""

    AMOUNT = enum_value("AMOUNT", "How much; type what they say.")
    MONTHS = enum_value("MONTHS", "For how many months; type what they say.")
    OWN_WISH = enum_value("OWN_WISH", "Whether it is their own wish, and nobody prompts them.")
    PAID_NOBODY = enum_value("PAID_NOBODY", "Whether nobody asked them for money or a code.")
