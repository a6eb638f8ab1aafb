"""What lives here of a borrower, for the copy they can have."""

from app.foundation.holding import Held, Holding, held_by
from app.foundation.text import LANGUAGES
from app.messaging.models import (
    ContactCountRow,
    ContactWishRow,
    DeliveryRow,
    NotificationPreferenceRow,
    NotificationRow,
    PushTokenRow,
    SmsRow,
)
from app.messaging.queries.inbox import notification_from, with_card_tails

HOLDINGS = (
    Holding(
        section="notifications",
        model=NotificationRow,
        columns=("id", "kind", "data", "created_at", "read_at"),
    ),
    Holding(
        section="text_messages",
        model=SmsRow,
        columns=("notification_id", "state", "reason", "queued_at", "settled_at"),
    ),
    Holding(
        section="messages",
        model=DeliveryRow,
        columns=(
            "notification_id",
            "channel",
            "state",
            "reason",
            "provider",
            "queued_at",
            "sent_at",
            "settled_at",
        ),
    ),
    Holding(
        section="notification_preferences",
        model=NotificationPreferenceRow,
        columns=("category", "is_sms_on", "is_push_on"),
    ),
    Holding(
        section="contact_wishes",
        model=ContactWishRow,
        columns=("quiet_from", "quiet_to", "is_news_personal"),
    ),
    Holding(
        section="contact_counts",
        model=ContactCountRow,
        columns=("id", "count", "ends_on"),
    ),
    Holding(
        section="push_tokens",
        model=PushTokenRow,
        columns=("vendor", "token", "box_key", "registered_at"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here, with what they were told in words."""
    held = await held_by(borrower_id, HOLDINGS)
    rows = await NotificationRow.filter(borrower_id=borrower_id).order_by("id")
    told = await with_card_tails([notification_from(row) for row in rows])
    words = {
        one.notification_id: {language: one.body(language) for language in LANGUAGES}
        for one in told
    }
    for record in held["notifications"]:
        record["words"] = dict(words[str(record["id"])])
    return held
