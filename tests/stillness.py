"""Holding a PostgreSQL server still, as a machine that hangs does: nothing is closed or refused."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest


@asynccontextmanager
async def held_still(url: str) -> AsyncIterator[None]:
    """Stop every process of a server on this machine for the length of a block."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT pid FROM pg_stat_activity")
    await connection.close()
    served = [int(row["pid"]) for row in rows]
    first = _parent_of(served[0])
    assert first is not None, "it was served a moment ago"
    processes = [first, *(one for one in served if _parent_of(one) == first)]
    try:
        _tell(processes, signal.SIGSTOP)
        yield
    finally:
        _tell(processes[::-1], signal.SIGCONT)


def _tell(processes: list[int], what: signal.Signals) -> None:
    for one in processes:
        with suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.kill(one, what)


def _parent_of(process: int) -> int | None:
    """Return the process that began another; none where that is over."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    if "(postgres)" not in status:
        pytest.skip("the server runs on another machine")
    return int(status.rpartition(")")[2].split()[1])
