"""The app that is built: what production has not, and what must be there before it starts."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app import worker
from app.adapters.kms import FileKms
from app.foundation.clock import SystemClock
from app.foundation.database import Database
from app.foundation.database.migrating import migrate
from app.gateway import development, routes
from app.gateway.beside import Work
from app.gateway.manifest import Ids
from app.gateway.running import Runner
from app.identity.operations import keys
from app.main import connected, create_app, opened, outside_of, publish
from app.settings import Settings, SettingsRefused


def settings_in(folder: Path, **given: str) -> Settings:
    return Settings.from_environ({"DATA_FOLDER": str(folder / "var"), "PORT": "1", **given})


def production_in(folder: Path, **given: str) -> Settings:
    """Return production's settings over a database that development has not touched."""
    (folder / "var").mkdir()
    keyring = folder / "keyring.json"
    FileKms(keyring)
    secrets: Mapping[str, str] = {
        "APP_MODE": "production",
        "DATABASE_URL": f"sqlite:///{folder / 'var' / 'loans.sqlite3'}",
        "KEYRING_PATH": str(keyring),
        "RAIL_SECRET": "a secret of its own",
        "WEB_DOMAIN": "app.example.cn",
    }
    return settings_in(folder, **{**secrets, **given})


@asynccontextmanager
async def talking_to(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


def test_production_needs_real_outside_systems_or_says_that_it_has_none(tmp_path: Path) -> None:
    settings = production_in(tmp_path)
    with pytest.raises(SettingsRefused, match="ALLOW_TWINS"):
        create_app(settings)
    with pytest.raises(SettingsRefused, match="no SMS carrier"):
        outside_of(settings, SystemClock())


@pytest.fixture
def usual_apps() -> Iterator[None]:
    """Name the usual apps again, for the tests that come after in this process."""
    yield
    keys.set_authenticators(keys.USUAL_AUTHENTICATORS)


@pytest.mark.usefixtures("usual_apps")
async def test_production_waits_for_a_migrated_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = production_in(tmp_path, ALLOW_TWINS="true")
    made_ready = 0
    runners_made_ready = routes.readying

    def noted(runners: list[Runner]) -> Work:
        nonlocal made_ready
        made_ready += sum(one.trusted is not None for one in runners)
        return runners_made_ready(runners)

    monkeypatch.setattr(routes, "readying", noted)
    with pytest.raises(SettingsRefused, match="the schema is behind by 0001_initial"):
        async with opened(settings):
            pass
    async with connected(settings) as database:
        await migrate(database)
    async with talking_to(create_app(settings)) as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["ok"]) == (200, True)
        assert keys.relying_party() == ("app.example.cn", ("https://app.example.cn",))
        assert (await client.get("/dev/inbox")).status_code == 404
        assert (await client.get("/dev/staff-code")).status_code == 404
        page = await client.get("/graphql", headers={"accept": "text/html"})
        assert page.status_code == 406
        asked = {"documentId": Ids.read().given["borrower/Regions"]}
        answer = await client.post("/graphql", json=asked)
        assert answer.json() == {"data": {"regions": []}}, "nothing of development was published"
        answer = await client.post("/graphql", json={"query": "{ regions { code } }"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    assert made_ready == 2, "the documents of both graphs"


async def test_a_refused_opening_leaves_nothing_open(tmp_path: Path) -> None:
    settings = production_in(tmp_path, ALLOW_TWINS="true")
    for _ in range(2):
        with pytest.raises(SettingsRefused):
            async with opened(settings):
                pass


async def test_development_makes_everything_it_needs(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with talking_to(create_app(settings)) as client:
        answer = await client.post("/graphql", json={"query": "{ regions { code } }"})
        assert len(answer.json()["data"]["regions"]) >= 8
        for token in ("", "x", "x" * 65, "a.b.c", "\x00"):
            headers = {"authorization": f"Bearer {token}"}
            mine = await client.post(
                "/graphql", json={"query": "{ loans { id } }"}, headers=headers
            )
            assert mine.json()["data"] == {"loans": None}
            assert mine.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert settings.keyring_path.stat().st_mode & 0o077 == 0


@pytest.fixture
def migrated_before(tmp_path: Path, sqlite_template: Path) -> Path:
    """Give a folder in which development has run before."""
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, settings_in(tmp_path).database_url.removeprefix("sqlite:///"))
    return tmp_path


async def test_the_pages_do_without_graphiqls_files(
    migrated_before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(development, "graphiql_files", lambda: None)
    async with talking_to(create_app(settings_in(migrated_before))) as client:
        assert (await client.get("/dev/graphiql/graphiql.min.js")).status_code == 404
        assert (await client.get("/dev/inbox")).json() == []


@pytest.mark.parametrize("runs_worker", ["true", "false"])
async def test_due_work_is_done_here_unless_a_process_of_its_own_does_it(
    migrated_before: Path, monkeypatch: pytest.MonkeyPatch, runs_worker: str
) -> None:
    worked: list[bool] = []

    async def work(stop: asyncio.Event, _ports: worker.Ports, *, closes_day: bool) -> None:
        worked.append(closes_day)
        await stop.wait()

    monkeypatch.setattr(worker, "run", work)
    settings = settings_in(migrated_before, RUN_WORKER=runs_worker, CLOSE_DAY="false")
    async with talking_to(create_app(settings)) as client:
        assert (await client.get("/healthz")).json() == {"ok": True}
    assert worked == ([False] if runs_worker == "true" else [])


async def test_publishing_what_is_shipped_reads_each_file_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.dialect
    read: list[Path] = []
    read_text = Path.read_text

    def noted(self: Path, *args: str | None, **named: str | None) -> str:
        read.append(self)
        return read_text(self, *args, **named)

    monkeypatch.setattr(Path, "read_text", noted)
    await publish()
    published = [one for one in read if one.parent.name in {"products", "partners", "policy"}]
    assert published
    assert len(published) == len(set(published))
