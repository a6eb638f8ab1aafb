"""Rows of the service desk: tickets and what is written in them."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import KeyClass, SealedField, SealedTable


class TicketRow(Model):
    """One matter a borrower has brought up; `due_at` counts while it is our turn."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    category = fields.CharField(max_length=12)
    state = fields.CharField(max_length=12)
    loan_id = fields.CharField(max_length=16, null=True)
    opened_at = fields.DatetimeField()
    due_at = fields.DatetimeField(db_index=True)
    answered_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    score = fields.SmallIntField(null=True)
    message_count = fields.IntField(default=0)

    class Meta:
        table = "ticket"


class TicketMessageRow(Model):
    """One message in a ticket; the text is sealed under the borrower's key."""

    seals: ClassVar = SealedTable(
        table="ticket_message",
        columns={"text": KeyClass.CONTENT},
        through=("ticket_id", "ticket"),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    ticket_id = fields.CharField(max_length=16, db_index=True)
    number = fields.IntField()
    author = fields.CharField(max_length=8)
    staff_id = fields.CharField(max_length=16, null=True)
    staff_name = fields.CharField(max_length=64, null=True)
    text = SealedField()
    written_at = fields.DatetimeField()

    class Meta:
        table = "ticket_message"
