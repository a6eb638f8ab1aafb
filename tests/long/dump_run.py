"""Threat 3 at length: planted values, searched for in everything that a thief could copy."""

import base64
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import quote

from app.foundation.database import fetch
from app.foundation.log import configure_logging
from app.foundation.rekeying import jobs
from app.foundation.rekeying.jobs import JobKind
from app.identity.queries import borrower_ids_by_phone, own_profile_of
from tests.long.people import COLUMNS, join_many, opened, say, values_of

SIZE = 1_000


def spellings(value: str) -> list[bytes]:
    """Write a value in the six encodings in which it might have been stored."""
    raw = value.encode()
    return [
        raw,
        value.encode("utf-16-le"),
        value.encode("gb18030"),
        base64.b64encode(raw)[: len(raw) // 3 * 4],
        raw.hex().encode(),
        quote(value).encode() if quote(value) != value else raw[::-1],
    ]


async def run(url: str, folder: Path, size: int) -> int:
    """Plant, read, look up, change the cipher; return 1 if anything lies anywhere in clear."""
    logged = io.StringIO()
    people = size // len(COLUMNS)
    with redirect_stdout(logged), redirect_stderr(logged):
        configure_logging(as_json=True)
        async with opened(url, folder) as database:
            ids = await join_many(people)
            for number, borrower_id in enumerate(ids):
                await own_profile_of(borrower_id)
                await borrower_ids_by_phone(values_of(number)["phone"])
            await jobs.run(JobKind.SUITE, "SM4_GCM")
            stored = b"\0".join([part async for part in _tables(database.dialect)])
            files = b"".join(path.read_bytes() for path in _files(folder))
    copied = stored + files + logged.getvalue().encode()
    found = [
        f"{column} of person {number}, spelling {which}"
        for number in range(people)
        for column, value in values_of(number).items()
        for which, spelling in enumerate(spellings(value))
        if len(spelling) > len("100000") and spelling in copied
    ]
    say(
        f"{people * len(COLUMNS):,} values in six spellings, {len(copied):,} bytes of tables, files"
        f" and logs: {len(found):,} found"
    )
    for line in found[:20]:
        say(line)
    return 1 if found else 0


async def _tables(dialect: str) -> AsyncIterator[bytes]:
    names = (
        "SELECT name AS t FROM sqlite_master WHERE type = 'table'"
        if dialect == "sqlite"
        else "SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'"
    )
    for table in await fetch(names):
        for row in await fetch(f'SELECT * FROM "{table["t"]}"'):
            for value in row.values():
                yield value if isinstance(value, bytes) else str(value).encode()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("keyring"):
            yield path
