"""What lies in the data folder, its owner alone may read."""

import os
import subprocess
import sys
from pathlib import Path

from app.foundation.database.urls import database_files
from app.foundation.private_files import close_to_others, make_private_folder


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_files_that_others_could_read_are_closed_and_links_are_not_followed(
    tmp_path: Path,
) -> None:
    folder, elsewhere = tmp_path / "new" / "var", tmp_path / "elsewhere"
    make_private_folder(folder)
    elsewhere.write_text("somebody's own")
    elsewhere.chmod(0o644)
    (folder / "link").symlink_to(elsewhere)
    (folder / "open").write_text("x")
    (folder / "open").chmod(0o664)
    database = tmp_path / "loans.sqlite3"
    database.write_text("x")
    database.chmod(0o644)
    close_to_others(folder, database_files(f"sqlite:///{database}"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "open").stat().st_mode & 0o777 == 0o600
    assert database.stat().st_mode & 0o777 == 0o600
    assert elsewhere.stat().st_mode & 0o777 == 0o644


def test_a_command_leaves_nothing_that_others_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    database = folder / "qingmiao.sqlite3"
    database.touch(mode=0o644)
    before = os.umask(0o022)
    try:
        subprocess.run(
            [sys.executable, "-m", "app", "keys", "status", "--json"],
            env={**os.environ, "DATA_FOLDER": str(folder)},
            check=True,
            capture_output=True,
        )
    finally:
        os.umask(before)
    found = modes(folder)
    assert {"keyring.json", "qingmiao.sqlite3"} <= found.keys()
    assert not {name: mode for name, mode in found.items() if mode & 0o077}
