"""Rows around a decision: what marks an applicant, a person's review, what was seen afterwards."""

from datetime import timedelta
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Fading, KeyClass, MarkedTable, SealedField, SealedTable


def review_cell(review_id: str, borrower_id: str) -> Cell:
    """Return the place of what a person noted on a referred application."""
    return ApplicationReviewRow.seals.cell("note", review_id, borrower_id)


def second_decision_cell(decision_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of what a person's decision saw, found, or says why."""
    return SecondDecisionRow.seals.cell(column, decision_id, borrower_id)


def score_cell(score_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of what a month's look at a borrower saw or found."""
    return MonthlyScoreRow.seals.cell(column, score_id, borrower_id)


class ApplicationMarkRow(Model):
    """
    A keyed fingerprint of something that identifies an applicant: a phone, a card, an address.

    The same fingerprint beside different people is what velocity counts. Rows go when no limit
    looks at them any more.
    """

    marks: ClassVar = MarkedTable(table="application_mark", columns=("mark",))
    fades: ClassVar = Fading(labels=("application.mark",), lives=timedelta(days=370))

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=12)
    mark = fields.CharField(max_length=32, db_index=True, null=True)
    noted_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "application_mark"


class RecallRow(Model):
    """
    A look that a person must take because others came to carry an applicant's marks.

    While it is live nothing of the application is signed and none of its money sent.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    """The application, until a person has settled it."""
    people = fields.TextField()
    """How many others carry each kind of mark, as JSON; never who."""
    noted_at = fields.BigIntField()
    outcome = fields.CharField(max_length=8, null=True)
    settled_by = fields.CharField(max_length=16, null=True)
    settled_at = fields.BigIntField(null=True)

    class Meta:
        table = "application_recall"


class ApplicationReviewRow(Model):
    """How people settle one referred application: who has it, what was proposed, by whom."""

    seals: ClassVar = SealedTable(table="application_review", columns={"note": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    taken_by = fields.CharField(max_length=16, null=True)
    taken_until = fields.BigIntField(null=True)
    proposed_outcome = fields.CharField(max_length=8, null=True)
    proposed_by = fields.CharField(max_length=16, null=True)
    proposed_at = fields.BigIntField(null=True)
    reasons = fields.TextField(null=True)
    """The reason codes given, as a JSON list."""
    note = SealedField(null=True)
    settled_by = fields.CharField(max_length=16, null=True)
    settled_at = fields.BigIntField(null=True)

    class Meta:
        table = "application_review"


class SecondDecisionRow(Model):
    """
    A decision that a person made after they found the machine's not right; never changed.

    `reason` is theirs, for the file; `snapshot` holds the facts as they put them right.
    """

    seals: ClassVar = SealedTable(
        table="second_decision",
        columns={
            "reason": KeyClass.CONTENT,
            "snapshot": KeyClass.CONTACT,
            "verdict": KeyClass.CONTACT,
        },
    )

    id = fields.CharField(max_length=16, primary_key=True)
    decision_id = fields.CharField(max_length=16, unique=True)
    """The decision it takes the place of."""
    application_id = fields.CharField(max_length=16, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    review_id = fields.CharField(max_length=16)
    model_version = fields.IntField()
    outcome = fields.CharField(max_length=8)
    reason = SealedField()
    snapshot = SealedField()
    verdict = SealedField()
    decided_by = fields.CharField(max_length=16)
    decided_at = fields.DatetimeField()
    decided_on = fields.DateField()

    class Meta:
        table = "second_decision"


class MonthlyScoreRow(Model):
    """What a month's look at a borrower with a loan saw and found; one a month at most."""

    seals: ClassVar = SealedTable(
        table="monthly_score",
        columns={"snapshot": KeyClass.CONTACT, "verdict": KeyClass.CONTACT},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    month_key = fields.CharField(max_length=32, unique=True)
    """Borrower and month."""
    borrower_id = fields.CharField(max_length=16, db_index=True)
    model_version = fields.IntField()
    snapshot = SealedField()
    verdict = SealedField()
    seen_on = fields.DateField()

    class Meta:
        table = "monthly_score"


class MonthlyRunRow(Model):
    """How far a month's look has got; done, the other days of the month have nothing to do."""

    month = fields.CharField(max_length=7, primary_key=True)
    after = fields.CharField(max_length=16)
    """The last borrower looked at."""
    looked = fields.IntField()
    done_at = fields.BigIntField(null=True)

    class Meta:
        table = "monthly_run"


class DrawLimitRow(Model):
    """The most a borrower may owe us with another draw or loan; only where a month's look said."""

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    limit_fen = fields.BigIntField()
    reasons = fields.TextField()
    """The reason codes, as a JSON list."""
    score_id = fields.CharField(max_length=16)
    set_on = fields.DateField()

    class Meta:
        table = "draw_limit"


class EarlyWarningRow(Model):
    """A sign that a borrower may get into trouble, for staff to offer help before it is late."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=24)
    live_key = fields.CharField(max_length=48, unique=True, null=True)
    """Borrower and kind, while it stands."""
    raised_on = fields.DateField()
    ended_on = fields.DateField(null=True)

    class Meta:
        table = "early_warning"
