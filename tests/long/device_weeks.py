"""
Devices that live for weeks where replies get lost: does anybody have to sign in again?

`python -m tests.long.device_weeks --devices 100 --weeks 10` runs the goal's 1,000 device-weeks in
this process, against the real operations on a database of its own, by a clock that is moved.
"""

import argparse
import asyncio
import heapq
import json
import logging
import random
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from app.adapters.kms import FileKms
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.foundation.database.migrating import migrate
from app.foundation.errors import Refusal
from app.foundation.outbox import Subscription
from app.foundation.sealing import Vault, install_vault
from app.identity import operations, rules
from app.identity.events import CodeIssued
from tests.conftest import START
from tests.identity.conftest import Person, Phones
from tests.identity.handsets import Handset, handset_of

OPENINGS_A_DAY = 3
TRIES = 4
"""How often a phone tries by itself before the person puts it away until the next time."""


@dataclass(slots=True)
class Weeks:
    """What happened; `forced` are logins that nobody should have had to do."""

    device_weeks: int = 0
    openings: int = 0
    refreshes: int = 0
    requests: int = 0
    lost_replies: int = 0
    put_away: int = 0
    forced: int = 0


@dataclass(slots=True)
class Life:
    """A bad line, and phones that are opened now and then."""

    clock: FixedClock
    chance: random.Random
    lose_replies: float
    seen: Weeks = field(default_factory=Weeks)

    async def live(self, handsets: list[Handset], weeks: int) -> Weeks:
        """Open every phone three times a day, for weeks."""
        begun = self.clock.now()
        until = begun + timedelta(weeks=weeks)
        due = [(self._next(begun), number) for number in range(len(handsets))]
        heapq.heapify(due)
        while due and due[0][0] < until:
            at, number = heapq.heappop(due)
            self.clock.advance(max(timedelta(0), at - self.clock.now()))
            await self._open(handsets[number])
            heapq.heappush(due, (self._next(at), number))
        self.seen.device_weeks = len(handsets) * weeks
        return self.seen

    def _next(self, now: datetime) -> datetime:
        return now + timedelta(days=self.chance.expovariate(OPENINGS_A_DAY))

    async def _open(self, handset: Handset) -> None:
        """Open the app: new tokens first if the old ones are over, then something is done."""
        self.seen.openings += 1
        is_over = handset.tokens.expires_at <= self.clock.now()
        if is_over and not await self._refresh(handset):
            return
        for _ in range(TRIES):
            self.seen.requests += 1
            await operations.prove(
                await handset.caller(), handset.sent(), handset.tokens.access_token
            )
            if not self._is_lost():
                return

    async def _refresh(self, handset: Handset) -> bool:
        for _ in range(TRIES):
            twice = 2 if self.chance.random() < 0.05 else 1  # the app and its background task
            answers = await asyncio.gather(
                *(self._refresh_once(handset) for _ in range(twice)), return_exceptions=True
            )
            self.clock.advance(timedelta(seconds=self.chance.uniform(1, 20)))
            for answer in answers:
                if isinstance(answer, Refusal):
                    self.seen.forced += 1
                elif isinstance(answer, BaseException):
                    raise answer
                elif not self._is_lost():
                    handset.tokens = answer
            if handset.tokens.expires_at > self.clock.now():
                return True
        self.seen.put_away += 1
        return False

    async def _refresh_once(self, handset: Handset) -> rules.SessionTokens:
        self.seen.refreshes += 1
        answer = await operations.refresh_session(handset.refresh_command())
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def _is_lost(self) -> bool:
        is_lost = self.chance.random() < self.lose_replies
        self.seen.lost_replies += is_lost
        return is_lost


async def run(devices: int, weeks: int, *, lose_replies: float, seed: int) -> Weeks:
    """Live on a database of one's own."""
    with tempfile.TemporaryDirectory(prefix="qingmiao-weeks-") as folder:
        clock = FixedClock(START)
        database = Database(url=f"sqlite:///{folder}/weeks.sqlite3", clock=clock)
        await database.open()
        try:
            await migrate(database)
            install_vault(Vault(FileKms(Path(folder) / "keyring.json")))
            phones = Phones()
            deliver = partial(operations.deliver_code, sender=phones)
            outbox.subscribe(
                [Subscription(fact_type=CodeIssued, consumer="deliver", outside=deliver)]
            )
            person = Person(phones, clock)
            handsets = [await handset_of(person, f"139{n:08}") for n in range(devices)]
            chance = random.Random(seed)  # noqa: S311 - the weather
            return await Life(clock, chance, lose_replies).live(handsets, weeks)
        finally:
            await database.close()
            install_vault(None)


def main() -> int:
    """Run what the arguments ask for, print what happened, and exit 1 after a forced login."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=10)
    parser.add_argument("--lose-replies", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    only_warnings = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=only_warnings)
    begun = time.perf_counter()
    seen = asyncio.run(
        run(asked.devices, asked.weeks, lose_replies=asked.lose_replies, seed=asked.seed)
    )
    print(json.dumps({**asdict(seen), "seconds": round(time.perf_counter() - begun, 1)}))  # noqa: T201
    return 1 if seen.forced else 0


if __name__ == "__main__":
    raise SystemExit(main())
