"""
Rates in Redis hold for everybody together, and what Redis does not say the database does.

The server is `fakeredis`: Redis's protocol over TCP, and its scripts. TEST_REDIS_URL
names a real one instead, whose first database is emptied.
"""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer
from redis.asyncio import Redis

from app.adapters.redis_rates import RedisRates, rates_of
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import RateLimited
from app.foundation.rates import RatesAway, Take
from app.identity import operations
from app.identity.errors import CodesPaused
from app.identity.operations.spending import set_sms_limits
from app.identity.rules.limits import USUAL_SMS_LIMITS, SmsLimits
from app.settings import Settings, SettingsRefused
from tests.adapters.redis_guests import NOW, SPANS
from tests.identity.conftest import LAN, MEI, Person, heard, person, phones

__all__ = ["heard", "person", "phones"]

GUESTS = Path(__file__).with_name("redis_guests.py")


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
async def rates(redis_url: str) -> AsyncIterator[RedisRates]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    shared = RedisRates(client)
    operations.count_first_with(shared)
    yield shared
    operations.count_first_with(None)
    await client.aclose()


def one_more(mark: str, name: str = "n") -> list[Take]:
    return [Take(name=name, mark=mark, spans=SPANS)]


async def test_of_many_who_ask_at_once_from_several_processes_exactly_so_many_pass(
    rates: RedisRates, redis_url: str
) -> None:
    assert rates is not None
    guests = [
        await asyncio.create_subprocess_exec(
            sys.executable, str(GUESTS), redis_url, "25", str(number),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for number in range(3)
    ]  # fmt: skip
    passed = [int((await guest.communicate())[0]) for guest in guests]
    assert sum(passed) == 7


async def test_room_comes_back_as_each_span_passes(rates: RedisRates) -> None:
    passed = 0
    for second in range(0, 7200, 10):
        passed += await rates.take(one_more(str(second)), NOW + timedelta(seconds=second)) == (
            timedelta(0)
        )
    assert passed == 40
    full = NOW + timedelta(seconds=7200)
    wait = await rates.take(one_more("late"), full - timedelta(seconds=5))
    assert wait > timedelta(0)
    assert await rates.take(one_more("late"), full - timedelta(seconds=5) + wait) == timedelta(0)


async def test_what_one_of_several_has_no_room_for_is_counted_for_none(rates: RedisRates) -> None:
    narrow = Take(name="narrow", mark="first", spans=[(timedelta(days=1), 1)])
    assert await rates.take([narrow], NOW) == timedelta(0)
    other = Take(name="narrow", mark="second", spans=narrow.spans)
    for n in range(20):
        assert await rates.take([*one_more(str(n), "wide"), other], NOW) == timedelta(days=1)
    assert await rates.take(one_more("x", "wide"), NOW) == timedelta(0)
    assert await rates.take([narrow], NOW) == timedelta(0), "a mark that was counted has room"


async def test_a_flood_ends_before_the_database_is_asked(rates: RedisRates, person: Person) -> None:
    assert rates is not None
    key = person.key()
    first = await person.ask(idempotency_key=key)
    assert (await person.ask(idempotency_key=key)).challenge_id == first.challenge_id
    async with transaction() as tx:
        await tx.run("DELETE FROM code_send")  # by what it holds now, the database would allow it
    with pytest.raises(RateLimited) as refused:
        await person.ask()
    assert refused.value.retry_after_seconds == 60
    assert await fetch("SELECT id FROM code_send") == []


async def test_what_the_database_refuses_is_not_counted_in_redis(
    rates: RedisRates, person: Person
) -> None:
    assert rates is not None
    await person.ask(LAN)
    set_sms_limits(SmsLimits(price_fen=10, hourly_fen=15, prefix_hourly_fen=15))
    try:
        with pytest.raises(CodesPaused):
            await person.ask()
    finally:
        set_sms_limits(USUAL_SMS_LIMITS)
    await person.ask()


async def test_while_redis_is_away_the_database_alone_decides(
    person: Person, clock: FixedClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, answers nothing
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        settings = Settings.from_environ({"REDIS_URL": url})
        async with rates_of(settings) as away:
            assert away is not None
            operations.count_first_with(away)
            try:
                began = asyncio.get_running_loop().time()
                await person.ask(MEI)
                with pytest.raises(RateLimited):
                    await person.ask(MEI)
                await person.ask(LAN)
                assert asyncio.get_running_loop().time() - began < 1.5
                with pytest.raises(RatesAway):
                    await away.take(one_more("x"), clock.now())
            finally:
                operations.count_first_with(None)


async def test_an_address_that_is_none_is_refused_and_its_password_is_not_shown() -> None:
    settings = Settings.from_environ({"REDIS_URL": "http://:a-secret@127.0.0.1"})
    assert "a-secret" not in repr(settings)
    with pytest.raises(SettingsRefused, match="REDIS_URL"):
        async with rates_of(settings):
            pass
