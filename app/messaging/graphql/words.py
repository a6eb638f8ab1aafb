"""Messaging's enums as the schema shows them, each value with what a phone can do about it."""

from enum import Enum

import strawberry

from app.foundation.graphql import enum_value
from app.messaging.rules import State


@strawberry.enum(description="What a notification is about; choose icon and screen by this.")
class NotificationKind(Enum):
    """Kinds of `rules.Kind`."""

    APPLICATION_APPROVED = strawberry.enum_value(
        "APPLICATION_APPROVED", description="A loan application was approved; open applicationId."
    )
    APPLICATION_REFERRED = strawberry.enum_value(
        "APPLICATION_REFERRED", description="A person will look at the application; nothing to do."
    )
    APPLICATION_DECLINED = strawberry.enum_value(
        "APPLICATION_DECLINED",
        description="An application was declined; applicationId shows the reasons.",
    )
    APPLICATION_NEEDS_MORE = strawberry.enum_value(
        "APPLICATION_NEEDS_MORE", description="Something is missing; applicationId shows what."
    )
    APPLICATION_LENDER_LEFT = strawberry.enum_value(
        "APPLICATION_LENDER_LEFT",
        description="A lender left the published list, so an application waits.",
    )
    HANDOVER_ACCEPTED = strawberry.enum_value(
        "HANDOVER_ACCEPTED", description="Another lender goes on with what was handed over."
    )
    HANDOVER_DECLINED = strawberry.enum_value(
        "HANDOVER_DECLINED", description="Another lender doesn't go on with it."
    )
    HANDOVER_STOPPED = strawberry.enum_value(
        "HANDOVER_STOPPED", description="Nothing was handed over after all."
    )
    APPLICATION_EXPIRED = strawberry.enum_value(
        "APPLICATION_EXPIRED", description="An application or its offers ran out of time."
    )
    LIMIT_LOWERED = strawberry.enum_value(
        "LIMIT_LOWERED", description="Less can be borrowed anew; signed loans stay as they are."
    )
    GUARANTEE_ASKED = strawberry.enum_value(
        "GUARANTEE_ASKED",
        description="Somebody asks the caller to guarantee a loan: show guaranteesAsked.",
    )
    GUARANTEE_BINDS = strawberry.enum_value(
        "GUARANTEE_BINDS", description="A loan the caller guarantees was signed."
    )
    GUARANTEE_LATE = strawberry.enum_value(
        "GUARANTEE_LATE", description="A loan the caller guarantees is late; once an installment."
    )
    GUARANTEE_ENDED = strawberry.enum_value(
        "GUARANTEE_ENDED", description="A guarantee of the caller's is over; nothing to do."
    )
    LOAN_DISBURSED = strawberry.enum_value(
        "LOAN_DISBURSED", description="The money has arrived; loanId has the installment plan."
    )
    DISBURSEMENT_FAILED = strawberry.enum_value(
        "DISBURSEMENT_FAILED", description="The money could not be paid out; check the bank card."
    )
    DUE_SOON = strawberry.enum_value(
        "DUE_SOON", description="An installment of loanId falls due in a few days."
    )
    DUE_TODAY = strawberry.enum_value(
        "DUE_TODAY", description="An installment of loanId falls due today."
    )
    OVERDUE = strawberry.enum_value(
        "OVERDUE", description="An installment of loanId is late; offer repaying and hardship help."
    )
    REPAYMENT_RECEIVED = strawberry.enum_value(
        "REPAYMENT_RECEIVED", description="A repayment towards loanId arrived."
    )
    CASH_RECEIVED = strawberry.enum_value(
        "CASH_RECEIVED",
        description="A shop took cash towards loanId; repaymentId has its `cashReceipt`.",
    )
    REPAYMENT_FAILED = strawberry.enum_value(
        "REPAYMENT_FAILED", description="A repayment towards loanId did not go through."
    )
    REPAYMENT_REVERSED = strawberry.enum_value(
        "REPAYMENT_REVERSED",
        description="A repayment towards loanId was returned; more is owed again.",
    )
    LOAN_CORRECTED = strawberry.enum_value(
        "LOAN_CORRECTED",
        description="Staff put something about loanId right; show the text, it says what and why.",
    )
    AUTO_DEBIT_ON = strawberry.enum_value(
        "AUTO_DEBIT_ON", description="Automatic debits for loanId are on; show `autoDebit`."
    )
    AUTO_DEBIT_OFF = strawberry.enum_value(
        "AUTO_DEBIT_OFF", description="Automatic debits for loanId were ended by the borrower."
    )
    AUTO_DEBIT_SOON = strawberry.enum_value(
        "AUTO_DEBIT_SOON", description="An amount is going to be debited for loanId."
    )
    AUTO_DEBIT_ABOVE_CAP = strawberry.enum_value(
        "AUTO_DEBIT_ABOVE_CAP",
        description="More falls due on loanId than the borrower's cap; offer repaying or the cap.",
    )
    AUTO_DEBIT_TAKEN = strawberry.enum_value(
        "AUTO_DEBIT_TAKEN", description="An amount was debited for loanId; repaymentId has it."
    )
    AUTO_DEBIT_FAILED = strawberry.enum_value(
        "AUTO_DEBIT_FAILED",
        description="Nothing was debited for loanId; the attempts of `autoDebit` say why.",
    )
    AUTO_DEBIT_PAUSED = strawberry.enum_value(
        "AUTO_DEBIT_PAUSED",
        description="Automatic debits for loanId have stopped; offer repaying and hardship help.",
    )
    LOAN_PAID_OFF = strawberry.enum_value(
        "LOAN_PAID_OFF", description="Nothing is owed on loanId any more."
    )
    MONEY_TO_ACCEPT = strawberry.enum_value(
        "MONEY_TO_ACCEPT",
        description="Money waits in WeChat and goes back after a day: offer `acceptInWallet`.",
    )
    REFUND_PAID = strawberry.enum_value(
        "REFUND_PAID", description="Money kept on loanId has gone back to the borrower."
    )
    REFUND_FAILED = strawberry.enum_value(
        "REFUND_FAILED", description="A refund of loanId did not go out; refunds shows why."
    )
    REFUND_RETURNED = strawberry.enum_value(
        "REFUND_RETURNED",
        description="The bank sent a refund of loanId back; it is kept again. Check the bank card.",
    )
    PAYOFF_CERTIFICATE_READY = strawberry.enum_value(
        "PAYOFF_CERTIFICATE_READY",
        description="The payoff certificate of loanId was made out; open it.",
    )
    PAYOFF_CERTIFICATE_REVOKED = strawberry.enum_value(
        "PAYOFF_CERTIFICATE_REVOKED",
        description="The payoff certificate of loanId no longer holds; show the loan.",
    )
    HARDSHIP_ARRANGED = strawberry.enum_value(
        "HARDSHIP_ARRANGED",
        description="The arrangement that was chosen for loanId holds; show the new plan.",
    )
    RELIEF_OFFERED = strawberry.enum_value(
        "RELIEF_OFFERED",
        description="There is a disaster where the borrower lives: show hardshipOptions of loanId.",
    )
    PROMISE_NEAR = strawberry.enum_value(
        "PROMISE_NEAR", description="Tomorrow is the day that was promised for loanId; open it."
    )
    TIGHT_MONTH = strawberry.enum_value(
        "TIGHT_MONTH",
        description="A month begins in three weeks that will be tight; open householdPlan.",
    )
    LESSON_SUGGESTED = strawberry.enum_value(
        "LESSON_SUGGESTED", description="The lesson lessonSlug fits what is happening now."
    )
    COUPON_GRANTED = strawberry.enum_value(
        "COUPON_GRANTED", description="The caller was given a coupon; open `rewards`."
    )
    POINTS_EXPIRING = strawberry.enum_value(
        "POINTS_EXPIRING", description="Points of the caller's go soon; open `rewards`."
    )
    DATA_CORRECTED = strawberry.enum_value(
        "DATA_CORRECTED", description="Something about the borrower was put right, as asked."
    )
    DATA_NOT_CORRECTED = strawberry.enum_value(
        "DATA_NOT_CORRECTED", description="It was not put right; the request's answer says why."
    )
    DECISION_UPHELD = strawberry.enum_value(
        "DECISION_UPHELD", description="A person looked at a decision, and it stands."
    )
    DECISION_OVERTURNED = strawberry.enum_value(
        "DECISION_OVERTURNED",
        description="A person looked at a decision and approved the loan after all.",
    )
    TICKET_LOGGED = strawberry.enum_value(
        "TICKET_LOGGED", description="The desk wrote down what the borrower said, as ticketId."
    )
    TICKET_ANSWERED = strawberry.enum_value(
        "TICKET_ANSWERED", description="The service desk answered ticketId."
    )
    TICKET_EXTENDED = strawberry.enum_value(
        "TICKET_EXTENDED", description="A complaint takes longer; ticketId says why."
    )
    TICKET_ESCALATED = strawberry.enum_value(
        "TICKET_ESCALATED",
        description="A complaint's time runs short and a supervisor has it; ticketId says where"
        " else to turn.",
    )
    TICKET_LATE = strawberry.enum_value(
        "TICKET_LATE",
        description="A complaint was not answered in time; ticketId says where else to turn.",
    )
    TICKET_CLOSED = strawberry.enum_value(
        "TICKET_CLOSED", description="A complaint is closed; ticketId can be rated."
    )
    TICKET_REOPENED = strawberry.enum_value(
        "TICKET_REOPENED", description="A complaint is open again, with somebody else."
    )
    SIGNED_OUT_FOR_SAFETY = strawberry.enum_value(
        "SIGNED_OUT_FOR_SAFETY",
        description="Old sign-in details were used; show the list of sessions.",
    )
    DEVICE_ENROLLED = strawberry.enum_value(
        "DEVICE_ENROLLED", description="A phone was added that may sign in; show the devices."
    )
    SESSION_WAITS = strawberry.enum_value(
        "SESSION_WAITS",
        description="A new phone signed in by the number alone; show the sessions, to object.",
    )
    NUMBER_LOST = strawberry.enum_value(
        "NUMBER_LOST", description="Somebody else has the number now; offer changePhone."
    )
    DEVICE_ENDED = strawberry.enum_value(
        "DEVICE_ENDED", description="A phone may no longer sign in; show the devices."
    )
    DATA_LOOKED_AT = strawberry.enum_value(
        "DATA_LOOKED_AT", description="Staff looked at the borrower's data; open who looked at me."
    )
    DATA_REVEALED = strawberry.enum_value(
        "DATA_REVEALED",
        description="Staff saw something of the borrower's in clear; open who looked at me.",
    )
    PRODUCT_NEWS = strawberry.enum_value(
        "PRODUCT_NEWS", description="News of a product, as the borrower agreed to; show products."
    )
    CARE_HOLIDAY = strawberry.enum_value(
        "CARE_HOLIDAY", description="A greeting on a holiday; nothing to do."
    )
    CARE_BIRTHDAY_MONTH = strawberry.enum_value(
        "CARE_BIRTHDAY_MONTH", description="A greeting in the month of a birthday; nothing to do."
    )
    CARE_HARVEST = strawberry.enum_value(
        "CARE_HARVEST", description="A greeting before the harvest; nothing to do."
    )


@strawberry.enum(description="What text messages can be switched on or off for.")
class NotificationCategory(Enum):
    """Categories of `rules.Category`."""

    DECISIONS = strawberry.enum_value(
        "DECISIONS", description="How loan applications were decided."
    )
    MONEY = strawberry.enum_value(
        "MONEY", description="Disbursements, receipts, payments that failed or were returned."
    )
    REMINDERS = strawberry.enum_value("REMINDERS", description="Installments due today or late.")
    LEARNING = strawberry.enum_value(
        "LEARNING", description="Lessons; never sent as text messages."
    )
    REWARDS = strawberry.enum_value(
        "REWARDS", description="Coupons and points; never sent as text messages."
    )
    SUPPORT = strawberry.enum_value("SUPPORT", description="Answers from the service desk.")
    SAFETY = strawberry.enum_value(
        "SAFETY", description="Signs that somebody else may be at work; always on."
    )
    MARKETING = strawberry.enum_value(
        "MARKETING", description="News of products, for whoever agreed to them."
    )


@strawberry.enum(description="How far a text message has got.")
class SmsState(Enum):
    """States of `rules.SmsState`."""

    QUEUED = strawberry.enum_value(
        "QUEUED", description="Waiting, for the morning or for the carrier."
    )
    SENT = strawberry.enum_value("SENT", description="The carrier took it.")
    FAILED = strawberry.enum_value(
        "FAILED", description="It could not be sent and will not be tried again."
    )
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="Not sent on purpose: switched off, or no longer true."
    )


@strawberry.enum(description="How a message reaches a phone, beside the inbox.")
class MessageChannel(Enum):
    """Channels of `ports.Channel`."""

    PUSH = enum_value("PUSH", "The app's own push, by the phone maker's service.")
    SMS = enum_value("SMS", "A text message.")
    VOICE = enum_value("VOICE", "A call that reads the message aloud.")


@strawberry.enum(description="How far a message has got over one channel.")
class DeliveryState(Enum):
    """States of `rules.State`; a call under way waits."""

    QUEUED = enum_value("QUEUED", "Waiting: for the morning, for the carrier, or for its answer.")
    SENT = enum_value("SENT", "The carrier took it; whether it arrived is not known yet.")
    DELIVERED = enum_value("DELIVERED", "It arrived.")
    FAILED = enum_value("FAILED", "It did not go out or did not arrive; reason says why.")
    SUPPRESSED = enum_value("SUPPRESSED", "Not sent on purpose; reason says why.")


@strawberry.enum(description="Why a message was not sent, or did not arrive.")
class DeliveryReason(Enum):
    """Reasons of `rules.Reason`."""

    SWITCHED_OFF = enum_value("SWITCHED_OFF", "The borrower switched it off.")
    NO_CONSENT = enum_value("NO_CONSENT", "The borrower did not agree to news of products.")
    NO_LONGER_TRUE = enum_value("NO_LONGER_TRUE", "It was no longer so when it could go out.")
    NOT_THEIR_NUMBER = enum_value("NOT_THEIR_NUMBER", "The number is somebody else's now.")
    TOO_MANY = enum_value("TOO_MANY", "There were enough messages of its kind that day.")
    NOT_PERMITTED = enum_value(
        "NOT_PERMITTED",
        "It asks for late money, or is news, and the borrower is to be left in peace.",
    )
    OUT_OF_TRIES = enum_value("OUT_OF_TRIES", "No carrier took it, however often asked.")
    EXPIRED = enum_value("EXPIRED", "It could not go out in time.")
    REJECTED = enum_value("REJECTED", "No carrier will take it: nowhere to send it to.")
    UNDELIVERED = enum_value("UNDELIVERED", "The carrier took it, and it did not arrive.")
    UNKNOWN = enum_value("UNKNOWN", "The carrier never said whether it took it.")
    BROKEN_TEXT = enum_value("BROKEN_TEXT", "Its words could not be written.")


@strawberry.enum(description="Whose push service a token is of.")
class PushVendor(Enum):
    """Vendors of `operations.pushing.VENDORS`."""

    HUAWEI = enum_value("HUAWEI", "Huawei Push Kit.")
    HONOR = enum_value("HONOR", "Honor Push.")
    XIAOMI = enum_value("XIAOMI", "Mi Push.")
    OPPO = enum_value("OPPO", "OPPO Push.")
    VIVO = enum_value("VIVO", "vivo Push.")
    APPLE = enum_value("APPLE", "APNs.")
    WEB = enum_value("WEB", "Web Push.")


def state_of(state: State) -> DeliveryState:
    """Return how far a message has got, in words of the schema."""
    return DeliveryState.QUEUED if state is State.CALLING else DeliveryState(state.value)


def sms_state_of(state: State) -> SmsState:
    """Return how far a text message has got, in the words from before there were receipts."""
    match state:
        case State.QUEUED | State.CALLING:
            return SmsState.QUEUED
        case State.SENT | State.DELIVERED:
            return SmsState.SENT
        case State.FAILED:
            return SmsState.FAILED
        case State.SUPPRESSED:
            return SmsState.SUPPRESSED
