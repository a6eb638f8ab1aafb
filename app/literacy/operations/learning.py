"""A lesson is opened, read to the end, and its quiz answered."""

from dataclasses import asdict, dataclass

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise
from app.literacy import queries
from app.literacy.errors import LessonChanged
from app.literacy.operations.certifying import certify_track
from app.literacy.operations.repeating import repeat
from app.literacy.operations.scoring import points_of, score
from app.literacy.queries.earned import source_of_lesson
from app.literacy.rules import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLesson:
    """A borrower begins to read a lesson, and may guess its quiz before."""

    borrower_id: str
    slug: str
    idempotency_key: str
    guess: int | None = None

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
    next_review_on: str | None = None
    """The ISO date on which its quiz comes back; none if it does not."""


async def open_lesson(command: OpenLesson) -> str:
    """
    Remember that a borrower opened a lesson; opening it again changes nothing.

    A guess is kept from the first time alone, before anything was read, and brings nothing: it
    tells what the lesson changes.

    Returns:
        The lesson's slug.

    Raises:
        NotFound: There is no such lesson.
        InvalidInput: The quiz has no such option.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return str(claim.answer["slug"])
        lesson = queries.lesson(command.slug, field="input.slug")
        if command.guess is not None:
            _check_option(command.guess, lesson, field="input.guess")
        await _open(tx, command.borrower_id, lesson, guess=command.guess)
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

    A wrong answer may be followed by another try; further right ones bring nothing more. A wrong
    one makes the quiz come back on later days.

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
        _check_option(command.choice, lesson, field="input.choice")
        outcome = await _answer(tx, command, lesson)
        await claim.settle(tx, asdict(outcome))
    return outcome


def _check_option(choice: int, lesson: Lesson, *, field: str) -> None:
    if not 0 <= choice < lesson.option_count:
        raise InvalidInput(field, "literacy.reason.choice", last=lesson.option_count - 1)


async def _answer(tx: Transaction, command: AnswerQuiz, lesson: Lesson) -> QuizOutcome:
    borrower_id = command.borrower_id
    await _open(tx, borrower_id, lesson)
    await _count_try(tx, command, lesson)
    is_right = command.choice == lesson.answer
    points_given = await _reward(tx, borrower_id, lesson) if is_right else 0
    if is_right:
        await _complete(tx, borrower_id, lesson)
        await certify_track(tx, borrower_id, lesson.track)
    comes_back = await repeat(tx, borrower_id, lesson.slug, is_right=is_right)
    await revise(tx, borrower_id)
    return QuizOutcome(
        slug=lesson.slug,
        is_right=is_right,
        points_given=points_given,
        points=await points_of(tx, borrower_id),
        next_review_on=None if comes_back is None else comes_back.due_on.isoformat(),
    )


async def _open(
    tx: Transaction, borrower_id: str, lesson: Lesson, *, guess: int | None = None
) -> None:
    opened = await tx.rows(
        "INSERT INTO lesson_progress (id, progress_key, borrower_id, slug, version, opened_at,"
        " guessed_right) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (progress_key) DO NOTHING RETURNING id",
        [
            tx.new_id("ls"),
            _key(borrower_id, lesson.slug),
            borrower_id,
            lesson.slug,
            lesson.version,
            tx.now,
            None if guess is None else guess == lesson.answer,
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
        "INSERT INTO quiz_answer (id, answer_key, borrower_id, slug, version, first_choice,"
        " first_right, tries, answered_at, points) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, 0)"
        " ON CONFLICT (answer_key) DO UPDATE SET tries = quiz_answer.tries + 1,"
        " answered_at = excluded.answered_at",
        [
            tx.new_id("qa"),
            _key(command.borrower_id, lesson.slug),
            command.borrower_id,
            lesson.slug,
            lesson.version,
            command.choice,
            command.choice == lesson.answer,
            tx.now,
        ],
    )


async def _reward(tx: Transaction, borrower_id: str, lesson: Lesson) -> int:
    rewarded = await tx.run(
        "UPDATE quiz_answer SET answered_right_at = ?, points = ?"
        " WHERE answer_key = ? AND answered_right_at IS NULL",
        [tx.now, lesson.points, _key(borrower_id, lesson.slug)],
    )
    if not rewarded:
        return 0
    await score(tx, borrower_id, lesson.points, source=source_of_lesson(lesson.slug))
    return lesson.points


def _key(borrower_id: str, slug: str) -> str:
    return f"{borrower_id}:{slug}"
