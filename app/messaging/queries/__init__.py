"""Reading messaging: inboxes, how messages went out, and what a borrower wishes of them."""

from app.messaging.queries.choices import (
    Preference,
    PushToken,
    Wishes,
    own_quiet_hours,
    preference_from,
    preferences_of,
    push_tokens_of,
    quiet_hours,
    wants,
    wishes_by_borrower,
    wishes_of,
)
from app.messaging.queries.deliveries import (
    Delivery,
    dead_letters,
    deliveries_by_notification,
    delivery_from,
    reminders_without_leave,
    sms_by_notification,
)
from app.messaging.queries.holding import HOLDINGS, held_of
from app.messaging.queries.inbox import (
    Data,
    Notification,
    inbox_of,
    notification,
    notification_from,
    told_by,
    unread_count,
)
from app.messaging.queries.measuring import measure_messages

__all__ = [
    "HOLDINGS",
    "Data",
    "Delivery",
    "Notification",
    "Preference",
    "PushToken",
    "Wishes",
    "dead_letters",
    "deliveries_by_notification",
    "delivery_from",
    "held_of",
    "inbox_of",
    "measure_messages",
    "notification",
    "notification_from",
    "own_quiet_hours",
    "preference_from",
    "preferences_of",
    "push_tokens_of",
    "quiet_hours",
    "reminders_without_leave",
    "sms_by_notification",
    "told_by",
    "unread_count",
    "wants",
    "wishes_by_borrower",
    "wishes_of",
]
