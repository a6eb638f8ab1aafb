"""Reading the ledger: balances now and then, entries about a loan, and proof of the chain."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch
from app.ledger.queries.ranges import (
    PostedEntry,
    first_day,
    last_number_for,
    postings_between,
    sums_between,
)
from app.ledger.queries.verification import hold_still, verify
from app.ledger.rules import Account, StoredEntry, StoredPosting

__all__ = [
    "EntryLine",
    "PostedEntry",
    "balance",
    "balances",
    "balances_of",
    "entries_of",
    "first_day",
    "hold_still",
    "last_number_for",
    "permitted_charges",
    "postings_between",
    "stored_posting",
    "sums_about",
    "sums_between",
    "total",
    "verify",
]

ENTRIES_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One entry with the posting it stands in."""

    number: int
    posting_id: str
    kind: str
    source: str
    effective_on: date
    recorded_at: datetime
    account: str
    amount_fen: int
    code: str | None


async def balance(account: Account, at: datetime | None = None) -> int:
    """
    Return an account's balance in fen, debit above zero: now, or at a past instant.

    Now is the kept balance; a past instant is folded from what was recorded up to it.
    """
    if at is None:
        rows = await fetch("SELECT balance_fen FROM ledger_balance WHERE account = ?", [account])
        return rows[0]["balance_fen"] if rows else 0
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(e.amount_fen), 0) AS BIGINT) AS balance_fen"
        " FROM ledger_entry e JOIN ledger_posting p ON p.id = e.posting_id"
        " WHERE e.account = ? AND p.recorded_at <= ?",
        [account, milliseconds(at)],
    )
    return rows[0]["balance_fen"]


async def balances_of(accounts: Sequence[Account]) -> list[int]:
    """Return balances in fen as they are now, in the order asked; one query for any number."""
    if not accounts:
        return []
    rows = await fetch(
        "SELECT account, balance_fen FROM ledger_balance"
        f" WHERE account IN ({', '.join('?' for _ in accounts)})",
        list(accounts),
    )
    kept = {row["account"]: row["balance_fen"] for row in rows}
    return [kept.get(account, 0) for account in accounts]


async def balances(prefix: str) -> dict[str, int]:
    """Return the balance in fen of every account whose name begins so, such as `funder:`."""
    rows = await fetch(
        "SELECT account, balance_fen FROM ledger_balance"
        " WHERE substr(account, 1, ?) = ? ORDER BY account",
        [len(prefix), prefix],
    )
    return {row["account"]: row["balance_fen"] for row in rows}


async def total(prefix: str, ending: str = "") -> int:
    """Return the sum in fen of all accounts whose names begin (and end) so, such as `loan:`."""
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(balance_fen), 0) AS BIGINT) AS total_fen FROM ledger_balance"
        " WHERE substr(account, 1, ?) = ? AND substr(account, length(account) - ? + 1) = ?",
        [len(prefix), prefix, len(ending), ending],
    )
    return rows[0]["total_fen"]


async def entries_of(about: str, *, after_number: int = 0) -> list[EntryLine]:
    """Return the entries about a loan in the order posted, at most 1,000 after a posting number."""
    rows = await fetch(
        "SELECT p.number, p.id AS posting_id, p.kind, p.source, p.effective_on, p.recorded_at,"
        " e.account, e.amount_fen, e.code"
        " FROM ledger_posting p JOIN ledger_entry e ON e.posting_id = p.id"
        f" WHERE p.about = ? AND p.number > ? ORDER BY e.id LIMIT {ENTRIES_MAX}",
        [about, after_number],
    )
    return [_as_line(row) for row in rows]


def _as_line(row: dict[str, Any]) -> EntryLine:
    return EntryLine(
        number=row["number"],
        posting_id=row["posting_id"],
        kind=row["kind"],
        source=row["source"],
        effective_on=date.fromisoformat(row["effective_on"]),
        recorded_at=moment_of(row["recorded_at"]),
        account=row["account"],
        amount_fen=row["amount_fen"],
        code=row["code"],
    )


async def sums_about(loan_ids: Sequence[str]) -> list[dict[tuple[Account, str | None], int]]:
    """Return, for each loan in the order asked, the sum of its entries by account and charge."""
    if not loan_ids:
        return []
    marks = ", ".join("?" for _ in loan_ids)
    rows = await fetch(
        "SELECT p.about, e.account, e.code, CAST(SUM(e.amount_fen) AS BIGINT) AS amount_fen"
        " FROM ledger_posting p JOIN ledger_entry e ON e.posting_id = p.id"
        f" WHERE p.about IN ({marks}) GROUP BY p.about, e.account, e.code",
        list(loan_ids),
    )
    sums: defaultdict[str, dict[tuple[Account, str | None], int]] = defaultdict(dict)
    for row in rows:
        sums[row["about"]][Account(row["account"]), row["code"]] = row["amount_fen"]
    return [sums[loan_id] for loan_id in loan_ids]


async def permitted_charges(loan_id: str) -> frozenset[str]:
    """Return the charge codes of a loan's confirmed cost certificate."""
    rows = await fetch("SELECT code FROM ledger_charge_permission WHERE loan_id = ?", [loan_id])
    return frozenset(row["code"] for row in rows)


async def stored_posting(key: str) -> StoredPosting | None:
    """Return the posting under a source key with its entries in order; None when there is none."""
    rows = await fetch(
        "SELECT id, number, kind, about, source, effective_on, recorded_at, prev_hash"
        " FROM ledger_posting WHERE source_key = ?",
        [key],
    )
    if not rows:
        return None
    entries = await fetch(
        "SELECT line, account, amount_fen, code FROM ledger_entry"
        " WHERE posting_id = ? ORDER BY line",
        [rows[0]["id"]],
    )
    return StoredPosting(**rows[0], entries=tuple(StoredEntry(**row) for row in entries))
