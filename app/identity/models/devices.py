"""Rows of devices with keys, and of what they approve."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Index, KeyClass, MarkedTable, SealedField, SealedTable
from app.identity.rules import devices


def device_cell(device_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of a device's sealed values."""
    return DeviceRow.seals.cell(column, device_id, borrower_id)


def intent_cell(intent_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of an intent's sealed values."""
    return IntentRow.seals.cell(column, intent_id, borrower_id)


class DeviceRow(Model):
    """A phone with a key of its own that may sign its borrower in."""

    seals: ClassVar = SealedTable(
        table="device",
        columns={
            "public_key": KeyClass.AUTH,
            "proof_key": KeyClass.AUTH,
            "name": KeyClass.CONTENT,
        },
        chained=("public_key", "proof_key"),
        indexes=(
            Index(
                column="key_index",
                of=("public_key",),
                label="device.key",
                text_of=devices.key_id_of_kept,
            ),
        ),
    )
    marks: ClassVar = MarkedTable(table="device", columns=("enrollment",))

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=16)
    level = fields.CharField(max_length=2)
    key_index = fields.CharField(max_length=32, unique=True)
    public_key = SealedField()
    proof_key = SealedField()
    name = SealedField()
    key_counter = fields.BigIntField(default=0)
    enrollment = fields.BinaryField(null=True)
    """What the key signed when it was enrolled; its maker's certificates name it too."""
    sign_in_counter = fields.BigIntField(default=0)
    proof_high = fields.BigIntField(default=0)
    proof_seen = fields.BigIntField(default=0)
    enrolled_at = fields.BigIntField()
    last_used_on = fields.DateField()
    ended_at = fields.BigIntField(null=True)
    ended_reason = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "device"


class DeviceChallengeRow(Model):
    """What a new device's key is to sign, once."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    nonce = fields.BinaryField()
    expires_at = fields.BigIntField(db_index=True)
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "device_challenge"


class IntentRow(Model):
    """One act to be approved: the words shown, and what proves the approval."""

    seals: ClassVar = SealedTable(
        table="intent",
        columns={"text": KeyClass.HELD, "evidence": KeyClass.HELD},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    device_id = fields.CharField(max_length=16, null=True)
    live_key = fields.CharField(max_length=64, unique=True, null=True)
    act = fields.CharField(max_length=24)
    about_hash = fields.CharField(max_length=64)
    text = SealedField()
    means = fields.CharField(max_length=16)
    challenge_id = fields.CharField(max_length=16, null=True)
    evidence = SealedField(null=True)
    opened_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    approved_at = fields.BigIntField(null=True)
    spent_at = fields.BigIntField(null=True)

    class Meta:
        table = "intent"
