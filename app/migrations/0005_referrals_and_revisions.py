from tortoise import migrations
from tortoise.migrations import operations as ops
from app.foundation.database.columns import DropColumn
from app.foundation.sealing.fields import SealedField
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("qingmiao", "0004_identity_and_lending")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ContactCountRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=48, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("count", fields.IntField()),
                ("ends_on", fields.CharField(db_index=True, max_length=10)),
            ],
            options={"table": "contact_count", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ContactWishRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("quiet_from", fields.CharField(null=True, max_length=5)),
                ("quiet_to", fields.CharField(null=True, max_length=5)),
                ("is_news_personal", fields.BooleanField(default=False)),
            ],
            options={"table": "contact_wish", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ContestScoreRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("score_key", fields.CharField(unique=True, max_length=32)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("contest_key", fields.CharField(db_index=True, max_length=16)),
                ("team_id", fields.CharField(max_length=16)),
                ("nickname", fields.IntField()),
                ("points", fields.IntField()),
                ("reached_at", fields.BigIntField()),
            ],
            options={"table": "contest_score", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CountedBookRow",
            fields=[
                (
                    "bucket",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("loans", fields.IntField()),
                ("principal_fen", fields.BigIntField()),
                ("overdue_fen", fields.BigIntField()),
                ("unapplied_fen", fields.BigIntField()),
            ],
            options={"table": "servicing_counted_book", "app": "qingmiao", "pk_attr": "bucket"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CountedLoanRow",
            fields=[
                (
                    "loan_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("bucket", fields.CharField(max_length=16)),
                ("principal_fen", fields.BigIntField()),
                ("overdue_fen", fields.BigIntField()),
                ("unapplied_fen", fields.BigIntField()),
            ],
            options={"table": "servicing_counted_loan", "app": "qingmiao", "pk_attr": "loan_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CourseVersionRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("version", fields.CharField(db_index=True, max_length=12)),
                ("state", fields.CharField(max_length=12)),
                ("waiting_key", fields.CharField(null=True, unique=True, max_length=12)),
                ("contents", fields.BinaryField()),
                ("lessons", fields.IntField()),
                ("proposed_by", fields.CharField(max_length=16)),
                ("proposed_at", fields.BigIntField()),
                ("decided_by", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={"table": "course_version", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DeliveryRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("notification_id", fields.CharField(null=True, db_index=True, max_length=16)),
                ("guarantee_id", fields.CharField(null=True, max_length=16)),
                ("place", fields.CharField(unique=True, max_length=40)),
                ("channel", fields.CharField(max_length=8)),
                ("by_sms", fields.BooleanField(default=True)),
                ("is_counted", fields.BooleanField(default=False)),
                ("state", fields.CharField(max_length=12)),
                ("reason", fields.CharField(null=True, max_length=20)),
                ("turn", fields.IntField(default=1)),
                ("attempts", fields.IntField(default=0)),
                ("provider", fields.CharField(null=True, max_length=24)),
                ("provider_ref", fields.CharField(null=True, max_length=80)),
                ("refused_by", fields.CharField(default="", max_length=120)),
                ("push_token_id", fields.CharField(null=True, max_length=16)),
                ("queued_at", fields.BigIntField()),
                ("not_before", fields.BigIntField()),
                ("expires_at", fields.BigIntField()),
                ("begun_at", fields.BigIntField(null=True)),
                ("called_at", fields.BigIntField(null=True)),
                ("sent_at", fields.BigIntField(null=True)),
                ("settled_at", fields.BigIntField(null=True)),
                ("asks", fields.IntField(default=0)),
                ("look_at", fields.BigIntField(null=True, db_index=True)),
                ("dead_at", fields.BigIntField(null=True, db_index=True)),
            ],
            options={"table": "message_delivery", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FigureAnswerRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("answer_key", fields.CharField(unique=True, max_length=80)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(max_length=16)),
                ("kind", fields.CharField(max_length=24)),
                ("number", fields.IntField()),
                ("asked_on", fields.CharField(max_length=10)),
                ("choice_fen", fields.BigIntField()),
                ("right_fen", fields.BigIntField()),
                ("points", fields.IntField()),
            ],
            options={"table": "figure_answer", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HandoverRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("product_version_id", fields.CharField(max_length=16)),
                ("product_code", fields.CharField(max_length=48)),
                ("partner_code", fields.CharField(max_length=48)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("handed", SealedField(generated=False, null=False, unique=False)),
                ("text_sha256", fields.CharField(null=True, max_length=64)),
                ("reason", fields.CharField(null=True, max_length=32)),
                ("lender_ref", fields.CharField(null=True, max_length=64)),
                ("prepared_at", fields.BigIntField()),
                ("consented_at", fields.BigIntField(null=True)),
                ("sent_at", fields.BigIntField(null=True)),
                ("answered_at", fields.BigIntField(null=True)),
                ("recalled_at", fields.BigIntField(null=True)),
                ("look_at", fields.BigIntField(null=True, db_index=True)),
            ],
            options={"table": "handover", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HeldAnswerRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=24, generated=False
                    ),
                ),
                ("session_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("operation_id", fields.CharField(max_length=3)),
                ("release", fields.CharField(max_length=16)),
                ("tag", fields.CharField(null=True, max_length=24)),
                ("body", SealedField(generated=False, null=False, unique=False)),
                ("held_at", fields.BigIntField()),
            ],
            options={"table": "held_answer", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LearnerRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("reads_plain", fields.BooleanField(default=False, db_default=False)),
                ("nickname", fields.IntField(null=True)),
                ("county", fields.CharField(null=True, max_length=6)),
                ("team_id", fields.CharField(null=True, max_length=16)),
            ],
            options={"table": "learner", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LearningTeamRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("team_key", fields.CharField(unique=True, max_length=80)),
                ("county", fields.CharField(max_length=6)),
                ("village", fields.CharField(max_length=40)),
            ],
            options={"table": "learning_team", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LessonReviewRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("review_key", fields.CharField(unique=True, max_length=64)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("slug", fields.CharField(max_length=40)),
                ("box", fields.SmallIntField()),
                ("due_on", fields.CharField(max_length=10)),
            ],
            options={"table": "lesson_review", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="NumberedCommandRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=40, generated=False
                    ),
                ),
                ("phone_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("number", fields.BigIntField()),
                ("command_hash", fields.CharField(max_length=64)),
                ("ack", SealedField(null=True, generated=False, unique=False)),
                ("noted_at", fields.BigIntField()),
            ],
            options={"table": "numbered_command", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PushTokenRow",
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
                ("vendor", fields.CharField(max_length=12)),
                ("token_index", fields.CharField(unique=True, max_length=32)),
                ("token", SealedField(generated=False, null=False, unique=False)),
                ("box_key", SealedField(null=True, generated=False, unique=False)),
                ("registered_at", fields.BigIntField()),
            ],
            options={"table": "push_token", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RecallRow",
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
                ("people", fields.TextField(unique=False)),
                ("noted_at", fields.BigIntField()),
                ("outcome", fields.CharField(null=True, max_length=8)),
                ("settled_by", fields.CharField(null=True, max_length=16)),
                ("settled_at", fields.BigIntField(null=True)),
            ],
            options={"table": "application_recall", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ReductionRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=48, generated=False
                    ),
                ),
                ("loan_id", fields.CharField(db_index=True, max_length=16)),
                ("number", fields.IntField()),
                ("event_id", fields.CharField(max_length=16)),
                ("payer", fields.CharField(max_length=32)),
                ("code", fields.CharField(max_length=32)),
                ("due_on", fields.DateField()),
                ("year", fields.IntField()),
                ("amount_fen", fields.BigIntField()),
                ("is_due", fields.BooleanField()),
            ],
            options={"table": "servicing_reduction", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TaughtLoanRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("lessons_before", fields.IntField()),
                ("missed", fields.IntField()),
                ("month_weights", fields.CharField(null=True, max_length=80)),
                ("harvest_told_from", fields.CharField(null=True, db_index=True, max_length=10)),
                ("closes_on", fields.CharField(max_length=10)),
            ],
            options={"table": "taught_loan", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TrackCertificateRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("certificate_key", fields.CharField(unique=True, max_length=40)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("track", fields.CharField(max_length=20)),
                ("document", fields.TextField(unique=False)),
                ("sha256", fields.CharField(max_length=64)),
                ("issued_at", fields.BigIntField()),
            ],
            options={"table": "track_certificate", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WalletRequestRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("parameters", SealedField(generated=False, null=False, unique=False)),
                ("expires_at", fields.BigIntField()),
            ],
            options={"table": "wallet_request", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WalletRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("openid", SealedField(null=True, generated=False, unique=False)),
                ("set_at", fields.BigIntField()),
            ],
            options={"table": "wallet", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.AddField(
            model_name="ApplicationRow",
            name="expired_from",
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name="DayCloseRow",
            name="counted_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="DisbursementFreezeRow",
            name="wallet",
            field=SealedField(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name="InstallmentRow",
            name="paid_by_others_fen",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="LessonProgressRow",
            name="guessed_right",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="NotificationPreferenceRow",
            name="is_push_on",
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name="OfferRow",
            name="recalled_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="OfferRow",
            name="reductions",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="QuizAnswerRow",
            name="first_right",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="RefundRow",
            name="source_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="RepaymentRow",
            name="in_wallet",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="RepaymentRow",
            name="takes_refunds",
            field=fields.BooleanField(null=True),
        ),
    ]
