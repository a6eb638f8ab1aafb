"""Messaging's part of the borrower's graph: the inbox and the switches for text messages."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    Node,
    NodeResolver,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    problem_of,
)
from app.messaging import operations, queries
from app.messaging.queries import Preference
from app.messaging.rules import Category, Kind, SmsState

E = TypeVar("E", bound=StrEnum)


def _describe(enum: type[E], name: str, description: str, meanings: Mapping[E, str]) -> None:
    """Give one of the room's enums to the schema, each value with its meaning."""
    strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = vars(enum)["__strawberry_definition__"]
    for value in definition.values:
        value.description = meanings[enum(value.value)]


_describe(
    Kind,
    "NotificationKind",
    "What a notification is about; choose an icon and the screen behind it by this.",
    {
        Kind.APPLICATION_APPROVED: "A loan application was approved; open applicationId.",
        Kind.APPLICATION_REFERRED: "A person will look at the application; nothing to do.",
        Kind.APPLICATION_DECLINED: "An application was declined; applicationId shows the reasons.",
        Kind.APPLICATION_NEEDS_MORE: "Something is missing; applicationId shows what.",
        Kind.APPLICATION_EXPIRED: "An application or its offers ran out of time.",
        Kind.LOAN_DISBURSED: "The money has arrived; loanId has the installment plan.",
        Kind.DISBURSEMENT_FAILED: "The money could not be paid out; check the bank card.",
        Kind.DUE_SOON: "An installment of loanId falls due in a few days.",
        Kind.DUE_TODAY: "An installment of loanId falls due today.",
        Kind.OVERDUE: "An installment of loanId is late; offer repaying and hardship help.",
        Kind.REPAYMENT_RECEIVED: "A repayment towards loanId arrived.",
        Kind.REPAYMENT_FAILED: "A repayment towards loanId did not go through.",
        Kind.REPAYMENT_REVERSED: "A repayment towards loanId was returned; more is owed again.",
        Kind.LOAN_PAID_OFF: "Nothing is owed on loanId any more.",
        Kind.LESSON_SUGGESTED: "The lesson lessonSlug fits what is happening now.",
        Kind.TICKET_ANSWERED: "Customer service answered ticketId.",
        Kind.SIGNED_OUT_FOR_SAFETY: "Old sign-in details were used; show the list of sessions.",
        Kind.DATA_LOOKED_AT: "Staff looked at the borrower's data; open who looked at me.",
    },
)
_describe(
    Category,
    "NotificationCategory",
    "What text messages can be switched on or off for.",
    {
        Category.DECISIONS: "How loan applications were decided.",
        Category.MONEY: "Money out and money in: payouts, receipts, failed payments.",
        Category.REMINDERS: "Installments due today or late.",
        Category.LEARNING: "Lessons; never sent as text messages.",
        Category.SUPPORT: "Answers from customer service.",
        Category.SAFETY: "Signs that somebody else may be at work; always on.",
    },
)
_describe(
    SmsState,
    "SmsState",
    "How far a text message has got.",
    {
        SmsState.QUEUED: "Waiting, for the morning or for the carrier.",
        SmsState.SENT: "The carrier took it.",
        SmsState.FAILED: "It could not be sent and will not be tried again.",
        SmsState.SUPPRESSED: "Not sent on purpose: switched off, or no longer true.",
    },
)


@strawberry.type(description="One thing the borrower was told; the words are in their language.")
class Notification(Node):
    """A notification."""

    kind: Kind = strawberry.field(description="What it is about.")
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
    lesson_slug: str | None = strawberry.field(description="The lesson it suggests, if any.")

    @strawberry.field(
        description="How far the text message about this has got; null if none was due."
    )
    async def sms(self, info: Info) -> SmsState | None:
        """Return the state of the text message."""
        message = await info.context.loader(queries.sms_by_notification).load(self.id)
        return None if message is None else message.state

    @classmethod
    def of(cls, told: queries.Notification, language: str) -> "Notification":
        """Show a notification in a language."""
        return cls(
            id=strawberry.ID(told.notification_id),
            kind=told.kind,
            title=told.title(language),
            body=told.body(language),
            created_at=told.created_at,
            read_at=told.read_at,
            loan_id=_id(told.link("loan_id")),
            application_id=_id(told.link("application_id")),
            repayment_id=_id(told.link("repayment_id")),
            ticket_id=_id(told.link("ticket_id")),
            lesson_slug=told.link("lesson_slug"),
        )


def _id(value: str | None) -> strawberry.ID | None:
    return None if value is None else strawberry.ID(value)


@strawberry.type(description="One switch: whether text messages of a category are sent.")
class NotificationPreference:
    """A switch for text messages; the inbox always gets everything."""

    category: Category = strawberry.field(description="What the messages are about.")
    is_sms_on: bool = strawberry.field(description="Whether text messages are sent.")
    can_change: bool = strawberry.field(
        description="False for safety messages, which are always on; show the switch locked."
    )

    @classmethod
    def of(cls, preference: Preference) -> "NotificationPreference":
        """Show a switch."""
        return cls(
            category=preference.category,
            is_sms_on=preference.is_sms_on,
            can_change=preference.can_change,
        )


@strawberry.type(description="Messaging's queries.")
class MessagingQuery:
    """What a borrower was told."""

    @strawberry.field(description="The caller's notifications, newest first.")
    async def notifications(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[Notification]:
        """Return a page of the inbox."""
        borrower_id = info.context.borrower_id
        list_name = f"notifications:{borrower_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.inbox_of(borrower_id, ask)
        language = info.context.language
        return connection_of(list_name, ask, page, lambda told: Notification.of(told, language))

    @strawberry.field(description="How many notifications the caller has not read.")
    async def unread_count(self, info: Info) -> int:
        """Return the number for the badge."""
        return await queries.unread_count(info.context.borrower_id)

    @strawberry.field(description="The caller's switches for text messages, one per category.")
    async def notification_preferences(self, info: Info) -> list[NotificationPreference]:
        """Return the switches."""
        preferences = await queries.preferences_of(info.context.borrower_id)
        return [NotificationPreference.of(preference) for preference in preferences]


@strawberry.input(description="Which notifications to mark as read.")
class MarkNotificationsReadInput:
    """Some notifications, or all."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Chosen by the phone; the same key again has no further effect."
    )
    ids: list[strawberry.ID] | None = strawberry.field(
        description="At most 100 notifications; leave out to mark every one as read.",
        default=None,
    )

    def as_command(self, borrower_id: str) -> operations.MarkNotificationsRead:
        """
        Return the command.

        Raises:
            InvalidInput: An id is not a notification's.
        """
        ids = self.ids
        if ids is not None:
            ids = [strawberry.ID(checked_id(one, "nt", field="input.ids")) for one in ids]
        return operations.MarkNotificationsRead(
            caller_id=borrower_id,
            notification_ids=None if ids is None else tuple(ids),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The notifications are marked as read.")
class MarkNotificationsReadSuccess:
    """What is left."""

    marked_count: int = strawberry.field(description="How many were unread and are read now.")
    unread_count: int = strawberry.field(description="How many are still unread.")


MarkNotificationsReadResult = Annotated[
    MarkNotificationsReadSuccess | PlainProblem,
    strawberry.union(
        "MarkNotificationsReadResult", description="Whether the notifications are marked as read."
    ),
]


@strawberry.input(description="One switch to move.")
class NotificationSwitchInput:
    """A category and its new position."""

    category: Category = strawberry.field(description="What the messages are about.")
    is_sms_on: bool = strawberry.field(description="Whether text messages are wanted.")


@strawberry.input(description="Which switches for text messages to move.")
class SetNotificationPreferencesInput:
    """Some switches; the others stay."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Chosen by the phone; the same key again has no further effect."
    )
    switches: list[NotificationSwitchInput] = strawberry.field(
        description="At least one, each category once; those left out stay as they are."
    )

    def as_command(self, borrower_id: str) -> operations.SetNotificationPreferences:
        """Return the command."""
        return operations.SetNotificationPreferences(
            caller_id=borrower_id,
            switches=tuple(
                operations.Switch(category=one.category, is_sms_on=one.is_sms_on)
                for one in self.switches
            ),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The switches are moved.")
class SetNotificationPreferencesSuccess:
    """Every switch as it stands now."""

    preferences: list[NotificationPreference] = strawberry.field(
        description="All switches, the moved ones among them."
    )


SetNotificationPreferencesResult = Annotated[
    SetNotificationPreferencesSuccess | PlainProblem,
    strawberry.union(
        "SetNotificationPreferencesResult", description="Whether the switches are moved."
    ),
]


@strawberry.type(description="Messaging's mutations.")
class MessagingMutation:
    """What a borrower can do with their inbox."""

    @strawberry.mutation(description="Mark notifications as read: some, or all.")
    async def mark_notifications_read(
        self,
        info: Info,
        input: Annotated[
            MarkNotificationsReadInput, strawberry.argument(description="Which ones.")
        ],
    ) -> MarkNotificationsReadResult:
        """Mark as read."""
        try:
            command = input.as_command(info.context.borrower_id)
            answer = await operations.mark_notifications_read(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return MarkNotificationsReadSuccess(marked_count=answer.marked, unread_count=answer.unread)

    @strawberry.mutation(
        description="Choose what text messages are sent about; the inbox always gets everything."
    )
    async def set_notification_preferences(
        self,
        info: Info,
        input: Annotated[
            SetNotificationPreferencesInput, strawberry.argument(description="Which switches.")
        ],
    ) -> SetNotificationPreferencesResult:
        """Move switches."""
        try:
            command = input.as_command(info.context.borrower_id)
            preferences = await operations.set_notification_preferences(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return SetNotificationPreferencesSuccess(
            preferences=[NotificationPreference.of(preference) for preference in preferences]
        )


async def _notification(info: Info, node_id: str) -> Notification | None:
    told = await queries.notification(info.context.borrower_id, node_id)
    return None if told is None else Notification.of(told, info.context.language)


NODES: Mapping[str, NodeResolver] = {"nt": _notification}
"""How a notification is found again by its id."""
