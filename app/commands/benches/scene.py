"""What screens are measured on: the app over a database of its own, and one borrower in it."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from starlette.applications import Starlette

from app import worker
from app.adapters.rail import QUIET, RailTwin
from app.commands.benches.empty import settings_in
from app.commands.keystore import Keystore
from app.commands.personas import persona
from app.commands.phoning import Phone
from app.commands.story import Story
from app.foundation import outbox
from app.foundation.clock import Clock, FixedClock
from app.foundation.database.migrating import migrate
from app.foundation.private_files import make_private_folder
from app.foundation.sealing import install_vault
from app.gateway.routes import CALLBACK_PATH
from app.main import (
    Outside,
    app_over,
    connected,
    opened,
    outside_of,
    publish,
    vault_of,
)
from app.settings import Settings

BEGINS = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""Saturday 21 November 2026, ten in the morning in China."""
BORROWER = "noodle_shop_owner"
SEED = 7
ROOT_KEY = "5c" * 32
"""Of a database that lives as long as the measurement."""
PHONE_KEY = 0x5CE7E


@dataclass(slots=True)
class Scene:
    """The app as a phone meets it, with a borrower who has a loan and a phone with a key."""

    folder: Path
    clock: FixedClock
    app: Starlette
    outside: Outside
    story: Story

    async def pause(self, seconds: float) -> None:
        """Let time pass, and do whatever is due then."""
        self.clock.advance(timedelta(seconds=max(seconds, 1)))
        await outbox.drain()
        await worker.settle(self.outside.ports)

    async def enter(self) -> None:
        """Sign in anew by the phone's key, so that a new access token is there."""
        moment = int(self.clock.now().timestamp())
        await self.story.phone.sign_in_with_key(moment)

    async def live(self) -> None:
        """Borrow: from the first text message until the money is there."""
        story = self.story
        await story.sign_in()
        story.phone.keystore = Keystore(new_key=lambda: derive_private_key(PHONE_KEY, SECP256R1()))
        await story.phone.enroll("Redmi 9A")
        await story.complete_profile()
        await story.choose_product()
        await story.apply()
        await story.decision()
        await story.choose_offer()
        await story.read_certificate()
        await story.sign()
        await story.money()


@asynccontextmanager
async def scene(folder: Path, *, url: str | None = None) -> AsyncIterator[Scene]:
    """
    Open the app with a borrower who has a loan, on a new SQLite database in an empty folder.

    Another empty database can be given by its URL; the twins keep to the folder.

    Ids and tokens are the same every time: clock, keys and chance are fixed.
    """
    settings = settings_in(folder, url)
    _fix_keys(settings.keyring_path)
    lived = FixedClock(BEGINS)
    vault = vault_of(settings)
    install_vault(vault)
    outside = _outside_for(settings, lived)
    chance = random.Random(SEED).randbytes  # noqa: S311 - repeatable on purpose
    async with connected(settings, clock=lived, vault=vault) as database:
        database.entropy = chance
        await migrate(database)
        await publish()  # else by chance of its own when it is opened: products' ids would differ
    install_vault(vault)
    async with opened(settings, clock=lived, outside=outside, vault=vault) as database:
        database.entropy = chance
        app = app_over(settings, outside)
        phone = Phone(settings.address, transport=httpx.ASGITransport(app))
        found = Scene(folder, lived, app, outside, Story(phone=phone, persona=persona(BORROWER)))
        phone.pause = found.pause
        await found.live()
        yield found


def _outside_for(settings: Settings, clock: Clock) -> Outside:
    """Return twins whose rail answers at once, once, and the same every time."""
    rail = RailTwin(
        settings.data_folder / "twin-rail.sqlite3",
        callback_url=settings.address + CALLBACK_PATH,
        secret=settings.rail_secret,
        clock=clock,
        seed=SEED,
        knobs=QUIET,
    )
    return replace(outside_of(settings, clock), rail=rail)


def _fix_keys(path: Path) -> None:
    make_private_folder(path.parent)
    path.write_text(json.dumps({"format": 2, "keys": {"qingmiao-labels": [ROOT_KEY]}}))
    path.chmod(0o600)
