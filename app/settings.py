"""What the process is told from outside: read once, checked at start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Mode(StrEnum):
    """Where the process runs; production refuses anything made for development."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsRefused(Exception):
    """A setting is missing, malformed, or fit for development only; the message names it."""


DEVELOPMENT_SECRET = "development-only-rail-secret"  # noqa: S105 - production refuses it


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the process is told; the README's table lists each variable."""

    mode: Mode
    database_url: str = field(repr=False)
    keyring_path: Path
    data_folder: Path
    host: str
    port: int
    rail_secret: str = field(repr=False)
    runs_worker: bool
    log_as_json: bool
    closes_day: bool
    allows_twins: bool

    @property
    def is_development(self) -> bool:
        """Whether twins, GraphiQL and the development inbox are there."""
        return self.mode is Mode.DEVELOPMENT

    @property
    def address(self) -> str:
        """Return where the process listens, as a URL."""
        return f"http://{self.host}:{self.port}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """
        Read the settings; in development each has a default that works.

        Raises:
            SettingsRefused: A value cannot be read, or production was given a default.
        """
        mode = _mode(environ.get("APP_MODE", "development"))
        folder = Path(environ.get("DATA_FOLDER", "var"))
        settings = cls(
            mode=mode,
            database_url=environ.get("DATABASE_URL", f"sqlite:///{folder / 'qingmiao.sqlite3'}"),
            keyring_path=Path(environ.get("KEYRING_PATH", folder / "keyring.json")),
            data_folder=folder,
            host=environ.get("HOST", "127.0.0.1"),
            port=_whole(environ, "PORT", 8000),
            rail_secret=environ.get("RAIL_SECRET", DEVELOPMENT_SECRET),
            runs_worker=_flag(environ, "RUN_WORKER", default=True),
            log_as_json=_flag(environ, "LOG_JSON", default=mode is Mode.PRODUCTION),
            closes_day=_flag(environ, "CLOSE_DAY", default=True),
            allows_twins=_flag(environ, "ALLOW_TWINS", default=False),
        )
        if mode is Mode.PRODUCTION:
            _check_production(settings, environ)
        return settings


def _check_production(settings: Settings, environ: Mapping[str, str]) -> None:
    for name in ("DATABASE_URL", "KEYRING_PATH", "RAIL_SECRET"):
        if not environ.get(name):
            message = f"{name} must be set in production"
            raise SettingsRefused(message)
    if settings.rail_secret == DEVELOPMENT_SECRET:
        message = "RAIL_SECRET is the development secret; production needs its own"
        raise SettingsRefused(message)
    if not settings.keyring_path.exists():
        message = "KEYRING_PATH names no file; production never makes its own keys"
        raise SettingsRefused(message)


def _mode(value: str) -> Mode:
    try:
        return Mode(value)
    except ValueError:
        message = f"APP_MODE is development or production, not {value!r}"
        raise SettingsRefused(message) from None


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, str(default))
    if not value.isdecimal():
        message = f"{name} is a whole number, not {value!r}"
        raise SettingsRefused(message)
    return int(value)


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, str(default)).lower()
    if value not in {"true", "false", "1", "0"}:
        message = f"{name} is true or false, not {value!r}"
        raise SettingsRefused(message)
    return value in {"true", "1"}
