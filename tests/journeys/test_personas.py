"""Every persona of the fixtures comes out as its file says, on a clock moved, not waited for."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from app import worker
from app.commands.casting import Ended, Stage, play, scenes_of
from app.commands.personas import personas
from app.commands.phoning import Phone
from app.commands.seeding import enroll_desk
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.main import STAFF_PATH, app_over, opened, outside_of
from app.settings import Settings
from tests.conftest import START


@asynccontextmanager
async def staged(folder: Path, template: Path) -> AsyncIterator[Stage]:
    """Give a stage in this process: phones that talk to the app over HTTP without a network."""
    shutil.copy(template, folder / "qingmiao.sqlite3")
    settings = Settings.from_environ({"DATA_FOLDER": str(folder), "LOG_JSON": "true"})
    clock = FixedClock(START)

    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=max(seconds, 1)))
        await outbox.drain()
        await worker.settle(outside.ports)

    async with opened(settings, clock=clock):
        outside = outside_of(settings, clock)
        await enroll_desk()
        transport = httpx.ASGITransport(app_over(settings, outside))

        def phone(language: str) -> Phone:
            return Phone(settings.address, language=language, pause=pause, transport=transport)

        def desk_phone() -> Phone:
            return Phone(
                settings.address, path=STAFF_PATH, graph="staff", pause=pause, transport=transport
            )

        yield Stage(phone=phone, desk_phone=desk_phone, now=clock.now)


async def test_every_persona_comes_out_as_written(tmp_path: Path, sqlite_template: Path) -> None:
    told: list[Ended] = []
    async with staged(tmp_path, sqlite_template) as stage:
        for scene in scenes_of(personas()):
            await play(stage, scene, told.append)

    wrong = [
        f"{one.persona.code}: {one.ending}, {one.sees}" for one in told if not one.is_as_written
    ]
    assert wrong == []
    assert len(told) == len(personas()) >= 12
