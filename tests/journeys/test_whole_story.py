"""The whole story over real HTTP; afterwards nothing personal stands anywhere in clear."""

import base64
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import asyncpg

from app.commands.journeying import Journey
from app.commands.own_server import ROOT, OwnServer
from app.commands.personas import persona


async def test_a_borrower_gets_a_loan_and_pays_it_back(server: OwnServer) -> None:
    journey = Journey(server, say=lambda _step: None)
    story = await journey.play()
    told = " ".join(step.sees for step in journey.steps)
    assert len(journey.steps) == 28
    assert "balanced" in told
    assert story.loan_id.startswith("ln")

    everything = await everything_stored(server)
    person = persona("washing_machine_family")
    written = (person.purpose, "晚还了几天，会影响征信")
    for planted in (person.name, person.phone, person.resident_id, person.bank_card, *written):
        for spelled in spellings(planted):
            assert spelled not in everything, f"{planted!r} is readable as {spelled!r}"
    code, printed = await server.command("keys", "suite", "SM4_GCM")
    assert (code, " 0 broken" in printed) == (0, True), printed
    code, printed = await server.command("privacy", "verify")
    assert (code, " 0 problems" in printed) == (0, True), printed
    assert server.stop() == 0


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


async def test_one_flipped_byte_in_the_ledger_is_named(tmp_path: Path) -> None:
    server = OwnServer(tmp_path)
    async with server:
        code, printed = await server.command("ledger", "verify")
        assert (code, "chain intact" in printed) == (0, True), printed
    posting_id = flip_one_byte(tmp_path / "qingmiao.sqlite3")
    code, printed = await server.command("ledger", "verify")
    assert code == 1
    assert posting_id in printed


def test_the_journey_command_tells_the_story_to_a_machine() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app", "journey", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = json.loads(ran.stdout.splitlines()[-1])
    assert (last["ok"], last["steps"]) == (True, 28)
    assert min(last["bytes_up"], last["bytes_down"]) > 0
    assert last["seconds"] < 60
