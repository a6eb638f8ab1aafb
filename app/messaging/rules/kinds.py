"""What borrowers are told, under which switch, by which channels, and for how long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.messaging.ports import Channel

DAY = timedelta(days=1)
LIFETIME = timedelta(days=3)
"""After that a message would only puzzle; the inbox has it all the same."""


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
    CASH_RECEIVED = "CASH_RECEIVED"
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
    RELIEF_OFFERED = "RELIEF_OFFERED"
    PROMISE_NEAR = "PROMISE_NEAR"
    TIGHT_MONTH = "TIGHT_MONTH"
    LESSON_SUGGESTED = "LESSON_SUGGESTED"
    COUPON_GRANTED = "COUPON_GRANTED"
    POINTS_EXPIRING = "POINTS_EXPIRING"
    DATA_CORRECTED = "DATA_CORRECTED"
    DATA_NOT_CORRECTED = "DATA_NOT_CORRECTED"
    DECISION_UPHELD = "DECISION_UPHELD"
    DECISION_OVERTURNED = "DECISION_OVERTURNED"
    TICKET_LOGGED = "TICKET_LOGGED"
    TICKET_ANSWERED = "TICKET_ANSWERED"
    TICKET_EXTENDED = "TICKET_EXTENDED"
    TICKET_ESCALATED = "TICKET_ESCALATED"
    TICKET_LATE = "TICKET_LATE"
    TICKET_CLOSED = "TICKET_CLOSED"
    TICKET_REOPENED = "TICKET_REOPENED"
    SIGNED_OUT_FOR_SAFETY = "SIGNED_OUT_FOR_SAFETY"
    DEVICE_ENROLLED = "DEVICE_ENROLLED"
    SESSION_WAITS = "SESSION_WAITS"
    NUMBER_LOST = "NUMBER_LOST"
    DEVICE_ENDED = "DEVICE_ENDED"
    DATA_LOOKED_AT = "DATA_LOOKED_AT"
    DATA_REVEALED = "DATA_REVEALED"
    PRODUCT_NEWS = "PRODUCT_NEWS"
    CARE_HOLIDAY = "CARE_HOLIDAY"
    CARE_BIRTHDAY_MONTH = "CARE_BIRTHDAY_MONTH"
    CARE_HARVEST = "CARE_HARVEST"


class Category(StrEnum):
    """What a borrower can have text messages about, or not."""

    DECISIONS = "DECISIONS"
    MONEY = "MONEY"
    REMINDERS = "REMINDERS"
    LEARNING = "LEARNING"
    REWARDS = "REWARDS"
    """Coupons and points of their own; none of it is news, so it needs no consent."""
    SUPPORT = "SUPPORT"
    SAFETY = "SAFETY"
    MARKETING = "MARKETING"
    """News of products, for whoever agreed to them."""


ALWAYS_ON = frozenset({Category.SAFETY})
"""Warnings that somebody else may be at work; a thief must not be able to silence them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one kind is told: under which switch, and by which channels beside the inbox."""

    category: Category
    by_sms: bool
    by_voice: bool = False
    """Whether a call reads it aloud where the text message could not be delivered."""
    wakes: bool = False
    """Whether it may come at night: somebody else may be at work, and hours count."""
    lifetime: timedelta = LIFETIME
    """How long it is worth telling beside the inbox."""


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
    Kind.CASH_RECEIVED: Manner(category=Category.MONEY, by_sms=True),
    Kind.REPAYMENT_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.REPAYMENT_REVERSED: Manner(category=Category.MONEY, by_sms=True),
    Kind.LOAN_CORRECTED: Manner(category=Category.MONEY, by_sms=True),
    Kind.LOAN_PAID_OFF: Manner(category=Category.MONEY, by_sms=True),
    Kind.MONEY_TO_ACCEPT: Manner(
        category=Category.MONEY, by_sms=True, by_voice=True, lifetime=timedelta(hours=20)
    ),
    Kind.REFUND_PAID: Manner(category=Category.MONEY, by_sms=True),
    Kind.REFUND_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.REFUND_RETURNED: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_ON: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_OFF: Manner(category=Category.MONEY, by_sms=False),
    Kind.AUTO_DEBIT_SOON: Manner(category=Category.REMINDERS, by_sms=True, lifetime=7 * DAY),
    Kind.AUTO_DEBIT_ABOVE_CAP: Manner(category=Category.REMINDERS, by_sms=True, lifetime=7 * DAY),
    Kind.AUTO_DEBIT_TAKEN: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_FAILED: Manner(category=Category.MONEY, by_sms=True),
    Kind.AUTO_DEBIT_PAUSED: Manner(category=Category.MONEY, by_sms=True),
    Kind.PAYOFF_CERTIFICATE_READY: Manner(category=Category.MONEY, by_sms=False),
    Kind.PAYOFF_CERTIFICATE_REVOKED: Manner(category=Category.MONEY, by_sms=False),
    Kind.HARDSHIP_ARRANGED: Manner(category=Category.MONEY, by_sms=True),
    Kind.RELIEF_OFFERED: Manner(category=Category.MONEY, by_sms=True),
    Kind.PROMISE_NEAR: Manner(category=Category.REMINDERS, by_sms=True),
    Kind.TIGHT_MONTH: Manner(category=Category.LEARNING, by_sms=False, lifetime=DAY),
    Kind.LESSON_SUGGESTED: Manner(category=Category.LEARNING, by_sms=False, lifetime=DAY),
    Kind.COUPON_GRANTED: Manner(category=Category.REWARDS, by_sms=False),
    Kind.POINTS_EXPIRING: Manner(category=Category.REWARDS, by_sms=False),
    Kind.TICKET_LOGGED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.DATA_CORRECTED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.DATA_NOT_CORRECTED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.DECISION_UPHELD: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.DECISION_OVERTURNED: Manner(category=Category.DECISIONS, by_sms=False),
    Kind.TICKET_ANSWERED: Manner(category=Category.SUPPORT, by_sms=True),
    Kind.TICKET_EXTENDED: Manner(category=Category.SUPPORT, by_sms=True),
    Kind.TICKET_ESCALATED: Manner(category=Category.SUPPORT, by_sms=True),
    Kind.TICKET_LATE: Manner(category=Category.SUPPORT, by_sms=True),
    Kind.TICKET_CLOSED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.TICKET_REOPENED: Manner(category=Category.SUPPORT, by_sms=False),
    Kind.SIGNED_OUT_FOR_SAFETY: Manner(
        category=Category.SAFETY, by_sms=True, by_voice=True, wakes=True, lifetime=DAY
    ),
    Kind.DEVICE_ENROLLED: Manner(
        category=Category.SAFETY, by_sms=True, by_voice=True, wakes=True, lifetime=DAY
    ),
    Kind.DEVICE_ENDED: Manner(category=Category.SAFETY, by_sms=False),
    Kind.SESSION_WAITS: Manner(
        category=Category.SAFETY, by_sms=True, by_voice=True, wakes=True, lifetime=DAY
    ),
    Kind.NUMBER_LOST: Manner(category=Category.SAFETY, by_sms=False),
    Kind.DATA_LOOKED_AT: Manner(category=Category.SAFETY, by_sms=False),
    Kind.DATA_REVEALED: Manner(category=Category.SAFETY, by_sms=True),
    Kind.PRODUCT_NEWS: Manner(category=Category.MARKETING, by_sms=True),
    Kind.CARE_HOLIDAY: Manner(category=Category.MARKETING, by_sms=False, lifetime=DAY),
    Kind.CARE_BIRTHDAY_MONTH: Manner(category=Category.MARKETING, by_sms=False),
    Kind.CARE_HARVEST: Manner(category=Category.MARKETING, by_sms=False),
}
"""Every kind, once. What can wait until the app is opened costs nobody a text message."""


SWITCHES = tuple(Category)
"""The categories with switches, in the order they are shown."""

SMS_SWITCHES = tuple(
    category
    for category in Category
    if any(manner.by_sms and manner.category is category for manner in MANNERS.values())
)
"""The categories that have text messages at all."""


ASKING_FOR_LATE_MONEY = frozenset({Kind.OVERDUE, Kind.PROMISE_NEAR})
"""What asks somebody for late money: beside the inbox, only with leave of collections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most so many messages of a category in a span of so many calendar days in China."""

    most: int
    days: int = 1


CAPS: Mapping[Category, Cap] = {
    Category.REMINDERS: Cap(most=3),
    Category.LEARNING: Cap(most=1),
    Category.REWARDS: Cap(most=1),
    Category.SUPPORT: Cap(most=5),
    Category.MARKETING: Cap(most=1, days=7),
}
"""
How often somebody is interrupted; the inbox is not counted.

Decisions, money and safety have none: each says something that its reader must know that day.
"""


def chain_of(kind: Kind, *, by_sms: bool = True) -> tuple[Channel, ...]:
    """
    Return the channels of a kind, each for what the one before could not deliver.

    Warnings go to the number and never first to the app: the phone that holds the app may be the
    one that the warning is about. What has no text message waits in the app.
    """
    manner = MANNERS[kind]
    has_sms = manner.by_sms and by_sms
    wanted = {
        Channel.PUSH: manner.category is not Category.SAFETY,
        Channel.SMS: has_sms,
        Channel.VOICE: has_sms and manner.by_voice,
    }
    return tuple(channel for channel in Channel if wanted[channel])


Data = Mapping[str, str | int]
"""What the sentences of a notification mention."""
_BODIES_BY_FAILURE = {"NO_LONGER_HELD": "body_undone", "NAME_MISMATCH": "body_name_mismatch"}


def _of_occasion(data: Data) -> str:
    said = (data[one] for one in ("expired", "occasion", "circumstance") if one in data)
    which = str(next(said, "")).lower()
    return f"body_{which}" if which else "body"


def _of_failure(data: Data) -> str:
    why = str(data.get("payout_failure", data.get("refund_failure")))
    return _BODIES_BY_FAILURE.get(why, "body")


def _of_correction(data: Data) -> str:
    return "_".join(str(one).lower() for one in ("body", data["act"], data["part"]) if one)


def _of_named(data: Data) -> str:
    return "body" if data.keys().isdisjoint({"lesson_title", "product_name"}) else "body_titled"


_BODIES: Mapping[Kind, Callable[[Data], str]] = {
    Kind.APPLICATION_EXPIRED: _of_occasion,
    Kind.CARE_HOLIDAY: _of_occasion,
    Kind.TIGHT_MONTH: _of_occasion,
    Kind.GUARANTEE_ENDED: lambda data: "body" if data["was_lent"] else "body_not_lent",
    Kind.REPAYMENT_RECEIVED: lambda data: "body_kept" if int(data["unapplied_fen"]) > 0 else "body",
    Kind.OVERDUE: lambda data: (
        "body_in_grace" if str(data["grace_until"]) > str(data["due_on"]) else "body"
    ),
    Kind.REPAYMENT_REVERSED: lambda data: "body_because" if "correction_reason" in data else "body",
    Kind.LOAN_CORRECTED: _of_correction,
    Kind.DISBURSEMENT_FAILED: _of_failure,
    Kind.REFUND_FAILED: _of_failure,
    Kind.AUTO_DEBIT_FAILED: lambda data: "body_again" if data["next_due_on"] else "body",
    Kind.LESSON_SUGGESTED: _of_named,
    Kind.PRODUCT_NEWS: _of_named,
}
"""Kinds that say one of several things."""


def body_of(kind: Kind, data: Data) -> str:
    """Return the name of the sentence that fits what happened."""
    choose = _BODIES.get(kind)
    return "body" if choose is None else choose(data)
