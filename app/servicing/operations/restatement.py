"""One way to change a loan: add an event, work everything out again, keep and post what differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from app.foundation.clock import milliseconds
from app.foundation.database import Parameter, Transaction
from app.foundation.database.stored import day_in
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.ledger import operations as ledger
from app.ledger.rules import Entry, Posting
from app.loanmath.life import Event
from app.loanmath.record import event_as_json
from app.servicing.events import BucketChanged, LoanPaidOff, LoanReopened
from app.servicing.models import (
    LINE_COLUMNS,
    REDUCTION_COLUMNS,
    InstallmentRow,
    LoanEventRow,
    LoanRow,
    ReductionRow,
    columns_of,
    installment_id,
    reduction_id,
)
from app.servicing.rules import (
    CLOSED,
    LoanRef,
    LoanStatus,
    Position,
    Projection,
    ReductionLine,
    entries_between,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why the ledger moves: the posting's kind and source, and the day from which it counts."""

    kind: str
    source: str
    effective_on: date


async def locked(loan: LoanRef) -> LoanRow:
    """
    Take the loan's row and hold it until the transaction ends.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = (
        await LoanRow.filter(id=loan.loan_id, borrower_id=loan.borrower_id)
        .select_for_update()
        .get_or_none()
    )
    if row is None:
        raise NotFound("loanId")
    return row


async def append_event(
    tx: Transaction, row: LoanRow, event: Event, *, source_key: str, about: str
) -> None:
    """Record an event of a loan whose row is held."""
    row.events_count += 1
    await LoanEventRow.create(
        id=event.id,
        loan_id=row.id,
        seq=row.events_count,
        source_key=source_key,
        kind=type(event).__name__,
        about=about,
        effective_on=event.effective_on,
        recorded_at=milliseconds(tx.now),
        body=orjson.dumps(event_as_json(event)).decode(),
    )


async def post_difference(
    tx: Transaction, loan_id: str, *, before: Position, after: Position, cause: Cause
) -> tuple[Entry, ...]:
    """
    Post what takes a loan's part of the ledger from one position to another; nothing if equal.

    Raises:
        ChargeNotInCertificate: It would take a charge that was not agreed; nothing is posted.
    """
    entries = entries_between(before, after)
    if entries:
        posting = Posting(
            kind=cause.kind,
            about=loan_id,
            source=cause.source,
            effective_on=cause.effective_on,
            entries=entries,
        )
        await ledger.post(tx, posting)
    return entries


async def keep(tx: Transaction, row: LoanRow, projection: Projection, on: date) -> None:
    """Keep what a projection makes of a loan, and count it as a change the borrower sees."""
    await keep_unrevised(tx, row, projection, on)
    await revise(tx, row.borrower_id)


async def keep_unrevised(tx: Transaction, row: LoanRow, projection: Projection, on: date) -> bool:
    """
    Write a projection into a loan's rows, and tell of a new bucket, and of closing or reopening.

    A loan that was given up still grows older, yet nothing is to be done about that any more, so
    its buckets are not told. Whoever keeps several loans counts the changes when all are kept: a
    repayment holds its loan and the ledger's head before it counts.

    Returns:
        Whether the loan moved to another bucket.
    """
    was_closed, old_bucket = row.status in CLOSED, row.bucket
    row.as_of = on
    row.update_from_dict(projection.figures.as_columns())  # pyright: ignore[reportUnusedCallResult] - returns the row
    await row.save()
    await keep_lines(tx, row.id, projection)
    if projection.is_closed and not was_closed:
        await announce(tx, LoanPaidOff(loan_id=row.id, borrower_id=row.borrower_id))
    if was_closed and not projection.is_closed:
        await announce(tx, LoanReopened(loan_id=row.id, borrower_id=row.borrower_id))
    if row.bucket != old_bucket and row.status != LoanStatus.WRITTEN_OFF:
        await announce(
            tx, BucketChanged(loan_id=row.id, borrower_id=row.borrower_id, bucket=row.bucket)
        )
    return row.bucket != old_bucket


async def keep_lines(tx: Transaction, loan_id: str, projection: Projection) -> None:
    """Write the installments that changed, and drop those the plan no longer has."""
    kept = {row["number"]: _stored(row) for row in await tx.rows(_LINES, [loan_id])}
    wanted = [(line.number, columns_of(line)) for line in projection.lines]
    changed = [columns for number, columns in wanted if kept.pop(number, None) != columns]
    if changed:
        values: list[Parameter] = []
        for columns in changed:
            values += [installment_id(loan_id, columns["number"]), *columns.values()]
        await tx.run(_upsert_of(len(changed)), values)
    if kept:
        await InstallmentRow.filter(
            id__in=[installment_id(loan_id, number) for number in kept]
        ).delete()
    if projection.has_reductions:
        await _keep_reductions(loan_id, projection.reductions)


_COLUMNS = ", ".join(LINE_COLUMNS)
_LINES = f"SELECT {_COLUMNS} FROM servicing_installment WHERE loan_id = ?"


@lru_cache(maxsize=128)
def _upsert_of(lines: int) -> str:
    """Return the statement that writes so many lines; every repayment writes some."""
    places = ", ".join("?" for _ in ("id", *LINE_COLUMNS))
    updates = ", ".join(f"{name} = excluded.{name}" for name in LINE_COLUMNS)
    return (
        f"INSERT INTO servicing_installment (id, {_COLUMNS}) VALUES "
        + ", ".join(f"({places})" for _ in range(lines))
        + f" ON CONFLICT (id) DO UPDATE SET {updates}"
    )


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line's columns as they stand; SQLite keeps dates as text."""
    return {**row, "due_on": day_in(row["due_on"]), "payable_on": day_in(row["payable_on"])}


async def _keep_reductions(loan_id: str, made: Iterable[ReductionLine]) -> None:
    """Write who pays what of which installment, where that changed."""
    rows = await ReductionRow.filter(loan_id=loan_id)
    kept = {row.id: row.as_line() for row in rows}
    changed = [line for line in made if kept.pop(reduction_id(line), None) != line]
    if changed:
        await ReductionRow.bulk_create(
            [ReductionRow.of(line) for line in changed],
            on_conflict=["id"],
            update_fields=REDUCTION_COLUMNS,
        )
    if kept:
        await ReductionRow.filter(id__in=list(kept)).delete()
