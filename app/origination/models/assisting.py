"""Rows of applications that an agent or merchant fills in for somebody in the shop."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Index, KeyClass, SealedField, SealedTable

PHONE_LABEL = "assisted.phone"


def assisted_cell(assisted_id: str, column: str) -> Cell:
    """Return the place of a sealed value; the row is its own subject, as nobody is known yet."""
    return AssistedRow.seals.cell(column, assisted_id, assisted_id)


class AssistedRow(Model):
    """What an agent filled in for a number, until its holder confirms it or does not."""

    seals: ClassVar = SealedTable(
        table="assisted_application",
        subject="id",
        columns={"phone": KeyClass.CONTACT, "purpose": KeyClass.CONTENT},
        indexes=(Index(column="phone_index", of=("phone",), label=PHONE_LABEL),),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    agent_id = fields.CharField(max_length=16, db_index=True)
    """Whose session filled it in."""
    phone = SealedField(null=True)
    phone_index = fields.CharField(max_length=32, db_index=True, null=True)
    product_id = fields.CharField(max_length=16)
    region_code = fields.CharField(max_length=6, db_index=True)
    amount_fen = fields.BigIntField()
    months = fields.SmallIntField()
    purpose = SealedField(null=True)
    state = fields.CharField(max_length=12, db_index=True)
    calls = fields.SmallIntField()
    """How often the questions of a call-back were answered wrong."""
    called_by = fields.CharField(max_length=16, null=True)
    """Who called back, where that confirmed it."""
    application_id = fields.CharField(max_length=16, db_index=True, null=True)
    started_at = fields.BigIntField()
    answered_at = fields.BigIntField(null=True)
    expires_at = fields.BigIntField()

    class Meta:
        table = "assisted_application"
