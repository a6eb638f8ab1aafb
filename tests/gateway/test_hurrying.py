"""A server whose database is silent says so within a second, and is back when that is."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.commands.own_server import OwnServer
from app.commands.phoning import Phone, document
from tests.stillness import held_still

IN_TIME = 1.0
BACK_IN_TIME = 2.0
UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"


@dataclass(slots=True)
class Heard:
    """An answer, and how long it took."""

    status: int
    code: str | None
    seconds: float
    retry_after: str | None


@dataclass(slots=True)
class Asking:
    """Somebody with a session, who reads their home screen and writes a little."""

    client: httpx.AsyncClient
    token: str = field(repr=False)

    async def home(self) -> Heard:
        return await self._heard(self.client.get("/q/0", headers=self._signed))

    async def code(self, number: int) -> Heard:
        given = {"phone": f"199000{number:05d}", "idempotencyKey": f"k{number}"}
        asked = {"query": document("borrower", "request_otp"), "variables": {"input": given}}
        return await self._heard(self.client.post("/graphql", json=asked))

    async def ready(self) -> Heard:
        return await self._heard(self.client.get("/readyz"))

    @property
    def _signed(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def _heard(self, asked: Any) -> Heard:  # noqa: ANN401 - one of httpx's requests
        began = time.monotonic()
        answer: httpx.Response = await asked
        took = time.monotonic() - began
        content = answer.json()
        if content.get("errors"):
            code = content["errors"][0]["extensions"]["code"]
        else:
            code = (content.get("data") or {}).get("requestOtp", {}).get("code")
        return Heard(answer.status_code, code, took, answer.headers.get("retry-after"))

    async def back(self, number: int) -> None:
        """See that everything is answered again soon."""
        began = time.monotonic()
        while True:
            told = [await self.ready(), await self.home(), await self.code(number)]
            if all((one.status, one.code) == (200, None) for one in told):
                break
            assert time.monotonic() - began < BACK_IN_TIME, told
        assert time.monotonic() - began < BACK_IN_TIME


@asynccontextmanager
async def asking(folder: Path, url: str) -> AsyncIterator[Asking]:
    """Serve a database, and sign in."""
    async with OwnServer(folder, {"DATABASE_URL": url}, serves=("serve",)) as server:
        phone = Phone(server.address)
        asked = await phone.do("request_otp", phone="19900000777")
        code = await phone.code_in_inbox("19900000777", after="")
        entered = await phone.do("verify_otp", challengeId=asked["challengeId"], code=code)
        async with httpx.AsyncClient(base_url=server.address, timeout=30) as client:
            one = Asking(client, entered["accessToken"])
            assert (await one.home()).status == 200
            yield one


def all_refused(heard: list[Heard]) -> None:
    assert {one.code for one in heard} == {UNAVAILABLE}
    assert max(one.seconds for one in heard) < IN_TIME, heard


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_while_another_process_writes_reads_go_on_and_writes_are_refused_in_time(
    tmp_path: Path, database_url: str
) -> None:
    async with asking(tmp_path, database_url) as one:
        other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        all_refused(await asyncio.gather(*(one.code(number) for number in range(20))))
        assert (await one.home()).status == 200
        other.execute("ROLLBACK")
        other.close()
        await one.back(1)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_while_postgres_hangs_or_holds_a_lock_whoever_asks_hears_in_time(
    tmp_path: Path, database_url: str
) -> None:
    async with asking(tmp_path, database_url) as one:
        holder = await asyncpg.connect(database_url)
        for number, table in enumerate(("session", "code_send"), start=1):
            held = holder.transaction()
            await held.start()
            await holder.execute(f"LOCK TABLE {table}")
            reads = [one.home() for _ in range(8)]
            writes = [one.code(100 * number + each) for each in range(8)]
            read, written = await asyncio.gather(asyncio.gather(*reads), asyncio.gather(*writes))
            all_refused(read if table == "session" else written)
            await held.rollback()
            await one.back(number)
        await holder.close()
        async with held_still(database_url):
            reads = [one.home() for _ in range(12)]
            writes = [one.code(300 + number) for number in range(12)]
            told = await asyncio.gather(*reads, *writes)
            all_refused(told)
            assert {(answer.status, answer.retry_after) for answer in told[:12]} == {(503, "1")}
            ready = await one.ready()
            assert ready.status == 503
            assert ready.seconds < IN_TIME
        await one.back(3)
