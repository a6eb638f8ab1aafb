"""A lesson is opened, read to the end, and its quiz answered."""

from dataclasses import asdict, dataclass

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise
from app.literacy import queries
from app.literacy.errors import LessonChanged
from app.literacy.rules import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLesson:
    """A borrower begins to read a lesson."""

    borrower_id: str
    slug: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteLesson:
    """A borrower has read a lesson to the end."""

    borrower_id: str
    slug: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuiz:
    """A borrower chooses an option, counted from 0, of the lesson's version they saw."""

    borrower_id: str
    slug: str
    choice: int
    version: str | None
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizOutcome:
    """Whether an answer was right, and what it brought."""

    slug: str
    is_right: bool
    points_given: int
    points: int


async def open_lesson(command: OpenLesson) -> str:
    """
    Remember that a borrower opened a lesson; opening it again changes nothing.

    Returns:
        The lesson's slug.

    Raises:
        NotFound: There is no such lesson.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return str(claim.answer["slug"])
        lesson = queries.lesson(command.slug, field="input.slug")
        await _open(tx, command.borrower_id, lesson)
        await claim.settle(tx, {"slug": lesson.slug})
    return lesson.slug


async def complete_lesson(command: CompleteLesson) -> str:
    """
    Remember that a borrower read a lesson to the end; the first time counts.

    Returns:
        The lesson's slug.

    Raises:
        NotFound: There is no such lesson.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return str(claim.answer["slug"])
        lesson = queries.lesson(command.slug, field="input.slug")
        await _open(tx, command.borrower_id, lesson)
        await _complete(tx, command.borrower_id, lesson)
        await claim.settle(tx, {"slug": lesson.slug})
    return lesson.slug


async def answer_quiz(command: AnswerQuiz) -> QuizOutcome:
    """
    Take an answer: the first right one brings the lesson's points and completes the lesson.

    A wrong answer may be followed by another try; further right ones bring nothing more.

    Raises:
        NotFound: There is no such lesson.
        InvalidInput: The quiz has no such option.
        LessonChanged: The lesson has been rewritten since the borrower loaded it.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return QuizOutcome(**claim.answer)
        lesson = queries.lesson(command.slug, field="input.slug")
        if command.version is not None and command.version != lesson.version:
            raise LessonChanged(version=lesson.version)
        if not 0 <= command.choice < lesson.option_count:
            raise InvalidInput(
                "input.choice", "literacy.reason.choice", last=lesson.option_count - 1
            )
        outcome = await _answer(tx, command, lesson)
        await claim.settle(tx, asdict(outcome))
    return outcome


async def _answer(tx: Transaction, command: AnswerQuiz, lesson: Lesson) -> QuizOutcome:
    borrower_id = command.borrower_id
    await _open(tx, borrower_id, lesson)
    await _count_try(tx, command, lesson)
    is_right = command.choice == lesson.answer
    points_given = await _reward(tx, borrower_id, lesson) if is_right else 0
    if is_right:
        await _complete(tx, borrower_id, lesson)
    await revise(tx, borrower_id)
    totals = await tx.rows(
        "SELECT SUM(points) AS points FROM quiz_answer WHERE borrower_id = ?", [borrower_id]
    )
    return QuizOutcome(
        slug=lesson.slug,
        is_right=is_right,
        points_given=points_given,
        points=int(totals[0]["points"]),
    )


async def _open(tx: Transaction, borrower_id: str, lesson: Lesson) -> None:
    opened = await tx.rows(
        "INSERT INTO lesson_progress (id, progress_key, borrower_id, slug, version, opened_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (progress_key) DO NOTHING RETURNING id",
        [
            tx.new_id("ls"),
            _key(borrower_id, lesson.slug),
            borrower_id,
            lesson.slug,
            lesson.version,
            tx.now,
        ],
    )
    if opened:
        await revise(tx, borrower_id)


async def _complete(tx: Transaction, borrower_id: str, lesson: Lesson) -> None:
    completed = await tx.run(
        "UPDATE lesson_progress SET completed_at = ?, version = ?"
        " WHERE progress_key = ? AND completed_at IS NULL",
        [tx.now, lesson.version, _key(borrower_id, lesson.slug)],
    )
    if completed:
        await revise(tx, borrower_id)


async def _count_try(tx: Transaction, command: AnswerQuiz, lesson: Lesson) -> None:
    await tx.run(
        "INSERT INTO quiz_answer (id, answer_key, borrower_id, slug, version, first_choice, tries,"
        " answered_at, points) VALUES (?, ?, ?, ?, ?, ?, 1, ?, 0)"
        " ON CONFLICT (answer_key) DO UPDATE SET tries = quiz_answer.tries + 1,"
        " answered_at = excluded.answered_at",
        [
            tx.new_id("qa"),
            _key(command.borrower_id, lesson.slug),
            command.borrower_id,
            lesson.slug,
            lesson.version,
            command.choice,
            tx.now,
        ],
    )


async def _reward(tx: Transaction, borrower_id: str, lesson: Lesson) -> int:
    rewarded = await tx.run(
        "UPDATE quiz_answer SET answered_right_at = ?, points = ?"
        " WHERE answer_key = ? AND answered_right_at IS NULL",
        [tx.now, lesson.points, _key(borrower_id, lesson.slug)],
    )
    return lesson.points if rewarded else 0


def _key(borrower_id: str, slug: str) -> str:
    return f"{borrower_id}:{slug}"
