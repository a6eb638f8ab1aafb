"""What borrowers are told, by which channel, and when they are left in peace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from app.foundation.clock import SHANGHAI

SEGMENT_UNITS = 70
"""UCS-2 units in a text message of one segment (3GPP TS 23.038); 【青苗】 makes all ours UCS-2."""

JOINED_SEGMENT_UNITS = 67
"""UCS-2 units in each segment of a longer message; its header takes the other three."""

SEGMENTS_MAX = 2

RETRY_SECONDS = (30, 120, 600, 1_800, 3_600, 7_200, 14_400)
"""Waits between tries with the carrier: eight tries in eight hours, then it honestly failed."""


class Kind(StrEnum):
    """What a notification is about."""

    APPLICATION_APPROVED = "APPLICATION_APPROVED"
    APPLICATION_REFERRED = "APPLICATION_REFERRED"
    APPLICATION_DECLINED = "APPLICATION_DECLINED"
    APPLICATION_NEEDS_MORE = "APPLICATION_NEEDS_MORE"
    APPLICATION_LENDER_LEFT = "APPLICATION_LENDER_LEFT"
    HANDOVER_ACCEPTED = "HANDOVER_ACCEPTED"
    HANDOVER_DECLINED = "HANDOVER_DECLINED"
    HANDOVER_STOPPED = "HANDOVER_STOPPED"
    APPLICATION_EXPIRED = "APPLICATION_EXPIRED"
    LIMIT_LOWERED = "LIMIT_LOWERED"
    GUARANTEE_ASKED = "GUARANTEE_ASKED"
    GUARANTEE_BINDS = "GUARANTEE_BINDS"
    GUARANTEE_LATE = "GUARANTEE_LATE"
    GUARANTEE_ENDED = "GUARANTEE_ENDED"
    LOAN_DISBURSED = "LOAN_DISBURSED"
    DISBURSEMENT_FAILED = "DISBURSEMENT_FAILED"
    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    OVERDUE = "OVERDUE"
    REPAYMENT_RECEIVED = "REPAYMENT_RECEIVED"
    REPAYMENT_FAILED = "REPAYMENT_FAILED"
    REPAYMENT_REVERSED = "REPAYMENT_REVERSED"
    LOAN_CORRECTED = "LOAN_CORRECTED"
    AUTO_DEBIT_ON = "AUTO_DEBIT_ON"
    AUTO_DEBIT_OFF = "AUTO_DEBIT_OFF"
    AUTO_DEBIT_SOON = "AUTO_DEBIT_SOON"
    AUTO_DEBIT_ABOVE_CAP = "AUTO_DEBIT_ABOVE_CAP"
    AUTO_DEBIT_TAKEN = "AUTO_DEBIT_TAKEN"
    AUTO_DEBIT_FAILED = "AUTO_DEBIT_FAILED"
    AUTO_DEBIT_PAUSED = "AUTO_DEBIT_PAUSED"
    LOAN_PAID_OFF = "LOAN_PAID_OFF"
    MONEY_TO_ACCEPT = "MONEY_TO_ACCEPT"
    REFUND_PAID = "REFUND_PAID"
    REFUND_FAILED = "REFUND_FAILED"
    REFUND_RETURNED = "REFUND_RETURNED"
    PAYOFF_CERTIFICATE_READY = "PAYOFF_CERTIFICATE_READY"
    PAYOFF_CERTIFICATE_REVOKED = "PAYOFF_CERTIFICATE_REVOKED"
    HARDSHIP_ARRANGED = "HARDSHIP_ARRANGED"
    LESSON_SUGGESTED = "LESSON_SUGGESTED"
    DATA_CORRECTED = "DATA_CORRECTED"
    DATA_NOT_CORRECTED = "DATA_NOT_CORRECTED"
    DECISION_UPHELD = "DECISION_UPHELD"
    DECISION_OVERTURNED = "DECISION_OVERTURNED"
    TICKET_LOGGED = "TICKET_LOGGED"
    TICKET_ANSWERED = "TICKET_ANSWERED"
    SIGNED_OUT_FOR_SAFETY = "SIGNED_OUT_FOR_SAFETY"
    DEVICE_ENROLLED = "DEVICE_ENROLLED"
    SESSION_WAITS = "SESSION_WAITS"
    NUMBER_LOST = "NUMBER_LOST"
    DEVICE_ENDED = "DEVICE_ENDED"
    DATA_LOOKED_AT = "DATA_LOOKED_AT"
    DATA_REVEALED = "DATA_REVEALED"


class Category(StrEnum):
    """What a borrower can have text messages about, or not."""

    DECISIONS = "DECISIONS"
    MONEY = "MONEY"
    REMINDERS = "REMINDERS"
    LEARNING = "LEARNING"
    SUPPORT = "SUPPORT"
    SAFETY = "SAFETY"


ALWAYS_ON = frozenset({Category.SAFETY})
"""Warnings that somebody else may be at work; a thief must not be able to silence them."""


class SmsState(StrEnum):
    """How far a text message has got."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class SmsReason(StrEnum):
    """Why a text message was not sent."""

    SWITCHED_OFF = "SWITCHED_OFF"
    NO_LONGER_TRUE = "NO_LONGER_TRUE"
    OUT_OF_TRIES = "OUT_OF_TRIES"
    NOT_THEIR_NUMBER = "NOT_THEIR_NUMBER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one kind is told: under which switch, and whether by text message too."""

    category: Category
    by_sms: bool


MANNERS: Mapping[Kind, Manner] = {
    Kind.APPLICATION_APPROVED: Manner(category=Category.DECISIONS, by_sms=True),
    Kind.APPLICATION_REFERRED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.APPLICATION_DECLINED: Manner(category=Category.DECISIONS, by_sms=True),
    Kind.APPLICATION_NEEDS_MORE: Manner(category=Category.DECISIONS, by_sms=True),
    Kind.APPLICATION_EXPIRED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.APPLICATION_LENDER_LEFT: Manner(category=Category.DECISIONS, by_sms=True),
    Kind.HANDOVER_ACCEPTED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.HANDOVER_DECLINED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.HANDOVER_STOPPED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.LIMIT_LOWERED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.GUARANTEE_ASKED: Manner(category=Category.DECISIONS, by_sms=True),
    Kind.GUARANTEE_BINDS: Manner(category=Category.MONEY, by_sms=True),
    Kind.GUARANTEE_LATE: Manner(category=Category.REMINDERS, by_sms=True),
    Kind.GUARANTEE_ENDED: Manner(category=Category.MONEY, by_sms=True),
    Kind.LOAN_DISBURSED: Manner(category=Category.MONEY, by_sms=True),
    Kind.DISBURSEMENT_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.DUE_SOON: Manner(category=Category.REMINDERS, by_sms=False),
    Kind.DUE_TODAY: Manner(category=Category.REMINDERS, by_sms=True),
    Kind.OVERDUE: Manner(category=Category.REMINDERS, by_sms=True),
    Kind.REPAYMENT_RECEIVED: Manner(category=Category.MONEY, by_sms=True),
    Kind.REPAYMENT_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.REPAYMENT_REVERSED: Manner(category=Category.MONEY, by_sms=True),
    Kind.LOAN_CORRECTED: Manner(category=Category.MONEY, by_sms=True),
    Kind.LOAN_PAID_OFF: Manner(category=Category.MONEY, by_sms=True),
    Kind.MONEY_TO_ACCEPT: Manner(category=Category.MONEY, by_sms=True),
    Kind.REFUND_PAID: Manner(category=Category.MONEY, by_sms=True),
    Kind.REFUND_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.REFUND_RETURNED: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_ON: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_OFF: Manner(category=Category.MONEY, by_sms=False),
    Kind.AUTO_DEBIT_SOON: Manner(category=Category.REMINDERS, by_sms=True),
    Kind.AUTO_DEBIT_ABOVE_CAP: Manner(category=Category.REMINDERS, by_sms=True),
    Kind.AUTO_DEBIT_TAKEN: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_PAUSED: Manner(category=Category.MONEY, by_sms=True),
    Kind.PAYOFF_CERTIFICATE_READY: Manner(category=Category.MONEY, by_sms=False),
    Kind.PAYOFF_CERTIFICATE_REVOKED: Manner(category=Category.MONEY, by_sms=False),
    Kind.HARDSHIP_ARRANGED: Manner(category=Category.MONEY, by_sms=True),
    Kind.LESSON_SUGGESTED: Manner(category=Category.LEARNING, by_sms=False),
    Kind.TICKET_LOGGED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.DATA_CORRECTED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.DATA_NOT_CORRECTED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.DECISION_UPHELD: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.DECISION_OVERTURNED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.TICKET_ANSWERED: Manner(category=Category.SUPPORT, by_sms=True),
    Kind.SIGNED_OUT_FOR_SAFETY: Manner(category=Category.SAFETY, by_sms=True),
    Kind.DEVICE_ENROLLED: Manner(category=Category.SAFETY, by_sms=True),
    Kind.DEVICE_ENDED: Manner(category=Category.SAFETY, by_sms=False),
    Kind.SESSION_WAITS: Manner(category=Category.SAFETY, by_sms=True),
    Kind.NUMBER_LOST: Manner(category=Category.SAFETY, by_sms=False),
    Kind.DATA_LOOKED_AT: Manner(category=Category.SAFETY, by_sms=False),
    Kind.DATA_REVEALED: Manner(category=Category.SAFETY, by_sms=True),
}
"""Every kind, once. What can wait until the app is opened costs nobody a text message."""


SWITCHES = tuple(
    category
    for category in Category
    if any(manner.by_sms and manner.category is category for manner in MANNERS.values())
)
"""The categories that have text messages at all, in the order they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """The hours of the night, in China's time, in which no text message goes out."""

    begins: time
    ends: time

    def covers(self, moment: datetime) -> bool:
        """Tell whether a moment is within them; they may span midnight."""
        at = moment.astimezone(SHANGHAI).time()
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def first_allowed(self, moment: datetime) -> datetime:
        """Return the moment itself by day, or the morning that ends the night it falls in."""
        if not self.covers(moment):
            return moment
        local = moment.astimezone(SHANGHAI)
        morning = local.replace(
            hour=self.ends.hour, minute=self.ends.minute, second=0, microsecond=0
        )
        return morning if morning > local else morning + timedelta(days=1)


def sms_segments(sentence: str) -> int:
    """Return how many segments a carrier charges for a text in UCS-2."""
    units = len(sentence.encode("utf-16-be")) // 2
    if units <= SEGMENT_UNITS:
        return 1
    return -(-units // JOINED_SEGMENT_UNITS)


def retry_after_seconds(attempts: int) -> int | None:
    """Return how long to wait after so many failed tries; None when they are used up."""
    return RETRY_SECONDS[attempts - 1] if attempts <= len(RETRY_SECONDS) else None


def body_of(kind: Kind, data: Mapping[str, str | int]) -> str:
    """Return the name of the sentence that fits what happened."""
    is_special, name = False, "body"
    match kind:
        case Kind.APPLICATION_EXPIRED:
            ran_out = str(data.get("expired", "")).lower()
            is_special, name = bool(ran_out), f"body_{ran_out}"
        case Kind.GUARANTEE_ENDED:
            is_special, name = not data["was_lent"], "body_not_lent"
        case Kind.REPAYMENT_RECEIVED:
            is_special, name = int(data["unapplied_fen"]) > 0, "body_kept"
        case Kind.OVERDUE:
            is_special, name = str(data["grace_until"]) > str(data["due_on"]), "body_in_grace"
        case Kind.REPAYMENT_REVERSED:
            is_special, name = "correction_reason" in data, "body_because"
        case Kind.LOAN_CORRECTED:
            parts = ("body", data["act"], data["part"])
            is_special, name = True, "_".join(str(one).lower() for one in parts if one)
        case Kind.REFUND_FAILED:
            is_special, name = data["refund_failure"] == "NO_LONGER_HELD", "body_undone"
        case Kind.AUTO_DEBIT_FAILED:
            is_special, name = bool(data["next_due_on"]), "body_again"
        case Kind.LESSON_SUGGESTED:
            is_special, name = "lesson_title" in data, "body_titled"
        case _:
            pass
    return name if is_special else "body"
