"""Reads of wallets: the newest one as the audit chain knows it, or what was put aside by force."""

from dataclasses import dataclass

from app.foundation.audit import check_cells
from app.foundation.audit.cells import Found
from app.foundation.database import fetch
from app.foundation.sealing import unseal
from app.identity.models import freeze_cell, wallet_cell
from app.identity.rules.pins import CardAside
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
    cell, sealed = await held_wallet_of(borrower_id)
    await check_cells([(cell, sealed)])
    return None if sealed is None else await unseal(cell, sealed)


async def held_wallet_of(borrower_id: str) -> Found:
    """Return the sealed wallet that money may be sent to; whoever opens it proves it first."""
    rows = await fetch("SELECT openid FROM wallet WHERE borrower_id = ?", [borrower_id])
    sealed = rows[0]["openid"] if rows else None
    return wallet_cell(borrower_id), None if sealed is None else bytes(sealed)


async def asides_of(borrower_id: str) -> tuple[CardAside | None, WalletAside | None]:
    """Return the card and the wallet that were named since money out is held back."""
    rows = await fetch(
        "SELECT id, card, wallet FROM disbursement_freeze WHERE live_key = ?", [borrower_id]
    )
    if not rows:
        return None, None
    freeze_id, card, wallet = rows[0]["id"], rows[0]["card"], rows[0]["wallet"]
    card_aside = wallet_aside = None
    if card is not None:
        opened = await unseal(freeze_cell(freeze_id, borrower_id, "card"), bytes(card))
        card_aside = CardAside(freeze_id=freeze_id, card=opened)
    if wallet is not None:
        opened = await unseal(freeze_cell(freeze_id, borrower_id, "wallet"), bytes(wallet))
        wallet_aside = WalletAside(freeze_id=freeze_id, wallet=opened or None)
    return card_aside, wallet_aside


async def wallet_aside_of(borrower_id: str) -> WalletAside | None:
    """
    Return what was named in place of a wallet since money out is held back; None if nothing was.

    Whoever forced the borrower sees it wherever their wallet is shown; nothing is sent to it.
    """
    return (await asides_of(borrower_id))[1]


async def wallet_of(borrower_id: str) -> str | None:
    """
    Return the wallet a borrower named last, in clear; None without one.

    For what takes money from it, or shows it. Whoever sends money to it asks `party_of`.

    Raises:
        SealBroken: It was altered, moved, set back to an older one, or taken away.
    """
    aside = await wallet_aside_of(borrower_id)
    return await own_wallet_of(borrower_id) if aside is None else aside.wallet
