"""What a server keeps: read whole, as a thief would, and edited behind its back."""

import base64
import json
import sqlite3
from pathlib import Path
from urllib.parse import quote

import asyncpg

from app.commands.own_server import OwnServer


def spellings(value: str) -> list[bytes]:
    """Write a value in the six encodings in which it might have been stored."""
    raw = value.encode()
    return [
        raw,
        value.encode("utf-16-le"),
        base64.b64encode(raw)[: len(raw) // 3 * 4],
        raw.hex().encode(),
        quote(value).encode(),
        json.dumps(value)[1:-1].encode(),
    ]


async def everything_stored(server: OwnServer) -> bytes:
    """Return every byte of database, WAL, key file and log; the twins are the outside world."""
    found = [
        path.read_bytes()
        for path in sorted(server.folder.rglob("*"))
        if path.is_file() and not path.name.startswith("twin-")
    ]
    url = server.environ.get("DATABASE_URL")
    if url is not None:
        found.append(await dumped(url))
    return b"\n".join(found)


async def dumped(url: str) -> bytes:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows = [
            row
            for table in tables
            for row in await connection.fetch(f'SELECT * FROM "{table["tablename"]}"')
        ]
    finally:
        await connection.close()
    return b"\n".join(
        value if isinstance(value, bytes) else str(value).encode()
        for row in rows
        for value in row.values()
    )


def flip_one_byte(path: Path) -> str:
    """Change one digit of one ledger entry, as a thief in the database would; return whose."""
    with sqlite3.connect(path) as database:
        row = database.execute(
            "SELECT rowid, posting_id, amount_fen FROM ledger_entry ORDER BY rowid LIMIT 1"
        ).fetchone()
        database.execute(
            "UPDATE ledger_entry SET amount_fen = ? WHERE rowid = ?", [row[2] ^ 1, row[0]]
        )
    database.close()
    return row[1]
