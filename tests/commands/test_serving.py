"""Serving begins on a free port with a consistent catalog, or says in one line why not."""

import os
import signal
import socket

import httpx
import pytest

from app import main
from app.catalog.errors import CatalogVersionChanged
from app.settings import DEVELOPMENT_SECRET, Settings
from tests.commands.conftest import Run, refusal_of


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_named(
    run: Run, family: socket.AddressFamily, host: str, command: str
) -> None:
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal_of(run(command, "--host", host, "--port", str(port)))
    assert f"cannot listen on {host}:{port}" in said
    assert "--port" in said


def test_production_takes_nothing_made_for_development(
    run: Run, monkeypatch: pytest.MonkeyPatch, new_settings: Settings
) -> None:
    monkeypatch.setenv("APP_MODE", "production")
    assert "DATABASE_URL" in refusal_of(run("serve"))
    new_settings.data_folder.mkdir()
    new_settings.keyring_path.write_text("{}")
    monkeypatch.setenv("DATABASE_URL", new_settings.database_url)
    monkeypatch.setenv("KEYRING_PATH", str(new_settings.keyring_path))
    monkeypatch.setenv("RAIL_SECRET", DEVELOPMENT_SECRET)
    assert "WEB_DOMAIN" in refusal_of(run("serve"))
    monkeypatch.setenv("WEB_DOMAIN", "app.example.cn")
    assert "RAIL_SECRET" in refusal_of(run("serve"))
    monkeypatch.setenv("RAIL_SECRET", "a secret of its own")
    assert "the demo is for development" in refusal_of(run("demo"))
    assert list(new_settings.data_folder.iterdir()) == [new_settings.keyring_path], (
        "nothing was begun"
    )


def test_a_catalog_that_cannot_be_published_stops_the_start(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changed() -> None:
        raise CatalogVersionChanged("product_version", "travel:1")

    monkeypatch.setattr(main, "publish", changed)
    assert "travel:1" in refusal_of(run("serve"))


def test_it_serves_until_it_is_told_to_stop(
    run: Run, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    answers: list[int] = []
    settle = main.worker.settle

    async def settle_and_stop(ports: main.worker.Ports) -> None:
        await settle(ports)
        async with httpx.AsyncClient(base_url=settings.address) as client:
            while not answers:
                try:
                    answers.append((await client.get("/readyz")).status_code)
                except httpx.ConnectError:
                    continue
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(main.worker, "settle", settle_and_stop)
    result = run("serve")
    assert (result.exit_code, answers) == (0, [200]), result.stderr
