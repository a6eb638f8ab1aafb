"""A live process says so; a ready one can also write, knows its schema and has room on the disk."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation.database import Database
from app.foundation.errors import TemporarilyUnavailable
from app.gateway import health
from app.gateway.health import DISK_BYTES_MIN, Health


@pytest.fixture
async def client(tmp_path: Path, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    checks = Health(tmp_path)
    app = Starlette(routes=[Route("/healthz", checks.alive), Route("/readyz", checks.ready)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_a_process_with_everything_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.json() == {
        "ok": True,
        "checks": {"database": True, "schema": True, "disk": True},
    }
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_live_process_whose_database_is_away_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise TemporarilyUnavailable

    monkeypatch.setattr(health, "transaction", away)
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


async def test_a_disk_that_fills_up_is_not_ready_before_writing_fails(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = {tmp_path: DISK_BYTES_MIN}

    def usage(folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=left[folder])

    monkeypatch.setattr(health.shutil, "disk_usage", usage)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["disk"]) == (503, False)
    left[tmp_path] += 1
    assert (await client.get("/readyz")).status_code == 200, "it heals without a restart"
