"""Rows of staff."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def staff_cell(staff_id: str) -> Cell:
    """Return the place of an authenticator secret."""
    return StaffRow.seals.cell("totp_secret", staff_id, staff_id)


class StaffRow(Model):
    """A member of staff."""

    seals: ClassVar = SealedTable(
        table="staff", subject="id", columns={"totp_secret": KeyClass.AUTH}
    )

    id = fields.CharField(max_length=16, primary_key=True)
    name = fields.CharField(max_length=32, unique=True)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=128)
    totp_secret = SealedField()
    last_totp_step = fields.BigIntField(default=0)
    enrolled_at = fields.BigIntField()

    class Meta:
        table = "staff"


class StaffSessionRow(Model):
    """A member of staff's session."""

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    started_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    stepped_up_at = fields.BigIntField(null=True)

    class Meta:
        table = "staff_session"


class RoleChangeRow(Model):
    """A proposed change of what a member of staff may do; `live_key` is theirs while it waits."""

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    role_before = fields.CharField(max_length=16)
    role_after = fields.CharField(max_length=16)
    maker_id = fields.CharField(max_length=16)
    state = fields.CharField(max_length=12)
    proposed_at = fields.BigIntField()
    checker_id = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "staff_role_change"


class StaffAttemptRow(Model):
    """Failed sign-ins in a row under one name, whether anybody has that name or not."""

    name_index = fields.CharField(max_length=32, primary_key=True)
    failures = fields.IntField()
    failed_at = fields.BigIntField()

    class Meta:
        table = "staff_attempt"
