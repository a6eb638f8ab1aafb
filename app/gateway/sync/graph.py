"""The same push and pull as a mutation, for clients that speak nothing but GraphQL."""

import base64
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import orjson
import strawberry

from app.foundation.errors import InvalidInput, RateLimited, Refusal, TemporarilyUnavailable
from app.foundation.graphql import Info, PlainProblem, enum_value, problem_of
from app.gateway.rates import Crowded, TooOften
from app.gateway.sync.exchange import (
    COMMANDS_MAX,
    NUMBER_MAX,
    Ack,
    Command,
    Exchange,
)
from app.gateway.wire import BadRequest

VARIABLES_MAX = 16_000


@strawberry.input(description="One command that the phone wrote down while it had no line.")
class SyncCommand:
    """A numbered command."""

    number: int = strawberry.field(
        description="Counted from 1 for each device (or session without one), without gaps."
    )
    operation_id: str = strawberry.field(
        description="The short id of a mutation of the manifest that may wait: not one that signs"
        " in, signs, or takes a code or PIN."
    )
    variables: str = strawberry.field(
        description="Its variables as a JSON object; an input without an idempotencyKey has the"
        " command's place for one."
    )

    def as_command(self, place: int) -> Command:
        """
        Return what is to be done.

        Raises:
            InvalidInput: The number or the variables are none.
        """
        if not 1 <= self.number <= NUMBER_MAX:
            raise InvalidInput(f"input.commands.{place}.number", "syncing.reason.number")
        try:
            variables: Any = orjson.loads(self.variables[:VARIABLES_MAX])
        except orjson.JSONDecodeError:
            variables = None
        if not isinstance(variables, dict):
            raise InvalidInput(f"input.commands.{place}.variables", "syncing.reason.variables")
        return Command(self.number, self.operation_id, variables)


@strawberry.input(description="What the phone holds, and what it did since.")
class SyncInput:
    """One round trip."""

    state: str = strawberry.field(
        description="The state the last sync gave; or, to begin anew, the short id of a query of"
        " the manifest that needs no variables."
    )
    commands: list[SyncCommand] = strawberry.field(
        default_factory=list,
        description="In the order of their numbers, at most 20; each is done once, however often"
        " it is sent.",
    )


@strawberry.enum(description="How a numbered command ended.")
class SyncAckKind(Enum):
    """Ends."""

    DONE = enum_value("DONE", "It was carried out, now or before.")
    REFUSED = enum_value(
        "REFUSED", "It was turned down for good and changed nothing; its number is used up."
    )
    AGAIN = enum_value("AGAIN", "It may not have been carried out: send it and all after it again.")
    EXPECTED = enum_value("EXPECTED", "There is a gap; the ack's number is the one to go on with.")
    TAKEN = enum_value("TAKEN", "Another command had this number and was done; this one was not.")


@strawberry.type(description="What became of one command.")
class SyncAck:
    """An ack."""

    number: int = strawberry.field(description="The command's; for EXPECTED the one to go on with.")
    kind: SyncAckKind = strawberry.field(description="How it ended.")
    answer: str | None = strawberry.field(
        description="The result, or the problem, as JSON, as the mutation's document selects it;"
        " null where there is none."
    )

    @classmethod
    def of(cls, ack: Ack) -> "SyncAck":
        """Tell of an ack."""
        answer = orjson.dumps(dict(ack.answer)).decode() if ack.answer else None
        return cls(number=ack.number, kind=SyncAckKind[ack.kind.name], answer=answer)


@strawberry.type(description="What the phone is to hold from now on.")
class SyncSuccess:
    """The reply."""

    state: str = strawberry.field(
        description="To be sent with the next sync; at most 6 characters."
    )
    acks: list[SyncAck] = strawberry.field(
        description="One for each command, in order; none for those after AGAIN or EXPECTED."
    )
    delta: str | None = strawberry.field(
        description="What changed, in base64: a byte that says what it was made against (0 nothing,"
        " 1 what is held), a zstd frame without its magic number, and the CRC-32 of the whole"
        " answer. Null where nothing changed, or where retryAfterSeconds says when to ask."
    )
    retry_after_seconds: int | None = strawberry.field(
        default=None,
        description="When to sync again for what changed, where the server was too busy to say more"
        " than what became of the commands; null otherwise.",
    )


SyncResult = Annotated[
    SyncSuccess | PlainProblem,
    strawberry.union("SyncResult", description="What sync answers."),
]


@dataclass(slots=True)
class _Installed:
    exchange: Exchange | None = None


_installed = _Installed()


def install(exchange: Exchange) -> None:
    """Say what carries the mutation out; the process that serves does so at start."""
    _installed.exchange = exchange


@strawberry.type
class SyncMutation:
    """Push and pull."""

    @strawberry.mutation(
        description="Send what was done without a line, and get what changed: one round trip."
    )
    async def sync(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the house's name
            SyncInput, strawberry.argument(description="What the phone holds and did.")
        ],
    ) -> SyncResult:
        """Carry commands out and tell what changed."""
        exchange = _installed.exchange
        assert exchange is not None, "whoever serves this installs it"
        try:
            if len(input.commands) > COMMANDS_MAX:
                raise InvalidInput("input.commands", "syncing.reason.commands", most=COMMANDS_MAX)
            commands = [one.as_command(place) for place, one in enumerate(input.commands)]
            found = await exchange.of(input.state, commands, info.context, within=True)
        except TooOften as refusal:
            return problem_of(info, RateLimited(refusal.retry_after_seconds))
        except Crowded as refusal:
            return problem_of(info, TemporarilyUnavailable(refusal.retry_after_seconds))
        except BadRequest:
            return problem_of(info, InvalidInput("input.state", "syncing.reason.state"))
        except Refusal as refusal:
            return problem_of(info, refusal)
        delta = None if found.delta is None else base64.b64encode(found.delta).decode()
        return SyncSuccess(
            state=found.state,
            acks=[SyncAck.of(one) for one in found.acks],
            delta=delta,
            retry_after_seconds=found.retry_after_seconds,
        )
