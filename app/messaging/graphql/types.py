"""What a phone sees of messaging."""

from collections.abc import Mapping
from datetime import datetime

import strawberry

from app.foundation.graphql import Info, Node, id_or_none, shown
from app.messaging import queries
from app.messaging.graphql.words import (
    DeliveryReason,
    DeliveryState,
    MessageChannel,
    NotificationCategory,
    NotificationKind,
    PushVendor,
    SmsState,
    sms_state_of,
    state_of,
)
from app.messaging.queries import Preference
from app.messaging.rules import Kind
from app.messaging.rules import QuietHours as HoursOfPeace


@strawberry.type(description="One message over one channel, and what became of it.")
class MessageDelivery:
    """A delivery."""

    channel: MessageChannel = strawberry.field(description="How it was to reach the phone.")
    state: DeliveryState = strawberry.field(description="How far it has got.")
    reason: DeliveryReason | None = strawberry.field(
        description="Why it was not sent or did not arrive; null otherwise."
    )
    queued_at: datetime = strawberry.field(description="Since when it was to go out.")
    sent_at: datetime | None = strawberry.field(
        description="When the carrier took it; null if none did."
    )
    settled_at: datetime | None = strawberry.field(
        description="When it got to where it is; null while it waits."
    )

    @classmethod
    def of(cls, delivery: queries.Delivery) -> "MessageDelivery":
        """Show a delivery."""
        standing = delivery.standing
        return cls(
            channel=MessageChannel(delivery.channel.value),
            state=state_of(standing.state),
            reason=None if standing.reason is None else DeliveryReason(standing.reason.value),
            queued_at=delivery.queued_at,
            sent_at=standing.sent_at,
            settled_at=standing.settled_at,
        )


@strawberry.type(description="Hours of a day in China's time; they may span midnight.")
class QuietHours:
    """From when to when."""

    begins: str = strawberry.field(name="from", description="Such as 21:30.")
    ends: str = strawberry.field(name="to", description="Such as 07:00.")


@strawberry.type(description="When and how the borrower wishes to be told things.")
class ContactWishes:
    """Hours of peace, and how news is chosen."""

    night: QuietHours = strawberry.field(
        description="The hours in which nobody is told anything but codes and warnings, by rule."
    )
    own_hours: QuietHours | None = strawberry.field(
        description="The borrower's own quiet hours beside the night; null for none."
    )
    is_news_personal: bool = strawberry.field(
        description="Whether news of products may be chosen for them; otherwise all get the same."
    )

    @classmethod
    def of(cls, wishes: queries.Wishes, night: HoursOfPeace) -> "ContactWishes":
        """Show what is wished."""
        own = wishes.quiet_hours
        return cls(
            night=hours_of(night),
            own_hours=None if own is None else hours_of(own),
            is_news_personal=wishes.is_news_personal,
        )


def hours_of(hours: HoursOfPeace) -> QuietHours:
    """Show hours."""
    return QuietHours(begins=f"{hours.begins:%H:%M}", ends=f"{hours.ends:%H:%M}")


@strawberry.type(description="A phone whose app gets pushes.")
class PushTarget:
    """Where an app is reached; the token itself is shown to nobody."""

    vendor: PushVendor = strawberry.field(description="Whose service it is.")
    is_sealed: bool = strawberry.field(
        description="Whether pushes carry the news itself, closed for this phone alone."
    )
    is_this_session: bool = strawberry.field(description="Whether the caller's session is it.")
    registered_at: datetime = strawberry.field(description="Since when.")

    @classmethod
    def of(cls, info: Info, token: queries.PushToken) -> "PushTarget":
        """Show a target."""
        return cls(
            vendor=PushVendor(token.vendor),
            is_sealed=token.is_sealed,
            is_this_session=token.session_id == info.context.borrower.session_id,
            registered_at=token.registered_at,
        )


_KINDS: Mapping[Kind, NotificationKind] = {one: NotificationKind(one.value) for one in Kind}


@strawberry.type(description="One thing the borrower was told; the words are in their language.")
class Notification(Node):
    """A notification."""

    told: strawberry.Private[queries.Notification]
    kind: NotificationKind = shown("told.kind", by=_KINDS, description="What it is about.")
    title: str = strawberry.field(description="The headline, to be shown in one line.")
    body: str = strawberry.field(description="One to three sentences, with what to do next.")
    created_at: datetime = shown("told.created_at", description="When it was told.")
    read_at: datetime | None = shown(
        "told.read_at", description="When it was read; null while unread."
    )

    @strawberry.field(description="The loan it is about, if any.")
    def loan_id(self) -> strawberry.ID | None:
        """Return its id."""
        return self._id("loan_id")

    @strawberry.field(description="The loan application it is about, if any.")
    def application_id(self) -> strawberry.ID | None:
        """Return its id."""
        return self._id("application_id")

    @strawberry.field(description="The repayment it is about, if any.")
    def repayment_id(self) -> strawberry.ID | None:
        """Return its id."""
        return self._id("repayment_id")

    @strawberry.field(description="The support ticket it is about, if any.")
    def ticket_id(self) -> strawberry.ID | None:
        """Return its id."""
        return self._id("ticket_id")

    @strawberry.field(description="The guarantee it is about, if any; see guaranteesAsked.")
    def guarantee_id(self) -> strawberry.ID | None:
        """Return its id."""
        return self._id("guarantee_id")

    @strawberry.field(description="The lesson it suggests, if any.")
    def lesson_slug(self) -> str | None:
        """Return its slug."""
        return self._id("lesson_slug")

    @strawberry.field(
        description="How far the text message about this has got; null if none was due."
    )
    async def sms(self, info: Info) -> SmsState | None:
        """Return the state of the text message."""
        message = await info.context.loader(queries.sms_by_notification).load(self.id)
        return None if message is None else sms_state_of(message.state)

    @strawberry.field(
        description="How it went out beside the inbox, channel by channel in the order tried; at"
        " most three, and none where it waits in the app."
    )
    async def deliveries(self, info: Info) -> list[MessageDelivery]:
        """Return what was sent over what channel, with what result."""
        found = await info.context.loader(queries.deliveries_by_notification).load(self.id)
        return [MessageDelivery.of(one) for one in found]

    @classmethod
    def of(cls, told: queries.Notification, language: str) -> "Notification":
        """Show a notification in a language."""
        return cls(
            id=strawberry.ID(told.notification_id),
            told=told,
            title=told.title(language),
            body=told.body(language),
        )

    def _id(self, name: str) -> strawberry.ID | None:
        return id_or_none(self.told.link(name))


@strawberry.type(description="One switch: whether messages of a category are sent.")
class NotificationPreference:
    """A switch for text messages and one for pushes; the inbox always gets everything."""

    category: NotificationCategory = strawberry.field(description="What the messages are about.")
    is_sms_on: bool = strawberry.field(
        description="Whether text messages are sent, and the calls that stand in for them."
    )
    is_push_on: bool = strawberry.field(description="Whether the app's pushes are sent.")
    has_sms: bool = strawberry.field(
        description="Whether there are text messages of this category at all; if not, hide the"
        " switch."
    )
    can_change: bool = strawberry.field(
        description="False for safety messages, which are always on; show the switch locked."
    )

    @classmethod
    def of(cls, preference: Preference) -> "NotificationPreference":
        """Show a switch."""
        return cls(
            category=NotificationCategory(preference.category.value),
            is_sms_on=preference.is_sms_on,
            is_push_on=preference.is_push_on,
            has_sms=preference.has_sms,
            can_change=preference.can_change,
        )
