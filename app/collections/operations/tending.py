"""The close of a day for late loans: promises, relief that was asked for, special status."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta

from app.catalog.queries import policy_book
from app.collections.events import PromiseNear, ReliefOffered
from app.collections.models import CollectionCaseRow, PaymentPromiseRow
from app.collections.operations.following import end_hardship
from app.collections.operations.promising import settle_promise_of
from app.collections.queries.cases import NOT_OVER, areas_on, specials_by_borrower
from app.collections.queries.holds import holds_by_borrower, holds_of
from app.collections.rules import CaseState, Hold, HoldReason, PromiseState
from app.foundation import outbox
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.revision import revise

BATCH_MAX = 200
_DAY = timedelta(days=1)


async def tend_cases(today: date) -> None:
    """
    Do what a day's end asks of late loans, each in a transaction of its own.

    Stopped at any point and run again, it goes on there; nobody is told anything twice.
    """
    await _settle_promises(today)
    await _remind_of_promises(today)
    await _end_lapsed_relief(today)
    await _offer_where_disaster_is(today)


async def _settle_promises(today: date) -> None:
    """Find every promise broken or kept whose day is over."""
    while True:
        rows = (
            await PaymentPromiseRow.filter(open_key__not_isnull=True, due_on__lt=today.isoformat())
            .order_by("id")
            .limit(BATCH_MAX)
        )
        for row in rows:
            async with transaction() as tx:
                await settle_promise_of(tx, row.loan_id, row.borrower_id)
        if len(rows) < BATCH_MAX:
            return


async def _remind_of_promises(today: date) -> None:
    """Say once, on the eve, what was promised for tomorrow."""
    while True:
        async with transaction() as tx:
            rows = await tx.rows(
                "UPDATE payment_promise SET reminded_at = ? WHERE reminded_at IS NULL AND id IN"
                " (SELECT id FROM payment_promise WHERE reminded_at IS NULL AND due_on = ?"
                f" AND state = ? ORDER BY id LIMIT {BATCH_MAX})"
                " RETURNING id, loan_id, borrower_id, due_on, amount_fen",
                [milliseconds(tx.now), (today + _DAY).isoformat(), PromiseState.OPEN.value],
            )
            await outbox.announce_all(
                tx,
                [
                    PromiseNear(
                        promise_id=row["id"],
                        loan_id=row["loan_id"],
                        borrower_id=row["borrower_id"],
                        due_on=row["due_on"],
                        amount_fen=row["amount_fen"],
                    )
                    for row in rows
                ],
            )
        if len(rows) < BATCH_MAX:
            return


async def _end_lapsed_relief(today: date) -> None:
    """Go on where somebody said that paying is hard, and chose nothing within the days they had."""
    async for rows in _cases(CaseState.HARDSHIP):
        holds = await holds_by_borrower([row.borrower_id for row in rows], today)
        for row, held in zip(rows, holds, strict=True):
            if not _waits(row, held):
                async with transaction() as tx:
                    await revise(tx, row.borrower_id)  # who may have asked again since the read
                    if not _waits(row, await holds_of(row.borrower_id, today)):
                        await end_hardship(tx, row.loan_id, row.borrower_id)


def _waits(row: CollectionCaseRow, holds: Sequence[Hold]) -> bool:
    """Tell whether relief asked for a case's loan still holds us back."""
    return any(one.reason is HoldReason.HARDSHIP and one.reference == row.loan_id for one in holds)


async def _offer_where_disaster_is(today: date) -> None:
    """Offer relief, once for each time of need, to late borrowers where a disaster is."""
    book = await policy_book(today)
    if not areas_on(book, today):
        return
    async for rows in _cases(*NOT_OVER):
        specials = await specials_by_borrower([row.borrower_id for row in rows], book, today)
        for row in rows:
            until = specials.get(row.borrower_id)
            if until is not None and (row.special_until or "") < until.isoformat():
                async with transaction() as tx:
                    await _offer_relief(tx, row, until)


async def _cases(*states: CaseState) -> AsyncIterator[list[CollectionCaseRow]]:
    """Read cases some at a time; each is then changed in a transaction of its own."""
    after = ""
    while True:
        found = CollectionCaseRow.filter(state__in=[one.value for one in states], id__gt=after)
        rows = await found.order_by("id").limit(BATCH_MAX)
        yield rows
        if len(rows) < BATCH_MAX:
            return
        after = rows[-1].id


async def _offer_relief(tx: Transaction, row: CollectionCaseRow, until: date) -> None:
    until_on = until.isoformat()
    await revise(tx, row.borrower_id)
    offered = await tx.run(
        "UPDATE collection_case SET special_until = ? WHERE id = ? AND open_key IS NOT NULL"
        " AND COALESCE(special_until, '') < ?",
        [until_on, row.id, until_on],
    )
    if offered:
        fact = ReliefOffered(loan_id=row.loan_id, borrower_id=row.borrower_id, until_on=until_on)
        await outbox.announce(tx, fact)
