"""What a phone can do in literacy."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    KEY_PER_TAP,
    Info,
    PlainProblem,
    Problem,
    checked_text,
    problem_of,
    problem_parts,
)
from app.literacy import operations, queries
from app.literacy.errors import LessonChanged
from app.literacy.graphql.contests import ContestMutation
from app.literacy.graphql.figures import FigureMutation
from app.literacy.graphql.types import Lesson

SLUG_MAX = 40


@strawberry.input(description="Which lesson the borrower begins to read.")
class OpenLessonInput:
    """A lesson is opened."""

    slug: str = strawberry.field(description="The lesson's name.")
    guess: int | None = strawberry.field(
        description="What the borrower guesses the quiz's answer is before reading: the option's"
        " place, counted from 0. Kept the first time only; it brings no points.",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.input(description="Which lesson the borrower has read to the end.")
class CompleteLessonInput:
    """A lesson is completed."""

    slug: str = strawberry.field(description="The lesson's name.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.input(description="The borrower's answer to a lesson's quiz.")
class AnswerQuizInput:
    """An answer."""

    slug: str = strawberry.field(description="The lesson's name.")
    choice: int = strawberry.field(description="The chosen option's place, counted from 0.")
    version: str | None = strawberry.field(
        description="The lesson's version the borrower saw. If the lesson has changed since, the"
        " answer is not counted. Leave it out only if the lesson was loaded just now.",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(
        description="1 to 64 characters, new for each answer; send it again when retrying."
    )


@strawberry.type(description="The lesson is marked as opened.")
class OpenLessonSuccess:
    """The lesson, for its new progress."""

    lesson: Lesson = strawberry.field(description="The lesson with its progress.")


@strawberry.type(description="The lesson is marked as read.")
class CompleteLessonSuccess:
    """The lesson, for its new progress."""

    lesson: Lesson = strawberry.field(description="The lesson with its progress.")


@strawberry.type(description="The answer was taken; it may be right or wrong.")
class AnswerQuizSuccess:
    """How the answer did, and why."""

    is_right: bool = strawberry.field(
        description="Whether it is right. A wrong one may be followed by another try."
    )
    explanation: str = strawberry.field(
        description="Why the right answer is right; show it after every answer."
    )
    points_given: int = strawberry.field(
        description="Points this answer brought: the lesson's, the first time it is right, else 0."
    )
    points: int = strawberry.field(description="All the caller's points now.")
    next_review_on: date | None = strawberry.field(
        description="When the quiz comes back after a wrong answer; null if it does not."
    )
    lesson: Lesson = strawberry.field(description="The lesson with its progress.")


@strawberry.type(description="The lesson was rewritten since the borrower loaded it.")
class LessonChangedProblem(Problem):
    """Load it again, then answer."""

    version: str = strawberry.field(description="The lesson's version now.")


OpenLessonResult = Annotated[
    OpenLessonSuccess | PlainProblem,
    strawberry.union("OpenLessonResult", description="What became of `openLesson`."),
]
CompleteLessonResult = Annotated[
    CompleteLessonSuccess | PlainProblem,
    strawberry.union("CompleteLessonResult", description="What became of `completeLesson`."),
]
AnswerQuizResult = Annotated[
    AnswerQuizSuccess | LessonChangedProblem | PlainProblem,
    strawberry.union("AnswerQuizResult", description="What became of `answerQuiz`."),
]


@strawberry.type
class LiteracyMutation(FigureMutation, ContestMutation):
    """Literacy's commands."""

    @strawberry.mutation(
        description="Remember that the borrower opened a lesson; opening it again changes nothing."
    )
    async def open_lesson(
        self,
        info: Info,
        input: Annotated[OpenLessonInput, strawberry.argument(description="Which lesson.")],
    ) -> OpenLessonResult:
        """Mark a lesson as opened."""
        try:
            slug = await operations.open_lesson(
                operations.OpenLesson(
                    borrower_id=info.context.borrower_id,
                    slug=_checked_slug(input.slug),
                    guess=input.guess,
                    idempotency_key=input.idempotency_key,
                )
            )
            return OpenLessonSuccess(lesson=_changed_lesson(info, slug))
        except Refusal as refusal:
            return problem_of(info, refusal)

    @strawberry.mutation(
        description="Remember that the borrower read a lesson to the end; the first time counts."
    )
    async def complete_lesson(
        self,
        info: Info,
        input: Annotated[CompleteLessonInput, strawberry.argument(description="Which lesson.")],
    ) -> CompleteLessonResult:
        """Mark a lesson as read."""
        try:
            slug = await operations.complete_lesson(
                operations.CompleteLesson(
                    borrower_id=info.context.borrower_id,
                    slug=_checked_slug(input.slug),
                    idempotency_key=input.idempotency_key,
                )
            )
            return CompleteLessonSuccess(lesson=_changed_lesson(info, slug))
        except Refusal as refusal:
            return problem_of(info, refusal)

    @strawberry.mutation(
        description="Answer a lesson's quiz. The first right answer brings its points and completes"
        " the lesson; a wrong one is explained and may be followed by another."
    )
    async def answer_quiz(
        self,
        info: Info,
        input: Annotated[AnswerQuizInput, strawberry.argument(description="The answer.")],
    ) -> AnswerQuizResult:
        """Take an answer."""
        try:
            outcome = await operations.answer_quiz(
                operations.AnswerQuiz(
                    borrower_id=info.context.borrower_id,
                    slug=_checked_slug(input.slug),
                    choice=input.choice,
                    version=input.version,
                    idempotency_key=input.idempotency_key,
                )
            )
            return AnswerQuizSuccess(
                is_right=outcome.is_right,
                explanation=queries.lesson(outcome.slug).texts[info.context.language].explanation,
                points_given=outcome.points_given,
                points=outcome.points,
                next_review_on=None
                if outcome.next_review_on is None
                else date.fromisoformat(outcome.next_review_on),
                lesson=_changed_lesson(info, outcome.slug),
            )
        except LessonChanged as changed:
            return LessonChangedProblem(**problem_parts(info, changed), version=changed.version)
        except Refusal as refusal:
            return problem_of(info, refusal)


def _checked_slug(slug: str) -> str:
    return checked_text(slug, field="input.slug", most=SLUG_MAX)


def _changed_lesson(info: Info, slug: str) -> Lesson:
    """Show a lesson whose progress an earlier field of the same request may have read."""
    info.context.loader(queries.progress_by_lesson).clear_all()
    return Lesson.of(queries.lesson(slug), info.context.language)
