"""Columns as the drivers give them: dates and moments, and text whatever somebody wrote into it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from app.foundation.database import current


def stored_texts(columns: Iterable[str]) -> str:
    """
    Name text columns for a SELECT so that nothing in them can make reading fail.

    SQLite's driver decodes text, and stops at what is no UTF-8: there they are read as bytes.
    """
    is_sqlite = current().dialect == "sqlite"
    return ", ".join(f"CAST({one} AS BLOB) AS {one}" if is_sqlite else one for one in columns)


def stored_wholes(columns: Iterable[str]) -> str:
    """
    Name columns of whole numbers for a SELECT so that nothing in them can make reading fail.

    SQLite keeps text in them as well, and its driver stops at what is no UTF-8: whatever is no
    whole number there is read as bytes.
    """
    if current().dialect != "sqlite":
        return ", ".join(columns)
    return ", ".join(
        f"CASE typeof({one}) WHEN 'integer' THEN {one} ELSE CAST({one} AS BLOB) END AS {one}"
        for one in columns
    )


def as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a row's bytes into text, whatever they are by now."""
    return {
        name: value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def day_in(value: date | str) -> date:
    """Read a date column, which SQLite gives as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def day_or_none(value: date | str | None) -> date | None:
    """Read a date column that may be NULL."""
    return None if value is None else day_in(value)


def moment_in(value: datetime | str) -> datetime:
    """Read a column of moments, which SQLite gives as text, as an aware moment."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment_kept(value: datetime | str) -> str:
    """Write a column of moments as text from which `moment_in` reads it again."""
    return value if isinstance(value, str) else value.isoformat()
