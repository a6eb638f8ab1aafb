"""Slow hashes are made off the event loop, a bounded number at a time."""

import asyncio
import hmac
import os
import sys
import threading

import pytest
from argon2 import PasswordHasher

from app.foundation.database import Database
from app.foundation.errors import RateLimited
from app.foundation.hashing import (
    AT_WORK_MAX,
    JOBS_MAX,
    NICENESS,
    PLACES_MAX,
    USUAL_COST,
    compared,
    gate,
    hashed,
    set_cost,
)
from app.foundation.sealing import derived_key

PEPPER = "some-pepper"


@pytest.fixture(autouse=True)
def peppered(database: Database) -> None:
    """Hashing needs the vault, which comes with the database; it costs what it usually does."""
    assert database is not None
    set_cost(USUAL_COST)


async def test_a_hash_is_argon2id_and_fits_its_secret_only() -> None:
    one, other = await hashed("482915", pepper=PEPPER), await hashed("482916", pepper=PEPPER)
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    fits = [each.fits for each in await compared("482915", one, other, pepper=PEPPER)]
    assert fits == [True, False]
    assert not (await compared("482915", one, pepper="another-pepper"))[0].fits


async def test_a_hash_made_with_other_parameters_is_made_anew_only_where_it_fits() -> None:
    secret = hmac.digest(derived_key(PEPPER), b"482915", "sha256").hex()
    dated = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(secret)
    assert (await compared("482916", dated, pepper=PEPPER))[0].renewed is None
    renewed = (await compared("482915", dated, pepper=PEPPER))[0].renewed
    assert renewed is not None
    again = (await compared("482915", renewed, pepper=PEPPER))[0]
    assert (again.fits, again.renewed) == (True, None)


async def test_beyond_a_short_queue_a_flood_is_asked_to_come_again() -> None:
    results = await asyncio.gather(
        *(hashed("x", pepper=PEPPER) for _ in range(PLACES_MAX + 20)), return_exceptions=True
    )
    assert sum(isinstance(result, str) for result in results) >= PLACES_MAX
    refused = [result for result in results if isinstance(result, RateLimited)]
    assert refused
    assert all(refusal.retry_after_seconds == 1 for refusal in refused)
    assert await hashed("x", pepper=PEPPER)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux only")
async def test_the_threads_that_hash_stand_back_behind_those_that_answer() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    await asyncio.gather(*(hashed("x", pepper=PEPPER) for _ in range(JOBS_MAX)))
    hashing = [one for one in threading.enumerate() if one.name.startswith("hashing")]
    assert 1 <= len(hashing) <= AT_WORK_MAX
    standing = {os.getpriority(os.PRIO_PROCESS, one.native_id or 0) for one in hashing}
    assert standing == {max(before, NICENESS)}
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


async def test_who_gives_up_waiting_gives_the_place_back() -> None:
    waiting = [asyncio.create_task(hashed("x", pepper=PEPPER)) for _ in range(PLACES_MAX)]
    await asyncio.sleep(0)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    taken = [await asyncio.to_thread(gate.acquire, timeout=10) for _ in range(PLACES_MAX)]
    gate.release(PLACES_MAX)
    assert all(taken)


async def test_the_event_loop_runs_on_while_secrets_are_hashed() -> None:
    jobs = [asyncio.create_task(hashed("x", pepper=PEPPER)) for _ in range(JOBS_MAX)]
    turns = 0
    while not all(job.done() for job in jobs):
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
