"""What identity needs from outside: a carrier of texts, wallets, and a register of numbers."""

from datetime import datetime
from enum import StrEnum
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


class LoginCodeUnknown(Exception):
    """The provider does not know the code: it is too old, was used before, or is made up."""


class WalletUnavailable(Exception):
    """The provider gave no answer; the code may have been used up."""


class WalletProvider(Protocol):
    """Knows whose wallet a phone is signed in to; one adapter per provider."""

    async def wallet_of(self, login_code: str) -> str:
        """
        Return the name of the wallet that a login code was given out for; a code is good once.

        The same wallet has the same name as long as our app stays the same one.

        Raises:
            LoginCodeUnknown: There is no such code, or not any more.
            WalletUnavailable: No answer.
        """
        ...


class Subscriber(StrEnum):
    """What a register of numbers knows of a number's subscriber since a day."""

    SAME = "SAME"
    REPLACED = "REPLACED"
    UNKNOWN = "UNKNOWN"
    """Counts as replaced."""


class RegisterUnavailable(Exception):
    """The register gave no answer."""


class NumberRegister(Protocol):
    """Knows whether a number was given to somebody else, as carriers do with numbers let go."""

    async def same_subscriber_since(self, phone: str, since: datetime) -> Subscriber:
        """
        Say whether a number has had one subscriber since a moment.

        Args:
            phone: E.164, such as +8613800138000.
            since: When the number was last proven here.

        Raises:
            RegisterUnavailable: There is no answer; nothing is known then.
        """
        ...
