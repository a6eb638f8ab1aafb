"""What others pay of loans' interest: by loan, by borrower, and what each payer owes by now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.foundation.database import fetch
from app.servicing.models import LoanRow, ReductionRow
from app.servicing.rules import ReductionLine


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerStanding:
    """
    How one payer stands with all loans, in fen.

    Attributes:
        payer: Whose part: the state's, or our own.
        loans: On how many loans it pays.
        owed_fen: What it owes for interest that has fallen due.
        expected_fen: What the plans count on besides, if they are kept.
    """

    payer: str
    loans: int
    owed_fen: int
    expected_fen: int


async def reductions_by_loan(loan_ids: Sequence[str]) -> list[list[ReductionLine]]:
    """Return who pays what of which installment, in the order asked; one query for any number."""
    found: defaultdict[str, list[ReductionLine]] = defaultdict(list)
    rows = ReductionRow.filter(loan_id__in=list(loan_ids))
    for row in await rows.order_by("loan_id", "payer", "code", "number", "id"):
        found[row.loan_id].append(row.as_line())
    return [found[loan_id] for loan_id in loan_ids]


async def reductions_of(borrower_id: str) -> list[ReductionLine]:
    """Return what others pay, or paid, on all loans of a borrower, as their plans stand."""
    ids = await LoanRow.filter(borrower_id=borrower_id).values_list("id", flat=True)
    lines = await reductions_by_loan([str(loan_id) for loan_id in ids])
    return [line for of_loan in lines for line in of_loan]


async def payers() -> list[PayerStanding]:
    """Return how every payer stands, by code."""
    rows = await fetch(
        "SELECT payer, COUNT(DISTINCT loan_id) AS loans,"
        " CAST(SUM(CASE WHEN is_due = ? THEN amount_fen ELSE 0 END) AS BIGINT) AS owed_fen,"
        " CAST(SUM(amount_fen) AS BIGINT) AS all_fen"
        " FROM servicing_reduction GROUP BY payer ORDER BY payer",
        [True],
    )
    return [
        PayerStanding(
            payer=row["payer"],
            loans=row["loans"],
            owed_fen=row["owed_fen"],
            expected_fen=row["all_fen"] - row["owed_fen"],
        )
        for row in rows
    ]
