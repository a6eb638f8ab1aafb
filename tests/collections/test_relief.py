"""Relief that was asked for holds until it is answered, or until its loan is over."""

from datetime import timedelta

import pytest

from app.collections import queries
from app.collections.rules import PermitRefusal
from app.foundation import outbox
from app.foundation.audit.searching import Sought, entries
from app.foundation.database import transaction
from app.foundation.paging import PageAsk
from app.servicing.events import HardshipReferred
from app.servicing.rules import LoanRef
from tests.collections.conftest import LATE, Desk, close_to, everything
from tests.support.conftest import lend

MORE_THAN_IT_OWES = 700_000


async def refer(loan: LoanRef) -> None:
    """Let a request for relief go to staff, as the servicing room tells it."""
    fact = HardshipReferred(
        request_id="hr00000000000001",
        loan_id=loan.loan_id,
        borrower_id=loan.borrower_id,
        kind="STRETCH",
        periods=12,
        difference_fen=0,
        ends_on="2027-12-20",
    )
    async with transaction() as tx:
        await outbox.announce(tx, fact)
    await outbox.drain()


async def released(borrower_id: str) -> int:
    """Count the holds that ended, by the audit chain."""
    sought = Sought(subject_id=borrower_id, kind="collections.released")
    return len((await entries(sought, PageAsk())).items)


@pytest.mark.parametrize("is_late", [True, False])
async def test_relief_ends_with_its_loan_and_holds_no_other_case(
    desk: Desk, *, is_late: bool
) -> None:
    await desk.assign(desk.agent)
    second = await lend(desk.mei, disbursement_id="db00000000second")
    if is_late:
        await close_to(LATE + timedelta(days=1))
    await refer(second)
    assert (await desk.ask()).reasons == (PermitRefusal.HARDSHIP_OPEN,)
    await desk.pay(1_000, on=LATE, of=second)
    assert (await desk.ask()).reasons == (PermitRefusal.HARDSHIP_OPEN,), "something is owed still"

    await desk.pay(MORE_THAN_IT_OWES, on=LATE, number=2, of=second)
    assert await queries.holds_of(desk.mei, LATE) == ()
    assert await released(desk.mei) == 1
    assert (await desk.ask()).is_given


async def test_a_request_heard_of_after_its_loan_was_paid_off_holds_nobody(desk: Desk) -> None:
    await desk.assign(desk.agent)
    await desk.pay(MORE_THAN_IT_OWES, on=LATE)
    before = await everything()
    await refer(desk.loan)
    assert await everything() == before
    assert await queries.holds_of(desk.mei, LATE) == ()
