"""Rows of literacy: what borrowers learned and were asked, contests, courses and their index."""

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
    guessed_right = fields.BooleanField(null=True)
    """Whether what they guessed before reading was right; none where they did not guess."""

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
    first_right = fields.BooleanField(null=True)
    """Whether the first try was right, by the lesson of then; none before it was kept."""

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


class LessonReviewRow(Model):
    """A quiz answered wrong that comes back; its key is borrower and lesson."""

    id = fields.CharField(max_length=16, primary_key=True)
    review_key = fields.CharField(max_length=64, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    slug = fields.CharField(max_length=40)
    box = fields.SmallIntField()
    """How often in a row it was right when it came back."""
    due_on = fields.CharField(max_length=10)

    class Meta:
        table = "lesson_review"


class FigureAnswerRow(Model):
    """A day's answer to one question about a borrower's own plan; its key keeps it the only one."""

    id = fields.CharField(max_length=16, primary_key=True)
    answer_key = fields.CharField(max_length=80, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16)
    kind = fields.CharField(max_length=24)
    number = fields.IntField()
    asked_on = fields.CharField(max_length=10)
    choice_fen = fields.BigIntField()
    right_fen = fields.BigIntField()
    points = fields.IntField()

    class Meta:
        table = "figure_answer"


class LearnerRow(Model):
    """How a borrower likes to learn, and the contest they joined by their own choice."""

    id = fields.CharField(max_length=16, primary_key=True)
    """The borrower's."""
    reads_plain = fields.BooleanField(default=False, db_default=False)
    nickname = fields.IntField(null=True)
    """Drawn for them; none outside a contest."""
    county = fields.CharField(max_length=6, null=True)
    team_id = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "learner"


class LearningTeamRow(Model):
    """The people of a village who learn together; its key is county and village."""

    id = fields.CharField(max_length=16, primary_key=True)
    team_key = fields.CharField(max_length=80, unique=True)
    county = fields.CharField(max_length=6)
    village = fields.CharField(max_length=40)

    class Meta:
        table = "learning_team"


class ContestScoreRow(Model):
    """One borrower's points of one month in one county's contest; its key is month and borrower."""

    id = fields.CharField(max_length=16, primary_key=True)
    score_key = fields.CharField(max_length=32, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    contest_key = fields.CharField(max_length=16, db_index=True)
    """Month and county: `2026-11:370783`."""
    team_id = fields.CharField(max_length=16)
    nickname = fields.IntField()
    points = fields.IntField()
    reached_at = fields.BigIntField()
    """When these points were reached: of equals, who was first stands first."""

    class Meta:
        table = "contest_score"


class TrackCertificateRow(Model):
    """A borrower finished a track; its key is both. Whose it is stands in no document."""

    id = fields.CharField(max_length=16, primary_key=True)
    certificate_key = fields.CharField(max_length=40, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    track = fields.CharField(max_length=20)
    document = fields.TextField()
    sha256 = fields.CharField(max_length=64)
    issued_at = fields.BigIntField()

    class Meta:
        table = "track_certificate"


class TaughtLoanRow(Model):
    """What literacy follows of a loan: lessons read before it, installments missed, harvests."""

    id = fields.CharField(max_length=16, primary_key=True)
    """The loan's."""
    borrower_id = fields.CharField(max_length=16, db_index=True)
    lessons_before = fields.IntField()
    missed = fields.IntField()
    month_weights = fields.CharField(max_length=80, null=True)
    """How the crop's income falls on the months there, January first; none without a crop."""
    harvest_told_from = fields.CharField(max_length=10, null=True, db_index=True)
    """The day from which the next harvest is near; none where none comes before the loan ends."""
    closes_on = fields.CharField(max_length=10)

    class Meta:
        table = "taught_loan"


class CourseVersionRow(Model):
    """A version of the course that somebody proposed: all its files, and who let it be taught."""

    id = fields.CharField(max_length=16, primary_key=True)
    version = fields.CharField(max_length=12, db_index=True)
    state = fields.CharField(max_length=12)
    waiting_key = fields.CharField(max_length=12, null=True, unique=True)
    """The version while it waits, so that it waits once."""
    contents = fields.BinaryField()
    """Every file by its path, as JSON, compressed with zstd."""
    lessons = fields.IntField()
    proposed_by = fields.CharField(max_length=16)
    proposed_at = fields.BigIntField()
    decided_by = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "course_version"


class LessonPassageRow(Model):
    """A piece of a published lesson, as it is found by whoever asks; beside it stands an index."""

    id = fields.CharField(max_length=16, primary_key=True)
    version = fields.CharField(max_length=24, db_index=True)
    """Of the course and of the table of words that it was read by."""
    language = fields.CharField(max_length=8)
    slug = fields.CharField(max_length=40)
    part = fields.CharField(max_length=8)
    number = fields.IntField()
    text = fields.TextField()
    """As it is printed."""
    words = fields.TextField()
    """What it is found by, parted by spaces."""
    weights = fields.TextField()
    """How much each word counts here, in thousandths, as JSON."""

    class Meta:
        table = "lesson_passage"
