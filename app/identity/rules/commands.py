"""What borrowers and staff ask identity to do; personal values never show in a repr."""

from dataclasses import dataclass, field

from app.foundation.caller import BorrowerCaller, SentRequest, StaffRole
from app.identity.rules.devices import DeviceKind
from app.identity.rules.intents import Approval
from app.identity.rules.passkeys import PasskeyAnswer
from app.identity.rules.people import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCode:
    """Send a one-time code for signing in to a phone, known or not."""

    phone: str = field(repr=False)
    idempotency_key: str
    language: str = Language.ZH_HANS
    device_id: str | None = None

    @property
    def caller_id(self) -> str:
        """Nobody is known yet: keys count within the phone number."""
        return self.phone


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCode:
    """Sign in with the code that was sent."""

    challenge_id: str
    code: str = field(repr=False)
    idempotency_key: str
    device_name: str = field(default="", repr=False)
    language: str = Language.ZH_HANS

    @property
    def caller_id(self) -> str:
        """Keys count within the challenge."""
        return self.challenge_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSession:
    """Get new tokens for a session that goes on."""

    refresh_token: str = field(repr=False)
    idempotency_key: str
    sent: SentRequest | None = field(default=None, repr=False)
    """The HTTP request it came in, with its proof; a session bound to a device wants one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSession:
    """End one of the borrower's own sessions; its tokens open nothing more."""

    borrower_id: str
    session_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOtherSessions:
    """End all of the borrower's sessions but the one asking."""

    borrower_id: str
    session_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginDeviceEnrollment:
    """Ask for a challenge that the key of a new device is to sign."""

    borrower_id: str
    session_id: str
    idempotency_key: str
    pin: str | None = field(default=None, repr=False)
    """The borrower's PIN, if they have one."""

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollDevice:
    """Let a device sign its borrower in from now on, and bind the present session to it."""

    borrower_id: str
    session_id: str
    challenge_id: str
    kind: DeviceKind
    public_key: bytes
    signature: bytes = field(repr=False)
    idempotency_key: str
    proof_key: bytes | None = None
    """A second key, which signs requests without asking for a finger each time."""
    proof_signature: bytes | None = field(default=None, repr=False)
    vouchers: tuple[bytes, ...] = field(default=(), repr=False)
    """Of SOTER: the app's own key, as the phone vouches for it."""
    name: str = field(default="", repr=False)
    is_in_hardware: bool = False
    replaces_device_id: str | None = None
    """The device that this phone was before its key became useless, such as by a new finger."""

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWithDevice:
    """Sign in by a device's signature, in one round trip."""

    key_id: str
    counter: int
    signed_at: int | None
    """Seconds since 1970 by the phone's clock; None where the nonce was signed."""
    nonce: str | None
    signature: bytes = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeDevice:
    """End one of the borrower's own devices and its sessions."""

    borrower_id: str
    device_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteProfile:
    """Say who the borrower is and what they live on."""

    borrower_id: str
    name: str = field(repr=False)
    resident_id: str = field(repr=False)
    region_code: str
    income_fen: int = field(repr=False)
    """Income in an average month."""
    purpose: str = field(repr=False)
    """What the borrower wants money for, in their own words."""
    idempotency_key: str
    bank_card: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    is_student: bool = False
    phone_tenure_months: int | None = None
    """For how many months the borrower has had this phone number, as they say."""

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBankCard:
    """Name the bank card that money goes to; another one than before with its approval."""

    caller: BorrowerCaller
    bank_card: str = field(repr=False)
    idempotency_key: str
    approval: Approval | None = None

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginBankCardChange:
    """Ask what approving another bank card says."""

    caller: BorrowerCaller
    bank_card: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """Choose the language of messages."""

    borrower_id: str
    language: Language
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignIn:
    """Sign in at the service desk with password and either authenticator code or passkey."""

    name: str
    password: str = field(repr=False)
    totp: str | None = field(default=None, repr=False)
    passkey: PasskeyAnswer | None = None
    new_password: str | None = field(default=None, repr=False)
    """To be theirs from now on, in the place of this one; needed after one for one use."""
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Keys count within the name, known or not."""
        return f"staff:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStaffSession:
    """End a member of staff's own session."""

    staff_id: str
    session_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollStaff:
    """Give a person a place at the service desk."""

    name: str
    password: str = field(repr=False)
    role: StaffRole
    totp_secret: str | None = field(default=None, repr=False)
    """Base32 of at least 20 bytes; one is made if none is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveIntent:
    """Approve what was shown."""

    caller: BorrowerCaller
    approval: Approval
    idempotency_key: str
    pin: str | None = field(default=None, repr=False)
    """Needed of a borrower who has one."""

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id
