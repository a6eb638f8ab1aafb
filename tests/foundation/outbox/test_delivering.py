"""Facts are delivered to each consumer exactly once, or kept as dead letters that say so."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import structlog

from app.foundation import outbox
from app.foundation.clock import FixedClock, milliseconds
from app.foundation.database import Database, Transaction, fetch, joined, transaction
from app.foundation.outbox import Fact, Subscription, announce
from app.foundation.outbox.delivering import deliver, lease_due
from app.foundation.revision import revise, revision_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown(Fact):
    """A field was sown."""

    field_id: str
    row: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rained(Fact):
    """It rained."""

    amount: object


async def count(tx: Transaction, fact: Sown) -> None:
    await revise(tx, fact.field_id)


@dataclass(slots=True)
class Carrier:
    """An outside system that fails so many times before it works."""

    failures: int = 0
    seen: int = 0
    ids: set[str] = field(default_factory=set[str])

    async def carry(self, _fact: Sown, delivery_id: str) -> None:
        assert joined() is None, "a call outside is never made inside a transaction"
        self.seen += 1
        self.ids.add(delivery_id)
        if self.seen <= self.failures:
            raise ConnectionError("13800138000")


async def sow(field_id: str = "fd1", *, row: int = 1, wait: timedelta = timedelta()) -> None:
    async with transaction() as tx:
        await announce(tx, Sown(field_id=field_id, row=row), not_before=tx.now + wait)


def counting() -> Subscription:
    return Subscription(fact_type=Sown, consumer="count", local=count)


def carrying(carrier: Carrier) -> Subscription:
    return Subscription(fact_type=Sown, consumer="carry", outside=carrier.carry)


@pytest.mark.usefixtures("database")
async def test_each_consumer_takes_a_fact_once() -> None:
    carrier = Carrier()
    outbox.subscribe([counting(), carrying(carrier)])
    await sow()
    assert await outbox.drain() == 2
    assert await outbox.drain() == 0
    assert (await revision_of("fd1"), carrier.seen) == (1, 1)


@pytest.mark.usefixtures("database")
async def test_draining_stops_after_so_many_rounds() -> None:
    async def sow_again(tx: Transaction, fact: Sown) -> None:
        await announce(tx, Sown(field_id=fact.field_id))

    outbox.subscribe([Subscription(fact_type=Sown, consumer="again", local=sow_again)])
    await sow()
    assert await outbox.drain(rounds_max=3) == 3


@pytest.mark.usefixtures("database")
async def test_a_fact_of_a_change_that_was_rolled_back_is_never_told() -> None:
    outbox.subscribe([counting()])
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await announce(tx, Sown(field_id="fd1"))
            raise ZeroDivisionError
    assert await outbox.drain() == 0


@pytest.mark.usefixtures("database")
async def test_facts_are_taken_in_the_order_they_were_announced(clock: FixedClock) -> None:
    taken: list[int] = []

    async def take(_tx: Transaction, fact: Sown) -> None:
        taken.append(fact.row)

    outbox.subscribe([Subscription(fact_type=Sown, consumer="take", local=take)])
    for begin in (0, 10, 20):
        async with transaction() as tx:
            for row in range(begin, begin + 10):
                await announce(tx, Sown(field_id="fd1", row=row))
        clock.advance(timedelta(milliseconds=3))
    await outbox.drain()
    assert taken == list(range(30))


@pytest.mark.usefixtures("database")
async def test_a_failed_delivery_is_tried_again_later_and_takes_effect_once(
    clock: FixedClock,
) -> None:
    carrier = Carrier(failures=2)
    outbox.subscribe([carrying(carrier)])
    await sow()
    with structlog.testing.capture_logs() as lines:
        await outbox.drain()
    assert carrier.seen == 1
    assert [(line["event"], line["error"]) for line in lines] == [
        ("delivery_failed", "ConnectionError")
    ]
    assert "13800138000" not in str(lines)
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        await outbox.drain()
    assert carrier.seen == 3
    assert await outbox.dead_letters() == []


@pytest.mark.usefixtures("database")
async def test_a_delivery_that_never_works_becomes_a_dead_letter(clock: FixedClock) -> None:
    carrier = Carrier(failures=10_000)
    outbox.subscribe([carrying(carrier)])
    await sow()
    await drain_for_long(clock)
    assert carrier.seen == outbox.ATTEMPTS_MAX
    assert await reasons() == [("Sown", "carry", "ConnectionError")]


async def drain_for_long(clock: FixedClock) -> None:
    for _ in range(20):
        await outbox.drain()
        clock.advance(timedelta(minutes=21))


async def reasons() -> list[tuple[str, str, str]]:
    letters = await outbox.dead_letters()
    return [(one["name"], one["consumer"], one["last_error"]) for one in letters]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ("no json", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"field_id": "fd1", "gone": 1}', "TypeError"),
    ],
)
async def test_a_poisoned_fact_is_given_up_and_holds_up_nothing_else(
    clock: FixedClock, payload: str, error: str
) -> None:
    outbox.subscribe([counting()])
    await sow("poisoned")
    async with transaction() as tx:
        await tx.run("UPDATE outbox_fact SET payload = ?", [payload])
    await sow("fd1")
    assert await outbox.drain() == 2
    assert await revision_of("fd1") == 1
    await drain_for_long(clock)
    assert await reasons() == [("Sown", "count", error)]


@pytest.mark.usefixtures("database")
async def test_a_consumer_nobody_knows_waits_for_one_who_does(clock: FixedClock) -> None:
    """During a deploy an older worker meets what a newer process announced."""
    outbox.subscribe([counting()])
    await sow()
    outbox.subscribe([])
    assert await outbox.drain() == 1
    outbox.subscribe([counting()])
    clock.advance(timedelta(minutes=1))
    assert await outbox.drain() == 1
    assert await revision_of("fd1") == 1


@pytest.mark.usefixtures("database")
async def test_a_consumer_that_is_gone_for_good_is_told_of(clock: FixedClock) -> None:
    outbox.subscribe([counting()])
    await sow()
    outbox.subscribe([])
    await drain_for_long(clock)
    assert await reasons() == [("Sown", "count", "NoSuchConsumer")]


@pytest.mark.usefixtures("database")
async def test_an_effect_that_ends_every_worker_is_given_up(clock: FixedClock) -> None:
    carrier = Carrier()
    outbox.subscribe([carrying(carrier)])
    await sow()
    for _ in range(outbox.ATTEMPTS_MAX):
        assert len(await lease_due()) == 1
        clock.advance(timedelta(seconds=outbox.LEASE_SECONDS + 1))
    await outbox.drain()
    assert carrier.seen == 0
    assert await reasons() == [("Sown", "carry", "LeftByEveryWorker")]


@pytest.mark.usefixtures("database")
async def test_an_effect_that_hangs_is_cut_off_and_tried_again(clock: FixedClock) -> None:
    tried: list[str] = []

    async def hang(_fact: Sown, delivery_id: str) -> None:
        tried.append(delivery_id)
        await asyncio.sleep(600)

    outbox.subscribe(
        [Subscription(fact_type=Sown, consumer="hang", outside=hang, seconds_max=0.05)]
    )
    await sow()
    async with asyncio.timeout(5):
        await outbox.drain()
        clock.advance(timedelta(minutes=1))
        await outbox.drain()
    assert len(tried) == 2


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
    outbox.subscribe([counting()])
    await sow(wait=timedelta(hours=1))
    assert await outbox.drain() == 0
    clock.advance(timedelta(hours=1))
    assert await outbox.drain() == 1


@pytest.mark.usefixtures("database")
async def test_many_workers_at_once_do_not_deliver_twice() -> None:
    outbox.subscribe([counting()])
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
    rows = await fetch("SELECT status, attempts, due_at, lease FROM outbox_delivery")
    assert rows == [{"status": "DONE", "attempts": 2, "due_at": None, "lease": None}]
    assert len(set(carried)) == 1, "the outside system can tell that it is the same delivery"


@pytest.mark.usefixtures("database")
async def test_a_late_worker_neither_takes_effect_nor_postpones(clock: FixedClock) -> None:
    outbox.subscribe([counting()])
    await sow()
    late = (await lease_due())[0]
    clock.advance(timedelta(seconds=outbox.LEASE_SECONDS + 1))
    assert await outbox.drain() == 1
    await deliver(late, lambda: 0)
    assert await revision_of("fd1") == 1
    outbox.subscribe([])
    await deliver(late, lambda: 0)
    assert await fetch("SELECT status FROM outbox_delivery") == [{"status": "DONE"}]


@pytest.mark.usefixtures("database")
async def test_a_failure_that_cannot_be_written_down_is_left_to_the_lease(
    clock: FixedClock,
) -> None:
    async def take_the_table_away(_fact: Sown, _delivery_id: str) -> None:
        async with transaction() as tx:
            await tx.run("ALTER TABLE outbox_delivery RENAME TO away")
        raise ConnectionError

    outbox.subscribe([Subscription(fact_type=Sown, consumer="carry", outside=take_the_table_away)])
    await sow()
    with structlog.testing.capture_logs() as lines:
        assert await outbox.deliver_due(jitter=lambda: 0) == 1
    assert [line["event"] for line in lines] == ["delivery_failed", "delivery_left_leased"]
    async with transaction() as tx:
        await tx.run("ALTER TABLE away RENAME TO outbox_delivery")
    carrier = Carrier()
    outbox.subscribe([carrying(carrier)])
    clock.advance(timedelta(seconds=outbox.LEASE_SECONDS + 1))
    await outbox.drain()
    assert carrier.seen == 1


@pytest.mark.usefixtures("database")
async def test_what_another_worker_takes_first_is_not_taken_twice() -> None:
    """Between the look and the lease, a second worker may have been quicker."""
    outbox.subscribe([counting()])
    await sow()
    leased = await asyncio.gather(*(lease_due() for _ in range(5)))
    assert sorted(len(one) for one in leased) == [0, 0, 0, 0, 1]


@pytest.mark.usefixtures("database")
async def test_consumers_passed_over_wait_and_others_are_served() -> None:
    outbox.subscribe([counting(), carrying(Carrier())])
    await sow()
    assert [one.consumer for one in await lease_due(passing_over=["carry"])] == ["count"]
    assert await lease_due(passing_over=["carry", "count"]) == []
    assert [one.consumer for one in await lease_due()] == ["carry"]


async def test_what_is_done_slows_nothing_down(database: Database, clock: FixedClock) -> None:
    """The index by which due deliveries are found holds waiting ones only."""
    outbox.subscribe([counting()])
    numbers = {
        "sqlite": "WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line"
        " WHERE n < 100000) SELECT n FROM line",
        "postgres": "SELECT generate_series(1, 100000) AS n",
    }[database.dialect]
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO outbox_delivery"
            " (id, fact_id, consumer, status, attempts, due_at, position)"
            f" SELECT 'd' || n, 'f' || n, 'count', 'DONE', 1, NULL, 1 FROM ({numbers}) AS numbers"
        )
    await database.connection().execute_script("ANALYZE")
    await sow()
    explain = {"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[database.dialect]
    async with transaction() as tx:
        plan = await tx.rows(
            f"{explain}SELECT d.id FROM outbox_delivery d WHERE d.due_at <= ?"
            " ORDER BY d.due_at, d.position, d.id LIMIT 50",
            [milliseconds(clock.now())],
        )
    assert "INDEX" in str(plan).upper()
    assert "SEQ SCAN" not in str(plan).upper()
    assert await outbox.drain() == 1


@pytest.mark.usefixtures("database")
async def test_a_fact_holds_plain_values_only() -> None:
    outbox.subscribe([])
    async with transaction() as tx:
        with pytest.raises(AssertionError, match=r"Rained\.amount"):
            await announce(tx, Rained(amount=1.5))
        await announce(tx, Rained(amount=None))


def test_a_consumer_has_one_effect_and_a_name_of_its_own() -> None:
    with pytest.raises(AssertionError):
        Subscription(fact_type=Sown, consumer="none")
    with pytest.raises(AssertionError):
        Subscription(fact_type=Sown, consumer="both", local=count, outside=Carrier().carry)
    with pytest.raises(AssertionError):
        outbox.subscribe([counting(), counting()])
