"""Wallets: how a borrower says which one is theirs, and what is put aside while they are forced."""

from dataclasses import dataclass, field

from app.foundation.caller import BorrowerCaller
from app.identity.rules.intents import Approval

LOGIN_CODE_MAX = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginWalletChange:
    """
    Ask what approving another wallet says; without a login code, that none is used any more.

    The code is what the wallet's app gave for whoever is signed in to it; it is good once.
    """

    caller: BorrowerCaller
    login_code: str | None = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWallet:
    """Name the wallet that money goes to, or none; a change with its approval."""

    caller: BorrowerCaller
    login_code: str | None = field(repr=False)
    idempotency_key: str
    approval: Approval | None = None

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAside:
    """The wallet named while money out is held back, or none: nothing is ever sent to it."""

    freeze_id: str
    wallet: str | None = field(repr=False)
