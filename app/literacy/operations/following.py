"""Loans that literacy follows: what was read before them, what was missed, harvests to come."""

from datetime import date

from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.literacy.models import TaughtLoanRow
from app.literacy.operations.suggesting import suggest_lesson
from app.literacy.queries.learned import completed_slugs
from app.literacy.rules import Moment, next_harvest_news
from app.origination import queries as origination
from app.origination.events import LoanDisbursed
from app.servicing import queries as servicing
from app.servicing.events import InstallmentOverdue
from app.servicing.rules import LoanRef

BATCH_MAX = 200


async def follow_loan(_: Transaction, fact: LoanDisbursed) -> None:
    """Remember what its borrower had read by then, and when the crop that repays it is sold."""
    try:
        loan = await servicing.loan(LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id))
        application = await origination.application(fact.borrower_id, fact.application_id)
    except NotFound:  # forgotten before this was delivered
        return
    weights = application.offered.month_weights
    news = next_harvest_news(weights, since=loan.opened_on, until=loan.closes_on)
    row = TaughtLoanRow(
        id=fact.loan_id,
        borrower_id=fact.borrower_id,
        lessons_before=len(await completed_slugs(fact.borrower_id)),
        missed=0,
        month_weights=",".join(map(str, weights)) or None,
        harvest_told_from=None if news is None else news.isoformat(),
        closes_on=loan.closes_on.isoformat(),
    )
    await TaughtLoanRow.bulk_create([row], ignore_conflicts=True)


async def count_missed(tx: Transaction, fact: InstallmentOverdue) -> None:
    """Count an installment that was not paid by its due date."""
    await tx.run("UPDATE taught_loan SET missed = missed + 1 WHERE id = ?", [fact.loan_id])


async def tell_of_harvests(today: date) -> int:
    """
    Suggest a lesson to every farmer whose harvest is near and whose loan is open; return how many.

    Some at a time, each batch in a transaction that also sets when to look again: stopped at any
    point and run again, it goes on there, and tells nobody of one harvest twice.
    """
    told = 0
    while True:
        async with transaction() as tx:
            rows = await (
                TaughtLoanRow.filter(harvest_told_from__lte=today.isoformat())
                .order_by("id")
                .limit(BATCH_MAX)
                .select_for_update()
            )
            for row in rows:
                told += await _tell(tx, row, today)
        if len(rows) < BATCH_MAX:
            return told


async def _tell(tx: Transaction, row: TaughtLoanRow, today: date) -> bool:
    weights = [int(weight) for weight in (row.month_weights or "").split(",") if weight]
    ends = date.fromisoformat(row.closes_on)
    news = next_harvest_news(weights, since=today, until=ends)
    row.harvest_told_from = None if news is None else news.isoformat()
    await row.save(update_fields=["harvest_told_from"])
    loan = (await servicing.loans_by_id([row.id]))[0]
    if loan is None or loan.closed_on is not None:
        return False
    return await suggest_lesson(tx, row.borrower_id, Moment.BEFORE_HARVEST) is not None
