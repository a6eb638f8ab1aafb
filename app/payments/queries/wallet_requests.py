"""What the borrower's app hands to their wallet, while the wallet takes it."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from tortoise.expressions import Q

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import current
from app.foundation.sealing import unseal_all
from app.identity import queries as identity
from app.payments.models import WalletRequestRow, wallet_request_cell

WAITING_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRequestView:
    """What the wallet on the borrower's phone is handed, and until when it takes it."""

    parameters: dict[str, str] = field(repr=False)
    expires_at: datetime


async def acceptances_by_order(order_ids: list[str]) -> list[WalletRequestView | None]:
    """
    Return likewise what accepts money; None also while money out to its borrower is held back.

    Whoever forces a borrower has the wallet in their hands too: to them it is still on its way.
    """
    frozen = await identity.frozen_borrower_ids()
    rows = await WalletRequestRow.filter(id__in=order_ids, borrower_id__not_in=frozen)
    free = {row.id for row in rows}
    found = await wallet_requests_by_order(order_ids)
    return [
        one if order_id in free else None for order_id, one in zip(order_ids, found, strict=True)
    ]


async def orders_waiting_for_payees() -> list[str]:
    """Return money out whose payees still have time to accept it, oldest first, at most 1,000."""
    now = milliseconds(current().clock.now())
    rows = WalletRequestRow.filter(expires_at__gt=now).filter(
        Q(id__startswith="db") | Q(id__startswith="rf")
    )
    return [row.id for row in await rows.order_by("expires_at", "id").limit(WAITING_MAX)]


async def wallet_requests_by_order(order_ids: list[str]) -> list[WalletRequestView | None]:
    """Return what is handed to wallets, in the order asked; None where it is over or never was."""
    now = milliseconds(current().clock.now())
    rows = await WalletRequestRow.filter(id__in=order_ids, expires_at__gt=now)
    cells = [(wallet_request_cell(row.id, row.borrower_id), bytes(row.parameters)) for row in rows]
    found = {
        row.id: WalletRequestView(
            parameters=msgspec.json.decode(text, type=dict[str, str]),
            expires_at=moment_of(row.expires_at),
        )
        for row, text in zip(rows, await unseal_all(cells), strict=True)
    }
    return [found.get(order_id) for order_id in order_ids]
