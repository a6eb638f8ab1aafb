"""Facts are delivered to each consumer exactly once, or kept as dead letters that say so."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, Transaction, fetch, transaction
from app.foundation.outbox import Fact, Subscription, announce
from app.foundation.revision import revise, revision_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown(Fact):
    """A field was sown."""

    field_id: str
    rows: int = 1


async def count(tx: Transaction, fact: Sown) -> None:
    await revise(tx, fact.field_id)


@dataclass(slots=True)
class Carrier:
    """An outside system that fails so many times before it works."""

    failures: int = 0
    seen: int = 0

    async def carry(self, _fact: Sown, _delivery_id: str) -> None:
        self.seen += 1
        if self.seen <= self.failures:
            raise ConnectionError


async def sow(field_id: str = "fd1", *, wait: timedelta = timedelta()) -> None:
    async with transaction() as tx:
        await announce(tx, Sown(field_id=field_id), not_before=tx.now + wait)


@pytest.mark.usefixtures("database")
async def test_each_consumer_takes_a_fact_once() -> None:
    carrier = Carrier()
    outbox.subscribe(
        [
            Subscription(fact_type=Sown, consumer="count", local=count),
            Subscription(fact_type=Sown, consumer="carry", outside=carrier.carry),
        ]
    )
    await sow()
    assert await outbox.drain() == 2
    assert await outbox.drain() == 0
    assert (await revision_of("fd1"), carrier.seen) == (1, 1)


@pytest.mark.usefixtures("database")
async def test_a_fact_of_a_change_that_was_rolled_back_is_never_told() -> None:
    outbox.subscribe([Subscription(fact_type=Sown, consumer="count", local=count)])
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await announce(tx, Sown(field_id="fd1"))
            raise ZeroDivisionError
    assert await outbox.drain() == 0


@pytest.mark.usefixtures("database")
async def test_a_failed_delivery_is_tried_again_later_and_takes_effect_once(
    clock: FixedClock,
) -> None:
    carrier = Carrier(failures=2)
    outbox.subscribe([Subscription(fact_type=Sown, consumer="carry", outside=carrier.carry)])
    await sow()
    await outbox.drain()
    assert carrier.seen == 1
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        await outbox.drain()
    assert carrier.seen == 3
    assert await outbox.dead_letters() == []


@pytest.mark.usefixtures("database")
async def test_a_delivery_that_never_works_becomes_a_dead_letter(clock: FixedClock) -> None:
    carrier = Carrier(failures=10_000)
    outbox.subscribe([Subscription(fact_type=Sown, consumer="carry", outside=carrier.carry)])
    await sow()
    for _ in range(20):
        await outbox.drain()
        clock.advance(timedelta(minutes=21))
    assert carrier.seen == outbox.ATTEMPTS_MAX
    letters = await outbox.dead_letters()
    assert [(one["name"], one["consumer"], one["last_error"]) for one in letters] == [
        ("Sown", "carry", "ConnectionError")
    ]


@pytest.mark.usefixtures("database")
async def test_a_local_effect_that_fails_leaves_nothing_behind(clock: FixedClock) -> None:
    async def half(tx: Transaction, fact: Sown) -> None:
        await revise(tx, fact.field_id)
        raise ZeroDivisionError

    outbox.subscribe([Subscription(fact_type=Sown, consumer="half", local=half)])
    await sow()
    await outbox.drain()
    clock.advance(timedelta(minutes=1))
    await outbox.drain()
    assert await revision_of("fd1") == 0


@pytest.mark.usefixtures("database")
async def test_a_fact_waits_until_its_time(clock: FixedClock) -> None:
    outbox.subscribe([Subscription(fact_type=Sown, consumer="count", local=count)])
    await sow(wait=timedelta(hours=1))
    assert await outbox.drain() == 0
    clock.advance(timedelta(hours=1))
    assert await outbox.drain() == 1


@pytest.mark.usefixtures("database")
async def test_many_workers_at_once_do_not_deliver_twice() -> None:
    outbox.subscribe([Subscription(fact_type=Sown, consumer="count", local=count)])
    for _ in range(30):
        await sow()
    await asyncio.gather(*(outbox.drain() for _ in range(5)))
    assert await revision_of("fd1") == 30


@pytest.mark.usefixtures("database")
async def test_a_worker_paused_past_its_lease_is_fenced_off(clock: FixedClock) -> None:
    resumed = asyncio.Event()
    carried: list[str] = []

    async def slow(_fact: Sown, delivery_id: str) -> None:
        carried.append(delivery_id)
        if len(carried) == 1:
            await resumed.wait()

    outbox.subscribe([Subscription(fact_type=Sown, consumer="slow", outside=slow)])
    await sow()
    paused = asyncio.create_task(outbox.drain())
    while not carried:
        await asyncio.sleep(0.01)
    clock.advance(timedelta(seconds=outbox.LEASE_SECONDS + 1))
    await outbox.drain()
    resumed.set()
    await paused
    rows = await fetch("SELECT status, attempts FROM outbox_delivery")
    assert rows == [{"status": "DONE", "attempts": 2}]
    assert len(set(carried)) == 1, "the outside system can tell that it is the same delivery"


async def test_the_worker_wakes_on_commit_and_stops_when_told(database: Database) -> None:
    assert database.dialect in {"sqlite", "postgres"}
    carrier = Carrier()
    outbox.subscribe([Subscription(fact_type=Sown, consumer="carry", outside=carrier.carry)])
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run_worker(stop, jitter=lambda: 0))
    await asyncio.sleep(0)
    await sow()
    async with asyncio.timeout(5):
        while carrier.seen == 0:
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(worker, 5)
