from tortoise import migrations
from tortoise.migrations import operations as ops
from app.foundation.database.columns import DropColumn
from app.foundation.sealing.fields import SealedField
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("qingmiao", "0002_lending_engine")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AuditCellRow",
            fields=[
                (
                    "cell",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=96, generated=False
                    ),
                ),
                ("seq", fields.BigIntField()),
                ("digest", fields.CharField(max_length=64)),
                ("mac", fields.CharField(max_length=32)),
            ],
            options={"table": "audit_cell", "app": "qingmiao", "pk_attr": "cell"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditCheckpointRow",
            fields=[
                (
                    "seq",
                    fields.BigIntField(
                        primary_key=True, unique=True, db_index=True, generated=False
                    ),
                ),
                ("hash", fields.CharField(max_length=64)),
                ("entries", fields.BigIntField()),
                ("signed_at", fields.BigIntField()),
                ("signature", fields.CharField(max_length=128)),
            ],
            options={"table": "audit_checkpoint", "app": "qingmiao", "pk_attr": "seq"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditEntryRow",
            fields=[
                (
                    "seq",
                    fields.BigIntField(
                        primary_key=True, unique=True, db_index=True, generated=False
                    ),
                ),
                ("kind", fields.CharField(db_index=True, max_length=48)),
                ("subject_id", fields.CharField(null=True, db_index=True, max_length=16)),
                ("actor", fields.CharField(db_index=True, max_length=32)),
                ("about", fields.TextField(unique=False)),
                ("recorded_at", fields.BigIntField(db_index=True)),
                ("prev_hash", fields.CharField(max_length=64)),
                ("hash", fields.CharField(max_length=64)),
            ],
            options={"table": "audit_entry", "app": "qingmiao", "pk_attr": "seq"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditHeadRow",
            fields=[
                (
                    "id",
                    fields.IntField(primary_key=True, unique=True, db_index=True, generated=False),
                ),
                ("seq", fields.BigIntField()),
                ("hash", fields.CharField(max_length=64)),
                ("mac", fields.CharField(max_length=64)),
            ],
            options={"table": "audit_head", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CanaryRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("set_at", fields.BigIntField()),
            ],
            options={"table": "canary", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ClosingRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("state", fields.CharField(max_length=12)),
                ("asked_at", fields.BigIntField()),
                ("leaves_at", fields.BigIntField(db_index=True)),
                ("ended_at", fields.BigIntField(null=True)),
                ("held_until", fields.DateField(null=True)),
                ("kept", SealedField(null=True, generated=False, unique=False)),
            ],
            options={"table": "closing", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CodeFailureRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("day", fields.CharField(db_index=True, max_length=10)),
                ("failures", fields.IntField()),
            ],
            options={"table": "code_failure", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ConsentLineRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("line_key", fields.CharField(unique=True, max_length=32)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("number", fields.IntField()),
                ("act", fields.CharField(max_length=12)),
                ("purpose", fields.CharField(max_length=24)),
                ("recipient", fields.CharField(max_length=40)),
                ("about", fields.CharField(max_length=16)),
                ("version", fields.SmallIntField()),
                ("language", fields.CharField(max_length=8)),
                ("text_sha256", fields.CharField(max_length=64)),
                ("session_id", fields.CharField(null=True, max_length=16)),
                ("noted_at", fields.BigIntField()),
            ],
            options={"table": "consent_line", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CorrectionRequestRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("open_key", fields.CharField(null=True, unique=True, max_length=32)),
                ("field", fields.CharField(max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("value", SealedField(generated=False, null=False, unique=False)),
                ("reason", SealedField(generated=False, null=False, unique=False)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_on", fields.DateField()),
                ("maker_id", fields.CharField(null=True, max_length=16)),
                ("maker_name", fields.CharField(null=True, max_length=64)),
                ("is_proposed_right", fields.BooleanField(null=True)),
                ("maker_note", SealedField(null=True, generated=False, unique=False)),
                (
                    "proposed_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("checker_id", fields.CharField(null=True, max_length=16)),
                ("checker_name", fields.CharField(null=True, max_length=64)),
                ("answer", SealedField(null=True, generated=False, unique=False)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "correction_request", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DataExportRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("asked_by", fields.CharField(max_length=16)),
                ("sha256", fields.CharField(max_length=64)),
                ("bytes_count", fields.BigIntField()),
                ("made_at", fields.BigIntField()),
            ],
            options={"table": "data_export", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DeviceChallengeRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("session_id", fields.CharField(max_length=16)),
                ("nonce", fields.BinaryField()),
                ("expires_at", fields.BigIntField(db_index=True)),
                ("used_at", fields.BigIntField(null=True)),
            ],
            options={"table": "device_challenge", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DeviceRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("kind", fields.CharField(max_length=16)),
                ("level", fields.CharField(max_length=2)),
                ("key_index", fields.CharField(unique=True, max_length=32)),
                ("public_key", SealedField(generated=False, null=False, unique=False)),
                ("proof_key", SealedField(generated=False, null=False, unique=False)),
                ("name", SealedField(generated=False, null=False, unique=False)),
                ("key_counter", fields.BigIntField(default=0)),
                ("enrollment", fields.BinaryField(null=True)),
                ("sign_in_counter", fields.BigIntField(default=0)),
                ("proof_high", fields.BigIntField(default=0)),
                ("proof_seen", fields.BigIntField(default=0)),
                ("enrolled_at", fields.BigIntField()),
                ("last_used_on", fields.DateField()),
                ("ended_at", fields.BigIntField(null=True)),
                ("ended_reason", fields.CharField(null=True, max_length=16)),
            ],
            options={"table": "device", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DisbursementFreezeRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("frozen_at", fields.BigIntField()),
                ("card", SealedField(null=True, generated=False, unique=False)),
                ("lifted_at", fields.BigIntField(null=True)),
                ("lifted_by", fields.CharField(null=True, max_length=16)),
                ("reason", SealedField(null=True, generated=False, unique=False)),
            ],
            options={"table": "disbursement_freeze", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EpochKeyRow",
            fields=[
                (
                    "key_name",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=40, generated=False
                    ),
                ),
                ("epoch", fields.IntField(unique=True)),
                ("wrapped", fields.BinaryField(null=True)),
                ("made_at", fields.BigIntField()),
                ("wrapped_at", fields.BigIntField()),
                ("destroyed_at", fields.BigIntField(null=True)),
            ],
            options={"table": "epoch_key", "app": "qingmiao", "pk_attr": "key_name"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HumanReviewRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("application_id", fields.CharField(unique=True, max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("reason", SealedField(generated=False, null=False, unique=False)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_on", fields.DateField()),
                ("answered_by", fields.CharField(null=True, max_length=16)),
                ("answered_name", fields.CharField(null=True, max_length=64)),
                ("answer", SealedField(null=True, generated=False, unique=False)),
                (
                    "answered_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={"table": "human_review", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IdentificationRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("session_id", fields.CharField(max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("forgets_pin", fields.BooleanField(default=False)),
                ("asked_at", fields.BigIntField()),
                ("proposed_by", fields.CharField(null=True, max_length=16)),
                ("proposed_at", fields.BigIntField(null=True)),
                ("reason", SealedField(null=True, generated=False, unique=False)),
                ("settled_by", fields.CharField(null=True, max_length=16)),
                ("settled_at", fields.BigIntField(null=True)),
                ("is_confirmed", fields.BooleanField(null=True)),
            ],
            options={"table": "identification", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IntentRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("session_id", fields.CharField(max_length=16)),
                ("device_id", fields.CharField(null=True, max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=64)),
                ("act", fields.CharField(max_length=24)),
                ("about_hash", fields.CharField(max_length=64)),
                ("text", SealedField(generated=False, null=False, unique=False)),
                ("means", fields.CharField(max_length=16)),
                ("challenge_id", fields.CharField(null=True, max_length=16)),
                ("evidence", SealedField(null=True, generated=False, unique=False)),
                ("opened_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField()),
                ("approved_at", fields.BigIntField(null=True)),
                ("spent_at", fields.BigIntField(null=True)),
            ],
            options={"table": "intent", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LabelVersionRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=80, generated=False
                    ),
                ),
                ("label", fields.CharField(max_length=64)),
                ("version", fields.IntField()),
                ("check_value", fields.CharField(max_length=16)),
                ("made_at", fields.BigIntField()),
                ("effective_at", fields.BigIntField()),
                ("retired_at", fields.BigIntField(null=True)),
            ],
            options={"table": "label_version", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PinRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("verifier", SealedField(generated=False, null=False, unique=False)),
                ("duress", SealedField(generated=False, null=False, unique=False)),
                ("version", fields.IntField(default=1)),
                ("failures", fields.IntField(default=0)),
                ("set_at", fields.BigIntField()),
            ],
            options={"table": "pin", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RevealGateRow",
            fields=[
                (
                    "staff_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("counted_at", fields.BigIntField()),
            ],
            options={"table": "reveal_gate", "app": "qingmiao", "pk_attr": "staff_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RevealRequestRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("staff_id", fields.CharField(db_index=True, max_length=16)),
                ("staff_name", fields.CharField(max_length=64)),
                ("borrower_id", fields.CharField(max_length=16)),
                ("field", fields.CharField(max_length=16)),
                ("reason", fields.CharField(max_length=16)),
                ("ticket_id", fields.CharField(null=True, max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("asked_at", fields.BigIntField()),
                ("approver_id", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={"table": "reveal_request", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RevealRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("staff_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(max_length=16)),
                ("field", fields.CharField(max_length=16)),
                ("look_id", fields.CharField(max_length=16)),
                ("request_id", fields.CharField(null=True, max_length=16)),
                ("revealed_at", fields.BigIntField()),
            ],
            options={"table": "reveal", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoleChangeRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("staff_id", fields.CharField(db_index=True, max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("role_before", fields.CharField(max_length=16)),
                ("role_after", fields.CharField(max_length=16)),
                ("maker_id", fields.CharField(max_length=16)),
                ("state", fields.CharField(max_length=12)),
                ("proposed_at", fields.BigIntField()),
                ("checker_id", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={"table": "staff_role_change", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SealingJobRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("target", fields.CharField(null=True, max_length=32)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("state", fields.CharField(max_length=8)),
                ("cursor", fields.CharField(max_length=128)),
                ("done", fields.BigIntField()),
                ("total", fields.BigIntField()),
                ("changed", fields.BigIntField()),
                ("broken", fields.BigIntField()),
                ("started_at", fields.BigIntField()),
                ("finished_at", fields.BigIntField(null=True)),
            ],
            options={"table": "sealing_job", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SealingPolicyRow",
            fields=[
                (
                    "id",
                    fields.IntField(primary_key=True, unique=True, db_index=True, generated=False),
                ),
                ("suite", fields.SmallIntField()),
                ("forgotten", fields.BigIntField()),
                ("changed_at", fields.BigIntField()),
            ],
            options={"table": "sealing_policy", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SmsConversionRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=64, generated=False
                    ),
                ),
                ("prefix_index", fields.CharField(db_index=True, max_length=32)),
                ("slot", fields.BigIntField()),
                ("sends", fields.IntField()),
                ("redeemed", fields.IntField()),
            ],
            options={"table": "sms_conversion", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SmsSpendRow",
            fields=[
                (
                    "scope",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=32, generated=False
                    ),
                ),
                ("hour", fields.BigIntField()),
                ("spent_fen", fields.BigIntField()),
            ],
            options={"table": "sms_spend", "app": "qingmiao", "pk_attr": "scope"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StoppedNumberRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("phone", SealedField(generated=False, null=False, unique=False)),
                ("phone_index", fields.CharField(unique=True, max_length=32)),
                ("stopped_at", fields.BigIntField()),
            ],
            options={"table": "stopped_number", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TombstoneRow",
            fields=[
                (
                    "subject_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("buried_at", fields.BigIntField()),
                ("held_until", fields.DateField(null=True)),
                ("signature", fields.BinaryField()),
            ],
            options={"table": "tombstone", "app": "qingmiao", "pk_attr": "subject_id"},
            bases=["Model"],
        ),
        DropColumn(model_name="AgreementRow", name="challenge_id"),
        ops.AddField(
            model_name="BorrowerRow",
            name="disbursed_from",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="BorrowerRow",
            name="leaves_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="BorrowerRow",
            name="lost_phone_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="BorrowerRow",
            name="row_seal",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="BorrowerRow",
            name="row_version",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="BorrowerRow",
            name="surname_tail_index",
            field=fields.CharField(null=True, max_length=4),
        ),
        ops.AddField(
            model_name="DataKeyRow",
            name="held_until",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="DataKeyRow",
            name="made_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="OneTimeCodeRow",
            name="digits",
            field=fields.SmallIntField(default=6, db_default=6),
        ),
        ops.AddField(
            model_name="OneTimeCodeRow",
            name="prefix_index",
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name="SessionRow",
            name="device_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="SessionRow",
            name="evidence",
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.AddField(
            model_name="SessionRow",
            name="full_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="SessionRow",
            name="phone_proven_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="SessionRow",
            name="subscriber",
            field=fields.CharField(null=True, max_length=8),
        ),
        ops.AddField(
            model_name="SessionRow",
            name="trust",
            field=fields.CharField(default="FULL", db_default="FULL", max_length=8),
        ),
        ops.AddField(
            model_name="StaffSessionRow",
            name="stepped_up_at",
            field=fields.BigIntField(null=True),
        ),
    ]
