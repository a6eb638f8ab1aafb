"""The command line, run in this process on a folder of its own."""

import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from app.__main__ import cli
from app.commands.own_server import free_port
from app.settings import Settings

Run = Callable[..., Result]
SETTINGS = (
    "APP_MODE",
    "DATABASE_URL",
    "KMS",
    "KEYRING_PATH",
    "KEYRING_PASSPHRASE",
    "KEYRING_PASSPHRASE_FILE",
    "HOST",
    "RAIL_SECRET",
    "WEB_DOMAIN",
    "RUN_WORKER",
    "LOG_JSON",
    "CLOSE_DAY",
    "ALLOW_TWINS",
)


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Put the process's log back as it was: a command sets it up for itself."""
    handlers, hook = logging.root.handlers[:], sys.excepthook
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    sys.excepthook = hook


@pytest.fixture
def new_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Set the environment of a developer who has set nothing, in a folder still to be made."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    given = {"DATA_FOLDER": str(tmp_path / "var"), "PORT": str(free_port())}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings.from_environ(given)


@pytest.fixture
def settings(new_settings: Settings, sqlite_template: Path) -> Settings:
    """Set the same where the database was migrated before."""
    database = Path(new_settings.database_url.removeprefix("sqlite:///"))
    database.parent.mkdir()
    shutil.copy(sqlite_template, database)
    return new_settings


@pytest.fixture
def run(new_settings: Settings) -> Run:
    """Run a command as `python -m app …` would."""
    assert new_settings.is_development

    def run_now(*arguments: str, typed: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, list(arguments), input=typed, prog_name="python -m app")

    return run_now


def refusal_of(result: Result) -> str:
    """Return the one line that a refused command says, having checked that it is one."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if "[info" not in line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("Refused: ")
    return lines[0].removeprefix("Refused: ")
