"""Rows of collections: cases, holds, permits, attempts, promises; times in milliseconds."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def note_cell(attempt_id: str, borrower_id: str) -> Cell:
    """Return the place of what was noted of a contact; the words are the borrower's."""
    return ContactAttemptRow.seals.cell("note", attempt_id, borrower_id)


class CollectionCaseRow(Model):
    """One loan that is late; `open_key` is the loan while the case is open, so it has one."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    open_key = fields.CharField(max_length=16, null=True, unique=True)
    state = fields.CharField(max_length=16, db_index=True)
    stage = fields.CharField(max_length=12)
    bucket = fields.CharField(max_length=16)
    opened_on = fields.CharField(max_length=10)
    opened_at = fields.BigIntField()
    assigned_to = fields.CharField(max_length=40, null=True, db_index=True)
    is_with_agency = fields.BooleanField(default=False)
    assigned_at = fields.BigIntField(null=True)
    offered_at = fields.BigIntField(null=True)
    offered_by = fields.CharField(max_length=8, null=True)
    special_until = fields.CharField(max_length=10, null=True)
    """The last day of the special status for which relief was offered; null before the first."""
    closed_at = fields.BigIntField(null=True)

    class Meta:
        table = "collection_case"


class CollectionHoldRow(Model):
    """Why somebody is left in peace; `place` holds who, why and what about while it stands."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    reason = fields.CharField(max_length=16)
    reference = fields.CharField(max_length=40)
    place = fields.CharField(max_length=80, null=True, unique=True)
    until_on = fields.CharField(max_length=10, null=True)
    placed_by = fields.CharField(max_length=16, null=True)
    placed_at = fields.BigIntField()
    confirmed_by = fields.CharField(max_length=16, null=True)
    released_by = fields.CharField(max_length=16, null=True)
    released_at = fields.BigIntField(null=True)

    class Meta:
        table = "collection_hold"


class ContactPermitRow(Model):
    """
    Leave to get in touch once, or the record that it was refused and why.

    It counts towards the day until `record_until`, or for good once a contact was effective.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    case_id = fields.CharField(max_length=16, db_index=True)
    on_date = fields.CharField(max_length=10)
    """The calendar day in China on which it counts."""
    channel = fields.CharField(max_length=8)
    purpose = fields.CharField(max_length=16)
    asked_by = fields.CharField(max_length=16, null=True)
    """The member of staff; null where a reminder asks for itself."""
    agency = fields.CharField(max_length=40, null=True)
    message_id = fields.CharField(max_length=16, null=True, unique=True)
    """The reminder that it is for, so that one message has one permit."""
    reasons = fields.CharField(max_length=320, default="")
    """Why it was refused, parted by commas; empty where it was given."""
    by_agreement = fields.BooleanField(default=False)
    """Whether the hours of the day were those that the borrower had named."""
    asked_at = fields.BigIntField(db_index=True)
    expires_at = fields.BigIntField()
    record_until = fields.BigIntField()
    used_at = fields.BigIntField(null=True)
    is_effective = fields.BooleanField(null=True)

    class Meta:
        table = "contact_permit"


class ContactAttemptRow(Model):
    """One contact or try, under its permit; the borrower sees it and may contest it."""

    seals: ClassVar = SealedTable(table="contact_attempt", columns={"note": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    case_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16)
    permit_id = fields.CharField(max_length=16, unique=True)
    channel = fields.CharField(max_length=8)
    purpose = fields.CharField(max_length=16)
    outcome = fields.CharField(max_length=20)
    by_staff = fields.CharField(max_length=16, null=True)
    agency = fields.CharField(max_length=40, null=True)
    note = SealedField(null=True)
    began_at = fields.BigIntField(db_index=True)
    recorded_at = fields.BigIntField()
    contested_at = fields.BigIntField(null=True)
    contested_why = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "contact_attempt"


class PaymentPromiseRow(Model):
    """What a borrower said they would pay by a day; `open_key` is the case while it is open."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    case_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    open_key = fields.CharField(max_length=16, null=True, unique=True)
    state = fields.CharField(max_length=12)
    amount_fen = fields.BigIntField()
    due_on = fields.CharField(max_length=10, db_index=True)
    made_at = fields.BigIntField()
    noted_by = fields.CharField(max_length=16, null=True)
    """The member of staff who wrote it down; null where the borrower did."""
    reminded_at = fields.BigIntField(null=True)
    settled_at = fields.BigIntField(null=True)

    class Meta:
        table = "payment_promise"


class ContactAgreementRow(Model):
    """When, and how, a borrower agreed to be contacted about late money; theirs to change."""

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    hours_from = fields.CharField(max_length=5, null=True)
    hours_to = fields.CharField(max_length=5, null=True)
    agrees_to_visits = fields.BooleanField(default=False)
    agreed_at = fields.BigIntField()

    class Meta:
        table = "contact_agreement"
