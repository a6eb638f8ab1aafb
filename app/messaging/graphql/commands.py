"""What a phone can do in messaging."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.messaging import operations
from app.messaging.graphql.types import NotificationPreference
from app.messaging.graphql.words import NotificationCategory
from app.messaging.rules import Category


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
    """A category and its new positions."""

    category: NotificationCategory = strawberry.field(description="What the messages are about.")
    is_sms_on: bool | None = strawberry.field(
        description="Whether text messages are wanted; left out, it stays.", default=None
    )
    is_push_on: bool | None = strawberry.field(
        description="Whether pushes are wanted; left out, it stays.", default=None
    )


@strawberry.input(description="Which switches to move.")
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
                operations.Switch(
                    category=Category(one.category.value),
                    is_sms_on=one.is_sms_on,
                    is_push_on=one.is_push_on,
                )
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
        description="Choose what messages are sent about; the inbox always gets everything."
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
