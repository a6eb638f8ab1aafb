"""What a borrower was told, deleted once they are forgotten."""

from app.foundation.database import Transaction
from app.identity.events import BorrowerForgotten

TABLES = (
    "sms",
    "message_delivery",
    "notification",
    "notification_preference",
    "contact_wish",
    "contact_count",
    "push_token",
)


async def forget_messages(tx: Transaction, fact: BorrowerForgotten) -> None:
    """Delete every notification, text message and switch of somebody forgotten."""
    for table in TABLES:
        await tx.run(f"DELETE FROM {table} WHERE borrower_id = ?", [fact.borrower_id])
