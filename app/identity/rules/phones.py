"""Commands around changing the phone number."""

from dataclasses import dataclass, field

from app.foundation.caller import BorrowerCaller
from app.identity.rules.intents import Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPhoneCode:
    """Send a code to the number that is to be the borrower's."""

    borrower_id: str
    phone: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginPhoneChange:
    """Ask what approving another number says."""

    caller: BorrowerCaller
    phone: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePhone:
    """Move to another number: its code, and the approval without a code of its own."""

    caller: BorrowerCaller
    challenge_id: str
    code: str = field(repr=False)
    approval: Approval
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id
