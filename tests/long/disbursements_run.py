"""Money out at length: notices repeated, reordered, late and forged, and a server killed at random.

Each borrower must be paid exactly once, each loan opened once, and the day's comparison be empty.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx

from app.adapters.kms import FileKms
from app.adapters.rail import RailTwin
from app.commands.own_server import OwnServer
from app.foundation import outbox
from app.foundation.clock import FixedClock, SystemClock, local_date
from app.foundation.database import Database, fetch
from app.foundation.database.migrating import migrate
from app.foundation.sealing import Vault, install_vault
from app.ledger import queries as ledger
from app.main import publish
from app.origination import operations as origination
from app.payments import operations as payments
from app.settings import DEVELOPMENT_SECRET
from tests.long.payouts import Weather, sign_many
from tests.long.people import say

SIZE = 1_000
SECONDS_MAX = 1_500.0
LIVES_SECONDS = (2.0, 9.0)
"""How long the server lives between two kills."""
STORM_AT_ONCE = 4


@dataclass(slots=True)
class Kills:
    """Kills the server at random and starts it again, until told that all is done."""

    server: OwnServer
    chance: random.Random
    count: int = 0
    is_over: bool = False

    async def run(self) -> None:
        """Kill and start."""
        while not self.is_over:
            await asyncio.sleep(self.chance.uniform(*LIVES_SECONDS))
            if self.is_over:
                return
            self.server.kill()
            self.count += 1
            await self.server.start()


async def run(url: str, folder: Path, size: int) -> int:
    """Sign, send under kills and storms, settle, compare; return 1 if anything is not right."""
    begun = monotonic()
    ids = await _seeded(url, folder, size)
    say(f"{len(ids):,} loans signed in {monotonic() - begun:,.0f} s")
    begun = monotonic()
    server = OwnServer(
        folder, environ={"DATABASE_URL": url, "RAIL_SECRET": DEVELOPMENT_SECRET}, serves=("serve",)
    )
    chance = random.Random(int(os.environ.get("SEED", "5")))  # noqa: S311 - the weather
    twin = RailTwin(
        folder / "twin-rail.sqlite3",
        callback_url="",
        secret=DEVELOPMENT_SECRET,
        clock=SystemClock(),
    )
    weather = Weather(twin=twin, secret=DEVELOPMENT_SECRET, clock=SystemClock(), chance=chance)
    kills = Kills(server, chance)
    await server.start()
    async with httpx.AsyncClient(base_url=server.address, timeout=5) as client:
        killer = asyncio.create_task(kills.run())
        storm = _storm(weather, client, url, ids, until=begun + SECONDS_MAX)
        await _while_it_lives(killer, storm)
        kills.is_over = True
        await killer
        left = await _settled(url, until=begun + SECONDS_MAX)
    code = server.stop()
    say(
        f"settled in {monotonic() - begun:,.0f} s under {kills.count} kills, {left} left;"
        f" {weather.genuine:,} genuine notices, {weather.forged:,} forged ones"
        f" ({weather.refused:,} refused with 401, {weather.taken_forged} taken),"
        f" {weather.unanswered:,} met no server; the last server ended with {code}"
    )
    return await _judge(url, folder, len(ids))


async def _seeded(url: str, folder: Path, size: int) -> list[str]:
    clock = FixedClock(datetime.now(UTC) - timedelta(seconds=30))
    database = Database(url=url, clock=clock)
    await database.open()
    install_vault(Vault(FileKms(folder / "keyring.json")))
    try:
        await migrate(database)
        await publish()
        return await sign_many(clock, size - 1)
    finally:
        outbox.subscribe([])
        install_vault(None)
        await database.close()


async def _storm(
    weather: Weather, client: httpx.AsyncClient, url: str, ids: list[str], *, until: float
) -> None:
    """Send notices about disbursements taken at random until all have settled."""
    while monotonic() < until and await _left(url):
        some = weather.chance.sample(ids, min(STORM_AT_ONCE, len(ids)))
        await asyncio.gather(*(weather.blow(client, one) for one in some))
        await asyncio.sleep(0.05)


async def _while_it_lives(killer: asyncio.Task[None], storm: Coroutine[None, None, None]) -> None:
    """Go on until the storm is over; a server that does not come back ends the proof."""
    blowing = asyncio.create_task(storm)
    await asyncio.wait({killer, blowing}, return_when=asyncio.FIRST_COMPLETED)
    if not blowing.done():
        blowing.cancel()
        killer.result()
    await blowing


async def _settled(url: str, *, until: float) -> int:
    """Wait until nothing is on its way any more; return what still is."""
    while monotonic() < until and await _left(url):
        await asyncio.sleep(0.5)
    return await _left(url)


async def _left(url: str) -> int:
    async with _looking(url, SystemClock()):
        (row,) = await fetch(
            "SELECT COUNT(*) AS n FROM disbursement WHERE state IN ('RESERVED', 'SENT')"
        )
    return row["n"]


class _looking:  # noqa: N801 - used as a context
    """A database opened to be looked at."""

    def __init__(self, url: str, clock: SystemClock | FixedClock) -> None:
        self._database = Database(url=url, clock=clock)

    async def __aenter__(self) -> None:
        await self._database.open()

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


async def _judge(url: str, folder: Path, size: int) -> int:
    """Look at both sides' books, and compare them as tomorrow's worker would."""
    tomorrow = FixedClock(datetime.now(UTC) + timedelta(days=1))
    today = local_date(datetime.now(UTC))
    twin = RailTwin(
        folder / "twin-rail.sqlite3", callback_url="", secret=DEVELOPMENT_SECRET, clock=tomorrow
    )
    install_vault(Vault(FileKms(folder / "keyring.json")))
    try:
        async with _looking(url, tomorrow):
            sql = "SELECT state, COUNT(*) AS n FROM disbursement GROUP BY state"
            states = {row["state"]: row["n"] for row in await fetch(sql)}
            loans = Counter(
                row["borrower_id"] for row in await fetch("SELECT borrower_id FROM servicing_loan")
            )
            books = await ledger.verify()
            report = await payments.reconcile(today, twin, (origination.disbursement_book(twin),))
            (noted,) = await fetch("SELECT COUNT(*) AS n FROM reconciliation_difference")
    finally:
        install_vault(None)
    assert report is not None, "the day is over"
    say(
        f"{states}; {len(loans):,} borrowers with a loan, at most {max(loans.values())} each;"
        f" {books.postings:,} postings, {len(books.problems)} problems"
    )
    say(
        f"statement of {report.on}: {report.lines:,} orders, {report.matched:,} agree,"
        f" {report.healed} healed, {report.still_open} open, {noted['n']} differences ever"
    )
    is_right = (
        states == {"SUCCEEDED": size}
        and len(loans) == size == sum(loans.values())
        and not books.problems
        and (report.lines, report.matched) == (size, size)
        and noted["n"] == 0
    )
    say("RIGHT" if is_right else "NOT RIGHT")
    return 0 if is_right else 1
