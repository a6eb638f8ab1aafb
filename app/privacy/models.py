"""Rows of privacy: looks and reveals; corrections, reviews, closings and copies asked for."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import KeyClass, SealedField, SealedTable


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


class RevealRow(Model):
    """One value shown to staff in clear; written with it, never changed. The value is not here."""

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16)
    field = fields.CharField(max_length=16)
    look_id = fields.CharField(max_length=16)
    request_id = fields.CharField(max_length=16, null=True)
    revealed_at = fields.BigIntField()

    class Meta:
        table = "reveal"


class RevealGateRow(Model):
    """One member of staff's own row; held while their reveals are counted."""

    staff_id = fields.CharField(max_length=16, primary_key=True)
    counted_at = fields.BigIntField()

    class Meta:
        table = "reveal_gate"


class RevealRequestRow(Model):
    """One wish to see a value for which a second person is needed."""

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    staff_name = fields.CharField(max_length=64)
    borrower_id = fields.CharField(max_length=16)
    field = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=16)
    ticket_id = fields.CharField(max_length=16, null=True)
    state = fields.CharField(max_length=12, db_index=True)
    asked_at = fields.BigIntField()
    approver_id = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "reveal_request"


class CanaryRow(Model):
    """A borrower nobody has a reason to look at: whoever does sets off an alarm."""

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    set_at = fields.BigIntField()

    class Meta:
        table = "canary"


class CorrectionRequestRow(Model):
    """
    One wish of a borrower to have something about them put right; its history is never rewritten.

    `open_key` is the borrower and the field while it waits, so one of a kind waits at a time.
    """

    seals: ClassVar = SealedTable(
        table="correction_request",
        columns={
            "value": KeyClass.CONTENT,
            "reason": KeyClass.CONTENT,
            "maker_note": KeyClass.CONTENT,
            "answer": KeyClass.CONTENT,
        },
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    open_key = fields.CharField(max_length=32, unique=True, null=True)
    field = fields.CharField(max_length=16)
    state = fields.CharField(max_length=12, db_index=True)
    value = SealedField()
    reason = SealedField()
    asked_at = fields.DatetimeField()
    due_on = fields.DateField()
    maker_id = fields.CharField(max_length=16, null=True)
    maker_name = fields.CharField(max_length=64, null=True)
    is_proposed_right = fields.BooleanField(null=True)
    maker_note = SealedField(null=True)
    proposed_at = fields.DatetimeField(null=True)
    checker_id = fields.CharField(max_length=16, null=True)
    checker_name = fields.CharField(max_length=64, null=True)
    answer = SealedField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "correction_request"


class HumanReviewRow(Model):
    """
    One wish that a person looks at what a machine decided.

    `application_id` is unique: a decision is looked at once; sent back, it is decided anew.
    """

    seals: ClassVar = SealedTable(
        table="human_review",
        columns={"reason": KeyClass.CONTENT, "answer": KeyClass.CONTENT},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    application_id = fields.CharField(max_length=16, unique=True)
    state = fields.CharField(max_length=12, db_index=True)
    reason = SealedField()
    asked_at = fields.DatetimeField()
    due_on = fields.DateField()
    answered_by = fields.CharField(max_length=16, null=True)
    answered_name = fields.CharField(max_length=64, null=True)
    answer = SealedField(null=True)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "human_review"


class ClosingRow(Model):
    """
    One closing of an account: the days to come back in, and then the end.

    `live_key` is the borrower until it ends either way. `kept` is what the law wants kept of who
    the borrower was, under the key that outlives the others until `held_until`.
    """

    seals: ClassVar = SealedTable(table="closing", columns={"kept": KeyClass.HELD})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    state = fields.CharField(max_length=12)
    asked_at = fields.BigIntField()
    leaves_at = fields.BigIntField(db_index=True)
    ended_at = fields.BigIntField(null=True)
    held_until = fields.DateField(null=True)
    kept = SealedField(null=True)

    class Meta:
        table = "closing"


class DataExportRow(Model):
    """One copy of a borrower's data handed out; the copy itself is not kept."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    asked_by = fields.CharField(max_length=16)
    sha256 = fields.CharField(max_length=64)
    bytes_count = fields.BigIntField()
    made_at = fields.BigIntField()

    class Meta:
        table = "data_export"
