"""The close of day: loans with something happening that day, one day after another."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec
from tortoise.expressions import Q

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import (
    Parameter,
    Transaction,
    business_date,
    fetch,
    set_business_date,
    transaction,
)
from app.foundation.log import logger
from app.foundation.outbox import Fact, announce
from app.foundation.revision import revise_all
from app.foundation.working_days import working_days
from app.loanmath.life import Bucket, Event, LoanStatus
from app.servicing.errors import (
    DAYS_AHEAD_MAX,
    BusinessDateBackwards,
    BusinessDateTooFar,
    CalendarUnpublished,
    CloseNeedsCalendar,
)
from app.servicing.events import InstallmentDueSoon, InstallmentDueToday, InstallmentOverdue
from app.servicing.models import CountedBookRow, DayCloseRow, DayReportRow, LoanRow
from app.servicing.operations.counting import OVER, count_all, count_changed, count_loans
from app.servicing.operations.passing import pass_plainly
from app.servicing.operations.restatement import Cause, keep_unrevised, post_difference
from app.servicing.queries import events_by_loan
from app.servicing.rules import (
    DayReport,
    DueNotice,
    Notice,
    PlanLine,
    Position,
    Projection,
    Signed,
    notices,
    project,
)

log = logger(__name__)

BATCH_DEFAULT = 100
"""How many loans one transaction of the close works out."""
PLAIN_TIMES = 5
"""How many times as many it looks at for those whose day is a plain one."""

BY_ITSELF = "held_money"
"""What a day's close posts of a loan: money held that pays dues, what others owe of the interest;
once, in the transaction that closes the loan's day."""

_DAY = timedelta(days=1)
_BUCKET_CHANGES = "bucket_changes"
_LOANS_TOUCHED = "loans_touched"
_COUNTED = {
    Notice.DUE_SOON: "due_soon",
    Notice.DUE_TODAY: "due_today",
    Notice.OVERDUE: "became_overdue",
}


async def run_days(
    to: date,
    *,
    on_day: Callable[[DayReport], object] | None = None,
    batch: int = BATCH_DEFAULT,
) -> list[DayReport]:
    """
    Move the business date to a day, closing each day between; `on_day` hears of each when done.

    It may be killed at any point and run again with the same result: each loan is done in one
    transaction with what it announces, and the date moves when every loan of the day is done.
    Asking for the day it is only writes that day down, so that it no longer follows the clock.

    Raises:
        BusinessDateBackwards: The business date stands after that day.
        BusinessDateTooFar: The day is more than 400 days ahead; nothing was closed.
        CloseNeedsCalendar: An installment has come whose year's working days are not known; the
            days before are closed, and running it again goes on from there.
    """
    await _start(to)
    reports: list[DayReport] = []
    while (today := await business_date()) < to:
        report = await close_one_day(today + _DAY, batch=batch)
        reports.append(report)
        if on_day is not None:
            on_day(report)
    return reports


async def close_one_day(day: date, *, batch: int = BATCH_DEFAULT) -> DayReport:
    """
    Do what happens on the next business day, then make it the business date.

    Done already, it answers with the report of that time.
    """
    while not await _finish(day):
        while await close_batch(day, batch):
            pass
    row = await DayReportRow.get(on_date=day.isoformat())
    return row.as_report()


async def _start(to: date) -> None:
    async with transaction() as tx:
        if to < tx.today:
            raise BusinessDateBackwards(stands_on=tx.today)
        latest = tx.today + timedelta(days=DAYS_AHEAD_MAX)
        if to > latest:
            raise BusinessDateTooFar(latest=latest)
        await tx.run(
            "INSERT INTO business_day (id, on_date) VALUES (1, ?) ON CONFLICT (id) DO NOTHING",
            [tx.today.isoformat()],
        )


async def _hold_close(tx: Transaction, day: date) -> DayCloseRow:
    """
    Hold the one row that closers share, so that two of them take turns.

    Returns:
        What has been done of the day: nothing, where the row still speaks of an earlier one.
    """
    await tx.run(
        "INSERT INTO servicing_day_close (id, on_date, loans_touched, due_soon, due_today,"
        " became_overdue, bucket_changes) VALUES (1, ?, 0, 0, 0, 0, 0)"
        " ON CONFLICT (id) DO NOTHING",
        [day.isoformat()],
    )
    progress = await DayCloseRow.select_for_update().get(id=1)
    if progress.on_date != day.isoformat():
        progress.on_date = day.isoformat()
        for name in (_LOANS_TOUCHED, _BUCKET_CHANGES, *_COUNTED.values()):
            setattr(progress, name, 0)
    return progress


async def close_batch(day: date, batch: int) -> bool:
    """
    Do some of the day's loans in one transaction; return whether there may be more.

    It holds them all at once and works them out, then takes the ledger's head, the sums, and last
    the borrowers' revisions: so a repayment of another loan of theirs waits for a moment, and never
    both for each other.
    """
    async with transaction() as tx:
        progress = await _hold_close(tx, day)
        if await business_date() >= day:
            return False
        found = await _hold(tx, day, batch * PLAIN_TIMES)
        until = working_days().published_until
        passed = await pass_plainly(tx, day, found, published_until=until)
        rows = await _rows_of([one for one in found if one not in passed.loans], day, batch)
        events = await events_by_loan([row.id for row in rows])
        counts = Counter({_LOANS_TOUCHED: len(passed.loans)})
        counts[_COUNTED[Notice.DUE_SOON]] += passed.due_soon
        counts[_COUNTED[Notice.DUE_TODAY]] += passed.due_today
        moved: list[tuple[str, Position, Position]] = []
        for row in rows:
            signed = row.signed()
            projection = _projected(signed, events[row.id], day)
            moved.append((row.id, row.kept_position(), projection.position))
            for notice in notices(_lines_to_tell_of(projection), told_on=row.told_on, on=day):
                await announce(tx, _fact(signed, notice, day))
                counts[_COUNTED[notice.notice]] += 1
            row.told_on = day
            counts[_BUCKET_CHANGES] += await keep_unrevised(tx, row, projection, day)
            counts[_LOANS_TOUCHED] += 1
        for loan_id, before, after in moved:
            cause = Cause(kind=BY_ITSELF, source=f"{loan_id}@{day}", effective_on=day)
            await post_difference(tx, loan_id, before=before, after=after, cause=cause)
        await count_loans(tx, [row.id for row in rows])
        for name, count in counts.items():
            setattr(progress, name, getattr(progress, name) + count)
        await progress.save()
        await revise_all(tx, passed.borrowers.union(row.borrower_id for row in rows))
    return bool(found)


async def _hold(tx: Transaction, day: date, most: int) -> list[str]:
    """Find a day's next loans, and hold them in the order of their ids, as proofs do."""
    sql, asked = search_of_day(day, most)
    if tx.dialect == "postgres":
        sql = f"SELECT id FROM servicing_loan WHERE id IN ({sql}) ORDER BY id FOR UPDATE"
    return [row["id"] for row in await tx.rows(sql, asked)]


async def _rows_of(loan_ids: Sequence[str], day: date, most: int) -> list[LoanRow]:
    """Return the first of some held loans that have something happening that day."""
    if not loan_ids:
        return []
    found = LoanRow.filter(_something_happens(day), id__in=loan_ids)
    return await found.order_by("id").limit(most)


def _lines_to_tell_of(projection: Projection) -> tuple[PlanLine, ...]:
    """Return the plan, unless the loan was given up: nobody is reminded of what we gave up."""
    is_written_off = projection.state.status is LoanStatus.WRITTEN_OFF
    return () if is_written_off else projection.lines


def search_of_day(day: date, batch: int) -> tuple[str, list[Parameter]]:
    """
    Return the statement that finds a day's next loans, and what it is asked with.

    Each kind by its own index, in that index's order, so that it takes as long whether the book is
    small or big, and whether few loans wait or many.
    """
    due = "SELECT id FROM servicing_loan WHERE next_event_on <= ? ORDER BY next_event_on LIMIT ?"
    waiting = "SELECT id FROM servicing_loan WHERE awaits_year <= ? ORDER BY awaits_year LIMIT ?"
    sql = (
        f"SELECT id FROM ({due}) AS due UNION SELECT id FROM ({waiting}) AS waiting"
        " ORDER BY id LIMIT ?"
    )
    return sql, [day, batch, working_days().published_until, batch, batch]


def _something_happens(day: date) -> Q:
    """Ask for the loans of a day, and for those whose plan waited for a year now published."""
    published = working_days().published_until
    return Q(next_event_on__lte=day) | Q(awaits_year__lte=published)


def _projected(signed: Signed, events: Sequence[Event], day: date) -> Projection:
    try:
        return project(signed, events, day, working_days())
    except CalendarUnpublished as unpublished:
        loan_id, year = signed.ref.loan_id, unpublished.year
        log.error("close_needs_calendar", on_date=day.isoformat(), year=year, loan_id=loan_id)  # noqa: TRY400 - what is missing is known
        raise CloseNeedsCalendar(year=year, on_date=day, loan_id=loan_id) from unpublished


def _fact(signed: Signed, notice: DueNotice, on: date) -> Fact:
    line, due_on = notice.line, notice.line.payable_on
    if notice.notice is Notice.OVERDUE:
        return InstallmentOverdue(
            loan_id=line.loan_id,
            borrower_id=signed.ref.borrower_id,
            number=line.number,
            due_on=due_on.isoformat(),
            amount_fen=line.left_fen,
            days_past_due=(on - due_on).days,
            grace_until=(due_on + signed.terms.grace_days * _DAY).isoformat(),
        )
    fact = InstallmentDueSoon if notice.notice is Notice.DUE_SOON else InstallmentDueToday
    return fact(
        loan_id=line.loan_id,
        borrower_id=signed.ref.borrower_id,
        number=line.number,
        due_on=due_on.isoformat(),
        amount_fen=line.left_fen,
    )


async def _finish(day: date) -> bool:
    """Write the day's report and move the business date, unless there are loans still to do."""
    async with transaction() as tx:
        progress = await _hold_close(tx, day)
        if await business_date() >= day:
            return True
        if await LoanRow.filter(_something_happens(day)).exists():
            return False
        await _count(tx, progress)
        report = await _report(day, progress)
        await DayReportRow.create(
            on_date=day.isoformat(), report=msgspec.json.encode(report).decode()
        )
        await set_business_date(tx, day)
    log.info("day_closed", on_date=day.isoformat(), loans_touched=report.loans_touched)
    return True


async def _count(tx: Transaction, progress: DayCloseRow) -> None:
    """Have the sums hold what has happened since they last did; the whole book at first."""
    if progress.counted_at is None:
        await count_all(tx)
    else:
        await count_changed(tx, moment_of(progress.counted_at))
    progress.counted_at = milliseconds(tx.now)
    await progress.save()


async def _report(day: date, progress: DayCloseRow) -> DayReport:
    counted = await CountedBookRow.all()
    by_bucket = [row for row in counted if row.bucket != OVER]
    fallen_due = await fetch(
        "SELECT COUNT(*) AS installments, CAST(COALESCE(SUM(principal_fen + interest_fen + fee_fen"
        " + cost_fen + penalty_fen - paid_principal_fen - paid_interest_fen - paid_fee_fen"
        " - paid_cost_fen - paid_penalty_fen), 0) AS BIGINT) AS left_fen"
        " FROM servicing_installment WHERE payable_on = ?",
        [day],
    )
    loans: dict[Bucket, int] = dict.fromkeys(Bucket, 0)
    principal_fen: dict[Bucket, int] = dict.fromkeys(Bucket, 0)
    for row in by_bucket:
        loans[Bucket(row.bucket)] = row.loans
        principal_fen[Bucket(row.bucket)] = row.principal_fen
    return DayReport(
        on_date=day,
        loans_open=sum(loans.values()),
        loans_in_arrears=sum(loans.values()) - loans[Bucket.CURRENT],
        loans_by_bucket=loans,
        principal_by_bucket_fen=principal_fen,
        principal_fen=sum(principal_fen.values()),
        overdue_fen=sum(row.overdue_fen for row in by_bucket),
        unapplied_fen=sum(row.unapplied_fen for row in counted),
        installments_due=fallen_due[0]["installments"],
        fallen_due_fen=fallen_due[0]["left_fen"],
        loans_touched=progress.loans_touched,
        due_soon=progress.due_soon,
        due_today=progress.due_today,
        became_overdue=progress.became_overdue,
        bucket_changes=progress.bucket_changes,
    )
