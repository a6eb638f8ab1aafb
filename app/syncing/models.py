"""Rows of what phones sent and hold."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def ack_cell(command_id: str, borrower_id: str) -> Cell:
    """Return the place of what a numbered command was answered."""
    return NumberedCommandRow.seals.cell("ack", command_id, borrower_id)


def body_cell(held_id: str, borrower_id: str) -> Cell:
    """Return the place of an answer that a phone holds."""
    return HeldAnswerRow.seals.cell("body", held_id, borrower_id)


class NumberedCommandRow(Model):
    """A command of a phone that was carried out, or refused for good; the key is its place."""

    seals: ClassVar = SealedTable(table="numbered_command", columns={"ack": KeyClass.CONTENT})

    id = fields.CharField(max_length=40, primary_key=True)
    phone_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    number = fields.BigIntField()
    command_hash = fields.CharField(max_length=64)
    ack = SealedField(null=True)
    noted_at = fields.BigIntField()

    class Meta:
        table = "numbered_command"


class HeldAnswerRow(Model):
    """An answer that a phone holds; the key is its session and state."""

    seals: ClassVar = SealedTable(table="held_answer", columns={"body": KeyClass.CONTENT})

    id = fields.CharField(max_length=24, primary_key=True)
    session_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    operation_id = fields.CharField(max_length=3)
    release = fields.CharField(max_length=16)
    tag = fields.CharField(max_length=24, null=True)
    body = SealedField()
    held_at = fields.BigIntField()

    class Meta:
        table = "held_answer"
