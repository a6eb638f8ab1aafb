"""A small and a big database of one borrower's story, each with a server over it."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import asyncpg
import httpx
import orjson

from app.commands.benches.bars import OnStep
from app.commands.benches.crowd import GROWING, Book, PostgresBook, SqliteBook, fill
from app.commands.benches.line import Line
from app.commands.benches.scene import BORROWER
from app.commands.benches.statements import Statement, recorded, scans
from app.commands.own_server import OwnServer
from app.commands.personas import desk, persona
from app.commands.phoning import Phone
from app.commands.story import Story
from app.foundation import outbox
from app.foundation.clock import SystemClock
from app.foundation.database import business_date
from app.foundation.sealing import install_vault
from app.gateway.manifest import Ids
from app.main import app_over, opened, outside_of, vault_of
from app.servicing import operations as servicing
from app.settings import Settings

LOANS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Read:
    """A request whose cost must not depend on how many others there are."""

    name: str
    what: str
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    status: int = 200


@dataclass(slots=True)
class Town:
    """One of the databases with a server over it."""

    folder: Path
    url: str = field(repr=False)
    server: OwnServer
    reads: Sequence[Read] = ()
    searches: Mapping[str, Statement] = field(default_factory=dict[str, Statement])
    scans: list[str] = field(default_factory=list[str])

    @property
    def settings(self) -> Settings:
        """Return the settings that the server goes by."""
        return Settings.from_environ(self.server.process_environ)

    async def cpu_ns(self) -> int:
        """Return how long the server's process has had the processor."""
        line = await Line.opened(self.server.port)
        answer = await line.ask("GET", "/cpu", {})
        await line.close()
        return orjson.loads(answer.body)["ns"]

    @property
    def is_sqlite(self) -> bool:
        """Tell whether it is a file."""
        return self.url.startswith("sqlite")


@asynccontextmanager
async def databases(
    folder: Path, url: str | None
) -> AsyncIterator[tuple[str | None, Mapping[str, str]]]:
    """Name the scene's database and its two copies; those on a server are dropped afterwards."""
    labels = ("few", "many")
    if url is None:
        yield None, {one: f"sqlite:///{folder / one / 'qingmiao.sqlite3'}" for one in labels}
        return
    names = {one: f"{urlsplit(url).path[1:]}_bench_{one}" for one in ("scene", *labels)}
    urls = {one: urlunsplit(urlsplit(url)._replace(path=f"/{name}")) for one, name in names.items()}
    server = await asyncpg.connect(url)
    try:
        for name in names.values():
            await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.execute(f'CREATE DATABASE "{names["scene"]}"')
        yield urls["scene"], {one: urls[one] for one in labels}
    finally:
        for name in names.values():
            await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


async def town_of(folder: Path, label: str, url: str, first: str | None) -> Town:
    """Copy the scene's folder, and its database on the server it was made on, if it was."""
    own = folder / label
    await asyncio.to_thread(shutil.copytree, folder / "scene", own)
    if first is not None:
        server = await asyncpg.connect(urlunsplit(urlsplit(first)._replace(path="/postgres")))
        names = urlsplit(url).path[1:], urlsplit(first).path[1:]
        await server.execute('CREATE DATABASE "{}" TEMPLATE "{}"'.format(*names))
        await server.close()
    environ = {"CALLER_POINTS": "0", "RUN_WORKER": "false", "DATABASE_URL": url}
    return Town(own, url, OwnServer(own, environ, serves=("bench", "home", "--serve")))


async def populate(town: Town, people: int, on_step: OnStep) -> int:
    """Let so many more people live there; return how many rows that took."""
    book: Book
    if town.is_sqlite:
        book = SqliteBook(town.folder / "qingmiao.sqlite3")
    else:
        book = await PostgresBook.opened(town.url)
    made = 0

    def hear(count: int) -> None:
        nonlocal made
        made += count
        on_step(f"{people:,} more borrowers", made, people)

    rows = await fill(book, people, on_made=hear)
    await book.done()
    return rows


async def prepare(town: Town, loan_id: str) -> None:
    """Sign in, at the phone and at the desk; ask everything once and look how it is found."""
    settings = town.settings
    vault = vault_of(settings)
    install_vault(vault)
    outside = outside_of(settings, SystemClock())

    async def pause(seconds: float) -> None:
        await outbox.drain()
        await asyncio.sleep(seconds)

    async with opened(settings, outside=outside, vault=vault):
        transport = httpx.ASGITransport(app_over(settings, outside))
        story = Story(Phone(settings.address, transport=transport, pause=pause), persona(BORROWER))
        await story.sign_in()
        who = desk()[0]
        at_desk = Phone(settings.address, "/staff/graphql", graph="staff", transport=transport)
        entered = await at_desk.do("staff_sign_in", **who.proofs(datetime.now(UTC)))
        assert story.phone.token is not None, "they have signed in"
        town.reads = _reads(story.phone.token, entered["accessToken"], loan_id, story.persona.phone)
        today = await business_date()
        town.searches = {
            "close-quiet": _search_of(today),
            "close-busy": _search_of(today + timedelta(days=60)),
        }
        if town.is_sqlite:
            with recorded() as sent:
                async with httpx.AsyncClient(transport=transport, base_url="http://own") as client:
                    for one in (read for read in town.reads if read.status == 200):  # noqa: PLR2004 - OK
                        await client.request(
                            one.method, one.path, content=one.body, headers=one.headers
                        )
            assert sent, "reading sends statements"
            with sqlite3.connect(town.folder / "qingmiao.sqlite3") as connection:
                town.scans = scans(connection, [*sent, *town.searches.values()])


async def looked_through(town: Town) -> dict[str, int]:
    """Return how often PostgreSQL read a growing table from end to end; SQLite does not count."""
    if town.is_sqlite:
        return {}
    server = await asyncpg.connect(town.url)
    rows = await server.fetch(
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY($1)", GROWING
    )
    await server.close()
    return {row["relname"]: row["seq_scan"] for row in rows}


def _search_of(day: date) -> Statement:
    sql, parameters = servicing.search_of_day(day, LOANS_AT_ONCE)
    return Statement(sql, tuple(parameters))


def _reads(token: str, staff_token: str, loan_id: str, phone: str) -> list[Read]:
    ids, known = Ids.read().given, {"authorization": f"Bearer {token}"}
    home = f"/q/{ids['borrower/Home']}"
    found = {"documentId": ids["staff/FindByPhone"], "variables": {"phone": phone}}
    loan, inbox = urlencode({"id": loan_id}), urlencode({"first": 10})
    at_desk = {"authorization": f"Bearer {staff_token}", "content-type": "application/json"}
    return [
        Read("home", "home", "GET", home, known),
        Read("unchanged", "home, unchanged (304)", "GET", home, known, status=304),
        Read("plan", "a loan with its plan", "GET", f"/q/{ids['borrower/Loan']}?{loan}", known),
        Read(
            "notifications",
            "notifications",
            "GET",
            f"/q/{ids['borrower/Notifications']}?{inbox}",
            known,
        ),
        Read(
            "find",
            "at the desk, found by phone",
            "POST",
            "/staff/graphql",
            at_desk,
            orjson.dumps(found),
        ),
    ]
