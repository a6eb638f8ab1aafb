"""
Sums over all loans, kept: what changed is counted, and not the whole book day after day.

Of each loan there is what the sums hold of it, so counting a loan again adds the difference, and
counting one too many is harmless. Loans that a day's close touches are counted with it. Those that
something happened to are found by their events when the day ends: repayments count nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.foundation.database import Parameter, Transaction
from app.foundation.ids import least_id

OVER = "OVER"
"""The bucket of loans that are closed."""
CLOCKS_DIFFER = timedelta(days=2)
"""How far the clocks of processes, and one that was set back, may lie apart."""
_FIGURES = "principal_fen, overdue_fen, unapplied_fen"
_BUCKET = f"CASE WHEN closed_on IS NULL THEN bucket ELSE '{OVER}' END"
_OF_LOANS = f"SELECT id, {_BUCKET} AS counted_in, {_FIGURES} FROM servicing_loan"


async def count_loans(tx: Transaction, loan_ids: Sequence[str]) -> None:
    """Have the sums hold some loans as they are now."""
    if loan_ids:
        await _count(tx, ", ".join("?" for _ in loan_ids), loan_ids)


async def count_changed(tx: Transaction, since: datetime) -> None:
    """Have the sums hold every loan as it is that something happened to since a moment."""
    found = "SELECT loan_id FROM servicing_loan_event WHERE id >= ?"
    await _count(tx, found, [least_id("ev", since - CLOCKS_DIFFER)])


async def count_all(tx: Transaction) -> None:
    """Count the whole book from the beginning."""
    await tx.run("DELETE FROM servicing_counted_loan")
    await tx.run("DELETE FROM servicing_counted_book")
    await _count(tx, "SELECT id FROM servicing_loan", [])


async def _count(tx: Transaction, which: str, asked: Sequence[Parameter]) -> None:
    """Add to the sums what loans are more than was counted of them, and note them as counted."""
    await tx.run(
        f"INSERT INTO servicing_counted_book (bucket, loans, {_FIGURES})"
        " SELECT counted_in, CAST(SUM(loans) AS INTEGER), CAST(SUM(principal_fen) AS BIGINT),"
        " CAST(SUM(overdue_fen) AS BIGINT), CAST(SUM(unapplied_fen) AS BIGINT) FROM ("
        f"SELECT counted_in, 1 AS loans, {_FIGURES} FROM ({_OF_LOANS} WHERE id IN ({which})) AS now"
        " UNION ALL SELECT bucket, -1, -principal_fen, -overdue_fen, -unapplied_fen"
        f" FROM servicing_counted_loan WHERE loan_id IN ({which})) AS difference"
        " WHERE true GROUP BY counted_in ON CONFLICT (bucket) DO UPDATE SET"
        " loans = servicing_counted_book.loans + excluded.loans,"
        " principal_fen = servicing_counted_book.principal_fen + excluded.principal_fen,"
        " overdue_fen = servicing_counted_book.overdue_fen + excluded.overdue_fen,"
        " unapplied_fen = servicing_counted_book.unapplied_fen + excluded.unapplied_fen",
        [*asked, *asked],
    )
    await tx.run(
        f"INSERT INTO servicing_counted_loan (loan_id, bucket, {_FIGURES})"
        f" {_OF_LOANS} WHERE id IN ({which}) ON CONFLICT (loan_id) DO UPDATE SET"
        " bucket = excluded.bucket, principal_fen = excluded.principal_fen,"
        " overdue_fen = excluded.overdue_fen, unapplied_fen = excluded.unapplied_fen",
        asked,
    )
