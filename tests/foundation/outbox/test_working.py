"""The worker goes on: past an outage, past a carrier that hangs, until it is told to stop."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from app.foundation import outbox
from app.foundation.database import Transaction, fetch, transaction
from app.foundation.outbox import Fact, Subscription, announce
from app.foundation.outbox.working import CALLS_MAX
from app.foundation.revision import revise, revision_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown(Fact):
    """A field was sown."""

    field_id: str


class Carriers:
    """Outside systems: one answers, one hangs until it is released."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.release = asyncio.Event()

    async def answer(self, _fact: Sown, _delivery_id: str) -> None:
        self.seen["answer"] += 1

    async def hang(self, _fact: Sown, _delivery_id: str) -> None:
        self.seen["hang"] += 1
        try:
            await self.release.wait()
        finally:
            self.seen["ended"] += 1


async def count(tx: Transaction, fact: Sown) -> None:
    await revise(tx, fact.field_id)


def subscribe(carriers: Carriers) -> None:
    outbox.subscribe(
        [
            Subscription(fact_type=Sown, consumer="hang", outside=carriers.hang),
            Subscription(fact_type=Sown, consumer="answer", outside=carriers.answer),
            Subscription(fact_type=Sown, consumer="count", local=count),
        ]
    )


async def sow(times: int = 1) -> None:
    async with transaction() as tx:
        for _ in range(times):
            await announce(tx, Sown(field_id="fd1"))


@asynccontextmanager
async def working() -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Event]]:
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run_worker(stop, jitter=lambda: 0))
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(20):
            yield worker, stop
    finally:
        stop.set()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_the_worker_wakes_on_commit_and_stops_when_told() -> None:
    carriers = Carriers()
    carriers.release.set()
    subscribe(carriers)
    async with working() as (worker, stop):
        await sow()
        while carriers.seen != {"answer": 1, "hang": 1, "ended": 1}:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(worker, 5)


async def test_a_carrier_that_hangs_holds_up_nobody_else() -> None:
    carriers = Carriers()
    subscribe(carriers)
    await sow(70)
    async with working():
        while carriers.seen["answer"] < 70 or await revision_of("fd1") < 70:
            await asyncio.sleep(0.02)
        assert CALLS_MAX <= carriers.seen["hang"] < 70
        carriers.release.set()
        while carriers.seen["hang"] < 70:
            await asyncio.sleep(0.02)


async def test_a_worker_told_to_stop_lets_calls_end() -> None:
    carriers = Carriers()
    subscribe(carriers)
    await sow()
    async with working() as (worker, stop):
        while not carriers.seen["hang"]:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.sleep(0.05)
        assert not worker.done()
        carriers.release.set()
        await asyncio.wait_for(worker, 5)
    assert await fetch("SELECT id FROM outbox_delivery WHERE status <> 'DONE'") == []


async def test_a_worker_that_is_canceled_takes_its_calls_along() -> None:
    carriers = Carriers()
    subscribe(carriers)
    await sow()
    async with working() as (worker, _):
        while not carriers.seen["hang"]:
            await asyncio.sleep(0.01)
        worker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await worker
    assert carriers.seen["ended"] == 1


async def test_a_worker_outlives_an_outage() -> None:
    carriers = Carriers()
    carriers.release.set()
    subscribe(carriers)
    await sow()
    async with transaction() as tx:
        await tx.run("ALTER TABLE outbox_delivery RENAME TO away")
    async with working():
        await asyncio.sleep(0.1)
        async with transaction() as tx:
            await tx.run("ALTER TABLE away RENAME TO outbox_delivery")
        while carriers.seen["answer"] == 0:
            await asyncio.sleep(0.02)
