"""Rows of guarantees: who is asked to stand behind a loan, and what they agreed to."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Index, KeyClass, SealedField, SealedTable

PHONE_LABEL = "guarantee.phone"


def guarantee_cell(guarantee_id: str, borrower_id: str) -> Cell:
    """Return the place of the number that a borrower named."""
    return GuaranteeRow.seals.cell("phone", guarantee_id, borrower_id)


def guarantee_consent_cell(consent_id: str, guarantor_id: str, column: str) -> Cell:
    """Return the place of what a guarantor read, or of what proves that they agreed."""
    return GuaranteeConsentRow.seals.cell(column, consent_id, guarantor_id)


class GuaranteeRow(Model):
    """One person asked to stand behind one application."""

    seals: ClassVar = SealedTable(
        table="guarantee",
        columns={"phone": KeyClass.CONTACT},
        indexes=(Index(column="phone_index", of=("phone",), label=PHONE_LABEL),),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    """The application, while this is the person who counts."""
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, db_index=True)
    guarantor_id = fields.CharField(max_length=16, db_index=True, null=True)
    """Who answered, signed in on their own phone; none before."""
    state = fields.CharField(max_length=12)
    amount_fen = fields.BigIntField(null=True)
    """The most principal that was agreed to."""
    named_at = fields.BigIntField()
    answered_at = fields.BigIntField(null=True)

    class Meta:
        table = "guarantee"


class GuaranteeConsentRow(Model):
    """What a guarantor agreed to: the exact words, and the approval, under their own keys."""

    seals: ClassVar = SealedTable(
        table="guarantee_consent",
        columns={"text": KeyClass.HELD, "evidence": KeyClass.HELD},
        subject="guarantor_id",
    )

    id = fields.CharField(max_length=16, primary_key=True)
    guarantee_id = fields.CharField(max_length=16, db_index=True)
    guarantor_id = fields.CharField(max_length=16, db_index=True)
    amount_fen = fields.BigIntField()
    text_sha256 = fields.CharField(max_length=64)
    text = SealedField()
    evidence = SealedField()
    given_at = fields.BigIntField()
    withdrawn_at = fields.BigIntField(null=True)

    class Meta:
        table = "guarantee_consent"
