"""Facts of messaging."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Fact):
    """A text message waits to be handed to the carrier; its fact is due when that is allowed."""

    message_id: str
