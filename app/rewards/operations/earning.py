"""Points come: for right answers and installments paid on time; what was never paid takes them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from app.catalog.queries import policy_book
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.sealing import Forgotten
from app.identity.events import BorrowerJoined
from app.identity.queries import device_mark_of
from app.literacy.events import PointsEarned
from app.payments.events import RepaymentReversed, RepaymentTaken
from app.rewards.models import PointsEntryRow
from app.rewards.operations.accounts import Line, add_line, hold_account
from app.rewards.rules import PointsKind, points_policy, taken_back
from app.servicing import queries as loans
from app.servicing.events import LoanPaidOff
from app.servicing.rules import LoanRef

LOOKED_BACK = timedelta(days=62)
"""How old a due date may be: money held may have paid it, and the next repayment tells of it."""


async def open_account(tx: Transaction, fact: BorrowerJoined) -> None:
    """Open an account with the first sign-up, while the phone that asked for it is known."""
    policy = points_policy(await policy_book(tx.today))
    with suppress(Forgotten):  # forgotten before this was delivered
        mark = await device_mark_of(fact.borrower_id)
        await hold_account(tx, fact.borrower_id, policy, device_mark=mark)


async def earn_by_learning(tx: Transaction, fact: PointsEarned) -> None:
    """Count what a right answer brought."""
    policy = points_policy(await policy_book(tx.today))
    try:
        await hold_account(tx, fact.borrower_id, policy)
    except Forgotten:
        return
    line = Line(
        kind=PointsKind.LEARNED,
        source=fact.source,
        points=fact.points,
        expires_on=policy.last_day_of(tx.today),
    )
    await add_line(tx, fact.borrower_id, line)


async def earn_by_paying(tx: Transaction, fact: RepaymentTaken | LoanPaidOff) -> None:
    """
    Count every installment of a loan that was paid by its day and is not counted yet.

    Nothing counts while the loan may still be given back at no cost; the next repayment catches up.
    """
    policy = points_policy(await policy_book(tx.today))
    ref = LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id)
    try:
        if not await loans.is_kept(ref):
            return
        numbers = await loans.paid_on_time(
            ref,
            ahead_days=policy.ahead_days,
            since=tx.today - LOOKED_BACK,
            but=await _counted(fact.borrower_id, fact.loan_id),
        )
        if not numbers or not policy.installment:
            return
        await hold_account(tx, fact.borrower_id, policy)
    except (NotFound, Forgotten):  # forgotten before this was delivered
        return
    for number in numbers:
        line = Line(
            kind=PointsKind.PAID_ON_TIME,
            source=_source_of(fact.loan_id, number),
            points=policy.installment,
            expires_on=policy.last_day_of(tx.today),
        )
        await add_line(tx, fact.borrower_id, line)


async def take_back_points(tx: Transaction, fact: RepaymentReversed | LoanPaidOff) -> None:
    """
    Take points back for installments of a loan that, it turned out, were not paid by their day.

    What was spent of them meanwhile stays spent. An installment brings points once ever: what is
    paid again later is paid late.
    """
    policy = points_policy(await policy_book(tx.today))
    ref = LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id)
    counted = await _counted(fact.borrower_id, fact.loan_id)
    try:
        stand: Sequence[int] = ()
        if not await loans.is_returned(ref):
            ahead_days = policy.ahead_days
            stand = await loans.paid_on_time(ref, ahead_days=ahead_days, among=counted.keys())
    except NotFound:
        return
    for number in sorted(counted.keys() - set(stand)):
        points = await hold_account(tx, fact.borrower_id, policy)
        back = taken_back(points, counted[number])
        source = f"back|{_source_of(fact.loan_id, number)}"
        line = Line(kind=PointsKind.TAKEN_BACK, source=source, points=-back)
        await add_line(tx, fact.borrower_id, line)


async def _counted(borrower_id: str, loan_id: str) -> dict[int, int]:
    """Return which installments of a loan were counted, and what each brought."""
    prefix = _source_of(loan_id, "")
    rows = await PointsEntryRow.filter(
        borrower_id=borrower_id,
        kind=PointsKind.PAID_ON_TIME.value,
        source__startswith=prefix,
    )
    return {int(row.source.removeprefix(prefix)): row.points for row in rows}


def _source_of(loan_id: str, number: int | str) -> str:
    return f"installment|{loan_id}|{number}"
