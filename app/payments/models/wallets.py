"""Rows of what wallets are handed."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def wallet_request_cell(order_id: str, borrower_id: str) -> Cell:
    """Return the place of what a wallet is handed for an order."""
    return WalletRequestRow.seals.cell("parameters", order_id, borrower_id)


class WalletRequestRow(Model):
    """
    What the borrower's app hands to their wallet for one order: to pay it, or to accept its money.

    The key is the order's id. Only the wallet it was made for can use it, and for so long.
    """

    seals: ClassVar = SealedTable(table="wallet_request", columns={"parameters": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    parameters = SealedField()
    expires_at = fields.BigIntField()

    class Meta:
        table = "wallet_request"
