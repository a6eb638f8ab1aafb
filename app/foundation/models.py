"""Rows of the foundation: the business day, claims, facts and their deliveries, keys, revisions."""

from tortoise import fields
from tortoise.models import Model


class BusinessDayRow(Model):
    """The lending day, one row."""

    id = fields.IntField(primary_key=True, generated=False)
    on_date = fields.CharField(max_length=10)

    class Meta:
        table = "business_day"


class DayStepRow(Model):
    """One step of the work that a day's close brings, and the last day it was done for."""

    step = fields.CharField(max_length=48, primary_key=True)
    done_for = fields.CharField(max_length=10)

    class Meta:
        table = "day_step"


class IdempotencyClaimRow(Model):
    """One command carried out, and the answer it got."""

    claim_key = fields.CharField(max_length=64, primary_key=True)
    command_hash = fields.CharField(max_length=64)
    answer = fields.TextField(null=True)
    claimed_at = fields.BigIntField()

    class Meta:
        table = "idempotency_claim"


class OutboxFactRow(Model):
    """A fact announced in the transaction that made it true."""

    id = fields.CharField(max_length=16, primary_key=True)
    name = fields.CharField(max_length=64)
    payload = fields.TextField()
    announced_at = fields.BigIntField()

    class Meta:
        table = "outbox_fact"


class OutboxDeliveryRow(Model):
    """One consumer's delivery of one fact; `due_at` is null once nothing is due."""

    id = fields.CharField(max_length=16, primary_key=True)
    fact_id = fields.CharField(max_length=16, db_index=True)
    consumer = fields.CharField(max_length=64)
    status = fields.CharField(max_length=8)
    attempts = fields.IntField(default=0)
    due_at = fields.BigIntField(db_index=True, null=True)
    position = fields.IntField()
    lease = fields.CharField(max_length=32, null=True)
    last_error = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "outbox_delivery"


class DataKeyRow(Model):
    """One subject's wrapped key for one class of personal values."""

    id = fields.CharField(max_length=48, primary_key=True)
    subject_id = fields.CharField(max_length=16, db_index=True)
    key_class = fields.CharField(max_length=8)
    version = fields.SmallIntField()
    epoch = fields.IntField()
    wrapped = fields.BinaryField()
    made_at = fields.BigIntField(null=True)
    held_until = fields.DateField(null=True)
    """Of a forgotten person: until when the law keeps what this key opens."""
    unused_since = fields.BigIntField(null=True)
    """Of a version that a newer one followed: since when no cell is closed under it."""

    class Meta:
        table = "data_key"


class SealingPolicyRow(Model):
    """How new cells are closed, and how many people were forgotten so far; one row."""

    id = fields.IntField(primary_key=True, generated=False)
    suite = fields.SmallIntField()
    forgotten = fields.BigIntField()
    changed_at = fields.BigIntField()

    class Meta:
        table = "sealing_policy"


class SealingJobRow(Model):
    """One renewal of keys, cells or indexes over everybody, and how far it is."""

    id = fields.CharField(max_length=16, primary_key=True)
    kind = fields.CharField(max_length=16)
    target = fields.CharField(max_length=32, null=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    state = fields.CharField(max_length=8)
    cursor = fields.CharField(max_length=128)
    done = fields.BigIntField()
    total = fields.BigIntField()
    changed = fields.BigIntField()
    broken = fields.BigIntField()
    started_at = fields.BigIntField()
    finished_at = fields.BigIntField(null=True)

    class Meta:
        table = "sealing_job"


class TombstoneRow(Model):
    """A signed statement that a person's keys were destroyed, and when."""

    subject_id = fields.CharField(max_length=16, primary_key=True)
    buried_at = fields.BigIntField()
    held_until = fields.DateField(null=True)
    signature = fields.BinaryField()

    class Meta:
        table = "tombstone"


class EpochKeyRow(Model):
    """A week's key-encryption key, wrapped by the KMS's key of that name; null once destroyed."""

    key_name = fields.CharField(max_length=40, primary_key=True)
    epoch = fields.IntField(unique=True)
    wrapped = fields.BinaryField(null=True)
    made_at = fields.BigIntField()
    wrapped_at = fields.BigIntField()
    destroyed_at = fields.BigIntField(null=True)

    class Meta:
        table = "epoch_key"


class LabelVersionRow(Model):
    """One version of a label's key; `check_value` tells the right KMS from another one."""

    id = fields.CharField(max_length=80, primary_key=True)
    label = fields.CharField(max_length=64)
    version = fields.IntField()
    check_value = fields.CharField(max_length=16)
    made_at = fields.BigIntField()
    effective_at = fields.BigIntField()
    retired_at = fields.BigIntField(null=True)

    class Meta:
        table = "label_version"


class RevisionRow(Model):
    """How many times what one borrower can see has changed."""

    subject_id = fields.CharField(max_length=16, primary_key=True)
    revision = fields.BigIntField()

    class Meta:
        table = "revision"


class AuditEntryRow(Model):
    """One recorded act in its place in the chain; written once."""

    seq = fields.BigIntField(primary_key=True, generated=False)
    kind = fields.CharField(max_length=48, db_index=True)
    subject_id = fields.CharField(max_length=16, db_index=True, null=True)
    actor = fields.CharField(max_length=32, db_index=True)
    about = fields.TextField()
    recorded_at = fields.BigIntField(db_index=True)
    prev_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "audit_entry"


class AuditHeadRow(Model):
    """The last entry's number and hash under a MAC, one row; held while entries are appended."""

    id = fields.IntField(primary_key=True, generated=False)
    seq = fields.BigIntField()
    hash = fields.CharField(max_length=64)
    mac = fields.CharField(max_length=64)

    class Meta:
        table = "audit_head"


class AuditCheckpointRow(Model):
    """A signed statement of how long the chain was and what its last hash was."""

    seq = fields.BigIntField(primary_key=True, generated=False)
    hash = fields.CharField(max_length=64)
    entries = fields.BigIntField()
    signed_at = fields.BigIntField()
    signature = fields.CharField(max_length=128)
    broken = fields.TextField(null=True)
    """The numbers, as JSON, of entries that did not hold when it was made; null where all did."""

    class Meta:
        table = "audit_checkpoint"


class AuditCellRow(Model):
    """Where the chain last spoke of a sealed cell, and the digest of what it should hold."""

    cell = fields.CharField(max_length=96, primary_key=True)
    seq = fields.BigIntField()
    digest = fields.CharField(max_length=64)
    mac = fields.CharField(max_length=32)

    class Meta:
        table = "audit_cell"
