"""Threat 6 at length: every field changes its cipher and back while 50 clients read and write."""

import asyncio
import os
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from app.foundation.database import fetch, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.rekeying import proving
from app.foundation.sealing import seal
from app.foundation.sealing.cells import head_of
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.queries import borrower_ids_by_phone, contact_of, own_profile_of
from tests.long.people import COLUMNS, join_many, opened, say, values_of

SIZE = 200_000
CLIENTS = 50
KILLED_AFTER_SECONDS = 2.0
KILLS_PER_JOB = 3
ATTEMPTS_MAX = 10
STARTS_SECONDS = 60.0
LOOKS_SECONDS = 0.1
WRITES = 0.1
THINKS_SECONDS = 0.25


@dataclass(slots=True)
class Traffic:
    """What the clients did, and what went wrong for them."""

    ids: list[str]
    names: dict[str, str]
    chance: random.Random
    reads: int = 0
    writes: int = 0
    busy: int = 0
    failed: list[str] = field(default_factory=list[str])
    is_over: bool = False

    async def client(self) -> None:
        """Read somebody in one of three ways, or write a new name, until told to stop."""
        while not self.is_over:
            number = self.chance.randrange(len(self.ids))
            try:
                await self._act(number)
            except TemporarilyUnavailable:
                self.busy += 1
            except Exception as failure:  # noqa: BLE001 - every failure counts
                self.failed.append(f"{type(failure).__name__}: {failure}")
            await asyncio.sleep(self.chance.random() * THINKS_SECONDS)

    async def _act(self, number: int) -> None:
        borrower_id, said = self.ids[number], values_of(number)
        if self.chance.random() < WRITES:
            await self._rename(borrower_id)
            self.writes += 1
            return
        self.reads += 1
        right = (await contact_of(borrower_id)).phone == said["phone"]
        right &= await borrower_ids_by_phone(said["phone"]) == [borrower_id]
        profile = await own_profile_of(borrower_id)
        right &= profile.income_fen == int(said["income"])
        if not right:
            self.failed.append(f"{borrower_id} was read wrongly")

    async def _rename(self, borrower_id: str) -> None:
        name = f"新{self.chance.randrange(10**6):06d}"
        async with transaction() as tx:
            row = await locked_row(borrower_id)
            row.name = await seal(tx, borrower_cell(borrower_id, "name"), name)
            await keep_row(tx, row)
            tx.after_commit(lambda: self.names.__setitem__(borrower_id, name))


async def run(url: str, folder: Path, size: int) -> int:
    """Change everything to SM4 and back under traffic and kills; return 1 if a read failed."""
    async with opened(url, folder):
        begun = monotonic()
        ids = await join_many(size // len(COLUMNS))
        names = {one: values_of(number)["name"] for number, one in enumerate(ids)}
        say(f"{size:,} fields of {len(ids):,} people written in {monotonic() - begun:,.0f} s")
        traffic = Traffic(ids, names, random.Random(6))  # noqa: S311 - the same people every time
        clients = [asyncio.create_task(traffic.client()) for _ in range(CLIENTS)]
        for suite in ("SM4_GCM", "AES_256_GCM"):
            await _switch(url, folder, suite)
        traffic.is_over = True
        await asyncio.gather(*clients)
        return await _judge(traffic)


async def _switch(url: str, folder: Path, suite: str) -> None:
    begun, kills = monotonic(), 0
    for _ in range(ATTEMPTS_MAX):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "keys", "suite", suite, "--json",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "KEYRING_PATH": str(folder / "keyring.json"),
                "DATA_FOLDER": str(folder),
            },
        )  # fmt: skip
        if kills < KILLS_PER_JOB and await _is_under_way(suite):
            await asyncio.sleep(KILLED_AFTER_SECONDS)
            if process.returncode is None:
                process.kill()
                kills += 1
            await process.communicate()
            continue
        told, _ = await process.communicate()
        if process.returncode == 0:
            say(f"to {suite} in {monotonic() - begun:,.0f} s, {kills} kills: {told.decode()}")
            return
        say(f"the job ended with {process.returncode}; again")
    raise AssertionError(suite)


async def _is_under_way(suite: str) -> bool:
    """Wait until the job has moved since now; false if it finished before that."""
    sql = "SELECT cursor, finished_at FROM sealing_job WHERE target = ? ORDER BY id DESC LIMIT 1"
    first = await fetch(sql, [suite])
    for _ in range(int(STARTS_SECONDS / LOOKS_SECONDS)):
        await asyncio.sleep(LOOKS_SECONDS)
        rows = await fetch(sql, [suite])
        if rows and rows[0]["finished_at"] is not None:
            return False
        if rows and (not first or rows[0]["cursor"] != first[0]["cursor"]):
            return True
    return False


async def _judge(traffic: Traffic) -> int:
    suites = {head_of(row.phone)[0] for row in await BorrowerRow.all()}
    proof = await proving.prove()
    wrong_names = 0
    for borrower_id in random.Random(1).sample(traffic.ids, 500):  # noqa: S311 - a sample
        wrong_names += (await own_profile_of(borrower_id)).name != traffic.names[borrower_id]
    say(
        f"{traffic.reads * 3:,} reads and {traffic.writes:,} writes by {CLIENTS} clients:"
        f" {len(traffic.failed):,} failed, {traffic.busy:,} told to come again"
    )
    say(
        f"suites left {suites}; {proof.values:,} values open, {len(proof.problems):,} problems,"
        f" {wrong_names} of 500 last names lost"
    )
    for line in [*traffic.failed[:10], *proof.problems[:10]]:
        say(line)
    is_good = not traffic.failed and not proof.problems and not wrong_names and suites == {1}
    return 0 if is_good else 1
