"""Commands of recovery: showing more than a number, beginning anew with it, disowning it."""

from dataclasses import dataclass, field

from app.identity.rules.people import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySignature:
    """An enrolled phone's signature for another session of its borrower's."""

    key_id: str
    counter: int
    """Higher than at any sign-in before."""
    signature: bytes = field(repr=False)

    def parts(self, session_id: str) -> tuple[bytes, ...]:
        """Return what is signed: whose key, which count, and which session it speaks for."""
        return self.key_id.encode(), str(self.counter).encode(), session_id.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveContinuity:
    """Show one thing that whoever had the account before has; exactly one of the three is there."""

    borrower_id: str
    session_id: str
    idempotency_key: str
    pin: str | None = field(default=None, repr=False)
    old_refresh_token: str | None = field(default=None, repr=False)
    device: KeySignature | None = None

    @property
    def caller_id(self) -> str:
        """Return the session."""
        return self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAfresh:
    """Begin an own account with a number that somebody else had before."""

    borrower_id: str
    session_id: str
    language: Language
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the session."""
        return self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMe:
    """Say that messages to a number are meant for somebody else; a code proves the number."""

    challenge_id: str
    code: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the challenge: whoever disowns a number need not be anybody here."""
        return self.challenge_id
