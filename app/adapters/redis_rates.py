"""Rates in Redis: one script for each question, so that nobody comes in between."""

import importlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from app.foundation.clock import milliseconds
from app.foundation.log import logger
from app.foundation.rates import RatesAway, Take
from app.settings import Settings, SettingsRefused

log = logger(__name__)

ANSWER_SECONDS = 0.25
"""For so long a phone waits for Redis; then the database alone decides."""
PAUSE_SECONDS = 2.0
"""After a failure nobody asks for so long: an outage costs one request in two seconds the wait."""
PREFIX = "{qingmiao}:rate:"
"""The braces keep all counts in one slot of a cluster, where one script may use them together."""
MS = timedelta(milliseconds=1)

TAKE = """
local now, at = tonumber(ARGV[1]), 2
local wait, adds = 0, {}
for i = 1, #KEYS do
  local mark, again, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  at = at + 3
  local longest = 0
  for s = 0, count - 1 do longest = math.max(longest, tonumber(ARGV[at + 2 * s])) end
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - longest)
  local known = redis.call('ZSCORE', KEYS[i], mark)
  for s = 0, count - 1 do
    local span, most = tonumber(ARGV[at + 2 * s]), tonumber(ARGV[at + 2 * s + 1])
    local last = redis.call('ZREVRANGE', KEYS[i], most - 1, most - 1, 'WITHSCORES')
    if not known and last[2] then wait = math.max(wait, tonumber(last[2]) + span - now) end
  end
  at = at + 2 * count
  if not known or again == '1' then adds[#adds + 1] = {KEYS[i], mark, longest} end
end
if wait > 0 then return wait end
for _, add in ipairs(adds) do
  redis.call('ZADD', add[1], now, add[2])
  redis.call('PEXPIRE', add[1], add[3])
end
return 0
"""
"""
Each key is a sorted set of marks by their moments in milliseconds; the caller's clock counts, as
everywhere here. A span has room when its most-th newest mark is older than the span.
"""


class RedisRates:
    """Rates that all processes with the same Redis share, whatever databases they have."""

    def __init__(self, client: Any, *, monotonic: Callable[[], float] = time.monotonic) -> None:  # noqa: ANN401 - the library is an extra
        self._client = client
        self._monotonic = monotonic
        self._away_until = float("-inf")

    async def take(self, takes: Sequence[Take], now: datetime) -> timedelta:
        """
        Count all of them in one step, or none, and return how long to wait otherwise.

        Raises:
            RatesAway: Redis did not answer, now or a moment ago.
        """
        arguments: list[str | int] = [milliseconds(now)]
        for one in takes:
            arguments += [one.mark, int(one.counts_again), len(one.spans)]
            for span, most in one.spans:
                arguments += [span // MS, most]
        keys = [PREFIX + one.name for one in takes]
        asked = self._asked(self._client.eval, TAKE, len(keys), *keys, *arguments)
        return int(await asked) * MS

    async def give_back(self, takes: Sequence[Take]) -> None:
        """
        Take marks back.

        Raises:
            RatesAway: Redis did not answer, now or a moment ago.
        """
        for one in takes:
            await self._asked(self._client.zrem, PREFIX + one.name, one.mark)

    async def _asked(self, ask: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - what Redis says
        if self._monotonic() < self._away_until:
            raise RatesAway
        try:
            return await ask(*arguments)
        except (_errors(), OSError, TimeoutError) as failure:
            self._away_until = self._monotonic() + PAUSE_SECONDS
            log.warning("redis_unavailable", error=type(failure).__name__)
            raise RatesAway from failure


@asynccontextmanager
async def rates_of(settings: Settings) -> AsyncIterator[RedisRates | None]:
    """
    Give the rates that the settings name, for the length of a block; None where they name none.

    Redis need not be there yet, or always.

    Raises:
        SettingsRefused: The library is not installed, or the address is none.
    """
    if not settings.redis_url:
        yield None
        return
    client = _client(settings.redis_url)
    try:
        yield RedisRates(client)
    finally:
        await client.aclose()


def _client(url: str) -> Any:  # noqa: ANN401 - as above
    try:
        library: Any = importlib.import_module("redis.asyncio")
    except ImportError as missing:
        message = "REDIS_URL needs the library: pip install -e '.[redis]'"
        raise SettingsRefused(message) from missing
    try:
        return library.Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=None
        )
    except ValueError as malformed:
        message = "REDIS_URL must begin with redis://, rediss:// or unix://"
        raise SettingsRefused(message) from malformed


def _errors() -> type[Exception]:
    return importlib.import_module("redis").RedisError
