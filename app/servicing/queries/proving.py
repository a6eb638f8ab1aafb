"""Proof of loans by sums over the rows, and what caused their events, for proofs of other rooms."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from app.foundation.database import fetch
from app.foundation.proof import PROBLEMS_MAX, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class CausedEvent:
    """
    An event of a loan and what caused it.

    Attributes:
        loan_id: The loan.
        cause: Which kind of thing caused it: `disbursement`, `repayment`, `reversal`, `refund`, …
        about: The cause's id.
        amount_fen: The money it moved; None where it moved none of its own.
    """

    loan_id: str
    cause: str
    about: str
    amount_fen: int | None


async def caused_events(loan_ids: Sequence[str]) -> list[CausedEvent]:
    """Return everything that happened to some loans, in the order of its recording."""
    if not loan_ids:
        return []
    places = ", ".join("?" for _ in loan_ids)
    rows = await fetch(
        "SELECT loan_id, source_key, about, body FROM servicing_loan_event"
        f" WHERE loan_id IN ({places}) ORDER BY loan_id, seq",
        loan_ids,
    )
    return [
        CausedEvent(
            loan_id=row["loan_id"],
            cause=row["source_key"].partition("|")[0],
            about=row["about"],
            amount_fen=orjson.loads(row["body"]).get("amount_fen"),
        )
        for row in rows
    ]


async def events_caused_by(cause: str) -> int:
    """Return how many events there are that one kind of thing caused, such as `repayment`."""
    rows = await fetch(
        "SELECT COUNT(*) AS events FROM servicing_loan_event WHERE substr(source_key, 1, ?) = ?",
        [len(cause) + 1, f"{cause}|"],
    )
    return rows[0]["events"]


async def lent_by_disbursement(disbursement_ids: Sequence[str]) -> dict[str, int]:
    """Return what was lent by some disbursements, in fen; those that made no loan are left out."""
    if not disbursement_ids:
        return {}
    places = ", ".join("?" for _ in disbursement_ids)
    rows = await fetch(
        "SELECT disbursement_id, disbursed_fen FROM servicing_loan"
        f" WHERE disbursement_id IN ({places})",
        disbursement_ids,
    )
    return {row["disbursement_id"]: row["disbursed_fen"] for row in rows}


async def check_counted() -> Proof:
    """Prove that the sums which reports are made of are those of what was counted of each loan."""
    count = await fetch("SELECT COUNT(*) AS loans FROM servicing_counted_loan")
    rows = await fetch(
        "SELECT bucket, CAST(SUM(loans) AS BIGINT) AS loans, CAST(SUM(fen) AS BIGINT) AS fen FROM"
        " (SELECT bucket, loans, principal_fen + overdue_fen + unapplied_fen AS fen"
        " FROM servicing_counted_book UNION ALL"
        " SELECT bucket, -1, -principal_fen - overdue_fen - unapplied_fen"
        " FROM servicing_counted_loan) AS both_sides"
        " GROUP BY bucket HAVING SUM(loans) <> 0 OR SUM(fen) <> 0 ORDER BY bucket"
    )
    return Proof(
        promise="reports' sums are those of the loans counted",
        looked_at=count[0]["loans"],
        problems=tuple(
            f"sums of {row['bucket']}: {row['loans']} loans and {row['fen']} fen too much"
            for row in rows
        ),
    )


async def check_principal() -> Proof:
    """Prove that each loan's installments sum to what was lent, and no more of it is repaid."""
    count = await fetch("SELECT COUNT(*) AS loans FROM servicing_loan")
    rows = await fetch(
        "SELECT l.id, l.disbursed_fen,"
        " CAST(COALESCE(SUM(i.principal_fen), 0) AS BIGINT) AS plan_fen,"
        " CAST(COALESCE(SUM(i.paid_principal_fen), 0) AS BIGINT) AS paid_fen"
        " FROM servicing_loan l LEFT JOIN servicing_installment i ON i.loan_id = l.id"
        " GROUP BY l.id, l.disbursed_fen"
        " HAVING COALESCE(SUM(i.principal_fen), 0) <> l.disbursed_fen"
        " OR COALESCE(SUM(i.paid_principal_fen), 0) > l.disbursed_fen"
        f" ORDER BY l.id LIMIT {PROBLEMS_MAX}"
    )
    return Proof(
        promise="installments sum to what was lent, and no more principal is repaid",
        looked_at=count[0]["loans"],
        problems=tuple(
            f"loan {row['id']}: {row['disbursed_fen']} fen lent, {row['plan_fen']} in its"
            f" installments, {row['paid_fen']} repaid"
            for row in rows
        ),
    )
