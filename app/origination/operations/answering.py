"""Who answers for a loan hears of it when it is late, once for each installment and no sooner."""

from datetime import date

from app.catalog import queries as catalog
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.origination.events import GuaranteedLoanLate
from app.origination.queries.standing import StandsFor, running_after
from app.servicing.rules import LoanStatus

TOLD_AFTER = "guarantor_told_after_days"


async def tell_guarantors(on: date) -> int:
    """
    Announce which guaranteed loans are late beyond the policy's days; return how many.

    The borrower has had time by then. Nobody is told of a loan that was given up, nor before the
    policy said so. Done again on the same day, it announces the same.
    """
    book = await catalog.policy_book(on)
    if TOLD_AFTER not in book.values:
        return 0
    days, after, told = book.whole(TOLD_AFTER), "", 0
    while True:
        standing, last = await running_after(after)
        if last is None:
            return told
        async with transaction() as tx:
            for one in standing:
                told += await _tell(tx, one, days)
        after = last


async def _tell(tx: Transaction, one: StandsFor, days: int) -> bool:
    loan = one.loan
    if loan is None or loan.status is LoanStatus.WRITTEN_OFF or loan.days_past_due <= days:
        return False
    if loan.next_number is None or loan.next_due_on is None:
        return False
    await announce(
        tx,
        GuaranteedLoanLate(
            guarantee_id=one.guarantee_id,
            guarantor_id=one.guarantor_id,
            number=loan.next_number,
            due_on=loan.next_due_on.isoformat(),
            amount_fen=loan.overdue_fen,
        ),
    )
    return True
