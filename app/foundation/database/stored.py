"""Text columns as they stand in the table, whatever somebody has written into them."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.foundation.database import current


def stored_texts(columns: Iterable[str]) -> str:
    """
    Name text columns for a SELECT so that nothing in them can make reading fail.

    SQLite's driver decodes text, and stops at what is no UTF-8: there they are read as bytes.
    """
    is_sqlite = current().dialect == "sqlite"
    return ", ".join(f"CAST({one} AS BLOB) AS {one}" if is_sqlite else one for one in columns)


def as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a row's bytes into text, whatever they are by now."""
    return {
        name: value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
        for name, value in row.items()
    }
