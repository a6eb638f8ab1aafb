"""A loan's repayments, newest first, a page at a time, to their borrower only."""

from datetime import timedelta

from app.foundation.clock import FixedClock
from app.foundation.paging import PageAsk
from app.payments import queries
from app.servicing.rules import LoanRef
from tests.payments.conftest import WANG, Lend, Pay


async def test_repayments_come_newest_first_and_whole(
    lend: Lend, pay: Pay, clock: FixedClock
) -> None:
    loan = await lend()
    made: list[str] = []
    for number in range(7):
        made.append((await pay(loan, 100 + number, f"key-{number}")).repayment_id)
        clock.advance(timedelta(seconds=number % 2))
    seen: list[str] = []
    ask = PageAsk(first=3)
    while True:
        page = await queries.repayments_of(loan, ask)
        seen += [view.repayment_id for _, view in page.items]
        if not page.has_more:
            break
        await pay(loan, 1, f"later-{len(seen)}")
        ask = PageAsk(first=3, after=page.items[-1][0])
    assert sorted(seen) == sorted(made)
    assert seen[0] == made[-1]
    assert len(seen) == 7


async def test_a_loan_that_is_not_theirs_has_no_repayments(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan)
    theirs = LoanRef(borrower_id=WANG, loan_id=loan.loan_id)
    assert (await queries.repayments_of(theirs, PageAsk())).items == ()
    assert await queries.faults() == []
