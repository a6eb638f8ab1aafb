"""
Many borrowers made of one: the rows of a scene's borrower, written again under other ids.

Each row is one INSERT … SELECT for thousands of people at a time. Ids and keyed indexes differ from
person to person; sealed values are copied as they are, so nobody but the scene's borrower can be
opened. That is enough to ask how long it takes to find one person among many.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from app.commands.benches.statements import placed
from app.foundation.ids import has_id_shape

AT_ONCE = 20_000
"""People per statement."""

GROWING = (
    "borrower",
    "session",
    "device",
    "data_key",
    "revision",
    "notification",
    "lesson_suggestion",
    "lesson_progress",
    "servicing_loan",
    "servicing_installment",
    "servicing_loan_event",
    "repayment",
)
"""What a phone's reads, a search at the desk and the close of day look into, of every borrower."""

STANDING = frozenset({"product_version_id"})
"""Columns with ids of what there is once for everybody."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_STEM_LENGTH = 12
_MARK_BYTES = 32


class Book(Protocol):
    """A database as it is filled: a statement at a time, by its own driver."""

    async def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement with `?` placeholders."""
        ...

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run a query and return its rows."""
        ...

    async def people(self, some: Iterable[tuple[str, str]]) -> None:
        """Fill the table `crowd` with these stems and marks, and no others."""
        ...

    async def done(self) -> None:
        """Write down what was filled in, with statistics where the database keeps them."""
        ...


class SqliteBook:
    """A file that nobody else has open, filled without a journal."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
            self._connection.execute(f"PRAGMA {setting}").close()
        self._connection.execute("CREATE TEMP TABLE crowd (stem TEXT, mark TEXT)").close()
        self._connection.execute("BEGIN").close()

    async def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement with `?` placeholders."""
        self._connection.execute(sql, parameters).close()

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run a query and return its rows."""
        return [dict(row) for row in self._connection.execute(sql).fetchall()]

    async def people(self, some: Iterable[tuple[str, str]]) -> None:
        """Fill the table `crowd` with these stems and marks, and no others."""
        self._connection.execute("DELETE FROM crowd").close()
        self._connection.executemany("INSERT INTO crowd VALUES (?, ?)", some).close()

    async def done(self) -> None:
        """Write down what was filled in."""
        self._connection.execute("COMMIT").close()
        self._connection.execute("PRAGMA journal_mode=WAL").close()
        self._connection.close()


class PostgresBook:
    """A database on a server, filled over one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    async def opened(cls, url: str) -> "PostgresBook":
        """Connect to a database by its URL."""
        connection = await asyncpg.connect(url)
        await connection.execute(
            "SET synchronous_commit = off; CREATE TEMP TABLE crowd (stem text, mark text)"
        )
        return cls(connection)

    async def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement with `?` placeholders."""
        await self._connection.execute(placed(sql), *parameters)

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run a query and return its rows."""
        return [dict(row) for row in await self._connection.fetch(sql)]

    async def people(self, some: Iterable[tuple[str, str]]) -> None:
        """Fill the table `crowd` with these stems and marks, and no others."""
        await self._connection.execute("TRUNCATE crowd")
        await self._connection.copy_records_to_table("crowd", records=list(some))

    async def done(self) -> None:
        """Let the server count what there is, as its own housekeeping would in a while."""
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.close()


@dataclass(frozen=True, slots=True)
class _Copy:
    """A row as a statement that writes it once for each of the crowd."""

    sql: str
    parameters: tuple[Any, ...]


async def fill(
    book: Book,
    people: int,
    *,
    tables: Sequence[str] = GROWING,
    on_made: Callable[[int], object] = lambda _made: None,
) -> int:
    """
    Write the rows that are there once more for each of so many people; return how many rows.

    `on_made` hears how many people each step has made.
    """
    rows = [(table, row) for table in tables for row in await book.rows(f"SELECT * FROM {table}")]
    copies = list(_copies(rows))
    for first in range(0, people, AT_ONCE):
        some = range(first, min(first + AT_ONCE, people))
        await book.people((stem(number), mark(number)) for number in some)
        for copy in copies:
            await book.run(copy.sql, copy.parameters)
        on_made(len(some))
    return len(copies) * people


def stem(number: int) -> str:
    """Return what the ids of one person have in common: who comes later sorts later."""
    chance = blake2b(number.to_bytes(8, "big"), digest_size=4).hexdigest()[:7]
    return _in_base36(number, _STEM_LENGTH - len(chance)) + chance


def mark(number: int) -> str:
    """Return what a keyed index could have made of one person's value."""
    return blake2b(number.to_bytes(8, "big"), digest_size=_MARK_BYTES // 2).hexdigest()


def _copies(rows: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[_Copy]:
    ranks = {found: rank for rank, found in enumerate(sorted(_ids(row for _, row in rows)))}
    pattern = re.compile("|".join(ranks) or "$^")
    for table, row in rows:
        written: list[str] = []
        parameters: list[Any] = []
        for column, value in row.items():
            if column.endswith(("_index", "provider_ref")) and isinstance(value, str):
                written.append(f"substr(crowd.mark, 1, {min(len(value), _MARK_BYTES)})")
            elif isinstance(value, str) and column not in STANDING and pattern.search(value):
                expression, texts = _renamed(value, pattern, ranks)
                written.append(expression)
                parameters += texts
            else:
                written.append("?")
                parameters.append(value)
        if all(one == "?" for one in written):
            continue  # nobody's
        columns = ", ".join(f'"{column}"' for column in row)
        yield _Copy(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(written)} FROM crowd",
            tuple(parameters),
        )


def _ids(rows: Iterable[dict[str, Any]]) -> set[str]:
    """Find the ids of one borrower's rows: whatever stands alone in a column and looks like one."""
    return {
        value
        for row in rows
        for column, value in row.items()
        if column not in STANDING and isinstance(value, str) and _is_id(value)
    }


def _is_id(value: str) -> bool:
    return has_id_shape(value) and value == value.lower() and not value.isalpha()


def _renamed(value: str, pattern: re.Pattern[str], ranks: dict[str, int]) -> tuple[str, list[str]]:
    """Write a text with ids in it as an expression of the crowd's stem, and texts around it."""
    texts = [""]
    for part in re.split(f"({pattern.pattern})", value):
        if part in ranks:
            texts[-1] += part[:2]
            texts.append(_in_base36(ranks[part], 2))
        else:
            texts[-1] += part
    return " || crowd.stem || ".join("CAST(? AS TEXT)" for _ in texts), texts


def _in_base36(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    assert number == 0, "there are not so many"
    return digits
