"""What a phone sees of messaging."""

from datetime import datetime

import strawberry

from app.foundation.graphql import Info, Node
from app.messaging import queries
from app.messaging.graphql.words import (
    NotificationCategory,
    NotificationKind,
    SmsState,
    sms_state_of,
)
from app.messaging.queries import Preference


@strawberry.type(description="One thing the borrower was told; the words are in their language.")
class Notification(Node):
    """A notification."""

    kind: NotificationKind = strawberry.field(description="What it is about.")
    title: str = strawberry.field(description="The headline, to be shown in one line.")
    body: str = strawberry.field(description="One to three sentences, with what to do next.")
    created_at: datetime = strawberry.field(description="When it was told.")
    read_at: datetime | None = strawberry.field(description="When it was read; null while unread.")
    loan_id: strawberry.ID | None = strawberry.field(description="The loan it is about, if any.")
    application_id: strawberry.ID | None = strawberry.field(
        description="The loan application it is about, if any."
    )
    repayment_id: strawberry.ID | None = strawberry.field(
        description="The repayment it is about, if any."
    )
    ticket_id: strawberry.ID | None = strawberry.field(
        description="The support ticket it is about, if any."
    )
    guarantee_id: strawberry.ID | None = strawberry.field(
        description="The guarantee it is about, if any; see guaranteesAsked."
    )
    lesson_slug: str | None = strawberry.field(description="The lesson it suggests, if any.")

    @strawberry.field(
        description="How far the text message about this has got; null if none was due."
    )
    async def sms(self, info: Info) -> SmsState | None:
        """Return the state of the text message."""
        message = await info.context.loader(queries.sms_by_notification).load(self.id)
        return None if message is None else sms_state_of(message.state)

    @classmethod
    def of(cls, told: queries.Notification, language: str) -> "Notification":
        """Show a notification in a language."""
        return cls(
            id=strawberry.ID(told.notification_id),
            kind=NotificationKind(told.kind.value),
            title=told.title(language),
            body=told.body(language),
            created_at=told.created_at,
            read_at=told.read_at,
            loan_id=_id(told.link("loan_id")),
            application_id=_id(told.link("application_id")),
            repayment_id=_id(told.link("repayment_id")),
            ticket_id=_id(told.link("ticket_id")),
            guarantee_id=_id(told.link("guarantee_id")),
            lesson_slug=told.link("lesson_slug"),
        )


def _id(value: str | None) -> strawberry.ID | None:
    return None if value is None else strawberry.ID(value)


@strawberry.type(description="One switch: whether text messages of a category are sent.")
class NotificationPreference:
    """A switch for text messages; the inbox always gets everything."""

    category: NotificationCategory = strawberry.field(description="What the messages are about.")
    is_sms_on: bool = strawberry.field(description="Whether text messages are sent.")
    can_change: bool = strawberry.field(
        description="False for safety messages, which are always on; show the switch locked."
    )

    @classmethod
    def of(cls, preference: Preference) -> "NotificationPreference":
        """Show a switch."""
        return cls(
            category=NotificationCategory(preference.category.value),
            is_sms_on=preference.is_sms_on,
            can_change=preference.can_change,
        )
