"""Messaging's use cases: telling a borrower, delivering text messages, reading and choosing."""

from app.messaging.events import InvitationQueued, MessageQueued
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
from app.messaging.operations.tending import accept_receipt, ask_about, tend

__all__ = [
    "LOCAL_EFFECTS",
    "InvitationQueued",
    "MarkNotificationsRead",
    "MarkedRead",
    "MessageQueued",
    "Notify",
    "SetNotificationPreferences",
    "Switch",
    "accept_receipt",
    "ask_about",
    "deliver",
    "deliver_invitation",
    "mark_notifications_read",
    "notify",
    "set_notification_preferences",
    "tend",
]
