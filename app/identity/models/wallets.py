"""Rows of wallets: where a borrower's money goes and comes from, if not by a card."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def wallet_cell(borrower_id: str) -> Cell:
    """Return the place of a borrower's wallet; a borrower has one row."""
    return WalletRow.seals.cell("openid", borrower_id, borrower_id)


class WalletRow(Model):
    """
    The wallet a borrower proved by signing in to it, until they take it away.

    `openid` is its name towards our mini-program. What was named before stands nowhere.
    """

    seals: ClassVar = SealedTable(
        table="wallet",
        row_id="borrower_id",
        columns={"openid": KeyClass.IDENTITY},
        chained=("openid",),
    )

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    openid = SealedField(null=True)
    set_at = fields.BigIntField()

    class Meta:
        table = "wallet"
