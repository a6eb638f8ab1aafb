from tortoise import migrations
from tortoise.migrations import operations as ops
from app.foundation.database.columns import DropColumn
from app.foundation.sealing.fields import SealedField
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("qingmiao", "0005_referrals_and_revisions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CareRoundRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=48, generated=False
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("place", fields.CharField(max_length=16)),
                ("told", fields.IntField()),
                ("begun_at", fields.BigIntField()),
                ("ends_on", fields.DateField()),
                ("ended_at", fields.BigIntField(null=True, db_index=True)),
            ],
            options={"table": "care_round", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CollectionCaseRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(db_index=True, max_length=16)),
                ("open_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=16)),
                ("stage", fields.CharField(max_length=12)),
                ("bucket", fields.CharField(max_length=16)),
                ("opened_on", fields.CharField(max_length=10)),
                ("opened_at", fields.BigIntField()),
                ("assigned_to", fields.CharField(null=True, db_index=True, max_length=40)),
                ("is_with_agency", fields.BooleanField(default=False)),
                ("assigned_at", fields.BigIntField(null=True)),
                ("offered_at", fields.BigIntField(null=True)),
                ("offered_by", fields.CharField(null=True, max_length=8)),
                ("special_until", fields.CharField(null=True, max_length=10)),
                ("closed_at", fields.BigIntField(null=True)),
            ],
            options={"table": "collection_case", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CollectionHoldRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("reason", fields.CharField(max_length=16)),
                ("reference", fields.CharField(max_length=40)),
                ("place", fields.CharField(null=True, unique=True, max_length=80)),
                ("until_on", fields.CharField(null=True, max_length=10)),
                ("placed_by", fields.CharField(null=True, max_length=16)),
                ("placed_at", fields.BigIntField()),
                ("confirmed_by", fields.CharField(null=True, max_length=16)),
                ("released_by", fields.CharField(null=True, max_length=16)),
                ("released_at", fields.BigIntField(null=True)),
            ],
            options={"table": "collection_hold", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ContactAgreementRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("hours_from", fields.CharField(null=True, max_length=5)),
                ("hours_to", fields.CharField(null=True, max_length=5)),
                ("agrees_to_visits", fields.BooleanField(default=False)),
                ("agreed_at", fields.BigIntField()),
            ],
            options={"table": "contact_agreement", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ContactAttemptRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("case_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(max_length=16)),
                ("permit_id", fields.CharField(unique=True, max_length=16)),
                ("channel", fields.CharField(max_length=8)),
                ("purpose", fields.CharField(max_length=16)),
                ("outcome", fields.CharField(max_length=20)),
                ("by_staff", fields.CharField(null=True, max_length=16)),
                ("agency", fields.CharField(null=True, max_length=40)),
                ("note", SealedField(null=True, generated=False, unique=False)),
                ("began_at", fields.BigIntField(db_index=True)),
                ("recorded_at", fields.BigIntField()),
                ("contested_at", fields.BigIntField(null=True)),
                ("contested_why", fields.CharField(null=True, max_length=16)),
            ],
            options={"table": "contact_attempt", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ContactPermitRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("case_id", fields.CharField(db_index=True, max_length=16)),
                ("on_date", fields.CharField(max_length=10)),
                ("channel", fields.CharField(max_length=8)),
                ("purpose", fields.CharField(max_length=16)),
                ("asked_by", fields.CharField(null=True, max_length=16)),
                ("agency", fields.CharField(null=True, max_length=40)),
                ("message_id", fields.CharField(null=True, unique=True, max_length=16)),
                ("reasons", fields.CharField(default="", max_length=320)),
                ("by_agreement", fields.BooleanField(default=False)),
                ("asked_at", fields.BigIntField(db_index=True)),
                ("expires_at", fields.BigIntField()),
                ("record_until", fields.BigIntField()),
                ("used_at", fields.BigIntField(null=True)),
                ("is_effective", fields.BooleanField(null=True)),
            ],
            options={"table": "contact_permit", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DeskExportRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("kind", fields.CharField(max_length=12)),
                ("since", fields.DateField()),
                ("until", fields.DateField()),
                ("county", fields.CharField(null=True, max_length=6)),
                ("reason", fields.CharField(max_length=16)),
                ("why", fields.TextField(unique=False)),
                ("state", fields.CharField(db_index=True, max_length=8)),
                ("asked_by", fields.CharField(max_length=16)),
                ("asked_name", fields.CharField(max_length=64)),
                ("asked_at", fields.BigIntField()),
                ("decided_by", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
                ("expires_at", fields.BigIntField(null=True)),
                ("downloads", fields.IntField(db_default=0)),
            ],
            options={"table": "desk_export", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HouseholdRow",
            fields=[
                (
                    "borrower_id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("calendar", SealedField(generated=False, null=False, unique=False)),
                ("saved_at", fields.BigIntField()),
                ("looked_month", fields.CharField(null=True, db_index=True, max_length=7)),
            ],
            options={"table": "household", "app": "qingmiao", "pk_attr": "borrower_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InvitationRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("inviter_id", fields.CharField(db_index=True, max_length=16)),
                ("invited_id", fields.CharField(unique=True, max_length=16)),
                ("state", fields.CharField(db_index=True, max_length=12)),
                ("doubts", fields.TextField(unique=False)),
                ("entered_at", fields.BigIntField()),
                ("loan_id", fields.CharField(null=True, max_length=16)),
                ("coupon_id", fields.CharField(null=True, max_length=16)),
                ("settled_month", fields.CharField(null=True, max_length=7)),
            ],
            options={"table": "reward_invitation", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LessonPassageRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("version", fields.CharField(db_index=True, max_length=24)),
                ("language", fields.CharField(max_length=8)),
                ("slug", fields.CharField(max_length=40)),
                ("part", fields.CharField(max_length=8)),
                ("number", fields.IntField()),
                ("text", fields.TextField(unique=False)),
                ("words", fields.TextField(unique=False)),
                ("weights", fields.TextField(unique=False)),
            ],
            options={"table": "lesson_passage", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="NewsCampaignRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("version_id", fields.CharField(null=True, max_length=16)),
                ("why", fields.TextField(unique=False)),
                ("state", fields.CharField(db_index=True, max_length=8)),
                ("asked_by", fields.CharField(max_length=16)),
                ("asked_name", fields.CharField(max_length=64)),
                ("asked_at", fields.BigIntField()),
                ("decided_by", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
                ("place", fields.CharField(max_length=16)),
                ("told", fields.IntField()),
            ],
            options={"table": "news_campaign", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PaymentPromiseRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("case_id", fields.CharField(db_index=True, max_length=16)),
                ("loan_id", fields.CharField(db_index=True, max_length=16)),
                ("open_key", fields.CharField(null=True, unique=True, max_length=16)),
                ("state", fields.CharField(max_length=12)),
                ("amount_fen", fields.BigIntField()),
                ("due_on", fields.CharField(db_index=True, max_length=10)),
                ("made_at", fields.BigIntField()),
                ("noted_by", fields.CharField(null=True, max_length=16)),
                ("reminded_at", fields.BigIntField(null=True)),
                ("settled_at", fields.BigIntField(null=True)),
            ],
            options={"table": "payment_promise", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PointsEntryRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("entry_key", fields.CharField(unique=True, max_length=120)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("kind", fields.CharField(max_length=16)),
                ("source", fields.CharField(max_length=100)),
                ("points", fields.IntField()),
                ("made_at", fields.BigIntField()),
                ("expires_on", fields.CharField(null=True, db_index=True, max_length=10)),
            ],
            options={"table": "reward_points", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ReviewRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("kind", fields.CharField(max_length=12)),
                ("waiting_key", fields.CharField(null=True, unique=True, max_length=40)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("invitation_id", fields.CharField(null=True, max_length=16)),
                ("campaign", fields.CharField(max_length=24)),
                ("is_grant", fields.BooleanField()),
                ("reason", fields.CharField(max_length=16)),
                ("state", fields.CharField(max_length=12)),
                ("maker_id", fields.CharField(max_length=16)),
                ("proposed_at", fields.BigIntField()),
                ("checker_id", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
                ("coupon_id", fields.CharField(null=True, max_length=16)),
            ],
            options={"table": "reward_review", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RewardAccountRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("points", fields.IntField(default=0)),
                ("code", fields.CharField(unique=True, max_length=8)),
                ("device_mark", fields.CharField(null=True, db_index=True, max_length=32)),
                ("opened_on", fields.CharField(db_index=True, max_length=10)),
                ("warned_until", fields.CharField(null=True, max_length=10)),
            ],
            options={"table": "reward_account", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RewardBudgetRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=48, generated=False
                    ),
                ),
                ("borrower_id", fields.CharField(null=True, db_index=True, max_length=16)),
                ("reserved_fen", fields.BigIntField(default=0)),
                ("spent_fen", fields.BigIntField(default=0)),
            ],
            options={"table": "reward_budget", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RewardCouponRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("source_key", fields.CharField(unique=True, max_length=64)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("campaign", fields.CharField(max_length=24)),
                ("way", fields.CharField(max_length=12)),
                ("amount_fen", fields.BigIntField()),
                ("state", fields.CharField(max_length=12)),
                ("granted_at", fields.BigIntField()),
                ("expires_on", fields.CharField(db_index=True, max_length=10)),
                ("loan_id", fields.CharField(null=True, db_index=True, max_length=16)),
                ("event_id", fields.CharField(null=True, max_length=16)),
                ("used_fen", fields.BigIntField(default=0)),
                ("used_at", fields.BigIntField(null=True)),
            ],
            options={"table": "reward_coupon", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TicketExtensionRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("ticket_id", fields.CharField(db_index=True, max_length=16)),
                ("round", fields.IntField()),
                ("kind", fields.CharField(max_length=8)),
                ("days", fields.IntField()),
                ("reason", SealedField(generated=False, null=False, unique=False)),
                ("state", fields.CharField(db_index=True, max_length=8)),
                ("asked_by", fields.CharField(max_length=16)),
                ("asked_name", fields.CharField(max_length=64)),
                ("asked_at", fields.BigIntField()),
                ("decided_by", fields.CharField(null=True, max_length=16)),
                ("decided_at", fields.BigIntField(null=True)),
            ],
            options={"table": "ticket_extension", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TicketStepRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("ticket_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("round", fields.IntField()),
                ("what", fields.CharField(max_length=12)),
                ("detail", fields.CharField(null=True, max_length=32)),
                ("staff_id", fields.CharField(null=True, max_length=16)),
                ("staff_name", fields.CharField(null=True, max_length=64)),
                ("happened_at", fields.BigIntField()),
            ],
            options={"table": "ticket_step", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TicketVisitRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("ticket_id", fields.CharField(db_index=True, max_length=16)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("round", fields.IntField()),
                ("attempt", fields.SmallIntField()),
                ("due_at", fields.BigIntField()),
                ("state", fields.CharField(max_length=12)),
                ("staff_id", fields.CharField(null=True, max_length=16)),
                ("staff_name", fields.CharField(null=True, max_length=64)),
                ("made_at", fields.BigIntField(null=True)),
            ],
            options={
                "table": "ticket_visit",
                "app": "qingmiao",
                "indexes": [Index(fields=["state", "due_at"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TightWarningRow",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, unique=True, db_index=True, max_length=16, generated=False
                    ),
                ),
                ("warning_key", fields.CharField(unique=True, max_length=32)),
                ("borrower_id", fields.CharField(db_index=True, max_length=16)),
                ("month", fields.CharField(max_length=7)),
                ("told_on", fields.CharField(max_length=10)),
            ],
            options={"table": "tight_warning", "app": "qingmiao", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(
            model_name="TicketRow",
            name="about_ticket_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="assignee_id",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="assignee_name",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="county",
            field=fields.CharField(null=True, max_length=6),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="escalated_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="first_answered_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="hours_to_answer",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="outcome",
            field=fields.CharField(null=True, max_length=24),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="root_cause",
            field=fields.CharField(null=True, max_length=24),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="round",
            field=fields.IntField(db_default=1),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="round_began_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="signaled",
            field=fields.SmallIntField(db_default=0),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="subcategory",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="taken_at",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="was_escalated",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="TicketRow",
            name="was_late",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddIndex(
            model_name="TicketRow",
            index=Index(fields=["state", "due_at"]),
        ),
    ]
