"""Rows of settlements with partners."""

from tortoise import fields
from tortoise.models import Model


class SettlementRow(Model):
    """What one closed day came to for every partner; written once."""

    on_date = fields.CharField(max_length=10, primary_key=True)
    through_number = fields.BigIntField()
    content = fields.TextField()
    sha256 = fields.CharField(max_length=64)
    made_at = fields.BigIntField()

    class Meta:
        table = "servicing_settlement"
