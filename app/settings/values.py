"""What settings are made of, and how each kind is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


class Mode(StrEnum):
    """Where the process runs; production refuses anything made for development."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsRefused(Exception):
    """A setting is missing, malformed, or fit for development only; the message names it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret given in the environment, or in a file that may be written anew at any time."""

    given: str = field(default="", repr=False)
    path: Path | None = None

    def read(self) -> str:
        """
        Return it, without the line break that editors leave at a file's end.

        Raises:
            OSError: The file cannot be read.
        """
        return self.given if self.path is None else self.path.read_text("utf-8").rstrip("\r\n")


NOTHING = Secret()
"""A secret that was not given."""


def one_of(kind: type[E], environ: Mapping[str, str], name: str, default: E) -> E:
    """
    Read one of an enumeration.

    Raises:
        SettingsRefused: It is none of them.
    """
    value = environ.get(name, default.value)
    try:
        return kind(value)
    except ValueError:
        choices = ", ".join(kind)
        raise SettingsRefused(f"{name} is one of {choices}, not {value!r}") from None


def secret_of(environ: Mapping[str, str], name: str) -> Secret:
    """Read NAME, or where NAME_FILE says it is."""
    given, path = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if given and path:
        raise SettingsRefused(f"{name} and {name}_FILE are both set; one of them must go")
    return Secret(given, Path(path) if path else None)


def check_given(secret: Secret, name: str) -> None:
    """
    See that a secret was given.

    Raises:
        SettingsRefused: It was not, or it is empty.
    """
    if not text_of(secret, name):
        raise SettingsRefused(f"{name} or {name}_FILE must be set, and not empty")


def text_of(secret: Secret, name: str) -> str:
    """
    Read a secret now.

    Raises:
        SettingsRefused: Its file cannot be read.
    """
    try:
        return secret.read()
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused(f"{name}_FILE cannot be read: {secret.path}") from None


def whole_of(environ: Mapping[str, str], name: str, default: int) -> int:
    """
    Read a whole number.

    Raises:
        SettingsRefused: It is none.
    """
    value = environ.get(name, str(default))
    if not value.isdecimal():
        message = f"{name} is a whole number, not {value!r}"
        raise SettingsRefused(message)
    return int(value)


def flag_of(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    """
    Read true or false.

    Raises:
        SettingsRefused: It is neither.
    """
    value = environ.get(name, str(default)).lower()
    if value not in {"true", "false", "1", "0"}:
        message = f"{name} is true or false, not {value!r}"
        raise SettingsRefused(message)
    return value in {"true", "1"}
