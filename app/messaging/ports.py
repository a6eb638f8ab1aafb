"""What messaging needs from outside: providers that carry a message to a phone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """How a message reaches a phone; the inbox has everything besides."""

    PUSH = "PUSH"
    SMS = "SMS"
    VOICE = "VOICE"
    """A call that reads a script aloud."""


class Answer(StrEnum):
    """What a provider says of one request."""

    ACCEPTED = "ACCEPTED"
    """It took the request and will carry the message."""
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"
    """It had taken the request, and the message did not arrive."""
    REFUSED = "REFUSED"
    """It did not take the request; later, or with another provider, it may go."""
    REJECTED = "REJECTED"
    """It did not take the request, and nobody will: number, device or template are wrong."""
    ABSENT = "ABSENT"
    """Asked about a request, it knows of none."""


class OutcomeUnknown(Exception):
    """There is no answer: the request may have been taken or not; ask before sending again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request: a message to one phone, under an id of our own."""

    request_id: str
    to: str = field(repr=False)
    """A number as E.164, such as +8613800138000, or a push token."""
    sentence: str = field(repr=False)
    template: str
    """The text's key, such as `messaging.overdue.sms`: carriers know texts by templates."""
    values: Mapping[str, str] = field(repr=False)
    """What the template's placeholders are filled with, as written in the sentence."""
    language: str
    vendor: str = ""
    """Whose push service the token is of."""
    sealed: bytes | None = field(default=None, repr=False)
    """What only the phone can open, where it gave a key for it."""
    expires_at: datetime | None = None
    """From when on a phone that was off need not get it: it is over, or told by text message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question about a request that may have been taken."""

    request_id: str
    to: str = field(repr=False)
    called_at: datetime
    provider_ref: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a provider says of a request: at once, asked, or by a receipt."""

    answer: Answer
    provider_ref: str = ""
    why: str = ""
    """The provider's own word for what went wrong."""
    is_address_gone: bool = False
    """Whether nobody is reached at this push token any more."""


class Provider(Protocol):
    """Carries messages over one channel; one adapter per vendor."""

    @property
    def name(self) -> str:
        """Return the name under which the database remembers whom a request went to."""
        ...

    @property
    def absent_after(self) -> timedelta:
        """Return how long after a call ABSENT means that the request never came."""
        ...

    @property
    def is_resting(self) -> bool:
        """Tell whether it has failed so often lately that others are asked first."""
        ...

    async def send(self, message: Outgoing) -> Report:
        """
        Hand over one message: ACCEPTED, REFUSED or REJECTED.

        Raises:
            OutcomeUnknown: No answer came; the message may be on its way.
        """
        ...

    async def ask(self, asked: Asked) -> Report:
        """
        Say how a request stands, by our id; anything but REFUSED and REJECTED.

        Raises:
            OutcomeUnknown: No answer came.
        """
        ...


Providers = Mapping[Channel, tuple[Provider, ...]]
"""Who carries what, in the order of preference; a channel that is missing has nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's word on a request, which came by itself; checked before it gets here."""

    request_id: str
    answer: Answer
    provider_ref: str = ""
    why: str = ""
    is_address_gone: bool = False
