"""Every persona of the fixtures comes out as its file says, on a clock moved, not waited for."""

import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from app import worker
from app.commands.app_phone import AppPhone
from app.commands.casting import Ended, Stage, play, scenes_of
from app.commands.personas import personas
from app.commands.phone_wire import SHORT_PATH
from app.commands.phoning import Phone
from app.commands.seeding import enroll_desk
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.gateway.routes import STAFF_PATH
from app.main import app_over, opened, outside_of
from app.settings import Settings
from tests.conftest import START


class Watcher(httpx.AsyncBaseTransport):
    """
    Asks again, after whatever anybody does, for some of what was asked before.

    An ETag names one body for ever: whenever it is met again, the body must be the same, or a
    phone that was told "unchanged" would have shown something else.
    """

    def __init__(self, inner: httpx.ASGITransport) -> None:
        self.lies: list[str] = []
        self.kept = 0
        self._inner = inner
        self._asked: list[httpx.Request] = []
        self._bodies: dict[str, bytes] = {}
        self._chance = random.Random(7)  # noqa: S311 - what is asked again

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, then look at some others."""
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        if request.url.path.startswith(SHORT_PATH):
            self._asked.append(_without_condition(request))
        if self._asked:
            await self._ask_again(self._chance.choice(self._asked[-120:]))
        return answer

    async def _ask_again(self, asked: httpx.Request) -> None:
        now = await self._inner.handle_async_request(asked)
        body, tag = await now.aread(), now.headers.get("etag")
        if tag is None:
            return
        if self._bodies.setdefault(tag, body) != body:
            self.lies.append(f"{asked.url}: {self._bodies[tag]!r}, now {body!r}")
        headers = {**asked.headers, "if-none-match": tag}
        unchanged = await self._inner.handle_async_request(
            httpx.Request("GET", asked.url, headers=headers)
        )
        assert (unchanged.status_code, await unchanged.aread()) == (304, b"")
        self.kept += 1


def _without_condition(request: httpx.Request) -> httpx.Request:
    headers = {name: one for name, one in request.headers.items() if name != "if-none-match"}
    return httpx.Request("GET", request.url, headers=headers)


@asynccontextmanager
async def staged(
    folder: Path,
    template: Path,
    watching: Callable[[httpx.ASGITransport], httpx.AsyncBaseTransport],
) -> AsyncIterator[Stage]:
    """Give a stage in this process: phones that talk to the app over HTTP without a network."""
    shutil.copy(template, folder / "qingmiao.sqlite3")
    settings = Settings.from_environ({"DATA_FOLDER": str(folder), "LOG_JSON": "true"})
    clock = FixedClock(START + timedelta(days=1))  # the policy on guarantors holds from then on

    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=max(seconds, 1)))
        await outbox.drain()
        await worker.settle(outside.ports)

    async with opened(settings, clock=clock):
        outside = outside_of(settings, clock)
        await enroll_desk()
        transport = watching(httpx.ASGITransport(app_over(settings, outside)))

        def phone(language: str) -> Phone:
            return AppPhone(settings.address, language=language, pause=pause, transport=transport)

        def desk_phone() -> Phone:
            return Phone(
                settings.address, path=STAFF_PATH, graph="staff", pause=pause, transport=transport
            )

        yield Stage(phone=phone, desk_phone=desk_phone, now=clock.now)


async def test_every_persona_comes_out_as_written(tmp_path: Path, sqlite_template: Path) -> None:
    told: list[Ended] = []
    watched: list[Watcher] = []

    def watching(inner: httpx.ASGITransport) -> Watcher:
        watched.append(Watcher(inner))
        return watched[0]

    async with staged(tmp_path, sqlite_template, watching) as stage:
        for scene in scenes_of(personas()):
            await play(stage, scene, told.append)

    wrong = [
        f"{one.persona.code}: {one.ending}, {one.sees}" for one in told if not one.is_as_written
    ]
    assert wrong == []
    assert len(told) == len(personas()) >= 12
    assert watched[0].lies == [], "an ETag that still stands for what was answered under it"
    assert watched[0].kept > 300, "many answers were still what a phone had"
