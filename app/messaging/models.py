"""Rows of messaging: what a borrower was told, each text message, and their switches."""

from tortoise import fields
from tortoise.models import Model


class NotificationRow(Model):
    """One notification; ids, fen and dates only, so it reads in any language."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=32)
    data = fields.TextField()
    dedupe_key = fields.CharField(max_length=120, unique=True)
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notification"


class SmsRow(Model):
    """One text message about one notification; its words are made when it is sent."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    notification_id = fields.CharField(max_length=16, unique=True)
    state = fields.CharField(max_length=12)
    reason = fields.CharField(max_length=24, null=True)
    attempts = fields.IntField(default=0)
    queued_at = fields.DatetimeField()
    not_before = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sms"


class NotificationPreferenceRow(Model):
    """One switch that a borrower has moved; the id is borrower and category."""

    id = fields.CharField(max_length=40, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    category = fields.CharField(max_length=16)
    is_sms_on = fields.BooleanField()

    class Meta:
        table = "notification_preference"
