"""Lessons, progress and suggestions, as the borrower's graph shows them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.graphql import Info, shown
from app.foundation.text import text
from app.literacy import queries, rules
from app.literacy.rules.reviewing import Review


@strawberry.enum(description="A row of lessons on one subject.")
class LessonTrack(Enum):
    """Tracks, in the order they are taught."""

    COST = strawberry.enum_value("cost", description="What borrowing costs.")
    PLANS = strawberry.enum_value("plans", description="Installment plans and paying early.")
    TROUBLE = strawberry.enum_value("trouble", description="Late payments and hardship.")
    CREDIT_RECORD = strawberry.enum_value(
        "credit-record", description="The credit record, and being a guarantor."
    )
    FRAUD = strawberry.enum_value("fraud", description="Scams and how to stop them.")
    RIGHTS = strawberry.enum_value("rights", description="A borrower's rights and privacy.")
    SEASONS = strawberry.enum_value(
        "seasons", description="Seasonal household, farm and small-shop money."
    )


@strawberry.enum(description="What is happening to a borrower when a lesson helps most.")
class LessonMoment(Enum):
    """Moments of a loan's life and of the year."""

    NONE = strawberry.enum_value("none", description="Any time.")
    BEFORE_SIGNING = strawberry.enum_value(
        "before-signing", description="An application is approved, nothing is signed yet."
    )
    AFTER_DISBURSEMENT = strawberry.enum_value(
        "after-disbursement", description="The money has just arrived."
    )
    BEFORE_FIRST_DUE = strawberry.enum_value(
        "before-first-due", description="The first installment is due in three days."
    )
    AFTER_MISSED = strawberry.enum_value(
        "after-missed", description="An installment was not paid on its due date."
    )
    FRAUD_WARNING = strawberry.enum_value(
        "fraud-warning", description="Somebody may be trying to swindle the borrower."
    )
    BEFORE_HARVEST = strawberry.enum_value(
        "before-harvest", description="The crop will soon be sold."
    )


@strawberry.type(description="A lesson's question. Its answer is told by `answerQuiz` only.")
class Quiz:
    """One question with three or four options."""

    question: str = strawberry.field(description="The question, in the caller's language.")
    options: list[str] = strawberry.field(
        description="Three or four options; `answerQuiz` takes their place, counted from 0."
    )


@strawberry.type(description="How far the caller has got with a lesson they have opened.")
class LessonProgress:
    """Opened, read, answered."""

    opened_at: datetime = strawberry.field(description="When they first opened it.")
    completed_at: datetime | None = strawberry.field(
        description="When they had read it to the end, or answered its quiz right; null before."
    )
    tries: int = strawberry.field(description="How many times they answered the quiz.")
    answered_right_at: datetime | None = strawberry.field(
        description="When they first answered it right; null before."
    )
    points: int = strawberry.field(description="The points it brought them.")

    @classmethod
    def of(cls, progress: rules.Progress) -> "LessonProgress":
        """Show one lesson's progress."""
        return cls(
            opened_at=progress.opened_at,
            completed_at=progress.completed_at,
            tries=progress.tries,
            answered_right_at=progress.answered_right_at,
            points=progress.points,
        )


@strawberry.type(description="A short lesson: two minutes of reading and one question.")
class Lesson:
    """A lesson in the caller's language."""

    slug: str = strawberry.field(description="Its name, stable for ever; safe to keep in links.")
    track: LessonTrack = strawberry.field(description="The row of lessons it belongs to.")
    order: int = strawberry.field(description="Its place in the track, from 1.")
    minutes: int = strawberry.field(description="About how many minutes it takes.")
    points: int = strawberry.field(
        description="Points for answering its quiz right, given once to each borrower."
    )
    moment: LessonMoment = strawberry.field(description="When it helps most.")
    prerequisites: list[str] = strawberry.field(
        description="Slugs of lessons worth reading first; nothing is locked without them."
    )
    version: str = strawberry.field(
        description="Changes when a word of the lesson does, in any language; a cache may keep it."
    )
    title: str = strawberry.field(description="Its title.")
    summary: str = strawberry.field(description="What it is about, in one sentence.")
    body: str = strawberry.field(
        description="The text: plain Markdown of at most 1,200 bytes, without HTML, links or"
        " pictures; bold, lists and tables occur."
    )
    plain_body: str = strawberry.field(
        description="The same in short sentences and everyday words: plain Markdown of at most 700"
        " bytes."
    )
    grade: int = strawberry.field(
        description="The school grade whose pupils can read `plainBody`: by Flesch and Kincaid in"
        " English, by a measure of our own in Chinese; the two don't compare."
    )
    audio_script: str | None = strawberry.field(
        description="Words to be read aloud, for recordings in dialects and for the phone's own"
        " voice: no marks, no figures, at most 1,200 bytes. Chinese only, null otherwise."
    )
    quiz: Quiz = strawberry.field(description="The question after the text.")

    @strawberry.field(
        description="The caller's progress; null if they have not opened it or not signed in."
    )
    async def progress(self, info: Info) -> LessonProgress | None:
        """Read the progress of every lesson asked for at once."""
        if not isinstance(info.context.caller, BorrowerCaller):
            return None
        key = (info.context.borrower_id, self.slug)
        found = await info.context.loader(queries.progress_by_lesson).load(key)
        return None if found is None else LessonProgress.of(found)

    @classmethod
    def of(cls, lesson: rules.Lesson, language: str) -> "Lesson":
        """Show a lesson in a language; one version of it looks the same to everybody."""
        key = (lesson.slug, lesson.version, language)
        if key not in _shown:
            if len(_shown) >= SHOWN_MOST:
                _shown.clear()
            _shown[key] = cls._shown(lesson, language)
        return _shown[key]

    @classmethod
    def _shown(cls, lesson: rules.Lesson, language: str) -> "Lesson":
        words = lesson.texts[language]
        return cls(
            slug=lesson.slug,
            track=LessonTrack[lesson.track.name],
            order=lesson.order,
            minutes=lesson.minutes,
            points=lesson.points,
            moment=LessonMoment[lesson.moment.name],
            prerequisites=list(lesson.prerequisites),
            version=lesson.version,
            title=words.title,
            summary=words.summary,
            body=words.body,
            plain_body=words.plain,
            grade=words.grade,
            audio_script=words.audio,
            quiz=Quiz(question=words.question, options=list(words.options)),
        )


_MOMENTS: Mapping[rules.Moment, LessonMoment] = {
    one: LessonMoment[one.name] for one in rules.Moment
}
SHOWN_MOST = 512
"""Lessons kept as they are shown: two courses in both languages."""
_shown: dict[tuple[str, str, str], Lesson] = {}


@strawberry.type(description="A lesson to show the caller now, and why.")
class LessonSuggestion:
    """A lesson and the moment that calls for it."""

    suggestion: strawberry.Private[rules.Suggestion]
    lesson: Lesson = strawberry.field(description="The lesson.")
    moment: LessonMoment = shown(
        "suggestion.moment",
        by=_MOMENTS,
        description="What calls for it; NONE if it is simply the next one along the course.",
    )
    reason: str = strawberry.field(description="Why it is shown, in a few words for the borrower.")
    suggested_on: date | None = shown(
        "suggestion.suggested_on",
        description="The business date it was suggested on; null if it is simply the next one.",
    )
    is_review: bool = shown(
        "suggestion.is_review",
        description="Whether it is shown because its quiz was answered wrong and has come back.",
    )

    @classmethod
    def of(cls, info: Info, suggestion: rules.Suggestion) -> "LessonSuggestion":
        """Show a suggestion."""
        language = info.context.language
        why = "REVIEW" if suggestion.is_review else suggestion.moment.name
        return cls(
            suggestion=suggestion,
            lesson=Lesson.of(suggestion.lesson, language),
            reason=text(f"literacy.moment.{why}", language),
        )


@strawberry.type(
    description="A quiz the caller answered wrong, which has come back: after 1, 3, 7 and 21 days."
)
class LessonReview:
    """A lesson whose quiz is asked again; `answerQuiz` takes the answer."""

    lesson: Lesson = strawberry.field(description="The lesson.")
    due_on: date = strawberry.field(description="The day since which it waits.")
    round: int = strawberry.field(
        description="Which time it comes back, 1 to 4; after four right answers it is done."
    )

    @classmethod
    def of(cls, review: Review, language: str) -> "LessonReview":
        """Show a review."""
        lesson = queries.lesson(review.slug)
        return cls(lesson=Lesson.of(lesson, language), due_on=review.due_on, round=review.round)


@strawberry.type(description="How far the caller is in one track.")
class TrackLearning:
    """Counts of one track."""

    track: LessonTrack = strawberry.field(description="The track.")
    lessons: int = strawberry.field(description="How many lessons it has.")
    completed: int = strawberry.field(description="How many of them the caller has read.")
    solved: int = strawberry.field(description="How many of their quizzes were answered right.")


@strawberry.type(description="What the caller has learned so far.")
class MyLearning:
    """Points and counts."""

    points: int = strawberry.field(description="All points so far.")
    lessons: int = strawberry.field(description="How many lessons the course has.")
    completed: int = strawberry.field(description="How many of them the caller has read.")
    solved: int = strawberry.field(description="How many quizzes the caller answered right.")
    reads_plain: bool = strawberry.field(
        description="Whether the caller wants the plain version of lessons first."
    )
    tracks: list[TrackLearning] = strawberry.field(
        description="The same for each of the seven tracks, in the order they are taught."
    )

    @classmethod
    def of(cls, learning: queries.Learning, *, reads_plain: bool) -> "MyLearning":
        """Show what a borrower has learned."""
        return cls(
            points=learning.points,
            lessons=learning.lessons,
            completed=learning.completed,
            solved=learning.solved,
            reads_plain=reads_plain,
            tracks=[
                TrackLearning(
                    track=LessonTrack[one.track.name],
                    lessons=one.lessons,
                    completed=one.completed,
                    solved=one.solved,
                )
                for one in learning.tracks
            ],
        )


@strawberry.enum(description="What a pack holds.")
class LessonPackPart(Enum):
    """Lessons and scripts ship apart."""

    LESSONS = strawberry.enum_value(
        "lessons", description="The lessons, as `Lesson` shows them, but progress and scripts."
    )
    AUDIO = strawberry.enum_value("audio", description="`audioScript` of each; Chinese only.")


@strawberry.type(
    description="All lessons of a track in one language as a file that never changes, to be read"
    " without a line: JSON with what `Lesson` shows, but progress."
)
class LessonPack:
    """A pack."""

    track: LessonTrack = strawberry.field(description="The track.")
    part: LessonPackPart = strawberry.field(description="What of its lessons it holds.")
    number: int = strawberry.field(
        description="Counts the versions of this part of the track in this language."
    )
    path: str = strawberry.field(
        description="Where it is downloaded; it ends in its hash and stays good for ever. Whoever"
        " has an older version of the track says so by Available-Dictionary (RFC 9842), accepts"
        " `dcz`, and gets only what is new."
    )
    bytes: int = strawberry.field(description="How long it is before it is compressed.")

    @classmethod
    def of(cls, pack: rules.Pack) -> "LessonPack":
        """Show a pack."""
        return cls(
            track=LessonTrack[pack.of.track.name],
            part=LessonPackPart[pack.of.part.name],
            number=pack.number,
            path=pack.path,
            bytes=len(pack.content),
        )
