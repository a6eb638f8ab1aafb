"""Staff look after messages that failed for reasons of ours, and have them tried again."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Connection,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    problem_of,
)
from app.messaging import queries
from app.messaging.graphql.types import MessageDelivery
from app.messaging.operations import repeating

LIST_NAME = "dead-letters"


@strawberry.type(description="A message that was given up; it names nobody and shows no words.")
class DeadLetter:
    """A dead letter."""

    message_id: strawberry.ID = strawberry.field(description="Send it to repeatMessage.")
    delivery: MessageDelivery = strawberry.field(description="Over which channel, and why.")
    carrier: str | None = strawberry.field(description="Who was asked last; null if nobody was.")
    tries: int = strawberry.field(description="How often it was handed over.")
    given_up_at: datetime | None = strawberry.field(
        description="Since when it is dead; null once it is tried again."
    )

    @classmethod
    def of(cls, delivery: queries.Delivery) -> "DeadLetter":
        """Show a message."""
        return cls(
            message_id=strawberry.ID(delivery.message_id),
            delivery=MessageDelivery.of(delivery),
            carrier=delivery.standing.provider,
            tries=delivery.standing.attempts,
            given_up_at=delivery.standing.settled_at,
        )


@strawberry.input(description="A message to be tried again.")
class RepeatMessageInput:
    """Which."""

    message_id: strawberry.ID = strawberry.field(description="From deadLetters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="The message waits again, and is delivered as any other.")
class RepeatMessageSuccess:
    """Queued."""

    letter: DeadLetter = strawberry.field(description="As it stands now.")


RepeatMessageResult = Annotated[
    RepeatMessageSuccess | PlainProblem,
    strawberry.union("RepeatMessageResult", description="Queued again, or why not."),
]


@strawberry.type(description="Staff's queries about messages.")
class StaffMessagingQuery:
    """What supervisors, risk and the head of lending watch."""

    @strawberry.field(
        description="Messages that failed for reasons of ours or a carrier's, newest first; for"
        " supervisors, risk and the head of lending."
    )
    async def dead_letters(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[DeadLetter] | None:
        """Page through them."""
        if info.context.staff.role not in repeating.READERS:
            raise Forbidden
        ask = asked_page(LIST_NAME, first, after)
        page = await queries.dead_letters(ask)
        return connection_of(LIST_NAME, ask, page, DeadLetter.of)


@strawberry.type(description="Staff's mutations about messages.")
class StaffMessagingMutation:
    """Trying again."""

    @strawberry.mutation(
        description="Try a dead letter again, if it certainly never went out: such as after a"
        " text or a carrier was put right."
    )
    async def repeat_message(
        self,
        info: Info,
        input: Annotated[RepeatMessageInput, strawberry.argument(description="Which.")],
    ) -> RepeatMessageResult:
        """Queue it again."""
        try:
            staff = info.context.staff
            command = repeating.RepeatMessage(
                staff_id=staff.staff_id,
                message_id=checked_id(input.message_id, "ms", field="input.messageId"),
                idempotency_key=input.idempotency_key,
            )
            delivery = await repeating.repeat_message(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RepeatMessageSuccess(letter=DeadLetter.of(delivery))
