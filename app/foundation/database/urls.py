"""From a database URL to the configuration the ORM takes."""

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

APP_LABEL = "qingmiao"
MIGRATIONS_MODULE = "app.migrations"
SQLITE_ENGINE = "app.foundation.database.sqlite"
SQLITE_PREFIX = "sqlite:///"
POSTGRES_ENGINE = "app.foundation.database.postgres"
POSTGRES_SCHEMES = frozenset({"postgres", "postgresql"})

TEXT_OPTIONS = {
    "host": "host",
    "sslmode": "ssl",
    "target_session_attrs": "target_session_attrs",
    "application_name": "application_name",
    "schema": "schema",
}
"""What a PostgreSQL URL may say in words, and the driver's name for it."""

WORDS: Mapping[str, frozenset[str]] = {
    "sslmode": frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}),
    "target_session_attrs": frozenset(
        {"any", "primary", "standby", "read-write", "read-only", "prefer-standby"}
    ),
}
"""Which words some of them may be; the driver would refuse others only when it connects."""

NUMBER_OPTIONS = frozenset(
    {
        "minsize",
        "maxsize",
        "timeout",
        "command_timeout",
        "statement_cache_size",
        "max_cached_statement_lifetime",
        "max_inactive_connection_lifetime",
    }
)
"""What it may say in whole numbers; times are in seconds."""

POSTGRES_DEFAULTS: Mapping[str, Any] = {
    "minsize": 1,
    "maxsize": 10,
    "timeout": 10,
    "command_timeout": 60,
}
"""A server that takes the connection and then says nothing must not hold a request for ever."""


def orm_config(url: str, migrations: str = MIGRATIONS_MODULE) -> dict[str, Any]:
    """
    Return Tortoise's configuration for a database URL.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, or
    `postgres://borrowed:secret@host:5432/name?statement_cache_size=0` (0 behind PgBouncer);
    `?sslmode=verify-full` and the other options above; several hosts as `@one,two:5432`, on one
    port, with `?target_session_attrs=primary`.

    Raises:
        ValueError: The URL is of another database, names no file, or has an unknown option.
    """
    alias = alias_of(url)
    return {
        "connections": {alias: _connection_config(url)},
        "apps": {
            APP_LABEL: {
                "models": _model_modules(),
                "default_connection": alias,
                "migrations": migrations,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def known_migrations(module: str = MIGRATIONS_MODULE) -> set[str]:
    """Return the names of the migrations that this program has; none is loaded for that."""
    folder = importlib.import_module(module).__path__
    return {one.name for one in pkgutil.iter_modules(folder)}


def check_url(url: str) -> None:
    """
    Check that a database URL can be used, as far as it says by itself.

    Raises:
        ValueError: As `orm_config` says; the message names no part that may be secret.
    """
    _connection_config(url)


def alias_of(url: str) -> str:
    """Name the connection by its dialect: Tortoise keeps SQL by name, whatever the dialect."""
    return "sqlite" if url.startswith("sqlite") else "postgres"


def _model_modules() -> list[str]:
    """Find every room's `models` by the house's own rule for file names."""
    app = Path(__file__).parent.parent.parent
    files = [*app.glob("*/models.py"), *app.glob("*/models/__init__.py")]
    names = {".".join(file.relative_to(app.parent).with_suffix("").parts) for file in files}
    return sorted(name.removesuffix(".__init__") for name in names)


def database_files(url: str) -> tuple[Path, ...]:
    """Return the files that SQLite keeps a database in, there or not; none for PostgreSQL."""
    if not url.startswith(SQLITE_PREFIX):
        return ()
    path = _file_path(url)
    return tuple(Path(path + end) for end in ("", "-wal", "-shm", "-journal"))


def _connection_config(url: str) -> Mapping[str, Any]:
    if url.startswith(SQLITE_PREFIX):
        return {"engine": SQLITE_ENGINE, "credentials": {"file_path": _file_path(url)}}
    scheme = _parts(url).scheme
    if scheme in POSTGRES_SCHEMES:
        return {"engine": POSTGRES_ENGINE, "credentials": _credentials(url)}
    message = f"DATABASE_URL must begin with sqlite:/// or postgres://, not {scheme!r}"
    raise ValueError(message)


def _file_path(url: str) -> str:
    """Return all that follows, as it stands: a folder's name may hold any character."""
    path = url.removeprefix(SQLITE_PREFIX)
    if path in {"", ":memory:"}:
        message = "DATABASE_URL must name a file: memory is not shared by writer and readers"
        raise ValueError(message)
    return path


def _credentials(url: str) -> Mapping[str, Any]:
    parts = _parts(url)
    try:
        port = parts.port or 5432
    except ValueError:
        message = "DATABASE_URL must give one port for all hosts, after the last of them"
        raise ValueError(message) from None
    credentials: dict[str, Any] = {
        **POSTGRES_DEFAULTS,
        "host": parts.hostname,
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path[1:]),
    }
    for name, value in parse_qsl(parts.query):
        if name in TEXT_OPTIONS:
            credentials[TEXT_OPTIONS[name]] = value
        elif name in NUMBER_OPTIONS and value.isdecimal():
            credentials[name] = int(value)
        else:
            _refuse_option(name)
    for name, known in WORDS.items():
        if TEXT_OPTIONS[name] in credentials and credentials[TEXT_OPTIONS[name]] not in known:
            _refuse_option(name)
    if not 0 <= credentials["minsize"] <= credentials["maxsize"] != 0:
        message = "DATABASE_URL must give a maxsize above 0, and no minsize above it"
        raise ValueError(message)
    if "," in (credentials["host"] or ""):
        credentials["host"] = credentials["host"].split(",")
    return credentials


def _refuse_option(name: str) -> NoReturn:
    message = f"DATABASE_URL has an option that is unknown or malformed: {name}"
    raise ValueError(message)


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        message = "DATABASE_URL is no URL: its host cannot be read"
        raise ValueError(message) from None
