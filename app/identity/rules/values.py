"""What identity answers; personal values never show in a repr."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from app.foundation.caller import StaffRole
from app.identity.rules.people import Language, owned_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequested:
    """A one-time code is on its way."""

    challenge_id: str
    masked_phone: str
    expires_at: datetime
    resend_after_seconds: int
    digits: int = 6
    """How many digits to ask the person for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTokens:
    """What a phone keeps to stay signed in."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    """When the access token is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A borrower is in."""

    borrower_id: str
    session_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    """When the access token is over."""
    is_new: bool
    """Whether this phone number was never seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One of a borrower's live sessions."""

    session_id: str
    device_name: str = field(repr=False)
    started_at: datetime
    last_used_on: date
    device_id: str | None = None
    """The device whose key it is bound to; none after signing in by code alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A borrower as others may see them: masked."""

    borrower_id: str
    name: str | None
    """张*; None until the profile is complete."""
    phone: str
    """138****5678"""
    resident_id: str | None
    """110***…34; None until the profile is complete."""
    card_tail: str | None
    """A bank card's last four digits."""
    region_code: str | None
    language: Language
    is_complete: bool
    joined_at: datetime


class OwnView(NamedTuple):
    """
    A borrower as they see themselves at a glance; a tuple, since every screen makes one.

    Attributes:
        borrower_id: Whose it is.
        name: Their own name in full; None until the profile is complete.
        phone: `138****5678`.
        region_code: Where they live; None until the profile is complete.
        is_student: Whether they say so.
        language: What text messages are written in.
        is_complete: Whether the profile is.
        joined_at: When the number first signed in.
    """

    borrower_id: str
    name: str | None
    phone: str
    region_code: str | None
    is_student: bool
    language: Language
    is_complete: bool
    joined_at: datetime

    def __repr__(self) -> str:
        """Show whose it is, and no name."""
        return f"OwnView({self.borrower_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProfile:
    """A borrower as they see themselves: their own name and income in full, the rest masked."""

    masked: Profile
    name: str | None = field(repr=False)
    income_fen: int | None = field(repr=False)
    purpose: str | None = field(repr=False)
    is_student: bool
    wallet_tail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """All that somebody is shown who has proved a number, and nothing else."""

    borrower_id: str
    masked_phone: str
    language: Language
    started_at: datetime
    """When their session began; nothing older is theirs to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a borrower is reached, in clear: for sending only."""

    phone: str = field(repr=False)
    """E.164"""
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A borrower as a contract, a bureau or a payment names them, in clear."""

    borrower_id: str
    name: str = field(repr=False)
    resident_id: str = field(repr=False)
    phone: str = field(repr=False)
    """E.164"""
    bank_card: str | None = field(repr=False)
    """As the borrower named it last."""
    wallet: str | None = field(default=None, repr=False)
    """Likewise; money goes there rather than to the card."""
    payee_freeze_id: str | None = None
    """The freeze during which the one that money goes to was named: it is shown and agreed to, and
    sent nothing, ever."""

    @property
    def payee_reference(self) -> str | None:
        """
        Return where money goes, as a payment provider is told; None where nothing was named.

        The owner's name goes with it, so that whoever keeps the account can compare the two.
        """
        number = self.bank_card if self.wallet is None else self.wallet
        return None if number is None else owned_reference(number, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFacts:
    """What a decision may know of a borrower from here."""

    borrower_id: str
    is_complete: bool
    age: int | None
    """Full years on the day asked for; None until the profile is complete."""
    region_code: str | None
    income_fen: int | None
    is_student: bool
    phone_tenure_months: int | None
    """As the borrower says; None if they did not."""
    has_payee: bool
    """Whether they named a card or wallet for money to go to that can be paid here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedIn:
    """A member of staff is in."""

    staff_id: str
    access_token: str = field(repr=False)
    expires_at: datetime
    """When the session is over however busy it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """A member of staff, now or once."""

    staff_id: str
    name: str
    role: StaffRole
    has_left: bool = False
    """Whether their place was taken away; their name stays with what they did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A new member of staff and what their authenticator app needs, shown once."""

    staff_id: str
    totp_secret: str = field(repr=False)
    """Base32."""
    otpauth_uri: str = field(repr=False)
    """What a QR code for the app holds."""
