"""A live process says so; a ready one can also write, knows its schema and has room on the disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs

from app.foundation.database import Database, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.gateway import health
from app.gateway.beside import Beside
from app.gateway.health import DISK_BYTES_MIN, Health
from app.gateway.standing import Standing

BESIDE = Beside()


@pytest.fixture
def standing() -> Standing:
    return Standing()


@pytest.fixture
async def client(
    tmp_path: Path, database: Database, standing: Standing
) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    checks = Health(tmp_path, BESIDE, standing)
    app = Starlette(routes=[Route("/healthz", checks.alive), Route("/readyz", checks.ready)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_a_process_with_everything_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.json() == {
        "ok": True,
        "checks": {
            "database": True,
            "schema": True,
            "disk": True,
            "worker": True,
            "staying": True,
        },
    }
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_live_process_whose_database_is_away_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_sql: str) -> None:
        raise TemporarilyUnavailable

    monkeypatch.setattr(health, "fetch", away)
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "checks": {"database": False}}
    assert (await client.get("/healthz")).json() == {"ok": True}


async def test_a_schema_that_is_behind_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def behind(_database: Database) -> list[str]:
        return ["0002_more"]

    monkeypatch.setattr(health, "missing_migrations", behind)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["schema"]) == (503, False)


async def test_a_process_that_is_about_to_stop_is_not_ready(
    client: httpx.AsyncClient, standing: Standing
) -> None:
    standing.end()
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["staying"]) == (503, False)


@pytest.mark.parametrize("full", ["data", "database"])
async def test_a_disk_that_fills_up_is_not_ready_before_writing_fails(
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    full: str,
) -> None:
    folders = {"data": tmp_path, "database": tmp_path / "elsewhere"}
    left = dict.fromkeys(folders.values(), DISK_BYTES_MIN + 1)
    left[folders[full]] = DISK_BYTES_MIN

    def files(_url: str) -> list[Path]:
        return [folders["database"] / "loans.sqlite3"]  # which is not there

    def usage(folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=left[folder])

    monkeypatch.setattr(health, "database_files", files)
    monkeypatch.setattr(health.shutil, "disk_usage", usage)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["disk"]) == (503, False)
    left[folders[full]] += 1
    assert (await client.get("/readyz")).status_code == 200, "it heals without a restart"


async def test_readiness_is_told_while_somebody_writes(client: httpx.AsyncClient) -> None:
    """It takes no writer's turn: on SQLite there is one, and a probe must not wait for it."""
    async with transaction() as tx:
        await tx.run("UPDATE business_day SET on_date = on_date")
        async with asyncio.timeout(2):
            answers = await asyncio.gather(*(client.get("/readyz") for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5


async def test_a_database_that_takes_no_writes_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    def may(_path: Path, _mode: int) -> bool:
        return False

    async def replica(_sql: str) -> list[dict[str, bool]]:
        return [{"yes": False}]

    monkeypatch.setattr(health.os, "access", may)
    if database.dialect == "postgres":
        monkeypatch.setattr(health, "fetch", replica)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, False)


async def test_a_worker_that_died_is_not_ready(client: httpx.AsyncClient) -> None:
    async def works(stop: asyncio.Event) -> None:
        await stop.wait()

    async def dies(_stop: asyncio.Event) -> None:
        await asyncio.sleep(0)
        raise ValueError("13800138000")

    async with BESIDE.running(works):
        assert (await client.get("/readyz")).status_code == 200
    with capture_logs() as logged:
        async with BESIDE.running(works, dies):
            await asyncio.sleep(0.01)
            answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["worker"]) == (503, False)
    assert [(entry["event"], entry["error"]) for entry in logged] == [("work_died", "ValueError")]
    async with BESIDE.running():
        assert (await client.get("/readyz")).status_code == 200
