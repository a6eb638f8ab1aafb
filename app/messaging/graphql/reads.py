"""What a phone can read of messaging."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from app.foundation.clock import local_date
from app.foundation.graphql import Connection, Info, NodeResolver, asked_page, connection_of
from app.messaging import queries
from app.messaging.graphql.types import (
    ContactWishes,
    Notification,
    NotificationPreference,
    PushTarget,
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
    ) -> Connection[Notification] | None:
        """Return a page of the inbox."""
        borrower_id = info.context.borrower_id
        list_name = f"notifications:{borrower_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.inbox_of(borrower_id, ask)
        language = info.context.language
        return connection_of(list_name, ask, page, lambda told: Notification.of(told, language))

    @strawberry.field(description="How many notifications the caller has not read.")
    async def unread_count(self, info: Info) -> int | None:
        """Return the number for the badge."""
        return await queries.unread_count(info.context.borrower_id)

    @strawberry.field(description="The caller's switches for messages, one per category.")
    async def notification_preferences(self, info: Info) -> list[NotificationPreference] | None:
        """Return the switches."""
        preferences = await queries.preferences_of(info.context.borrower_id)
        return [NotificationPreference.of(preference) for preference in preferences]

    @strawberry.field(description="When and how the caller wishes to be told things.")
    async def contact_wishes(self, info: Info) -> ContactWishes | None:
        """Return hours of peace, the night's among them."""
        wishes = await queries.wishes_of(info.context.borrower_id)
        return ContactWishes.of(wishes, await queries.quiet_hours(local_date(info.context.now)))

    @strawberry.field(description="The caller's phones that get pushes, newest first; at most 5.")
    async def push_targets(self, info: Info) -> list[PushTarget] | None:
        """Return where apps are reached."""
        tokens = await queries.push_tokens_of(info.context.borrower_id)
        return [PushTarget.of(info, token) for token in tokens]


async def _notification(info: Info, node_id: str) -> Notification | None:
    told = await queries.notification(info.context.borrower_id, node_id)
    return None if told is None else Notification.of(told, info.context.language)


NODES: Mapping[str, NodeResolver] = {"nt": _notification}
"""How a notification is found again by its id."""
