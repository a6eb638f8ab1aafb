"""Rows of PINs, and of money held back from whoever is forced to type one."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def pin_cell(borrower_id: str, column: str) -> Cell:
    """Return the place of a PIN's verifier; a borrower has one row."""
    return PinRow.seals.cell(column, borrower_id, borrower_id)


def freeze_cell(freeze_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of a freeze's sealed values."""
    return DisbursementFreezeRow.seals.cell(column, freeze_id, borrower_id)


class PinRow(Model):
    """
    A borrower's PIN: two verifiers, which nobody can tell apart, and wrong PINs in a row.

    Without a PIN for duress, `duress` holds the verifier of a number that nobody knows.
    """

    seals: ClassVar = SealedTable(
        table="pin",
        row_id="borrower_id",
        columns=dict.fromkeys(("verifier", "duress"), KeyClass.AUTH),
        chained=("verifier", "duress"),
    )

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    verifier = SealedField()
    duress = SealedField()
    version = fields.IntField(default=1)
    failures = fields.IntField(default=0)
    set_at = fields.BigIntField()

    class Meta:
        table = "pin"


class PinGuessRow(Model):
    """
    A PIN typed in a session that was not trusted fully; forgiven, or old, it is deleted.

    There are rows of borrowers without a PIN too: whoever has proved the number only does not
    learn whether there is one.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    trust = fields.CharField(max_length=8)
    guessed_at = fields.BigIntField()

    class Meta:
        table = "pin_guess"


class DisbursementFreezeRow(Model):
    """
    Money out is held back from a borrower who was made to sign in; one live at a time.

    `card` is the bank card named since, which nothing is sent to, and `wallet` the wallet; an empty
    one is the wallet taken away since.
    """

    seals: ClassVar = SealedTable(
        table="disbursement_freeze",
        columns={
            "card": KeyClass.IDENTITY,
            "wallet": KeyClass.IDENTITY,
            "reason": KeyClass.CONTENT,
        },
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    frozen_at = fields.BigIntField()
    card = SealedField(null=True)
    wallet = SealedField(null=True)
    lifted_at = fields.BigIntField(null=True)
    lifted_by = fields.CharField(max_length=16, null=True)
    reason = SealedField(null=True)

    class Meta:
        table = "disbursement_freeze"
