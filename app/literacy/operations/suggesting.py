"""What happens to a borrower calls for a lesson: facts from below become suggestions."""

from datetime import date

from app.foundation import outbox
from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.identity.events import SessionFamilyRevoked, SessionWaits
from app.literacy import queries
from app.literacy.events import LessonSuggested
from app.literacy.models import LessonSuggestionRow
from app.literacy.rules import Moment, lesson_for, may_suggest_again
from app.origination.events import ApplicationDecided, ApplicationRecalled, LoanDisbursed
from app.servicing.events import InstallmentDueSoon, InstallmentOverdue

APPROVED = "APPROVE"
"""The outcome of `ApplicationDecided` that leads to signing."""

FIRST_INSTALLMENT = 1


async def suggest_after_decision(tx: Transaction, fact: ApplicationDecided) -> None:
    """Teach what a loan costs before an approved borrower signs."""
    if fact.outcome == APPROVED:
        await suggest_lesson(tx, fact.borrower_id, Moment.BEFORE_SIGNING)


async def suggest_after_disbursement(tx: Transaction, fact: LoanDisbursed) -> None:
    """Teach what can still be undone once the money is there."""
    await suggest_lesson(tx, fact.borrower_id, Moment.AFTER_DISBURSEMENT)


async def suggest_before_first_due(tx: Transaction, fact: InstallmentDueSoon) -> None:
    """Teach how to get ready, three days before a loan's first installment."""
    if fact.number == FIRST_INSTALLMENT:
        await suggest_lesson(tx, fact.borrower_id, Moment.BEFORE_FIRST_DUE)


async def suggest_after_missed(tx: Transaction, fact: InstallmentOverdue) -> None:
    """Teach what to do on the first day an installment is late."""
    await suggest_lesson(tx, fact.borrower_id, Moment.AFTER_MISSED)


async def suggest_at_fraud_signal(
    tx: Transaction, fact: SessionFamilyRevoked | SessionWaits | ApplicationRecalled
) -> None:
    """
    Teach how people are swindled when something looks as if somebody were trying.

    A session was copied, a phone nobody knew signed in by the number alone, or others carry marks
    of the applicant. Of a PIN typed under duress nothing is said: whoever forces them may look.
    """
    await suggest_lesson(tx, fact.borrower_id, Moment.FRAUD_WARNING)


async def suggest_lesson(tx: Transaction, borrower_id: str, moment: Moment) -> str | None:
    """
    Suggest the lesson that fits what is happening to a borrower, and tell whoever listens.

    Never the same lesson twice for one borrower and moment, never one they have read, and for
    one moment at most one in seven days.

    Returns:
        The lesson's slug; None if there is nothing new to say.
    """
    rows = await LessonSuggestionRow.filter(borrower_id=borrower_id, moment=moment.value)
    last = max((date.fromisoformat(row.suggested_on) for row in rows), default=None)
    if not may_suggest_again(last, tx.today):
        return None
    lesson = lesson_for(
        queries.course(),
        moment,
        completed=await queries.completed_slugs(borrower_id),
        told={row.slug for row in rows},
    )
    if lesson is None:
        return None
    suggested = await tx.rows(
        "INSERT INTO lesson_suggestion (id, suggestion_key, borrower_id, slug, moment,"
        " suggested_on) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (suggestion_key) DO NOTHING RETURNING id",
        [
            tx.new_id("sg"),
            f"{borrower_id}:{moment.value}:{lesson.slug}",
            borrower_id,
            lesson.slug,
            moment.value,
            tx.today.isoformat(),
        ],
    )
    if not suggested:
        return None
    await outbox.announce(
        tx,
        LessonSuggested(borrower_id=borrower_id, lesson_slug=lesson.slug, moment=moment.value),
    )
    await revise(tx, borrower_id)
    return lesson.slug
