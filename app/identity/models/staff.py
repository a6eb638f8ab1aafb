"""Rows of staff."""

from datetime import timedelta
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Fading, KeyClass, SealedField, SealedTable


def staff_cell(staff_id: str) -> Cell:
    """Return the place of an authenticator secret."""
    return StaffRow.seals.cell("totp_secret", staff_id, staff_id)


def passkey_cell(passkey_id: str, staff_id: str, column: str) -> Cell:
    """Return the place of one of a passkey's sealed values."""
    return PasskeyRow.seals.cell(column, passkey_id, staff_id)


class StaffRow(Model):
    """
    A member of staff.

    The row's seal covers who they are, what they may do and their password's hash: whoever writes
    to the table behind our back gives nobody a role, and nobody's password.
    """

    seals: ClassVar = SealedTable(
        table="staff",
        subject="id",
        columns={"totp_secret": KeyClass.AUTH},
        chained=("totp_secret",),
        has_row_seal=True,
        row_seal_since="0004_identity_and_lending",
        covered=("name", "role", "password_hash"),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    name = fields.CharField(max_length=32, unique=True)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=128)
    totp_secret = SealedField()
    last_totp_step = fields.BigIntField(default=0)
    enrolled_at = fields.BigIntField()
    row_version = fields.BigIntField(default=0, db_default=0)
    row_seal = fields.BinaryField(null=True)

    class Meta:
        table = "staff"


class PasskeyRow(Model):
    """
    A passkey of a member of staff; taken away, the row is gone and the audit chain says so.

    `credential_id` is the name by which a browser finds the key, in base64url; it proves nothing.
    """

    seals: ClassVar = SealedTable(
        table="staff_passkey",
        subject="staff_id",
        columns={"public_key": KeyClass.AUTH, "name": KeyClass.CONTENT},
        chained=("public_key",),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    credential_id = fields.CharField(max_length=1364, unique=True)
    public_key = SealedField()
    name = SealedField()
    counter = fields.BigIntField(default=0)
    made_at = fields.BigIntField()
    last_used_at = fields.BigIntField(null=True)

    class Meta:
        table = "staff_passkey"


class UsedStaffChallengeRow(Model):
    """A challenge for a passkey that was answered: it is good once. Gone when it is over."""

    id = fields.CharField(max_length=16, primary_key=True)
    used_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "staff_challenge_use"


class StaffSessionRow(Model):
    """
    A member of staff's session.

    Its seal covers whose it is and when it was proven: a session moved to somebody else, or
    stepped up by hand, is refused. One from before there were seals has none, and is over.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    started_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    stepped_up_at = fields.BigIntField(null=True)
    passkey_id = fields.CharField(max_length=16, null=True)
    """The passkey that signed in, if it was one."""
    seal = fields.BinaryField(null=True)

    class Meta:
        table = "staff_session"


class RoleChangeRow(Model):
    """
    A proposed change of what a member of staff may do; `live_key` is theirs while it waits.

    Its seal covers who proposed what for whom: what a second person approves is what was proposed.
    """

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
    seal = fields.BinaryField(null=True)

    class Meta:
        table = "staff_role_change"


class StaffAttemptRow(Model):
    """Failed sign-ins in a row under one name, whether anybody has that name or not."""

    fades: ClassVar = Fading(labels=("staff_attempt.name",), lives=timedelta(days=2))

    name_index = fields.CharField(max_length=32, primary_key=True)
    failures = fields.IntField()
    failed_at = fields.BigIntField()

    class Meta:
        table = "staff_attempt"
