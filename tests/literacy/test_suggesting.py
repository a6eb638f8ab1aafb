"""What happens to a borrower becomes a fitting lesson: once, and not too often."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import orjson
import pytest

from app.foundation import outbox
from app.foundation.database import fetch, set_business_date, transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import Fact, Subscription
from app.foundation.revision import revision_of
from app.literacy import queries
from app.literacy.operations import (
    LOCAL_EFFECTS,
    CompleteLesson,
    complete_lesson,
    suggest_lesson,
)
from app.literacy.rules import Course, Moment
from app.origination.events import ApplicationDecided, LoanDisbursed
from app.servicing.events import InstallmentDueSoon, InstallmentOverdue
from tests.literacy.conftest import JUN, MEI

pytestmark = pytest.mark.usefixtures("database", "course")

TODAY = date(2026, 11, 21)
APPROVED = ApplicationDecided(application_id="ap1", borrower_id=MEI, outcome="APPROVE")
DISBURSED = LoanDisbursed(loan_id="ln1", borrower_id=MEI, application_id="ap1", amount_fen=1)
DUE_SOON = InstallmentDueSoon(
    loan_id="ln1", borrower_id=MEI, number=1, due_on="2026-11-24", amount_fen=1
)
OVERDUE = InstallmentOverdue(
    loan_id="ln1",
    borrower_id=MEI,
    number=1,
    due_on="2026-11-20",
    amount_fen=1,
    days_past_due=1,
    grace_until="2026-11-23",
)


async def tell(*facts: Fact) -> list[tuple[str, str]]:
    """Let facts happen, deliver them, and return every lesson suggested so far, with its moment."""
    outbox.subscribe(
        [
            Subscription(fact_type=fact_type, consumer=consumer, local=effect)
            for fact_type, consumer, effect in LOCAL_EFFECTS
        ]
    )
    async with transaction() as tx:
        for fact in facts:
            await outbox.announce(tx, fact)
    await outbox.drain()
    assert await outbox.dead_letters() == []
    return await suggested()


async def suggested() -> list[tuple[str, str]]:
    told = await fetch("SELECT payload FROM outbox_fact WHERE name = 'LessonSuggested' ORDER BY id")
    facts = [orjson.loads(row["payload"]) for row in told]
    return sorted((fact["lesson_slug"], fact["moment"]) for fact in facts)


async def move_to(day: date) -> None:
    async with transaction() as tx:
        await set_business_date(tx, day)


@pytest.mark.parametrize(
    ("fact", "lesson", "moment"),
    [
        (APPROVED, "yearly-rate", "before-signing"),
        (DISBURSED, "changed-your-mind", "after-disbursement"),
        (DUE_SOON, "first-due-date", "before-first-due"),
        (OVERDUE, "one-payment-missed", "after-missed"),
    ],
)
async def test_each_moment_has_its_lesson(fact: Fact, lesson: str, moment: str) -> None:
    assert await tell(fact) == [(lesson, moment)]
    assert await revision_of(MEI) == 1

    first = (await queries.suggestions_of(MEI))[0]
    assert (first.lesson.slug, first.moment.value, first.suggested_on) == (lesson, moment, TODAY)


@pytest.mark.parametrize(
    "fact", [replace(APPROVED, outcome="DECLINE"), replace(DUE_SOON, number=2)]
)
async def test_other_facts_suggest_nothing(fact: Fact) -> None:
    assert await tell(fact) == []
    assert await revision_of(MEI) == 0


async def test_a_moment_that_comes_again_within_a_week_is_quiet() -> None:
    await tell(OVERDUE, replace(OVERDUE, number=2))
    assert await suggested() == [("one-payment-missed", "after-missed")]
    assert await revision_of(MEI) == 1


async def test_the_same_lesson_never_comes_twice_for_one_moment(course: Course) -> None:
    fitting = [one.slug for one in course.lessons if one.moment is Moment.AFTER_MISSED]
    for week in range(len(fitting) + 1):
        await move_to(TODAY + timedelta(days=7 * week))
        await tell(OVERDUE)
    assert await suggested() == sorted((slug, "after-missed") for slug in fitting)


async def test_a_lesson_the_borrower_has_read_is_not_suggested() -> None:
    command = CompleteLesson(borrower_id=MEI, slug="one-payment-missed", idempotency_key="read")
    await complete_lesson(command)
    assert await tell(OVERDUE) == [("what-late-costs", "after-missed")]


async def test_borrowers_are_told_apart() -> None:
    await tell(APPROVED, replace(APPROVED, borrower_id=JUN))
    assert await suggested() == [("yearly-rate", "before-signing")] * 2


async def test_nothing_is_said_when_every_fitting_lesson_is_known(course: Course) -> None:
    fitting = [one.slug for one in course.lessons if one.moment is Moment.AFTER_DISBURSEMENT]
    for slug in fitting:
        await complete_lesson(CompleteLesson(borrower_id=MEI, slug=slug, idempotency_key=slug))
    async with transaction() as tx:
        assert await suggest_lesson(tx, MEI, Moment.AFTER_DISBURSEMENT) is None
    assert await suggested() == []


async def test_a_new_borrower_is_shown_the_beginning_of_the_course(course: Course) -> None:
    shown = await queries.suggestions_of(MEI)
    assert [one.lesson.slug for one in shown] == [
        one.slug for one in course.lessons if not one.prerequisites
    ][:3]


async def test_one_moment_told_many_times_at_once_suggests_one_lesson() -> None:
    async def suggest() -> str | None:
        async with transaction() as tx:
            return await suggest_lesson(tx, MEI, Moment.AFTER_MISSED)

    slugs = await asyncio.gather(*(suggest() for _ in range(8)))
    assert [slug for slug in slugs if slug is not None] == ["one-payment-missed"]
    assert await suggested() == [("one-payment-missed", "after-missed")]
    assert await revision_of(MEI) == 1


async def test_a_lesson_has_a_title_for_those_who_tell_of_it() -> None:
    assert queries.lesson_title("first-due-date", "en") == "Three things before your first payment"
    with pytest.raises(NotFound):
        queries.lesson_title("withdrawn", "en")
