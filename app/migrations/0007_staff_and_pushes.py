from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("qingmiao", "0006_told_and_heard")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CardDebitRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(max_length=16)),
                ("intent_id", fields.CharField(max_length=16)),
                ("card_mark", fields.CharField(max_length=32)),
            ],
            options={"table": "card_debit", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CashCodeRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("code_index", fields.CharField(unique=True, max_length=32)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(db_index=True, max_length=16)),
                ("expires_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "cash_code", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CashHandoverRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("partner_code", fields.CharField(db_index=True, max_length=48)),
                ("amount_fen", fields.BigIntField()),
                ("reference", fields.CharField(max_length=32)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("proposed_by", fields.CharField(max_length=16)),
                ("proposed_at", fields.BigIntField()),
                ("decided_by", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={"table": "cash_handover", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CashMissRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=32, generated=False
                    ),
                ),
                ("misses", fields.IntField()),
            ],
            options={"table": "cash_miss", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CashRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("agent_id", fields.CharField(max_length=16)),
                ("partner_code", fields.CharField(max_length=48)),
                ("shop_zh", fields.CharField(max_length=64)),
                ("shop_en", fields.CharField(max_length=64)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(db_index=True, max_length=16)),
                ("amount_fen", fields.BigIntField()),
                ("state", fields.CharField(max_length=12)),
                ("started_on", fields.CharField(max_length=10)),
                ("started_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField()),
                ("received_at", fields.BigIntField(null=True)),
                ("repayment_id", fields.CharField(null=True, unique=True, max_length=16)),
                ("check_sha256", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "cash",
                "app": "qingmiao",
                "indexes": [
                    Index(fields=["agent_id", "started_on"]),
                    Index(fields=["partner_code", "state"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CashTillRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=48, generated=False
                    ),
                ),
                ("counted_at", fields.BigIntField()),
            ],
            options={"table": "cash_till", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DayStepRow",
            fields=[
                (
                    "step",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=48, generated=False
                    ),
                ),
                ("done_for", fields.CharField(max_length=10)),
            ],
            options={"table": "day_step", "app": "qingmiao", "pk_attr": "step"},
            bases=["Model"],
        ),
        ops.AddIndex(
            model_name="CertificateRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="CorrectionRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="DebitAttemptRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="MandateConsentRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="OneTimeCodeRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="PayoffQuoteRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="RefundRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddIndex(
            model_name="RepaymentRow",
            index=Index(fields=["borrower_id"]),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="next_signal_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(
            model_name="TicketRow",
            index=Index(fields=["next_signal_at"]),
        ),
    ]
