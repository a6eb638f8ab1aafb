"""What the borrower's app hands to their wallet, while the wallet takes it."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import current
from app.foundation.sealing import unseal_all
from app.payments.models import WalletRequestRow, wallet_request_cell


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRequestView:
    """What the wallet on the borrower's phone is handed, and until when it takes it."""

    parameters: dict[str, str] = field(repr=False)
    expires_at: datetime


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
