"""Rows of debits that a borrower asked for once."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import MarkedTable


class CardDebitRow(Model):
    """
    What a borrower approved of one debit of their card.

    The key is its repayment's id. `card_mark` is a keyed hash of the card in the words they read:
    another card is never debited.
    """

    marks: ClassVar = MarkedTable(
        table="card_debit",
        columns=("card_mark",),
        of=("borrower", "bank_card"),
        label="mandate.card",
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16)
    intent_id = fields.CharField(max_length=16)
    card_mark = fields.CharField(max_length=32)

    class Meta:
        table = "card_debit"
