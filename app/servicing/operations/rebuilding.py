"""Making the projections again from terms and events, one loan or all of them."""

from app.foundation.database import Transaction, transaction
from app.foundation.revision import revise
from app.ledger import queries as ledger
from app.ledger.errors import ChargeNotInCertificate
from app.servicing.models import InstallmentRow, LoanRow, ReductionRow
from app.servicing.operations.counting import count_loans
from app.servicing.operations.restatement import Cause, locked, post_difference
from app.servicing.queries.checking import (
    CHUNK,
    FAILURES,
    PROBLEMS_MAX,
    Heard,
    KeptLoan,
    Looked,
    differences,
    kept_of,
    loans_held,
    worked_out,
)
from app.servicing.rules import LoanRef, Position, Projection, ProjectionCheck


async def rebuild(tx: Transaction, loan: LoanRef) -> bool:
    """
    Drop a loan's derived rows and make them again from its terms and events.

    Returns:
        Whether anything was different before; it never should be.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        ValueError: The terms make no loan or the events no life of it; nothing was changed.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    row = await locked(loan)
    (kept,) = await kept_of([row])
    projection = worked_out(kept)
    found = differences(kept, projection)
    if found:
        await _replace(tx, kept, projection)
    return bool(found)


async def rebuild_all(*, only: str | None = None, heard: Heard | None = None) -> ProjectionCheck:
    """
    Rebuild every loan, some in a transaction at a time, so that it may be killed and run again.

    What is equal is not written. Where terms and events now make another position than was posted,
    because a calendar was corrected, the difference is posted; a ledger that already said something
    else than the loan is left to be looked at.

    Args:
        only: Rebuild this loan alone.
        heard: Hears of each loan and what was different, when it is done.

    Returns:
        How many loans there are, and up to 100 problems that could not be set right.

    Raises:
        NotFound: There is no loan with the id of `only`.
    """
    loans, left, after = 0, list[str](), ""
    while True:
        async with transaction() as tx:
            rows = await loans_held(after, only=only)
            done = [await _rebuilt(tx, kept) for kept in await kept_of(rows)]
        for looked in done:
            if looked.failure is not None:
                left = [*left, f"loan {looked.loan_id}: {looked.failure}"][:PROBLEMS_MAX]
            if heard is not None:
                heard(looked)
        loans += len(rows)
        if only is not None or len(rows) < CHUNK:
            return ProjectionCheck(loans=loans, problems=tuple(left))
        after = rows[-1].id


async def _rebuilt(tx: Transaction, kept: KeptLoan) -> Looked:
    """Rebuild one loan; one that cannot be does not keep the others from it."""
    try:
        projection = worked_out(kept)
    except FAILURES as failure:
        return Looked(loan_id=kept.row.id, failure=f"cannot be worked out: {failure}")
    found = differences(kept, projection)
    failure = None
    if found:
        try:
            failure = await _replace(tx, kept, projection)
        except ChargeNotInCertificate as refused:
            failure = f"was left as it is: {refused}"
    return Looked(loan_id=kept.row.id, differences=found, failure=failure)


async def _replace(tx: Transaction, kept: KeptLoan, projection: Projection) -> str | None:
    """
    Write a projection in place of what is kept; say what the ledger has against it, if anything.

    Raises:
        ChargeNotInCertificate: The ledger would take a charge not agreed; nothing is written.
    """
    row, after = kept.row, projection.position
    (posted,) = await ledger.sums_about([row.id])
    follows = posted == _kept_position(row)
    if follows:
        cause = Cause(kind="rebuild", source=tx.new_id("le"), effective_on=tx.today)
        await post_difference(tx, row.id, before=posted, after=after, cause=cause)
    await InstallmentRow.filter(loan_id=row.id).delete()
    row.update_from_dict(  # pyright: ignore[reportUnusedCallResult] - returns the row
        projection.figures.as_columns() | {"events_count": len(kept.events)}
    )
    await row.save()
    await InstallmentRow.bulk_create([InstallmentRow.of(line) for line in projection.lines])
    await ReductionRow.filter(loan_id=row.id).delete()
    if projection.reductions:
        await ReductionRow.bulk_create([ReductionRow.of(line) for line in projection.reductions])
    await count_loans(tx, [row.id])
    await revise(tx, row.borrower_id)
    if follows or posted == after:
        return None
    return "the ledger says something else; run `ledger verify`"


def _kept_position(row: LoanRow) -> Position | None:
    """Return the position a row keeps; None when it is not even one."""
    try:
        return row.kept_position()
    except (TypeError, ValueError):
        return None
