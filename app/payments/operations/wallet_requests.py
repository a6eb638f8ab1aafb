"""What a wallet is handed for one order: kept while the borrower can use it, then dropped."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.payments.events import MoneyAwaitsAcceptance
from app.payments.models import WalletRequestRow, wallet_request_cell
from app.payments.rules import ACCEPTED_WITHIN


async def keep_wallet_request(
    tx: Transaction,
    order_id: str,
    borrower_id: str,
    parameters: Mapping[str, str],
    *,
    until: datetime,
) -> bool:
    """
    Keep what the borrower's app hands to their wallet for an order; tell whether it is the first.

    What is kept anew for the same order takes the place of what was; until when it can be used
    stays as it was said first.
    """
    cell = wallet_request_cell(order_id, borrower_id)
    sealed = await seal(tx, cell, msgspec.json.encode(parameters).decode())
    row = WalletRequestRow(
        id=order_id, borrower_id=borrower_id, parameters=sealed, expires_at=milliseconds(until)
    )
    is_first = not await WalletRequestRow.filter(id=order_id).update(parameters=sealed)
    if is_first:
        await WalletRequestRow.bulk_create([row], ignore_conflicts=True)
    await revise(tx, borrower_id)
    return is_first


async def let_accept(
    tx: Transaction,
    order_id: str,
    borrower_id: str,
    amount_fen: int,
    parameters: Mapping[str, str],
) -> None:
    """Keep what accepts money on its way to the borrower, and tell them once that it waits."""
    until = tx.now + ACCEPTED_WITHIN
    if await keep_wallet_request(tx, order_id, borrower_id, parameters, until=until):
        waits = MoneyAwaitsAcceptance(
            order_id=order_id, borrower_id=borrower_id, amount_fen=amount_fen
        )
        await announce(tx, waits)


async def drop_wallet_request(order_id: str) -> None:
    """Drop what a wallet was handed for an order that is over; in the caller's transaction."""
    await WalletRequestRow.filter(id=order_id).delete()


async def has_wallet_request(order_id: str) -> bool:
    """Tell whether what a wallet is handed for an order is kept."""
    return await WalletRequestRow.filter(id=order_id).exists()


async def drop_old_wallet_requests() -> int:
    """Drop what no wallet takes any more, whatever became of its order; return how many."""
    old, now = "FROM wallet_request WHERE expires_at <= ?", milliseconds(current().clock.now())
    if not await fetch(f"SELECT 1 {old} LIMIT 1", [now]):
        return 0
    async with transaction() as tx:
        return await tx.run(f"DELETE {old}", [now])
