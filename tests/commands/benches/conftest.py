"""A scene in an empty folder, with its tables there already; making one takes a second or two."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.commands.benches.scene import Scene, scene


@pytest.fixture(scope="module")
async def set_scene(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> AsyncIterator[Scene]:
    """Give a borrower with a loan and a phone, to all tests of a module in turn."""
    folder = tmp_path_factory.mktemp("scene")
    folder.chmod(0o700)
    shutil.copy(sqlite_template, folder / "qingmiao.sqlite3")
    async with scene(folder) as made:
        yield made
