"""Rows of borrowers: who they are and what they agreed to."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Index, KeyClass, SealedField, SealedTable
from app.identity.rules import people

PHONE_TAIL_BITS = 12
"""Each entry stands for about as many borrowers as 1 in 4,096: it names nobody."""

SURNAME_TAIL_BITS = 16
"""For a surname with last four digits; a surname alone is indexed nowhere."""


def borrower_cell(borrower_id: str, column: str) -> Cell:
    """Return the place of one of a borrower's sealed values."""
    return BorrowerRow.seals.cell(column, borrower_id, borrower_id)


class BorrowerRow(Model):
    """A person who proved a phone number."""

    seals: ClassVar = SealedTable(
        table="borrower",
        subject="id",
        columns={
            "phone": KeyClass.CONTACT,
            "name": KeyClass.IDENTITY,
            "resident_id": KeyClass.IDENTITY,
            "bank_card": KeyClass.IDENTITY,
            "income": KeyClass.CONTACT,
            "purpose": KeyClass.CONTENT,
            "address": KeyClass.CONTACT,
        },
        chained=("phone", "bank_card"),
        indexes=(
            Index(column="phone_index", of=("phone",), label="borrower.phone"),
            Index(
                column="phone_tail_index",
                of=("phone",),
                label="borrower.phone_tail",
                bits=PHONE_TAIL_BITS,
                text_of=people.phone_tail,
            ),
            Index(
                column="surname_tail_index",
                of=("name", "phone"),
                label="borrower.surname_tail",
                bits=SURNAME_TAIL_BITS,
                text_of=people.surname_and_tail,
            ),
            Index(column="resident_id_index", of=("resident_id",), label="borrower.resident_id"),
            Index(column="bank_card_index", of=("bank_card",), label="borrower.bank_card"),
        ),
        has_row_seal=True,
        row_seal_since="0003_identity_and_privacy",
    )

    id = fields.CharField(max_length=16, primary_key=True)
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, unique=True)
    phone_tail_index = fields.CharField(max_length=3, db_index=True)
    surname_tail_index = fields.CharField(max_length=4, null=True)
    name = SealedField(null=True)
    resident_id = SealedField(null=True)
    resident_id_index = fields.CharField(max_length=32, unique=True, null=True)
    bank_card = SealedField(null=True)
    bank_card_index = fields.CharField(max_length=32, db_index=True, null=True)
    income = SealedField(null=True)
    purpose = SealedField(null=True)
    address = SealedField(null=True)
    region_code = fields.CharField(max_length=6, null=True)
    is_student = fields.BooleanField(default=False)
    phone_since = fields.DateField(null=True)
    language = fields.CharField(max_length=8)
    joined_at = fields.BigIntField()
    completed_at = fields.BigIntField(null=True)
    leaves_at = fields.BigIntField(null=True)
    """Of somebody who closed their account: when they are forgotten unless they come back."""
    lost_phone_at = fields.BigIntField(null=True)
    """When somebody new took over the number; nothing is sent anywhere since."""
    disbursed_from = fields.BigIntField(null=True)
    """Money out waits until then, because a way in or the way for the money just changed."""
    row_version = fields.BigIntField(default=0, db_default=0)
    row_seal = fields.BinaryField(null=True)

    class Meta:
        table = "borrower"

    @property
    def is_forgotten(self) -> bool:
        """Whether the keys to what is sealed here were destroyed."""
        return self.phone_index.startswith("-")


class ConsentLineRow(Model):
    """
    One line of the consent ledger: something given or taken back; never changed, never deleted.

    `line_key` is the borrower and the line's number, so that the order of lines is beyond doubt.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    line_key = fields.CharField(max_length=32, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    number = fields.IntField()
    act = fields.CharField(max_length=12)
    purpose = fields.CharField(max_length=24)
    recipient = fields.CharField(max_length=40)
    about = fields.CharField(max_length=16)
    version = fields.SmallIntField()
    language = fields.CharField(max_length=8)
    text_sha256 = fields.CharField(max_length=64)
    session_id = fields.CharField(max_length=16, null=True)
    noted_at = fields.BigIntField()

    class Meta:
        table = "consent_line"
