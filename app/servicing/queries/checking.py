"""Proof of the projections: equal to what terms and events make, and to what the ledger says."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict

from app.foundation.database import fetch, transaction
from app.foundation.working_days import working_days
from app.ledger import queries as ledger
from app.servicing.models import InstallmentRow, LoanRow
from app.servicing.queries.living import events_by_loan
from app.servicing.rules import Projection, ProjectionCheck, project

CHUNK = 100
PROBLEMS_MAX = 100


async def check_projections() -> ProjectionCheck:
    """Work every loan out again from its terms and events, and name each figure that differs."""
    return await _check(_differ_from_events)


async def reconcile() -> ProjectionCheck:
    """
    Compare every loan with the ledger, account by account, and the totals of both.

    Run `check_projections` and the ledger's own `verify` beside it: together they say that events,
    projections and postings tell one story.
    """
    check = await _check(_differ_from_ledger)
    problems = (*check.problems, *await _totals())
    return ProjectionCheck(loans=check.loans, problems=problems[:PROBLEMS_MAX])


def differences(row: LoanRow, lines: Sequence[InstallmentRow], projection: Projection) -> list[str]:
    """Name each kept figure of a loan that is not what its terms and events make."""
    problems = [
        f"loan {row.id}: {name} is {getattr(row, name)} kept, {value} worked out"
        for name, value in asdict(projection.figures).items()
        if getattr(row, name) != value
    ]
    kept = {line.number: line.as_plan_line() for line in lines}
    worked_out = {line.number: line for line in projection.lines}
    problems += [
        f"loan {row.id}: installment {number} differs"
        for number in sorted(kept.keys() | worked_out.keys())
        if kept.get(number) != worked_out.get(number)
    ]
    return problems


async def _check(look: Callable[[list[LoanRow]], Awaitable[list[str]]]) -> ProjectionCheck:
    """Look at every loan, some at a time, each time in a transaction that holds them still."""
    loans, problems, after = 0, list[str](), ""
    while True:
        async with transaction():
            rows = (
                await LoanRow.filter(id__gt=after).order_by("id").limit(CHUNK).select_for_update()
            )
            problems += await look(rows)
        loans += len(rows)
        if len(rows) < CHUNK:
            return ProjectionCheck(loans=loans, problems=tuple(problems[:PROBLEMS_MAX]))
        after = rows[-1].id


async def _differ_from_events(rows: list[LoanRow]) -> list[str]:
    ids = [row.id for row in rows]
    events = await events_by_loan(ids)
    lines: defaultdict[str, list[InstallmentRow]] = defaultdict(list)
    for line in await InstallmentRow.filter(loan_id__in=ids):
        lines[line.loan_id].append(line)
    problems: list[str] = []
    for row in rows:
        projection = project(row.signed(), events[row.id], row.as_of, working_days())
        problems += differences(row, lines[row.id], projection)
    return problems


async def _differ_from_ledger(rows: list[LoanRow]) -> list[str]:
    problems: list[str] = []
    sums = await ledger.sums_about([row.id for row in rows])
    for row, posted in zip(rows, sums, strict=True):
        kept = row.kept_position()
        for place in sorted(posted.keys() | kept.keys(), key=str):
            posted_fen, kept_fen = posted.get(place, 0), kept.get(place, 0)
            if posted_fen != kept_fen:
                problems.append(
                    f"loan {row.id}: {place[0]} is {posted_fen} posted, {kept_fen} kept"
                )
    return problems


async def _totals() -> list[str]:
    async with transaction():
        sums = await fetch(
            "SELECT CAST(COALESCE(SUM(principal_fen), 0) AS BIGINT) AS principal_fen,"
            " CAST(COALESCE(SUM(unapplied_fen), 0) AS BIGINT) AS unapplied_fen FROM servicing_loan"
        )
        principal_fen, held_fen = sums[0]["principal_fen"], sums[0]["unapplied_fen"]
        posted = {
            "loan:": (await ledger.total("loan:"), principal_fen),
            "borrower:": (await ledger.total("borrower:"), -held_fen),
            "funder:": (await ledger.total("funder:"), 0),
        }
    return [
        f"accounts {prefix}: {posted_fen} posted, {kept_fen} kept"
        for prefix, (posted_fen, kept_fen) in posted.items()
        if posted_fen != kept_fen
    ]
