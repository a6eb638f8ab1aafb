"""Reading the chain stretch by stretch: what was posted after one posting and up to another."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

from app.foundation.database import fetch

POSTINGS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """One entry, with as much of its posting as tells what it was for."""

    number: int
    kind: str
    about: str
    account: str
    amount_fen: int
    code: str | None


async def last_number_for(on: date) -> int:
    """
    Return the last posting of a day and the days before; 0 before the first.

    The business date only moves forward, so the first posting that counts from a later day was made
    on that day or while it was being closed into, and so was everything behind it.
    """
    rows = await fetch(
        "SELECT MIN(number) AS number FROM ledger_posting WHERE effective_on > ?", [on.isoformat()]
    )
    if rows[0]["number"] is not None:
        return rows[0]["number"] - 1
    rows = await fetch("SELECT COALESCE(MAX(number), 0) AS number FROM ledger_posting")
    return rows[0]["number"]


async def first_day() -> date | None:
    """Return the first day anything counts from; None while nothing is posted."""
    rows = await fetch("SELECT MIN(effective_on) AS day FROM ledger_posting")
    return None if rows[0]["day"] is None else date.fromisoformat(rows[0]["day"])


async def postings_between(after: int, until: int) -> AsyncIterator[list[PostedEntry]]:
    """Give the postings after one number and up to another, in order, each as its entries."""
    for start in range(after, until, POSTINGS_AT_ONCE):
        rows = await fetch(
            "SELECT p.number, p.kind, p.about, e.account, e.amount_fen, e.code"
            " FROM ledger_posting p JOIN ledger_entry e ON e.posting_id = p.id"
            " WHERE p.number > ? AND p.number <= ? ORDER BY e.id",
            [start, min(start + POSTINGS_AT_ONCE, until)],
        )
        posting: list[PostedEntry] = []
        for row in rows:
            entry = PostedEntry(**row)
            if posting and posting[0].number != entry.number:
                yield posting
                posting = []
            posting.append(entry)
        if posting:
            yield posting


async def sums_between(after: int, until: int) -> dict[str, int]:
    """
    Return by how much accounts moved after one posting and up to another, in fen.

    Accounts of funders, income and cash stand by name; those of all loans are one sum, `loans`, and
    what is held for all borrowers another, `held`.
    """
    name = (
        "CASE WHEN e.account LIKE 'loan:%' THEN 'loans'"
        " WHEN e.account LIKE 'borrower:%' THEN 'held' ELSE e.account END"
    )
    rows = await fetch(
        f"SELECT {name} AS name, CAST(SUM(e.amount_fen) AS BIGINT) AS amount_fen"
        " FROM ledger_posting p JOIN ledger_entry e ON e.posting_id = p.id"
        f" WHERE p.number > ? AND p.number <= ? GROUP BY {name}",
        [after, until],
    )
    return {row["name"]: row["amount_fen"] for row in rows}
