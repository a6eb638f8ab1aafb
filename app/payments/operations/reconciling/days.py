"""A day's comparison with the provider's statement, safe to stop anywhere and to do again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from app.foundation.clock import beginning_of, local_date
from app.foundation.database import Transaction, current, transaction
from app.foundation.ids import least_id
from app.foundation.log import logger
from app.payments.models import DifferenceRow, ReconciliationRow, StatementLineRow
from app.payments.ports import (
    OrderReport,
    RailStatus,
    RailUnavailable,
    Statement,
    StatementLine,
    StatementSource,
)
from app.payments.rules.reconciling import (
    LOOKED_BACK_FOR,
    DayReconciled,
    Difference,
    DifferenceKind,
    DifferenceState,
    OrderBook,
    OurOrder,
    agrees,
    difference_of,
    last_words,
)

log = logger(__name__)

BATCH = 500
DAYS_AT_ONCE_MAX = 31
"""How many missed days one round makes up for."""


async def reconcile_due(source: StatementSource, books: Sequence[OrderBook]) -> list[DayReconciled]:
    """
    Compare every day that is over and was not compared yet; a statement not made yet ends it.

    Raises:
        RailUnavailable: The provider gave no statement.
        StatementBroken: What it gave is not its statement.
    """
    done: list[DayReconciled] = []
    for on in await unreconciled_days():
        report = await reconcile(on, source, books)
        if report is None:
            break
        done.append(report)
    return done


async def unreconciled_days() -> list[date]:
    """Return the days since the last comparison up to yesterday; yesterday alone if none was."""
    yesterday = local_date(current().clock.now()) - timedelta(days=1)
    last = await ReconciliationRow.all().order_by("-id").first()
    first = yesterday if last is None else date.fromisoformat(last.id) + timedelta(days=1)
    count = min((yesterday - first).days + 1, DAYS_AT_ONCE_MAX)
    return [first + timedelta(days=number) for number in range(count)]


async def reconcile(
    on: date, source: StatementSource, books: Sequence[OrderBook]
) -> DayReconciled | None:
    """
    Compare one day with the provider's statement; None while there is none.

    Where they differ, the provider's word is taken by the ordinary path, from the statement and
    by asking anew; what agrees then is healed, everything else stays open for staff. No money is
    moved and nothing is posted here. Done again, it finds the same rows.

    Raises:
        RailUnavailable: The provider gave no statement.
        StatementBroken: What it gave is not its statement.
    """
    statement = await source.statement(on)
    if statement is None:
        return None
    await _keep_lines(statement)
    lines = last_words(statement.lines)
    matched = 0
    found: list[tuple[Difference, OrderBook | None]] = []
    for batch in _batches(list(lines.values())):
        ours = await _ours(batch, books)
        for line in batch:
            book = _book_of(line, books)
            difference = difference_of(line, ours.get(line.order_id) if book else None)
            matched += difference is None
            if difference is not None:
                found.append((difference, book))
    for book in books:
        found += [(one, book) for one in await _missing_there(on, book)]
    healed = 0
    for difference, book in found:
        state = DifferenceState.OPEN if book is None else await _heal(difference, book)
        healed += state is DifferenceState.HEALED
        await _keep(on, difference, state)
    left_open = len(found) - healed
    healed += await _let_go(on, {_key(difference) for difference, _ in found})
    return await _finish(statement, matched=matched, healed=healed, left_open=left_open)


def _batches(lines: list[StatementLine]) -> Iterable[list[StatementLine]]:
    return (lines[start : start + BATCH] for start in range(0, len(lines), BATCH))


def _book_of(line: StatementLine, books: Sequence[OrderBook]) -> OrderBook | None:
    fitting = (
        one
        for one in books
        if line.order_id.startswith(one.prefix) and line.goes_out is one.goes_out
    )
    return next(fitting, None)


async def _ours(
    lines: Sequence[StatementLine], books: Sequence[OrderBook]
) -> Mapping[str, OurOrder]:
    found: dict[str, OurOrder] = {}
    for book in books:
        wanted = [one.order_id for one in lines if one.order_id.startswith(book.prefix)]
        if wanted:
            found |= await book.orders(wanted)
    return found


async def _missing_there(on: date, book: OrderBook) -> list[Difference]:
    """Find money we have moved that stands in no statement, and that nobody confirms when asked."""
    end = beginning_of(on + timedelta(days=1))
    later = least_id(book.prefix, end)  # what began after the day is looked for when its own comes
    since = await book.moved_since(end - LOOKED_BACK_FOR)
    moved = [one for one in since if one.order_id < later]
    ids = [one.order_id for one in moved]
    kept: set[str] = set()
    begun: set[str] = set()
    for start in range(0, len(ids), BATCH):
        told = StatementLineRow.filter(
            order_id__in=ids[start : start + BATCH],
            status__in=[RailStatus.SUCCEEDED.value, RailStatus.PENDING.value],
        )
        for row in await told:
            (kept if row.status == RailStatus.SUCCEEDED else begun).add(row.order_id)
    missing: list[Difference] = []
    for order in moved:
        if order.order_id in kept:
            continue
        report = await _asked(book, order.order_id)
        if report is None or await _is_confirmed_elsewhere(on, order, report, book):
            continue
        # A refund stands in the statement of the day it was begun, as under way, and in no other.
        if order.order_id in begun and agrees(report, order):
            continue
        missing.append(
            Difference(
                kind=DifferenceKind.MISSING_THERE,
                order_id=order.order_id,
                ours=order,
                theirs=report,
            )
        )
    return missing


async def _is_confirmed_elsewhere(
    on: date, order: OurOrder, report: OrderReport, book: OrderBook
) -> bool:
    """Tell whether it was confirmed for a day to come, or one whose statement we never had."""
    if not agrees(report, order):
        return False
    settled_on = on if report.settled_at is None else local_date(report.settled_at)
    if settled_on > on:
        return True
    if settled_on == on or await ReconciliationRow.exists(id=settled_on.isoformat()):
        return False
    line = StatementLine(order_id=order.order_id, goes_out=book.goes_out, report=report)
    await _keep_lines(Statement(on=settled_on, sha256="", lines=(line,)))
    return True


async def _asked(book: OrderBook, order_id: str) -> OrderReport | None:
    try:
        return await book.ask(order_id)
    except RailUnavailable:
        log.warning("rail_unavailable", order_id=order_id)
        return None


async def _heal(difference: Difference, book: OrderBook) -> DifferenceState:
    """Take the provider's word, as written and as it is now; tell whether both agree after."""
    if difference.kind is DifferenceKind.MISSING_THERE:
        return DifferenceState.OPEN
    written = difference.theirs
    for theirs in (written, await _asked(book, difference.order_id)):
        if theirs is None:
            continue
        await book.take(difference.order_id, theirs)
        ours = (await book.orders([difference.order_id])).get(difference.order_id)
        if ours is not None and agrees(theirs, ours):
            return DifferenceState.HEALED
    return DifferenceState.OPEN


async def _keep_lines(statement: Statement) -> None:
    rows = [
        StatementLineRow(
            id=f"{statement.on.isoformat()}/{order_id}",
            order_id=order_id,
            on_date=statement.on,
            goes_out=line.goes_out,
            status=line.report.status.value,
            amount_fen=line.report.amount_fen,
        )
        for order_id, line in last_words(statement.lines).items()
    ]
    day = statement.on.isoformat()
    async with transaction():
        if statement.sha256:  # a whole statement; a provider may have corrected an earlier one
            await StatementLineRow.filter(id__gt=f"{day}/", id__lt=f"{day}0").delete()
        await StatementLineRow.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


async def _keep(on: date, difference: Difference, state: DifferenceState) -> None:
    """Write a difference down, or note what became of the row there is; resolved ones stay so."""
    ours, theirs = difference.ours, difference.theirs
    async with transaction() as tx:
        row = DifferenceRow(
            id=tx.new_id("rd"),
            difference_key=_key(difference),
            on_date=on,
            order_id=difference.order_id,
            kind=difference.kind.value,
            state=state.value,
            ours=None if ours is None else ours.state.value,
            ours_fen=None if ours is None else ours.amount_fen,
            theirs=None if theirs is None else theirs.status.value,
            theirs_fen=None if theirs is None else theirs.amount_fen,
            found_at=tx.now,
        )
        await DifferenceRow.bulk_create([row], ignore_conflicts=True)
        await tx.run(
            "UPDATE reconciliation_difference SET state = ? WHERE difference_key = ?"
            " AND state <> ?",
            [state.value, row.difference_key, DifferenceState.RESOLVED.value],
        )
    if state is DifferenceState.OPEN:
        log.error("reconciliation_differs", order_id=difference.order_id, kind=difference.kind)


async def _let_go(on: date, found: set[str]) -> int:
    """Note as healed what was open of this day and is not found any more; return how many."""
    opened = await DifferenceRow.filter(on_date=on, state=DifferenceState.OPEN.value)
    gone = [row.id for row in opened if row.difference_key not in found]
    async with transaction():
        return await DifferenceRow.filter(id__in=gone, state=DifferenceState.OPEN.value).update(
            state=DifferenceState.HEALED.value
        )


def _key(difference: Difference) -> str:
    return f"{difference.kind.value}/{difference.order_id}"


async def _finish(
    statement: Statement, *, matched: int, healed: int, left_open: int
) -> DayReconciled:
    async with transaction() as tx:
        await _write_day(tx, statement, matched=matched, healed=healed, left_open=left_open)
        still_open = await DifferenceRow.filter(state=DifferenceState.OPEN.value).count()
    report = DayReconciled(
        on=statement.on,
        lines=len(statement.lines),
        matched=matched,
        healed=healed,
        left_open=left_open,
        still_open=still_open,
    )
    log.info(
        "day_reconciled",
        on=report.on.isoformat(),
        lines=report.lines,
        healed=healed,
        still_open=still_open,
    )
    return report


async def _write_day(
    tx: Transaction, statement: Statement, *, matched: int, healed: int, left_open: int
) -> None:
    values = {
        "sha256": statement.sha256,
        "lines": len(statement.lines),
        "matched": matched,
        "healed": healed,
        "left_open": left_open,
        "finished_at": tx.now,
    }
    await ReconciliationRow.update_or_create(values, id=statement.on.isoformat())
