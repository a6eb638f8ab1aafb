"""
The rows of a repayment written by the bare driver: what any way of writing is measured against.

Nothing is worked out and nobody is asked: each transaction reads what must be locked, and writes
one statement a table. On SQLite one thread writes, and commits for everybody who waits at once
(group commit, synchronous FULL); on PostgreSQL eight connections run prepared statements.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from queue import SimpleQueue
from secrets import token_hex
from threading import Thread
from typing import Any, Protocol

import asyncpg

from app.commands.benches.statements import Statement, placed
from app.foundation.clock import milliseconds
from app.foundation.database.urls import database_files

CONNECTIONS = 8
"""To PostgreSQL; more only wait for each other."""
ENTRIES = 6
"""Lines of a posting: what was owed, what came in, and whose it is."""
TOLD = 2
"""Who listens when money was received."""
LOANS = "SELECT id, borrower_id FROM servicing_loan ORDER BY id"
_HASH = "0" * 64
Rows = Sequence[Any]
Steps = Generator[Statement, Rows, None]
"""A transaction: statements, each answered with its rows."""


class Floor(Protocol):
    """Both transactions of a repayment, by one of so many clients."""

    async def repay(self, client: int) -> None:
        """Write what begins a repayment, durably."""
        ...

    async def receive(self, client: int) -> None:
        """Write what receives its money, durably."""
        ...


@asynccontextmanager
async def floor_over(url: str) -> AsyncIterator[Floor]:
    """Open a floor over a database with loans in it, and close it after."""
    if url.startswith("sqlite"):
        group = _GroupCommit(str(database_files(url)[0]))
        yield group
        await group.close()
        return
    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        yield _Pooled(pool, _Script(await pool.fetch(LOANS), lock=" FOR UPDATE"))


@dataclass(slots=True)
class _Script:
    """The statements; each client has a loan of its own."""

    loans: Rows
    lock: str = ""
    _begun: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    _numbers: "count[int]" = field(default_factory=count)

    def repay(self, client: int) -> Steps:
        """Claim the key, look at the balance, write the repayment, and tell one listener."""
        now, key = datetime.now(UTC), token_hex(6)
        loan_id, borrower_id = self.loans[client]
        repayment_id = f"rf{next(self._numbers):014d}"
        yield Statement(
            "INSERT INTO idempotency_claim (claim_key, command_hash, answer, claimed_at)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (claim_key) DO NOTHING",
            (key, _HASH, "{}" * 100, milliseconds(now)),
        )
        yield _revise(borrower_id)
        yield Statement("SELECT balance_fen FROM servicing_loan WHERE id = ?", (loan_id,))
        yield Statement(
            "INSERT INTO repayment (id, borrower_id, loan_id, amount_fen, status, channel,"
            " initiated_at, initiated_on, poll_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(repayment_id, borrower_id, loan_id, 1_000, "INITIATED", "MOBILE"),
                *(now, now.date(), milliseconds(now)),
            ),
        )
        yield from _told(repayment_id, "RepaymentInitiated", 1, milliseconds(now))
        self._begun.setdefault(client, []).append(repayment_id)

    def receive(self, client: int) -> Steps:
        """Lock repayment, loan and chain; write event, figures, posting, receipt and notice."""
        now, today = datetime.now(UTC), datetime.now(UTC).date()
        loan_id, borrower_id = self.loans[client]
        repayment_id = self._begun[client].pop()
        posting_id, key = f"l{repayment_id[1:]}", f"repayment|{repayment_id}"
        yield Statement(f"SELECT * FROM repayment WHERE id = ?{self.lock}", (repayment_id,))
        yield Statement(f"SELECT * FROM servicing_loan WHERE id = ?{self.lock}", (loan_id,))
        chain = yield Statement(f"SELECT number FROM ledger_chain WHERE id = 1{self.lock}")
        number = chain[0][0] + 1
        yield Statement(
            "INSERT INTO ledger_posting (id, number, kind, about, source, source_key,"
            " effective_on, recorded_at, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(posting_id, number, "repayment", loan_id, repayment_id, key),
                *(today.isoformat(), milliseconds(now), _HASH, _HASH),
            ),
        )
        yield Statement(
            "INSERT INTO ledger_entry (id, posting_id, line, account, amount_fen) VALUES "
            + ", ".join("(?, ?, ?, ?, ?)" for _ in range(ENTRIES)),
            tuple(
                value
                for line in range(ENTRIES)
                for value in (number * 100 + line, posting_id, line, f"floor:{line}", 0)
            ),
        )
        yield Statement("UPDATE ledger_chain SET number = ? WHERE id = 1", (number,))
        yield Statement(
            "INSERT INTO ledger_balance (account, balance_fen) VALUES "
            + ", ".join("(?, 0)" for _ in range(ENTRIES))
            + " ON CONFLICT (account) DO UPDATE SET balance_fen = excluded.balance_fen",
            tuple(f"floor:{line}" for line in range(ENTRIES)),
        )
        yield Statement(
            "INSERT INTO servicing_loan_event (id, loan_id, seq, source_key, kind, about,"
            " effective_on, recorded_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(f"e{repayment_id[1:]}", "floor", number, key, "RepaymentReceived"),
                *(repayment_id, today, milliseconds(now), "{}" * 100),
            ),
        )
        yield Statement(
            "UPDATE servicing_loan SET balance_fen = balance_fen, as_of = as_of,"
            " position = position WHERE id = ?",
            (loan_id,),
        )
        yield Statement(
            "UPDATE servicing_installment SET paid_interest_fen = paid_interest_fen WHERE id = ?",
            (f"{loan_id}.0001",),
        )
        yield Statement(
            "UPDATE repayment SET status = ?, received_on = ?, receipt = ?, poll_at = NULL,"
            " provider_ref = ? WHERE id = ?",
            ("ALLOCATED", today, "{}" * 100, repayment_id, repayment_id),
        )
        yield Statement(
            "INSERT INTO rail_notice (id, order_id, status, amount_fen, outcome, taken_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (f"{repayment_id}/1", repayment_id, "SUCCEEDED", 1_000, "MOVED", now),
        )
        yield _revise(borrower_id)
        yield from _told(repayment_id, "RepaymentTaken", TOLD, milliseconds(now))


def _revise(borrower_id: str) -> Statement:
    return Statement(
        "INSERT INTO revision (subject_id, revision) VALUES (?, 1)"
        " ON CONFLICT (subject_id) DO UPDATE SET revision = revision.revision + 1",
        (borrower_id,),
    )


def _told(repayment_id: str, name: str, listeners: int, at: int) -> Steps:
    fact_id = f"{name[9:11].lower()}{repayment_id[2:]}"
    yield Statement(
        "INSERT INTO outbox_fact (id, name, payload, announced_at) VALUES (?, ?, ?, ?)",
        (fact_id, name, "{}" * 100, at),
    )
    yield Statement(
        "INSERT INTO outbox_delivery (id, fact_id, consumer, status, attempts, due_at, position)"
        " VALUES " + ", ".join("(?, ?, 'floor', 'DONE', 0, NULL, 1)" for _ in range(listeners)),
        tuple(
            value
            for number in range(listeners)
            for value in (f"{number}{fact_id[:2]}{repayment_id[3:]}", fact_id)
        ),
    )


class _GroupCommit:
    """One thread that writes whatever waits, and commits once for all of it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting: SimpleQueue[tuple[Steps, Callable[[], object]] | None] = SimpleQueue()
        self._thread = Thread(target=self._write)
        with sqlite3.connect(path) as connection:
            self._script = _Script(connection.execute(LOANS).fetchall())
        self._thread.start()

    async def repay(self, client: int) -> None:
        """Write what begins a repayment, durably."""
        await self._do(self._script.repay(client))

    async def receive(self, client: int) -> None:
        """Write what receives its money, durably."""
        await self._do(self._script.receive(client))

    async def close(self) -> None:
        """Let the thread end."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _do(self, steps: Steps) -> None:
        loop = asyncio.get_running_loop()
        durable = loop.create_future()
        self._waiting.put((steps, lambda: loop.call_soon_threadsafe(durable.set_result, None)))
        await durable

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL").close()
        while (first := self._waiting.get()) is not None:
            group = [first]
            while not self._waiting.empty():
                another = self._waiting.get()
                assert another is not None, "it is closed when nobody waits"
                group.append(another)
            connection.execute("BEGIN IMMEDIATE").close()
            for steps, _ in group:
                _run(connection, steps)
            connection.execute("COMMIT").close()
            for _, tell in group:
                tell()
        connection.close()


def _run(connection: sqlite3.Connection, steps: Steps) -> None:
    statement = next(steps, None)
    while statement is not None:
        rows = connection.execute(statement.sql, statement.as_sqlite()).fetchall()
        try:
            statement = steps.send(rows)
        except StopIteration:
            return


@dataclass(slots=True)
class _Pooled:
    """A few connections, each with its statements prepared."""

    pool: asyncpg.Pool
    script: _Script

    async def repay(self, client: int) -> None:
        """Write what begins a repayment, durably."""
        await self._do(self.script.repay(client))

    async def receive(self, client: int) -> None:
        """Write what receives its money, durably."""
        await self._do(self.script.receive(client))

    async def _do(self, steps: Steps) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            statement = next(steps, None)
            while statement is not None:
                rows = await connection.fetch(placed(statement.sql), *statement.parameters)
                try:
                    statement = steps.send(rows)
                except StopIteration:
                    return
