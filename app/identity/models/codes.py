"""Rows of one-time codes: challenges, and what limits them."""

from datetime import timedelta
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Fading, Index, KeyClass, SealedField, SealedTable


def code_cell(challenge_id: str, column: str) -> Cell:
    """Return the place of a challenge's sealed value; the challenge is its own subject."""
    return OneTimeCodeRow.seals.cell(column, challenge_id, challenge_id)


def stopped_cell(stop_id: str) -> Cell:
    """Return the place of a number that nothing is sent to; the stop is its own subject."""
    return StoppedNumberRow.seals.cell("phone", stop_id, stop_id)


class OneTimeCodeRow(Model):
    """One challenge: whom a code was sent to, never the code itself."""

    seals: ClassVar = SealedTable(
        table="one_time_code",
        subject="id",
        columns=dict.fromkeys(("phone", "words"), KeyClass.AUTH),
        indexes=(Index(column="phone_index", of=("phone",), label="one_time_code.phone"),),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    purpose = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=64, unique=True, null=True)
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, db_index=True)
    salt = fields.BinaryField()
    attempts = fields.IntField(default=0)
    language = fields.CharField(max_length=8)
    borrower_id = fields.CharField(max_length=16, null=True)
    about = fields.CharField(max_length=128, null=True)
    words = SealedField()
    sent_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)
    digits = fields.SmallIntField(default=6, db_default=6)
    prefix_index = fields.CharField(max_length=32, null=True)
    misfits = fields.SmallIntField(default=0, db_default=0)
    """Times that a command answered before came again with something else in it."""

    class Meta:
        table = "one_time_code"
        indexes = (("borrower_id",),)


class SmsGateRow(Model):
    """What a phone or device has used up; locked while a code is asked for or guessed."""

    fades: ClassVar = Fading(labels=("code_send.device",), lives=timedelta(days=2))

    gate_key = fields.CharField(max_length=32, primary_key=True)
    guess_day = fields.CharField(max_length=10)
    guesses = fields.IntField(default=0)

    class Meta:
        table = "sms_gate"


class CodeSendRow(Model):
    """One code sent, for the limits."""

    id = fields.CharField(max_length=16, primary_key=True)
    phone_index = fields.CharField(max_length=32, db_index=True)
    purpose = fields.CharField(max_length=16)
    device_index = fields.CharField(max_length=32, db_index=True, null=True)
    sent_at = fields.BigIntField()

    class Meta:
        table = "code_send"


class SmsSpendRow(Model):
    """What text messages cost in an hour: of one prefix of numbers, or of all (`scope` ALL)."""

    fades: ClassVar = Fading(labels=("sms_spend.prefix",), lives=timedelta(days=2))

    scope = fields.CharField(max_length=32, primary_key=True)
    hour = fields.BigIntField()
    spent_fen = fields.BigIntField()

    class Meta:
        table = "sms_spend"


class SmsConversionRow(Model):
    """How many codes a prefix of numbers was sent in five minutes, and how many came back."""

    id = fields.CharField(max_length=64, primary_key=True)
    prefix_index = fields.CharField(max_length=32, db_index=True)
    slot = fields.BigIntField()
    sends = fields.IntField()
    redeemed = fields.IntField()

    class Meta:
        table = "sms_conversion"


class CodeFailureRow(Model):
    """Wrong guesses of a day at codes that were not redeemed; a day is spread over some rows."""

    id = fields.CharField(max_length=16, primary_key=True)
    day = fields.CharField(max_length=10, db_index=True)
    failures = fields.IntField()

    class Meta:
        table = "code_failure"


class StoppedNumberRow(Model):
    """A number whose holder said “not me”: nothing but a code somebody asks for is sent there."""

    seals: ClassVar = SealedTable(
        table="stopped_number",
        subject="id",
        columns={"phone": KeyClass.CONTACT},
        indexes=(Index(column="phone_index", of=("phone",), label="stopped_number.phone"),),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, unique=True)
    stopped_at = fields.BigIntField()

    class Meta:
        table = "stopped_number"
