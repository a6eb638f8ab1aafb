"""Rows of privacy: every look at a borrower's data."""

from tortoise import fields
from tortoise.models import Model


class LookRow(Model):
    """One look; written with the look itself, never changed."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    staff_role = fields.CharField(max_length=16)
    staff_name = fields.CharField(max_length=64)
    what = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=16)
    ticket_id = fields.CharField(max_length=16, null=True)
    looked_at = fields.DatetimeField()

    class Meta:
        table = "look"
