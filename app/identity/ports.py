"""What identity needs from outside: somebody who carries text messages to phones."""

from typing import Protocol


class CarrierUnavailable(Exception):
    """The carrier did not take the message; nothing was sent, and it may be tried again."""


class OtpSender(Protocol):
    """Carries a one-time code to a phone; one adapter per carrier."""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Hand the text with the code to the carrier, at most once per `message_id`.

        Args:
            phone: E.164, such as +8613800138000.
            text: The whole message, Web OTP line included.
            message_id: Our own id; sending the same one again sends nothing more.

        Raises:
            CarrierUnavailable: The carrier did not take it; nothing was sent.
        """
        ...


class SmsSender(Protocol):
    """Carries any other text message to a phone."""

    async def send(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Hand a text to the carrier, at most once per `message_id`.

        Args:
            phone: E.164, such as +8613800138000.
            text: The whole message.
            message_id: Our own id; sending the same one again sends nothing more.

        Raises:
            CarrierUnavailable: The carrier did not take it; nothing was sent.
        """
        ...


class Carrier(OtpSender, SmsSender, Protocol):
    """A carrier that takes both: codes and everything else."""
