"""Workers are processes: killed anywhere, or many at once, each fact takes effect exactly once."""

import pytest

from app.foundation import outbox
from app.foundation.database import Database, fetch, transaction
from app.foundation.outbox import announce
from app.foundation.revision import revision_of
from tests.foundation.conftest import Start
from tests.foundation.programs import Sown, carry, local, outside, take

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("shared_keyring")]

LATER = outbox.LEASE_SECONDS + 1


async def sow(times: int = 1) -> None:
    outbox.subscribe([local(take), outside(carry)])
    for row in range(times):
        async with transaction() as tx:
            await announce(tx, Sown(field_id="fd1", row=row))


async def said(process_start: Start, task: str, *arguments: object) -> bytes:
    process = await process_start(task, *arguments)
    return (await process.communicate())[0]


async def test_a_worker_killed_in_the_middle_of_an_effect_leaves_one_effect(
    database: Database, start: Start
) -> None:
    assert database.dialect
    await sow()
    killed = await start("deliver_and_hang")
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"taken\n"
    killed.kill()
    await killed.wait()
    assert await revision_of("fd1") == 0
    assert await said(start, "deliver", 0) == b"0\n", "its lease still runs"
    assert await said(start, "deliver", LATER) == b"2\n"
    assert await revision_of("fd1") == 1
    assert await said(start, "deliver", 10 * LATER) == b"0\n"


async def test_a_worker_killed_after_a_call_outside_calls_again_under_the_same_id(
    database: Database, start: Start
) -> None:
    assert database.dialect
    await sow()
    async with transaction() as tx:
        await tx.run("UPDATE outbox_delivery SET due_at = NULL WHERE consumer = 'take'")
    killed = await start("deliver_and_hang")
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"carried\n"
    killed.kill()
    await killed.wait()
    assert await said(start, "deliver", LATER) == b"1\n"
    assert await revision_of("calls") == 2
    rows = await fetch("SELECT id FROM outbox_delivery WHERE consumer = 'carry'")
    assert await revision_of(rows[0]["id"]) == 2


async def test_many_worker_processes_share_the_work(database: Database, start: Start) -> None:
    assert database.dialect
    await sow(60)
    workers = [await start("deliver", 0) for _ in range(3)]
    counts = [int((await worker.communicate())[0]) for worker in workers]
    assert sum(counts) == 120
    assert (await revision_of("fd1"), await revision_of("calls")) == (60, 60)


async def test_a_process_that_announces_may_be_another_than_the_one_that_delivers(
    database: Database, start: Start
) -> None:
    assert database.dialect
    assert await said(start, "sow", 3) == b"sown\n"
    outbox.subscribe([local(take), outside(carry)])
    assert await outbox.drain() == 6
    assert await revision_of("fd1") == 3
