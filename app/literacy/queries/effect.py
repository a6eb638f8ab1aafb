"""Whether lessons work: what people knew before and after, and who pays on time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.foundation.database import business_date, fetch
from app.literacy.models import TaughtLoanRow
from app.literacy.queries.taught import course
from app.servicing import queries as servicing

BATCH_MAX = 200
READ_SOME, READ_MANY = 1, 4
"""From how many lessons read before a loan somebody counts as having read some, or many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonEffect:
    """
    What one lesson did, in people.

    Attributes:
        slug: The lesson.
        opened: How many opened it.
        completed: How many read it to the end.
        guessed: How many guessed the answer before reading.
        guessed_right: How many of those guessed right: what they knew before.
        answered_of_guessed: How many who had guessed also answered.
        first_right_of_guessed: How many of those were right at once: what they knew after.
        answered: How many answered the quiz at all.
        first_right: How many of them were right at the first try.
        right_by_now: How many were right at some try.
        tries: All tries.
    """

    slug: str
    opened: int
    completed: int
    guessed: int
    guessed_right: int
    answered_of_guessed: int
    first_right_of_guessed: int
    answered: int
    first_right: int
    right_by_now: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEffect:
    """
    How loans are paid whose borrowers had read so many lessons before the money came.

    Attributes:
        lessons_from: At least so many.
        lessons_to: At most so many; None for no end.
        borrowers: How many people.
        loans: How many loans.
        installments_due: Installments whose day is past.
        installments_missed: Those of them that were not paid by their due date.
    """

    lessons_from: int
    lessons_to: int | None
    borrowers: int
    loans: int
    installments_due: int
    installments_missed: int

    @property
    def on_time_per_mille(self) -> int | None:
        """Return how many of a thousand installments were paid by their day, rounded down."""
        if not self.installments_due:
            return None
        on_time = self.installments_due - self.installments_missed
        return max(0, on_time) * 1000 // self.installments_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """
    What the course did so far; counts alone, no person.

    People who read before borrowing may differ from others in more than what they read: the
    figures show what goes together, not what causes what. Before and after a lesson, of those who
    guessed, are the same people.
    """

    lessons: tuple[LessonEffect, ...]
    payments: tuple[PaymentEffect, ...]


async def effect() -> Effect:
    """Return what the course taught so far did, lesson by lesson, and how loans are paid."""
    return Effect(lessons=await _lessons(), payments=await _payments())


async def _lessons() -> tuple[LessonEffect, ...]:
    rows: list[dict[str, Any]] = await fetch(
        "SELECT p.slug, COUNT(*) AS opened, COUNT(p.completed_at) AS completed,"
        " COUNT(p.guessed_right) AS guessed,"
        " COUNT(CASE WHEN p.guessed_right THEN 1 END) AS guessed_right,"
        " COUNT(CASE WHEN p.guessed_right IS NOT NULL THEN q.first_right END)"
        "   AS answered_of_guessed,"
        " COUNT(CASE WHEN p.guessed_right IS NOT NULL AND q.first_right THEN 1 END)"
        "   AS first_right_of_guessed,"
        " COUNT(q.first_right) AS answered,"
        " COUNT(CASE WHEN q.first_right THEN 1 END) AS first_right,"
        " COUNT(q.answered_right_at) AS right_by_now, COALESCE(SUM(q.tries), 0) AS tries"
        " FROM lesson_progress p LEFT JOIN quiz_answer q ON q.answer_key = p.progress_key"
        " GROUP BY p.slug",
        [],
    )
    found = {str(row["slug"]): row for row in rows}
    return tuple(
        LessonEffect(
            slug=lesson.slug,
            **{
                name: int(found[lesson.slug][name]) if lesson.slug in found else 0
                for name in LessonEffect.__dataclass_fields__
                if name != "slug"
            },
        )
        for lesson in course().lessons
    )


async def _payments() -> tuple[PaymentEffect, ...]:
    counts: dict[int, Counter[str]] = {place: Counter() for place in range(3)}
    people: dict[int, set[str]] = {place: set() for place in range(3)}
    today, after = await business_date(), ""
    while rows := await TaughtLoanRow.filter(id__gt=after).order_by("id").limit(BATCH_MAX):
        plans = await servicing.plans_by_loan([row.id for row in rows])
        for row, plan in zip(rows, plans, strict=True):
            place = _place(row.lessons_before)
            people[place].add(row.borrower_id)
            counts[place]["loans"] += 1
            counts[place]["due"] += sum(line.payable_on < today for line in plan)
            counts[place]["missed"] += row.missed
        after = rows[-1].id
    bounds: Sequence[tuple[int, int | None]] = (
        (0, READ_SOME - 1),
        (READ_SOME, READ_MANY - 1),
        (READ_MANY, None),
    )
    return tuple(
        PaymentEffect(
            lessons_from=bounds[place][0],
            lessons_to=bounds[place][1],
            borrowers=len(people[place]),
            loans=counted["loans"],
            installments_due=counted["due"],
            installments_missed=counted["missed"],
        )
        for place, counted in counts.items()
    )


def _place(lessons_before: int) -> int:
    return (lessons_before >= READ_SOME) + (lessons_before >= READ_MANY)
