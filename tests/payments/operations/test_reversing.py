"""Money that went back counts no more, once, and only if it had counted."""

import pytest

from app.foundation.database import transaction
from app.foundation.errors import NotFound
from app.ledger import queries as ledger
from app.payments import operations
from app.payments.errors import RepaymentStepRefused
from app.payments.operations import ReverseRepayment
from app.payments.rules import RepaymentRef, RepaymentStatus, RepaymentView, WordOutcome
from app.servicing import queries as loans
from app.servicing.rules import ReversalReason
from tests.payments.conftest import (
    MEI,
    WANG,
    Lend,
    Pay,
    balance_of,
    facts,
    notice_of,
    now_of,
    postings,
    stored,
)


async def reversed_now(
    view: RepaymentView, reason: ReversalReason, *, borrower_id: str = MEI
) -> RepaymentView:
    ref = RepaymentRef(borrower_id=borrower_id, repayment_id=view.repayment_id)
    async with transaction() as tx:
        return await operations.reverse(tx, ReverseRepayment(repayment=ref, reason=reason))


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        (ReversalReason.RAIL_REVERSED, RepaymentStatus.REVERSED),
        (ReversalReason.BOOKED_IN_ERROR, RepaymentStatus.REVERSED),
        (ReversalReason.CHARGED_BACK, RepaymentStatus.CHARGED_BACK),
    ],
)
async def test_a_reversed_repayment_leaves_the_loan_as_it_was(
    lend: Lend, pay: Pay, reason: ReversalReason, end: RepaymentStatus
) -> None:
    loan = await lend()
    owed_fen = await balance_of(loan)
    view = await pay(loan)
    await operations.accept_callback(notice_of(view))
    assert await balance_of(loan) < owed_fen

    undone = await reversed_now(view, reason)
    assert (undone.status, undone.reversal) == (end, reason)
    assert undone == await now_of(view)
    assert await balance_of(loan) == owed_fen
    assert (await loans.loan(loan)).unapplied_fen == 0
    assert await facts() == {"RepaymentTaken": 1, "RepaymentReversed": 1}
    assert (await ledger.verify()).problems == ()


async def test_a_notice_repeated_after_the_reversal_posts_nothing(pay: Pay) -> None:
    view = await pay()
    await operations.accept_callback(notice_of(view))
    await reversed_now(view, ReversalReason.RAIL_REVERSED)
    late = notice_of(view, event="late-copy")
    assert await operations.accept_callback(late) is WordOutcome.NOTHING_NEW
    assert (await now_of(view)).status is RepaymentStatus.REVERSED
    assert await postings("repayment") == 1


async def test_only_allocated_money_is_reversed(pay: Pay) -> None:
    view = await pay()
    before = await stored()
    with pytest.raises(RepaymentStepRefused):
        await reversed_now(view, ReversalReason.RAIL_REVERSED)
    assert await stored() == before

    await operations.accept_callback(notice_of(view))
    await reversed_now(view, ReversalReason.RAIL_REVERSED)
    before = await stored()
    with pytest.raises(RepaymentStepRefused):
        await reversed_now(view, ReversalReason.CHARGED_BACK)
    assert await stored() == before


async def test_somebody_elses_repayment_is_not_reversed(pay: Pay) -> None:
    view = await pay()
    await operations.accept_callback(notice_of(view))
    before = await stored()
    with pytest.raises(NotFound):
        await reversed_now(view, ReversalReason.RAIL_REVERSED, borrower_id=WANG)
    assert await stored() == before
