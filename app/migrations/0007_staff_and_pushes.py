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
