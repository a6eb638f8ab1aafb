"""Rows of the household: a borrower's own calendar, sealed, and the warnings they were given."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def calendar_cell(borrower_id: str) -> Cell:
    """Return the place of a borrower's calendar; a borrower has one."""
    return HouseholdRow.seals.cell("calendar", borrower_id, borrower_id)


class HouseholdRow(Model):
    """What a borrower said of their household, as JSON under their own key."""

    seals: ClassVar = SealedTable(
        table="household",
        row_id="borrower_id",
        columns={"calendar": KeyClass.CONTACT},
    )

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    calendar = SealedField()
    saved_at = fields.BigIntField()
    looked_month = fields.CharField(max_length=7, null=True, db_index=True)
    """The newest month that was looked at for a warning, such as 2027-02."""

    class Meta:
        table = "household"


class TightWarningRow(Model):
    """A month a borrower was warned of; its key is both, so each comes once."""

    id = fields.CharField(max_length=16, primary_key=True)
    warning_key = fields.CharField(max_length=32, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    month = fields.CharField(max_length=7)
    told_on = fields.CharField(max_length=10)

    class Meta:
        table = "tight_warning"
