from tortoise import migrations
from tortoise.migrations import operations as ops
from app.foundation.database.columns import DropColumn
from app.foundation.sealing.fields import SealedField
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("qingmiao", "0003_identity_and_privacy")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ApplicationMarkRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("application_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("kind", fields.CharField(max_length=12)),
                ("mark", fields.CharField(null=True, db_index=True, max_length=32)),
                ("noted_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "application_mark", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApplicationReviewRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("application_id", fields.CharField(unique=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("taken_by", fields.CharField(null=True, max_length=16)),
                ("taken_until", fields.BigIntField(null=True)),
                ("proposed_outcome", fields.CharField(null=True, max_length=8)),
                ("proposed_by", fields.CharField(null=True, max_length=16)),
                ("proposed_at", fields.BigIntField(null=True)),
                ("reasons", fields.TextField(null=True, unique=False)),
                ("note", SealedField(null=True, generated=False, unique=False)),
                ("settled_by", fields.CharField(null=True, max_length=16)),
                ("settled_at", fields.BigIntField(null=True)),
            ],
            options={"table": "application_review", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AssistedRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("agent_id", fields.CharField(db_index=True, max_length=16)),
                ("phone", SealedField(null=True, generated=False, unique=False)),
                ("phone_index", fields.CharField(null=True, db_index=True, max_length=32)),
                ("product_id", fields.CharField(max_length=16)),
                ("region_code", fields.CharField(db_index=True, max_length=6)),
                ("amount_fen", fields.BigIntField()),
                ("months", fields.SmallIntField()),
                ("purpose", SealedField(null=True, generated=False, unique=False)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("calls", fields.SmallIntField()),
                ("called_by", fields.CharField(null=True, max_length=16)),
                ("application_id", fields.CharField(null=True, db_index=True, max_length=16)),
                ("started_at", fields.BigIntField()),
                ("answered_at", fields.BigIntField(null=True)),
                ("expires_at", fields.BigIntField()),
            ],
            options={"table": "assisted_application", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DifferenceRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("difference_key", fields.CharField(unique=True, max_length=96)),
                ("on_date", fields.DateField()),
                ("order_id", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("ours", fields.CharField(null=True, max_length=16)),
                ("ours_fen", fields.BigIntField(null=True)),
                ("theirs", fields.CharField(null=True, max_length=16)),
                ("theirs_fen", fields.BigIntField(null=True)),
                ("found_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("resolution", fields.CharField(null=True, max_length=24)),
                ("proposed_by", fields.CharField(null=True, max_length=16)),
                ("resolved_by", fields.CharField(null=True, max_length=16)),
                (
                    "resolved_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={"table": "reconciliation_difference", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DocumentPartRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("document_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("place", fields.BigIntField()),
                ("content", SealedField(generated=False, null=False, unique=False)),
            ],
            options={"table": "document_part", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DocumentRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("application_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("kind", fields.CharField(max_length=24)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("refusal", fields.CharField(null=True, max_length=32)),
                ("size_bytes", fields.BigIntField()),
                ("offset_bytes", fields.BigIntField()),
                ("digest", SealedField(generated=False, null=False, unique=False)),
                ("width", fields.IntField(null=True)),
                ("height", fields.IntField(null=True)),
                ("kept_bytes", fields.BigIntField(null=True)),
                ("added_at", fields.BigIntField()),
                ("changed_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField()),
            ],
            options={"table": "application_document", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DrawLimitRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("limit_fen", fields.BigIntField()),
                ("reasons", fields.TextField(unique=False)),
                ("score_id", fields.CharField(max_length=16)),
                ("set_on", fields.DateField()),
            ],
            options={"table": "draw_limit", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EarlyWarningRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("kind", fields.CharField(max_length=24)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=48)),
                ("raised_on", fields.DateField()),
                ("ended_on", fields.DateField(null=True)),
            ],
            options={"table": "early_warning", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GuaranteeConsentRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("guarantee_id", fields.CharField(db_index=True, max_length=16)),
                ("guarantor_id", fields.CharField(db_index=True, max_length=16)),
                ("amount_fen", fields.BigIntField()),
                ("text_sha256", fields.CharField(max_length=64)),
                ("text", SealedField(generated=False, null=False, unique=False)),
                ("evidence", SealedField(generated=False, null=False, unique=False)),
                ("given_at", fields.BigIntField()),
                ("withdrawn_at", fields.BigIntField(null=True)),
            ],
            options={"table": "guarantee_consent", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GuaranteeRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("application_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("phone", SealedField(generated=False, null=False, unique=False)),
                ("phone_index", fields.CharField(db_index=True, max_length=32)),
                ("guarantor_id", fields.CharField(null=True, db_index=True, max_length=16)),
                ("state", fields.CharField(max_length=12)),
                ("amount_fen", fields.BigIntField(null=True)),
                ("named_at", fields.BigIntField()),
                ("answered_at", fields.BigIntField(null=True)),
            ],
            options={"table": "guarantee", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MonthlyRunRow",
            fields=[
                (
                    "month",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=7, generated=False
                    ),
                ),
                ("after", fields.CharField(max_length=16)),
                ("looked", fields.IntField()),
                ("done_at", fields.BigIntField(null=True)),
            ],
            options={"table": "monthly_run", "app": "qingmiao", "pk_attr": "month"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MonthlyScoreRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("month_key", fields.CharField(unique=True, max_length=32)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("model_version", fields.IntField()),
                ("snapshot", SealedField(generated=False, null=False, unique=False)),
                ("verdict", SealedField(generated=False, null=False, unique=False)),
                ("seen_on", fields.DateField()),
            ],
            options={"table": "monthly_score", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PasskeyRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("staff_id", fields.CharField(db_index=True, max_length=16)),
                ("credential_id", fields.CharField(unique=True, max_length=1364)),
                ("public_key", SealedField(generated=False, null=False, unique=False)),
                ("name", SealedField(generated=False, null=False, unique=False)),
                ("counter", fields.BigIntField(default=0)),
                ("made_at", fields.BigIntField()),
                ("last_used_at", fields.BigIntField(null=True)),
            ],
            options={"table": "staff_passkey", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PinGuessRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("session_id", fields.CharField(max_length=16)),
                ("trust", fields.CharField(max_length=8)),
                ("guessed_at", fields.BigIntField()),
            ],
            options={"table": "pin_guess", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ReconciliationRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=10, generated=False
                    ),
                ),
                ("sha256", fields.CharField(max_length=64)),
                ("lines", fields.IntField()),
                ("matched", fields.IntField()),
                ("healed", fields.IntField()),
                ("left_open", fields.IntField()),
                ("finished_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "reconciliation", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SecondDecisionRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("decision_id", fields.CharField(unique=True, max_length=16)),
                ("application_id", fields.CharField(unique=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("review_id", fields.CharField(max_length=16)),
                ("model_version", fields.IntField()),
                ("outcome", fields.CharField(max_length=8)),
                ("reason", SealedField(generated=False, null=False, unique=False)),
                ("snapshot", SealedField(generated=False, null=False, unique=False)),
                ("verdict", SealedField(generated=False, null=False, unique=False)),
                ("decided_by", fields.CharField(max_length=16)),
                ("decided_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_on", fields.DateField()),
            ],
            options={"table": "second_decision", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SettlementRow",
            fields=[
                (
                    "on_date",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=10, generated=False
                    ),
                ),
                ("through_number", fields.BigIntField()),
                ("content", fields.TextField(unique=False)),
                ("sha256", fields.CharField(max_length=64)),
                ("made_at", fields.BigIntField()),
            ],
            options={"table": "servicing_settlement", "app": "qingmiao", "pk_attr": "on_date"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StatementLineRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=80, generated=False
                    ),
                ),
                ("order_id", fields.CharField(db_index=True, max_length=64)),
                ("on_date", fields.DateField()),
                ("goes_out", fields.BooleanField()),
                ("status", fields.CharField(max_length=16)),
                ("amount_fen", fields.BigIntField(null=True)),
            ],
            options={"table": "statement_line", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="UsedStaffChallengeRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("used_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "staff_challenge_use", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="VersionProposalRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("code", fields.CharField(max_length=48)),
                ("version_key", fields.CharField(max_length=64)),
                ("live_key", fields.CharField(null=True, unique=True, max_length=80)),
                ("effective_from", fields.CharField(max_length=10)),
                ("content", fields.TextField(unique=False)),
                ("sha256", fields.CharField(max_length=64)),
                ("why", fields.TextField(unique=False)),
                ("state", fields.CharField(max_length=16)),
                ("maker_id", fields.CharField(max_length=16)),
                ("checker_id", fields.CharField(null=True, max_length=16)),
                ("proposed_at", fields.BigIntField()),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={"table": "version_proposal", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(
            model_name="AgreementRow",
            name="payee_freeze_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="ApplicationRow",
            name="income_months",
            field=SealedField(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name="ApplicationRow",
            name="line_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="AuditCheckpointRow",
            name="broken",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="DataKeyRow",
            name="unused_since",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="LoanRow",
            name="returnable_until",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="OfferRow",
            name="better",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="OneTimeCodeRow",
            name="misfits",
            field=fields.SmallIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="PayoffQuoteRow",
            name="returns",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="RefundRow",
            name="payee_freeze_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="RoleChangeRow",
            name="seal",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="StaffRow",
            name="row_seal",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="StaffRow",
            name="row_version",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="StaffSessionRow",
            name="passkey_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="StaffSessionRow",
            name="seal",
            field=fields.BinaryField(null=True),
        ),
    ]
