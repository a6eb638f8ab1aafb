"""A process of its own that takes a rate many times at once: `python … URL TIMES MARK`."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from app.adapters.redis_rates import RedisRates
from app.foundation.rates import Take

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SPANS = ((timedelta(seconds=60), 7), (timedelta(hours=1), 20))


async def main(url: str, times: int, mark: str) -> int:
    """Take so often at once; return how often there was room."""
    client = Redis.from_url(url)
    rates = RedisRates(client)
    takes = [[Take(name="shared", mark=f"{mark}-{n}", spans=SPANS)] for n in range(times)]
    waits = await asyncio.gather(*(rates.take(one, NOW) for one in takes))
    await client.aclose()
    return waits.count(timedelta(0))


if __name__ == "__main__":
    sys.stdout.write(str(asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
