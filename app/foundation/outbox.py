"""Facts told after commit: written with the change, delivered to each consumer exactly once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.log import logger

log = logger(__name__)

LEASE_SECONDS = 60
ATTEMPTS_MAX = 12
BACKOFF_SECONDS_MAX = 600
BATCH_MAX = 50


class Fact:
    """Something that has happened; its fields are ids, numbers, flags and ISO dates."""

    __slots__ = ()


F = TypeVar("F", bound=Fact)
LocalEffect = Callable[[Transaction, F], Awaitable[None]]
"""An effect in our own database; commits together with the mark that it is done."""
OutsideEffect = Callable[[F, str], Awaitable[None]]
"""A call to an outside system, given the delivery's id; repeating it must do no harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One consumer of one kind of fact."""

    fact_type: type[Fact]
    consumer: str
    local: Callable[[Transaction, Any], Awaitable[None]] | None = None
    outside: Callable[[Any, str], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        """Refuse a consumer with no effect, or with two."""
        assert (self.local is None) != (self.outside is None), "one effect, local or outside"


class _Installed:
    by_consumer: Mapping[str, Subscription] = {}
    consumers_of: Mapping[str, tuple[str, ...]] = {}
    wake: asyncio.Event | None = None


def subscribe(subscriptions: Sequence[Subscription]) -> None:
    """Install who listens to what; every process that announces facts does this at start."""
    by_consumer = {one.consumer: one for one in subscriptions}
    assert len(by_consumer) == len(subscriptions), "each consumer has a name of its own"
    consumers_of: dict[str, tuple[str, ...]] = {}
    for one in subscriptions:
        name = one.fact_type.__name__
        consumers_of[name] = (*consumers_of.get(name, ()), one.consumer)
    _Installed.by_consumer = by_consumer
    _Installed.consumers_of = consumers_of


async def announce(tx: Transaction, fact: Fact, *, not_before: datetime | None = None) -> None:
    """Write down a fact and a delivery for each of its consumers, in this transaction."""
    name = type(fact).__name__
    fact_id = tx.new_id("fa")
    await tx.run(
        "INSERT INTO outbox_fact (id, name, payload, announced_at) VALUES (?, ?, ?, ?)",
        [fact_id, name, orjson.dumps(_content(fact)).decode(), milliseconds(tx.now)],
    )
    due_at = milliseconds(max(not_before or tx.now, tx.now))
    for consumer in _Installed.consumers_of.get(name, ()):
        await tx.run(
            "INSERT INTO outbox_delivery (id, fact_id, consumer, status, attempts, due_at)"
            " VALUES (?, ?, ?, 'PENDING', 0, ?)",
            [tx.new_id("dl"), fact_id, consumer, due_at],
        )
    tx.after_commit(_wake)


def _wake() -> None:
    if _Installed.wake is not None:
        _Installed.wake.set()


@dataclass(frozen=True, slots=True)
class _Leased:
    delivery_id: str
    lease: str
    consumer: str
    attempts: int
    payload: dict[str, Any]


async def deliver_due(*, jitter: Callable[[], float]) -> int:
    """
    Deliver what is due now, each delivery on its own; return how many were tried.

    A delivery is leased for 60 s; another worker takes it over when the lease runs out, and the
    late one is fenced off because its lease no longer matches. Outside calls run side by side, so a
    slow carrier holds up nothing else. A failed delivery is tried again
    after 2, 4, 8 … 600 s, spread by `jitter` (0 to 1); after 12 attempts it is a dead letter.
    """
    leased = await _lease_due()
    outside = [one for one in leased if _calls_outside(one)]
    for one in leased:
        if one not in outside:
            await _deliver(one, jitter)
    await asyncio.gather(*(_deliver(one, jitter) for one in outside))
    return len(leased)


def _calls_outside(one: _Leased) -> bool:
    subscription = _Installed.by_consumer.get(one.consumer)
    return subscription is not None and subscription.outside is not None


async def run_worker(stop: asyncio.Event, *, jitter: Callable[[], float]) -> None:
    """Deliver until told to stop; commits in this process wake it at once, others within 0.5 s."""
    wake = _Installed.wake = asyncio.Event()
    try:
        while not stop.is_set():
            wake.clear()
            try:
                tried = await deliver_due(jitter=jitter)
            except Exception as failure:  # noqa: BLE001 - a worker outlives a database outage
                log.warning("outbox_unavailable", error=type(failure).__name__)
                tried = 0
            if tried == 0:
                await _first_of(stop, wake, seconds=0.5)
    finally:
        _Installed.wake = None


async def drain(*, rounds_max: int = 200) -> int:
    """Deliver until nothing is due: for commands and tests that end; return how many were tried."""
    total = 0
    for _ in range(rounds_max):
        tried = await deliver_due(jitter=lambda: 0)
        if tried == 0:
            break
        total += tried
    return total


async def dead_letters() -> list[dict[str, Any]]:
    """Return deliveries that were given up, with fact name, consumer and the last error's type."""
    return await fetch(
        "SELECT d.id, f.name, d.consumer, d.last_error FROM outbox_delivery d"
        " JOIN outbox_fact f ON f.id = d.fact_id WHERE d.status = 'DEAD' ORDER BY d.id"
    )


async def _first_of(stop: asyncio.Event, wake: asyncio.Event, *, seconds: float) -> None:
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(wake.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _lease_due() -> list[_Leased]:
    now = current().clock.now()
    due = await fetch(
        "SELECT 1 FROM outbox_delivery WHERE status = 'PENDING' AND due_at <= ? LIMIT 1",
        [milliseconds(now)],
    )
    if not due:
        return []
    async with transaction() as tx:
        lease = tx.random_bytes(16).hex()
        skip = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
        rows = await tx.rows(
            "UPDATE outbox_delivery SET lease = ?, attempts = attempts + 1, due_at = ?"
            " WHERE id IN (SELECT id FROM outbox_delivery WHERE status = 'PENDING'"
            f" AND due_at <= ? ORDER BY due_at, id LIMIT {BATCH_MAX}{skip})"
            " RETURNING id, fact_id, consumer, attempts",
            [
                lease,
                milliseconds(tx.now + timedelta(seconds=LEASE_SECONDS)),
                milliseconds(tx.now),
            ],
        )
        leased: list[_Leased] = []
        for row in sorted(rows, key=lambda row: row["id"]):
            facts = await tx.rows("SELECT payload FROM outbox_fact WHERE id = ?", [row["fact_id"]])
            payload = orjson.loads(facts[0]["payload"])
            leased.append(_Leased(row["id"], lease, row["consumer"], row["attempts"], payload))
    return leased


async def _deliver(one: _Leased, jitter: Callable[[], float]) -> None:
    try:
        await _take_effect(one, _Installed.by_consumer[one.consumer])
    except Exception as failure:  # noqa: BLE001 - any consumer may fail in any way; it is retried
        log.warning(
            "delivery_failed",
            delivery_id=one.delivery_id,
            consumer=one.consumer,
            attempts=one.attempts,
            error=type(failure).__name__,
        )
        await _postpone(one, type(failure).__name__, jitter())


async def _take_effect(one: _Leased, subscription: Subscription) -> None:
    fact = subscription.fact_type(**one.payload)
    if subscription.outside is not None:
        await subscription.outside(fact, one.delivery_id)
    async with transaction() as tx:
        if await _finish(tx, one) and subscription.local is not None:
            await subscription.local(tx, fact)


async def _finish(tx: Transaction, one: _Leased) -> bool:
    """Mark it done if the lease is still ours."""
    rows = await tx.rows(
        "UPDATE outbox_delivery SET status = 'DONE', lease = NULL"
        " WHERE id = ? AND lease = ? AND status = 'PENDING' RETURNING id",
        [one.delivery_id, one.lease],
    )
    return bool(rows)


async def _postpone(one: _Leased, error: str, spread: float) -> None:
    seconds = min(2**one.attempts, BACKOFF_SECONDS_MAX) * (1 + spread)
    status = "DEAD" if one.attempts >= ATTEMPTS_MAX else "PENDING"
    async with transaction() as tx:
        await tx.run(
            "UPDATE outbox_delivery SET status = ?, due_at = ?, lease = NULL, last_error = ?"
            " WHERE id = ? AND lease = ?",
            [
                status,
                milliseconds(tx.now + timedelta(seconds=seconds)),
                error[:200],
                one.delivery_id,
                one.lease,
            ],
        )


def _content(fact: Fact) -> dict[str, Any]:
    content = asdict(fact)  # pyright: ignore[reportArgumentType] - every fact is a dataclass
    for one in fields(fact):  # pyright: ignore[reportArgumentType] - the same
        plain = isinstance(content[one.name], str | int | bool | None)
        assert plain, f"{type(fact).__name__}.{one.name} is a plain value"
    return content
