"""Rows of documents: pictures that go with an application, sealed piece by piece."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def document_cell(document_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of a document's sealed values."""
    return DocumentRow.seals.cell(column, document_id, borrower_id)


def part_cell(part_id: str, borrower_id: str) -> Cell:
    """Return the place of one piece of a picture."""
    return DocumentPartRow.seals.cell("content", part_id, borrower_id)


class DocumentRow(Model):
    """One picture, from the wish to send it until it is kept, refused, taken away or given up."""

    seals: ClassVar = SealedTable(
        table="application_document", columns={"digest": KeyClass.CONTENT}
    )

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    """The application it goes with; of a ticket's evidence, the ticket."""
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=24)
    state = fields.CharField(max_length=12, db_index=True)
    refusal = fields.CharField(max_length=32, null=True)
    """The code that says why it was not kept."""
    size_bytes = fields.BigIntField()
    """How long the file is, as its sender said."""
    offset_bytes = fields.BigIntField()
    """How much of it has arrived for good."""
    digest = SealedField()
    """SHA-256 in hexadecimal: of the file as its sender said, then of the picture that is kept."""
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    kept_bytes = fields.BigIntField(null=True)
    added_at = fields.BigIntField()
    changed_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    """When an upload that went no further is given up."""

    class Meta:
        table = "application_document"


class DocumentPartRow(Model):
    """One piece of a file that is arriving, or of the picture that is kept; base64 inside."""

    seals: ClassVar = SealedTable(table="document_part", columns={"content": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    document_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    place = fields.BigIntField()
    """The offset of its first byte."""
    content = SealedField()

    class Meta:
        table = "document_part"
