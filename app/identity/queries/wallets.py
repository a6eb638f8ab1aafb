"""Reads of wallets: the newest one as the audit chain knows it, or what was put aside by force."""

from dataclasses import dataclass

from app.foundation.audit import check_cells
from app.foundation.database import fetch
from app.foundation.sealing import unseal
from app.identity.models import WalletRow, freeze_cell, wallet_cell
from app.identity.rules.wallets import WalletAside


@dataclass(slots=True)
class _Paid:
    wallets_only: bool = False


_paid = _Paid()


def pay_wallets_only(*, wallets_only: bool) -> None:
    """Say whether this process's provider pays wallets alone: then a card is no payee."""
    _paid.wallets_only = wallets_only


def cards_are_paid() -> bool:
    """Tell whether money can go to a bank card."""
    return not _paid.wallets_only


async def own_wallet_of(borrower_id: str) -> str | None:
    """
    Return the wallet that money may be sent to, in clear; None without one.

    Raises:
        SealBroken: It was altered, moved, set back to an older one, or taken away.
    """
    row = await WalletRow.get_or_none(borrower_id=borrower_id)
    sealed = None if row is None else row.openid
    cell = wallet_cell(borrower_id)
    await check_cells([(cell, None if sealed is None else bytes(sealed))])
    return None if sealed is None else await unseal(cell, sealed)


async def wallet_aside_of(borrower_id: str) -> WalletAside | None:
    """
    Return what was named in place of a wallet since money out is held back; None if nothing was.

    Whoever forced the borrower sees it wherever their wallet is shown; nothing is sent to it.
    """
    rows = await fetch(
        "SELECT id, wallet FROM disbursement_freeze WHERE live_key = ? AND wallet IS NOT NULL",
        [borrower_id],
    )
    if not rows:
        return None
    cell = freeze_cell(rows[0]["id"], borrower_id, "wallet")
    wallet = await unseal(cell, bytes(rows[0]["wallet"]))
    return WalletAside(freeze_id=rows[0]["id"], wallet=wallet or None)


async def wallet_of(borrower_id: str) -> str | None:
    """
    Return the wallet a borrower named last, in clear; None without one.

    For what takes money from it, or shows it. Whoever sends money to it asks `party_of`.

    Raises:
        SealBroken: It was altered, moved, set back to an older one, or taken away.
    """
    aside = await wallet_aside_of(borrower_id)
    return await own_wallet_of(borrower_id) if aside is None else aside.wallet
