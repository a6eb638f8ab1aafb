"""The loop that delivers facts until it is told to stop, and the one that ends when all is done."""

import asyncio
from collections import Counter

from app.foundation.log import logger
from app.foundation.outbox.delivering import (
    BATCH_MAX,
    Jitter,
    Leased,
    deliver,
    deliver_due,
    lease_due,
)
from app.foundation.outbox.facts import wake_on_announcement

log = logger(__name__)

POLL_SECONDS = 0.5
CALLS_MAX = 20
"""Calls of one consumer under way, beyond which it gets no more: others still get theirs."""


async def run_worker(stop: asyncio.Event, *, jitter: Jitter) -> None:
    """
    Deliver until told to stop; commits in this process wake it at once, others within 0.5 s.

    Effects in our own database run one after another, in order. Calls to outside systems run side
    by side and are not waited for, so a carrier that hangs holds up nobody else's.
    """
    wake = asyncio.Event()
    wake_on_announcement(wake)
    under_way: Counter[str] = Counter()
    try:
        async with asyncio.TaskGroup() as calls:
            while not stop.is_set():
                wake.clear()
                leased = await _leased_now(under_way)
                for one in leased:
                    if one.calls_outside:
                        under_way[one.consumer] += 1
                        calls.create_task(_call(one, jitter, under_way))
                    else:
                        await deliver(one, jitter)
                if len(leased) < BATCH_MAX:
                    await _first_of(stop, wake)
    finally:
        wake_on_announcement(None)


async def drain(*, rounds_max: int = 200) -> int:
    """Deliver until nothing is due: for commands and tests that end; return how many were tried."""
    total = 0
    for _ in range(rounds_max):
        tried = await deliver_due(jitter=lambda: 0)
        if tried == 0:
            break
        total += tried
    return total


async def _leased_now(under_way: Counter[str]) -> list[Leased]:
    busy = sorted(consumer for consumer, count in under_way.items() if count >= CALLS_MAX)
    try:
        return await lease_due(passing_over=busy)
    except Exception as failure:  # noqa: BLE001 - a worker outlives a database outage
        log.warning("outbox_unavailable", error=type(failure).__name__)
        return []


async def _call(one: Leased, jitter: Jitter, under_way: Counter[str]) -> None:
    try:
        await deliver(one, jitter)
    finally:
        under_way[one.consumer] -= 1


async def _first_of(stop: asyncio.Event, wake: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(wake.wait())]
    try:
        await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
