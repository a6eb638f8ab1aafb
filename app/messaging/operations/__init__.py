"""Messaging's use cases: telling a borrower, delivering text messages, reading and choosing."""

from app.messaging.events import InvitationQueued, MessageQueued
from app.messaging.operations.campaigning import (
    DecideNews,
    NewsCampaign,
    NewsState,
    ProposeNews,
    decide_news,
    newest_news,
    news,
    propose_news,
    send_news,
    waiting_news,
)
from app.messaging.operations.caring import tend_care
from app.messaging.operations.choosing import (
    MarkedRead,
    MarkNotificationsRead,
    SetNotificationPreferences,
    Switch,
    mark_notifications_read,
    set_notification_preferences,
)
from app.messaging.operations.delivering import deliver
from app.messaging.operations.effects import LOCAL_EFFECTS
from app.messaging.operations.guarantees import deliver_invitation
from app.messaging.operations.notifying import Notify, notify
from app.messaging.operations.staff_leaving import withdraw_proposals
from app.messaging.operations.tending import accept_receipt, ask_about, tend

__all__ = [
    "LOCAL_EFFECTS",
    "DecideNews",
    "InvitationQueued",
    "MarkNotificationsRead",
    "MarkedRead",
    "MessageQueued",
    "NewsCampaign",
    "NewsState",
    "Notify",
    "ProposeNews",
    "SetNotificationPreferences",
    "Switch",
    "accept_receipt",
    "ask_about",
    "decide_news",
    "deliver",
    "deliver_invitation",
    "mark_notifications_read",
    "newest_news",
    "news",
    "notify",
    "propose_news",
    "send_news",
    "set_notification_preferences",
    "tend",
    "tend_care",
    "waiting_news",
    "withdraw_proposals",
]
