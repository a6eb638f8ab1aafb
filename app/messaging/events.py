"""Facts of messaging."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationQueued(Fact):
    """Somebody without an account is asked to stand behind a loan; a text message waits."""

    guarantee_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Fact):
    """A text message waits to be handed to the carrier; its fact is due when that is allowed."""

    message_id: str
