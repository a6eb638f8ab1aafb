"""What loans owed by the end of a day, as the ledger has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.foundation.database import fetch
from app.ledger.rules import LINES_PER_POSTING, loan_principal, loan_written_off


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanBalance:
    """A loan's principal not yet repaid: still on the books, and given up."""

    principal_fen: int
    written_off_fen: int


async def loan_balances(loan_ids: Sequence[str], *, through: int) -> list[LoanBalance]:
    """Return loans' balances in the order asked, counting postings up to a number."""
    if not loan_ids:
        return []
    accounts = [str(of(one)) for one in loan_ids for of in (loan_principal, loan_written_off)]
    rows = await fetch(
        "SELECT account, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen FROM ledger_entry"
        f" WHERE account IN ({', '.join('?' for _ in accounts)}) AND id < ? GROUP BY account",
        [*accounts, (through + 1) * LINES_PER_POSTING],
    )
    sums = {str(row["account"]): int(row["amount_fen"]) for row in rows}
    return [
        LoanBalance(
            principal_fen=sums.get(loan_principal(one), 0),
            written_off_fen=sums.get(loan_written_off(one), 0),
        )
        for one in loan_ids
    ]


async def loans_total(*, through: int) -> LoanBalance:
    """Return the sum of all loans' balances, counting postings up to a number."""
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(CASE WHEN account LIKE '%:principal' THEN amount_fen ELSE 0 END),"
        " 0) AS BIGINT) AS principal_fen,"
        " CAST(COALESCE(SUM(CASE WHEN account LIKE '%:written_off' THEN amount_fen ELSE 0 END), 0)"
        " AS BIGINT) AS written_off_fen"
        " FROM ledger_entry WHERE account LIKE 'loan:%' AND id < ?",
        [(through + 1) * LINES_PER_POSTING],
    )
    return LoanBalance(
        principal_fen=rows[0]["principal_fen"], written_off_fen=rows[0]["written_off_fen"]
    )


async def given_up_between(after: int, until: int) -> int:
    """Return how much principal was given up after one posting and up to another, in fen."""
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(e.amount_fen), 0) AS BIGINT) AS amount_fen FROM ledger_entry e"
        " JOIN ledger_posting p ON p.id = e.posting_id"
        " WHERE e.account LIKE 'loan:%:written_off' AND e.amount_fen > 0"
        " AND p.number > ? AND p.number <= ?",
        [after, until],
    )
    return rows[0]["amount_fen"]
