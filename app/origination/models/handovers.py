"""Rows of hand-overs: what went to which lender, when, and under which consent."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def handover_cell(handover_id: str, borrower_id: str) -> Cell:
    """Return the place of what is handed over."""
    return HandoverRow.seals.cell("handed", handover_id, borrower_id)


class HandoverRow(Model):
    """One hand-over of a borrower's data to another lender, whatever became of it."""

    seals: ClassVar = SealedTable(table="handover", columns={"handed": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    product_version_id = fields.CharField(max_length=16)
    product_code = fields.CharField(max_length=48)
    partner_code = fields.CharField(max_length=48)
    state = fields.CharField(max_length=12, db_index=True)
    handed = SealedField()
    """Exactly the declared fields, as they were shown, as JSON by name."""
    text_sha256 = fields.CharField(max_length=64, null=True)
    """Of the words agreed to; the consent ledger has the line, under this row's id."""
    reason = fields.CharField(max_length=32, null=True)
    """Why it stopped, or why the lender declined."""
    lender_ref = fields.CharField(max_length=64, null=True)
    prepared_at = fields.BigIntField()
    consented_at = fields.BigIntField(null=True)
    sent_at = fields.BigIntField(null=True)
    """When it left the house: written before the call."""
    answered_at = fields.BigIntField(null=True)
    recalled_at = fields.BigIntField(null=True)
    """When the lender said that it stops using it and deletes it."""
    look_at = fields.BigIntField(null=True, db_index=True)
    """When due work looks after it again; null while there is nothing to do."""

    class Meta:
        table = "handover"
