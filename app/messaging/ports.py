"""What messaging needs from a carrier of text messages."""

from typing import Protocol


class MessageRefused(Exception):
    """The carrier will never take this message; trying again does not help."""


class SmsSender(Protocol):
    """Carries a text message to a phone; one adapter per carrier."""

    async def send_message(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Hand a message to the carrier; the same `message_id` again is carried only once.

        Raises:
            MessageRefused: The carrier will never take it, as for a number that does not exist.
            Exception: Anything else: it was perhaps not taken, and is tried again later.
        """
        ...
