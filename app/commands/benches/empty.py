"""An empty database to measure in, and the app opened over it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from app.foundation.sealing import install_vault
from app.main import opened, vault_of
from app.settings import Settings

DATABASE = click.option(
    "--database", "url", metavar="URL", help="An empty database; SQLite of its own if not."
)


def settings_in(folder: Path, url: str | None, **environ: str) -> Settings:
    """Return settings of nobody's environment; SQLite in the folder unless a URL is given."""
    given = {"DATA_FOLDER": str(folder), "LOG_JSON": "true", **environ}
    return Settings.from_environ(given if url is None else {**given, "DATABASE_URL": url})


@asynccontextmanager
async def opened_empty(url: str | None) -> AsyncIterator[str]:
    """Open an empty database, SQLite of its own where no other is given; return its URL."""
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as name:
        settings = settings_in(Path(name) / "data", url)
        vault = vault_of(settings)
        install_vault(vault)
        async with opened(settings, vault=vault):
            yield settings.database_url
