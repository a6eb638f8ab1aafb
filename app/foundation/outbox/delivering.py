"""Deliveries: leased, carried out, and marked done, tried again later, or given up."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.log import logger, place_of
from app.foundation.metrics import Counts
from app.foundation.outbox.facts import subscription_of
from app.foundation.proof import PROBLEMS_MAX, Proof

log = logger(__name__)

LEASE_SECONDS = 60
ATTEMPTS_MAX = 12
BACKOFF_SECONDS_MAX = 600
BATCH_MAX = 50
LATE_AFTER = timedelta(hours=1)
"""What is due so long is late: no worker runs, or none that knows its consumer."""

DELIVERIES = Counts(
    "outbox_deliveries_total",
    "Attempts to deliver facts: done, retried or dead",
    "consumer",
    "outcome",
)

Jitter = Callable[[], float]
"""Returns a number from 0 to 1 by which retries are spread."""


class NoSuchConsumer(Exception):
    """This process knows no consumer of that name; a newer or an older one may."""


class LeftByEveryWorker(Exception):
    """Each attempt ended with its worker, which never came back to say why."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that is ours until its lease runs out."""

    delivery_id: str
    lease: str
    consumer: str
    attempts: int
    payload: str

    @property
    def calls_outside(self) -> bool:
        """Whether carrying it out means calling an outside system."""
        subscription = subscription_of(self.consumer)
        return subscription is not None and subscription.outside is not None


async def deliver_due(*, jitter: Jitter) -> int:
    """
    Deliver what is due now, each delivery on its own; return how many were tried.

    Facts are taken in the order they were announced; a retry or a second worker may change it.
    A delivery is leased for 60 s; another worker takes it over when the lease runs out, and the
    late one is fenced off because its lease no longer matches. A failed delivery is tried again
    after 2, 4, 8 … 600 s, spread by `jitter`; after 12 attempts it is a dead letter.
    """
    leased = await lease_due()
    for one in leased:
        if not one.calls_outside:
            await deliver(one, jitter)
    await asyncio.gather(*(deliver(one, jitter) for one in leased if one.calls_outside))
    return len(leased)


async def dead_letters() -> list[dict[str, Any]]:
    """Return deliveries that were given up, with fact name, consumer and the last error's type."""
    return await fetch(
        "SELECT d.id, f.name, d.consumer, d.last_error FROM outbox_delivery d"
        " JOIN outbox_fact f ON f.id = d.fact_id WHERE d.status = 'DEAD' ORDER BY d.id"
    )


async def check_deliveries(*, late_after: timedelta = LATE_AFTER) -> Proof:
    """Prove that every fact reaches whoever listens: none given up, none left lying."""
    now = current().clock.now()
    count = await fetch("SELECT COUNT(*) AS facts FROM outbox_fact")
    rows = await fetch(
        "SELECT d.id, d.consumer, d.status, d.last_error, f.id AS fact_id, f.name"
        " FROM outbox_delivery d LEFT JOIN outbox_fact f ON f.id = d.fact_id"
        " WHERE f.id IS NULL OR (d.status <> 'DONE' AND (d.due_at IS NULL OR d.due_at < ?))"
        f" ORDER BY d.id LIMIT {PROBLEMS_MAX}",
        [milliseconds(now - late_after)],
    )
    return Proof(
        promise="every fact leaves the outbox",
        looked_at=count[0]["facts"],
        problems=tuple(
            f"delivery {row['id']} to {row['consumer']}: "
            + (
                "its fact is gone"
                if row["fact_id"] is None
                else f"{row['name']} is {row['status'].lower()}, last error {row['last_error']}"
            )
            for row in rows
        ),
    )


async def lease_due(*, passing_over: Sequence[str] = ()) -> list[Leased]:
    """
    Take what is due, oldest first, at most 50; leave what these consumers wait for.

    `due_at` is null once nothing is due any more, so that its index holds waiting deliveries
    only and this stays quick however many were made before.
    """
    others = f" AND d.consumer NOT IN ({_places(passing_over)})" if passing_over else ""
    due = f" FROM outbox_delivery d WHERE d.due_at <= ?{others}"
    now = milliseconds(current().clock.now())
    if not await fetch(f"SELECT 1{due} LIMIT 1", [now, *passing_over]):
        return []
    async with transaction() as tx:
        rows = await tx.rows(
            "SELECT d.id, d.consumer, d.attempts,"
            " (SELECT f.payload FROM outbox_fact f WHERE f.id = d.fact_id) AS payload"
            f"{due} ORDER BY d.due_at, d.position, d.id LIMIT {BATCH_MAX}"
            + (" FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""),
            [milliseconds(tx.now), *passing_over],
        )
        lease = tx.random_bytes(16).hex()
        ids = [row["id"] for row in rows]
        await tx.run(
            "UPDATE outbox_delivery SET lease = ?, attempts = attempts + 1, due_at = ?"
            f" WHERE id IN ({_places(ids) or 'NULL'})",
            [lease, milliseconds(tx.now + timedelta(seconds=LEASE_SECONDS)), *ids],
        )
    return [
        Leased(row["id"], lease, row["consumer"], row["attempts"] + 1, row["payload"])
        for row in rows
    ]


async def deliver(one: Leased, jitter: Jitter) -> None:
    """Carry out one delivery; whatever happens to it is written down, not raised."""
    DELIVERIES.of(one.consumer, "dead")  # told as 0 before, so that the first one shows
    try:
        await _take_effect(one)
        DELIVERIES.of(one.consumer, "done").add()
    except Exception as failure:  # noqa: BLE001 - any consumer may fail in any way; it is retried
        log.warning(
            "delivery_failed",
            delivery_id=one.delivery_id,
            consumer=one.consumer,
            attempts=one.attempts,
            error=type(failure).__name__,
            place=place_of(failure),
        )
        await sound_broken_seals(failure, Met.WORKER)
        await _postpone(one, type(failure).__name__, jitter())


async def _take_effect(one: Leased) -> None:
    if one.attempts > ATTEMPTS_MAX:
        raise LeftByEveryWorker
    subscription = subscription_of(one.consumer)
    if subscription is None:
        raise NoSuchConsumer
    fact = subscription.fact_type(**orjson.loads(one.payload))
    async with asyncio.timeout(subscription.seconds_max):
        if subscription.outside is not None:
            await subscription.outside(fact, one.delivery_id)
        async with transaction() as tx:
            if await _finish(tx, one) and subscription.local is not None:
                await subscription.local(tx, fact)


async def _finish(tx: Transaction, one: Leased) -> bool:
    """Mark it done if the lease is still ours."""
    rows = await tx.rows(
        "UPDATE outbox_delivery SET status = 'DONE', due_at = NULL, lease = NULL"
        " WHERE id = ? AND lease = ? RETURNING id",
        [one.delivery_id, one.lease],
    )
    return bool(rows)


async def _postpone(one: Leased, error: str, spread: float) -> None:
    """Write down when to try again, or that it is given up; failing that, the lease runs out."""
    seconds = min(2**one.attempts, BACKOFF_SECONDS_MAX) * (1 + spread)
    is_dead = one.attempts >= ATTEMPTS_MAX
    DELIVERIES.of(one.consumer, "dead" if is_dead else "retried").add()
    try:
        async with transaction() as tx:
            due_at = None if is_dead else milliseconds(tx.now + timedelta(seconds=seconds))
            await tx.run(
                "UPDATE outbox_delivery SET status = ?, due_at = ?, lease = NULL, last_error = ?"
                " WHERE id = ? AND lease = ?",
                ["DEAD" if is_dead else "PENDING", due_at, error[:200], one.delivery_id, one.lease],
            )
    except Exception as failure:  # noqa: BLE001 - a worker outlives a database outage
        log.warning(
            "delivery_left_leased", delivery_id=one.delivery_id, error=type(failure).__name__
        )


def _places(values: Sequence[str]) -> str:
    return ", ".join("?" for _ in values)
