"""Posting: appending to the chain, in the transaction of the event that moved the money."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.ledger.errors import ChargeNotInCertificate, SourceReused
from app.ledger.queries import stored_posting
from app.ledger.rules import (
    FIRST_PREV_HASH,
    Entry,
    Posting,
    StoredEntry,
    StoredPosting,
    entry_number,
    reversal_of,
    source_key,
    stored_entries,
)


async def post(tx: Transaction, posting: Posting) -> str:
    """
    Append a posting to the chain and add its entries to the balances; return its id.

    Posting the same source again returns the posting that is there. Whoever posts holds the
    chain's head until the transaction ends, so numbers have no gap; lock the loan before.

    Raises:
        ChargeNotInCertificate: An entry's charge is not permitted for the loan; nothing is posted.
        SourceReused: A fault: the source was posted before with other entries.
    """
    head_number, head_hash = await _hold_chain(tx)
    known = await stored_posting(posting.source_key)
    if known is not None:
        if not known.says_the_same_as(posting):
            raise SourceReused(known.id)
        return known.id
    await _check_charges(tx, posting)
    stored = StoredPosting(
        id=tx.new_id("le"),
        number=head_number + 1,
        kind=posting.kind,
        about=posting.about,
        source=posting.source,
        effective_on=posting.effective_on.isoformat(),
        recorded_at=milliseconds(tx.now),
        prev_hash=head_hash,
        entries=stored_entries(posting.entries),
    )
    await _append(tx, stored, posting.source_key)
    await _add_to_balances(tx, posting.entries)
    return stored.id


async def reverse(
    tx: Transaction,
    *,
    kind: str,
    source: str,
    reversal_kind: str,
    reversal_source: str,
    effective_on: date,
) -> Posting | None:
    """
    Undo the posting of a kind and source by its opposite; return the opposite.

    None means that there was no such posting, so there is nothing to undo. Doing it again under the
    same reversal source changes nothing.
    """
    stored = await stored_posting(source_key(kind, source))
    if stored is None:
        return None
    opposite = reversal_of(
        stored, kind=reversal_kind, source=reversal_source, effective_on=effective_on
    )
    await post(tx, opposite)
    return opposite


async def permit_charges(tx: Transaction, loan_id: str, codes: Iterable[str]) -> None:
    """Allow a loan the charges of its confirmed cost certificate; it has no others."""
    for code in sorted(set(codes)):
        await tx.run(
            "INSERT INTO ledger_charge_permission (id, loan_id, code) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO NOTHING",
            [f"{loan_id}.{code}", loan_id, code],
        )


async def _hold_chain(tx: Transaction) -> tuple[int, str]:
    """Lock the chain's head, making it for the first posting; return its number and hash."""
    lock = " FOR UPDATE" if tx.dialect == "postgres" else ""
    select = f"SELECT number, hash FROM ledger_chain WHERE id = 1{lock}"
    rows = await tx.rows(select)
    if not rows:
        await tx.run(
            "INSERT INTO ledger_chain (id, number, hash) VALUES (1, 0, ?)"
            " ON CONFLICT (id) DO NOTHING",
            [FIRST_PREV_HASH],
        )
        rows = await tx.rows(select)
    return rows[0]["number"], rows[0]["hash"]


async def _check_charges(tx: Transaction, posting: Posting) -> None:
    codes = {entry.code for entry in posting.entries if entry.code is not None}
    if not codes:
        return
    rows = await tx.rows(
        "SELECT code FROM ledger_charge_permission WHERE loan_id = ?", [posting.about]
    )
    for code in sorted(codes - {row["code"] for row in rows}):
        raise ChargeNotInCertificate(loan_id=posting.about, charge_code=code)


async def _append(tx: Transaction, stored: StoredPosting, key: str) -> None:
    chain_hash = stored.chain_hash()
    await tx.run(
        "INSERT INTO ledger_posting (id, number, kind, about, source, source_key, effective_on,"
        " recorded_at, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            stored.id,
            stored.number,
            stored.kind,
            stored.about,
            stored.source,
            key,
            stored.effective_on,
            stored.recorded_at,
            stored.prev_hash,
            chain_hash,
        ],
    )
    await _insert_entries(tx, stored, stored.entries)
    await tx.run(
        "UPDATE ledger_chain SET number = ?, hash = ? WHERE id = 1", [stored.number, chain_hash]
    )


async def _insert_entries(
    tx: Transaction, stored: StoredPosting, entries: Sequence[StoredEntry]
) -> None:
    values = ", ".join("(?, ?, ?, ?, ?, ?)" for _ in entries)
    parameters: list[str | int | None] = []
    for entry in entries:
        number = entry_number(stored.number, entry.line)
        parameters += [
            number,
            stored.id,
            entry.line,
            entry.account,
            entry.amount_fen,
            entry.code,
        ]
    await tx.run(
        "INSERT INTO ledger_entry (id, posting_id, line, account, amount_fen, code)"
        f" VALUES {values}",
        parameters,
    )


async def _add_to_balances(tx: Transaction, entries: Iterable[Entry]) -> None:
    changes: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        changes[entry.account] += entry.amount_fen
    values = ", ".join("(?, ?)" for _ in changes)
    parameters: list[str | int] = []
    for account in sorted(changes):
        parameters += [account, changes[account]]
    await tx.run(
        f"INSERT INTO ledger_balance (account, balance_fen) VALUES {values}"
        " ON CONFLICT (account) DO UPDATE"
        " SET balance_fen = ledger_balance.balance_fen + excluded.balance_fen",
        parameters,
    )
