"""Rows of literacy: progress, quiz answers and suggestions; the lessons themselves are files."""

from tortoise import fields
from tortoise.models import Model


class LessonProgressRow(Model):
    """How far one borrower has got with one lesson; its key is both."""

    id = fields.CharField(max_length=16, primary_key=True)
    progress_key = fields.CharField(max_length=64, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    slug = fields.CharField(max_length=40)
    version = fields.CharField(max_length=12)
    opened_at = fields.DatetimeField()
    completed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "lesson_progress"


class QuizAnswerRow(Model):
    """One borrower's tries at one lesson's quiz; its key is both, so points are given once."""

    id = fields.CharField(max_length=16, primary_key=True)
    answer_key = fields.CharField(max_length=64, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    slug = fields.CharField(max_length=40)
    version = fields.CharField(max_length=12)
    first_choice = fields.SmallIntField()
    tries = fields.IntField()
    answered_at = fields.DatetimeField()
    answered_right_at = fields.DatetimeField(null=True)
    points = fields.IntField()

    class Meta:
        table = "quiz_answer"


class LessonSuggestionRow(Model):
    """A lesson suggested to a borrower for a moment; its key is all three, so it comes once."""

    id = fields.CharField(max_length=16, primary_key=True)
    suggestion_key = fields.CharField(max_length=80, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    slug = fields.CharField(max_length=40)
    moment = fields.CharField(max_length=24)
    suggested_on = fields.CharField(max_length=10)

    class Meta:
        table = "lesson_suggestion"
