"""Proof of the projections: equal to what terms and events make, and to what the ledger says."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.foundation.database import fetch, transaction
from app.foundation.errors import NotFound
from app.foundation.working_days import working_days
from app.ledger import queries as ledger
from app.servicing.errors import CalendarUnpublished
from app.servicing.models import (
    REDUCTION_COLUMNS,
    InstallmentRow,
    LoanEventRow,
    LoanRow,
    ReductionRow,
    columns_of,
    installment_id,
    reduction_id,
)
from app.servicing.rules import LoanStatus, Projection, ProjectionCheck, account_of, project

CHUNK = 100
"""How many loans are held at once, so that any number of them needs the same memory."""

PROBLEMS_MAX = 100
WRITTEN_OFF = ":written_off"
"""How the names end of accounts that hold the principal of loans given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """
    What looking at one loan found.

    Attributes:
        loan_id: The loan.
        differences: Each kept figure that is not what its terms and events make.
        failure: Why its terms and events make no figures at all; None when they do.
    """

    loan_id: str
    differences: tuple[str, ...] = ()
    failure: str | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything found, a line each, with the loan's name."""
        failed = () if self.failure is None else (self.failure,)
        return tuple(f"loan {self.loan_id}: {each}" for each in (*self.differences, *failed))


Heard = Callable[[Looked], object]
"""Hears of each loan when it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLoan:
    """Everything kept of one loan: its row, its installments, and what they were made of."""

    row: LoanRow
    lines: Sequence[InstallmentRow]
    events: Sequence[LoanEventRow]
    reductions: Sequence[ReductionRow] = ()


async def loans_count() -> int:
    """Return how many loans there are."""
    return await LoanRow.all().count()


async def loans_held(after: str = "", *, only: str | None = None) -> list[LoanRow]:
    """
    Return up to 100 loans in the order of their ids, held until the transaction ends.

    Args:
        after: Begin behind this id.
        only: This one loan, instead of all.

    Raises:
        NotFound: There is no loan with the id of `only`.
    """
    found = LoanRow.filter(id__gt=after) if only is None else LoanRow.filter(id=only)
    rows = await found.order_by("id").limit(CHUNK).select_for_update()
    if only is not None and not rows:
        raise NotFound("loanId")
    return rows


async def kept_of(rows: Sequence[LoanRow]) -> list[KeptLoan]:
    """Return everything kept of some loans, with one query for each kind of row."""
    ids = [row.id for row in rows]
    events: defaultdict[str, list[LoanEventRow]] = defaultdict(list)
    for event in await LoanEventRow.filter(loan_id__in=ids).order_by("loan_id", "seq"):
        events[event.loan_id].append(event)
    lines: defaultdict[str, list[InstallmentRow]] = defaultdict(list)
    for line in await InstallmentRow.filter(loan_id__in=ids).order_by("id"):
        lines[line.loan_id].append(line)
    reductions: defaultdict[str, list[ReductionRow]] = defaultdict(list)
    for reduction in await ReductionRow.filter(loan_id__in=ids).order_by("id"):
        reductions[reduction.loan_id].append(reduction)
    return [
        KeptLoan(
            row=row,
            lines=lines[row.id],
            events=events[row.id],
            reductions=reductions[row.id],
        )
        for row in rows
    ]


def worked_out(kept: KeptLoan) -> Projection:
    """
    Work out what a loan's rows must say, from nothing but its terms and events.

    Raises:
        ValueError: The terms make no loan or the events no life of it, or they are unreadable.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    events = [row.as_event() for row in kept.events]
    return project(kept.row.signed(), events, kept.row.as_of, working_days())


FAILURES = (ValueError, CalendarUnpublished)
"""Why a loan cannot be worked out at all."""


def differences(kept: KeptLoan, projection: Projection) -> tuple[str, ...]:
    """Name each kept figure of a loan that is not what its terms and events make."""
    figures = projection.figures.as_columns() | {"events_count": len(kept.events)}
    found = _between("", vars(kept.row), figures)
    rows = {line.id: line for line in kept.lines}
    for line in projection.lines:
        row = rows.pop(installment_id(line.loan_id, line.number), None)
        where = f"installment {line.number}"
        if row is None:
            found.append(f"{where} is missing")
        else:
            found += _between(f"{where}: ", vars(row), columns_of(line))
    found += [f"installment row {row_id} is not in the plan" for row_id in rows]
    found += _differing_reductions(kept, projection)
    return tuple(found)


def _differing_reductions(kept: KeptLoan, projection: Projection) -> list[str]:
    """Name what is kept otherwise than terms and events make it, of what others pay."""
    found: list[str] = []
    rows = {row.id: row for row in kept.reductions}
    for line in projection.reductions:
        row = rows.pop(reduction_id(line), None)
        where = f"installment {line.number}, paid by {line.payer}"
        if row is None:
            found.append(f"{where}, is missing")
        else:
            made = {name: getattr(line, name) for name in REDUCTION_COLUMNS}
            found += _between(f"{where}: ", vars(row), made)
    return [*found, *(f"reduction row {row_id} is nobody's" for row_id in rows)]


def _between(where: str, kept: dict[str, Any], made: dict[str, Any]) -> list[str]:
    return [
        f"{where}{name} is {kept[name]} kept, {value} worked out"
        for name, value in made.items()
        if kept[name] != value
    ]


async def check_projections(
    *, only: str | None = None, heard: Heard | None = None
) -> ProjectionCheck:
    """
    Work every loan out again from its terms and events, and name each figure that differs.

    Args:
        only: Look at this loan alone.
        heard: Hears of each loan; the answer itself names at most 100 problems.

    Raises:
        NotFound: There is no loan with the id of `only`.
    """

    async def look(rows: Sequence[LoanRow]) -> list[str]:
        problems: list[str] = []
        for kept in await kept_of(rows):
            looked = _looked(kept)
            problems += looked.problems
            if heard is not None:
                heard(looked)
        return problems

    return await _check(look, only)


def _looked(kept: KeptLoan) -> Looked:
    try:
        found = differences(kept, worked_out(kept))
    except FAILURES as failure:
        return Looked(loan_id=kept.row.id, failure=f"cannot be worked out: {failure}")
    return Looked(loan_id=kept.row.id, differences=found)


async def reconcile() -> ProjectionCheck:
    """
    Compare every loan with the ledger, account by account, and the totals of both.

    Run `check_projections` and the ledger's own `verify` beside it: together they say that events,
    projections and postings tell one story.
    """
    check = await _check(_differ_from_ledger, None)
    problems = (*check.problems, *await _totals())
    return ProjectionCheck(loans=check.loans, problems=problems[:PROBLEMS_MAX])


async def _check(
    look: Callable[[Sequence[LoanRow]], Awaitable[list[str]]], only: str | None
) -> ProjectionCheck:
    """Look at loans, some at a time, each time in a transaction that holds them still."""
    loans, problems, after = 0, list[str](), ""
    while True:
        async with transaction():
            rows = await loans_held(after, only=only)
            problems = [*problems, *await look(rows)][:PROBLEMS_MAX]
        loans += len(rows)
        if only is not None or len(rows) < CHUNK:
            return ProjectionCheck(loans=loans, problems=tuple(problems))
        after = rows[-1].id


async def _differ_from_ledger(rows: Sequence[LoanRow]) -> list[str]:
    problems: list[str] = []
    sums = await ledger.sums_about([row.id for row in rows])
    for row, posted in zip(rows, sums, strict=True):
        position = row.kept_position()
        for place in sorted(posted.keys() | position.keys(), key=str):
            posted_fen, kept_fen = posted.get(place, 0), position.get(place, 0)
            if posted_fen != kept_fen:
                problems.append(
                    f"loan {row.id}: {place[0]} is {posted_fen} posted, {kept_fen} kept"
                )
    return problems


async def _totals() -> list[str]:
    async with transaction() as tx:
        await ledger.hold_still(tx)
        sums = await fetch(
            "SELECT CAST(COALESCE(SUM(principal_fen), 0) AS BIGINT) AS principal_fen,"
            " CAST(COALESCE(SUM(unapplied_fen), 0) AS BIGINT) AS unapplied_fen,"
            " CAST(COALESCE(SUM(CASE WHEN status = ? THEN principal_fen ELSE 0 END), 0) AS BIGINT)"
            " AS written_off_fen FROM servicing_loan",
            [LoanStatus.WRITTEN_OFF.value],
        )
        written_off_fen = sums[0]["written_off_fen"]
        kept = {
            ("loan:", ""): sums[0]["principal_fen"],
            ("loan:", WRITTEN_OFF): written_off_fen,
            ("borrower:", ""): -sums[0]["unapplied_fen"],
            ("funder:", ""): 0,
            ("funder:", WRITTEN_OFF): -written_off_fen,
        }
        for row in await fetch(
            "SELECT payer, CAST(SUM(amount_fen) AS BIGINT) AS owed_fen FROM servicing_reduction"
            " WHERE is_due = ? GROUP BY payer",
            [True],
        ):
            kept[account_of(row["payer"]), ""] = row["owed_fen"]
        posted = {place: await ledger.total(*place) for place in kept}
    return [
        f"accounts {prefix}{ending}: {posted[prefix, ending]} posted, {kept_fen} kept"
        for (prefix, ending), kept_fen in kept.items()
        if posted[prefix, ending] != kept_fen
    ]
