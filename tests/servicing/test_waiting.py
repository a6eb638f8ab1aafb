"""Whoever meets over one borrower's loans waits for the other, and never both in a circle."""

from datetime import date, timedelta

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import business_date
from app.servicing import operations, queries
from app.servicing.rules import LoanRef
from tests.meeting import meet
from tests.servicing.conftest import MEI, Lend, Pay, is_sound, plain_terms

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

LATE = date(2026, 12, 22)
"""The first loan's installment is a day late; the second's is due in three days."""


async def lent(lend: Lend, clock: FixedClock) -> LoanRef:
    """Lend twice to one borrower, and come to the evening before; return the first loan."""
    loan = await lend()
    clock.advance(timedelta(seconds=1))
    await lend(plain_terms(due_day=25))
    await operations.run_days(date(2026, 12, 21))
    return loan


async def test_a_late_installment_is_paid_while_the_day_closes(
    lend: Lend, pay: Pay, clock: FixedClock
) -> None:
    loan = await lent(lend, clock)
    await meet(MEI, lambda: operations.close_one_day(LATE), lambda: pay(loan, 1_000))
    assert await business_date() == LATE
    assert await is_sound()


async def test_loans_are_proved_while_the_day_closes(lend: Lend, clock: FixedClock) -> None:
    await lent(lend, clock)
    await meet(MEI, lambda: operations.close_one_day(LATE), queries.check_projections)
    assert await is_sound()


async def test_totals_are_compared_when_a_loan_has_been_opened_on_both_sides(lend: Lend) -> None:
    await lend()
    await meet(MEI, lend, _agree)


async def _agree() -> None:
    assert (await queries.reconcile()).problems == ()
