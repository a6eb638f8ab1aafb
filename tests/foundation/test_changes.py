"""Who waits for a change hears of it, whichever process made it."""

import asyncio
from contextlib import aclosing

import pytest

from app.foundation import changes
from app.foundation.changes import changes_of
from app.foundation.database import Database, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.revision import revise


async def test_a_change_of_another_process_is_heard_of_as_well(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.dialect
    monkeypatch.setattr(changes, "POLL_SECONDS", 0.02)
    heard = 0
    async with aclosing(changes_of("br1")) as mine, aclosing(changes_of("br2")) as others:
        await anext(mine)
        await anext(others)
        async with transaction() as tx:
            await revise(tx, "br1")
        async with asyncio.timeout(5):
            await anext(mine)
        for number in (7, 9):
            async with transaction() as tx:
                await tx.run("UPDATE revision SET revision = ?", [number])
            async with asyncio.timeout(5):
                await anext(mine)
            heard += 1
        unheard = asyncio.ensure_future(anext(others))
        await asyncio.sleep(0.1)
        assert not unheard.done()
        unheard.cancel()
        await asyncio.gather(unheard, return_exceptions=True)
    assert heard == 2


async def test_who_waits_goes_on_when_the_database_was_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.dialect
    monkeypatch.setattr(changes, "POLL_SECONDS", 0.01)

    async def away(*_arguments: object) -> None:
        await asyncio.sleep(0)
        raise TemporarilyUnavailable

    reading = changes.fetch
    monkeypatch.setattr(changes, "fetch", away)
    async with aclosing(changes_of("br1")) as mine:
        await anext(mine)
        await asyncio.sleep(0.05)
        monkeypatch.setattr(changes, "fetch", reading)
        async with asyncio.timeout(5):
            await anext(mine)
