"""A copy made under load, brought back elsewhere, has all that was answered and balances."""

import asyncio
import hashlib
import shutil
import sqlite3
import stat
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from app.commands.own_server import OwnServer
from app.foundation.database import transaction
from app.main import opened
from app.servicing import operations
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of
from tests.servicing.conftest import opening, plain_terms

BEFORE, AFTER = 6, 3
PAUSE_SECONDS = 0.02
PROMISES = 14
APART = """
SELECT account FROM ledger_balance AS kept WHERE balance_fen IS NOT
 (SELECT sum(amount_fen) FROM ledger_entry WHERE account = kept.account)
"""
UNKEPT = "SELECT account FROM ledger_entry EXCEPT SELECT account FROM ledger_balance"


async def backed_up_under_load(
    run: Run, settings: Settings, to: Path
) -> tuple[set[str], set[str], str]:
    """
    Lend beside a server that delivers what was lent, copy meanwhile, and kill it.

    Returns:
        What was lent before the copy began, all that was lent, and what the command said.
    """
    lent: set[str] = set()

    async def lend() -> None:
        for number in count():
            async with transaction() as tx:
                terms = opening(plain_terms(), disbursement_id=f"db{number:014d}")
                loan = await operations.open_loan(tx, terms)
            lent.add(loan.loan_id)
            await asyncio.sleep(PAUSE_SECONDS)

    async def lent_to(many: int) -> None:
        while len(lent) < many:
            assert not lending.done(), lending.result()
            await asyncio.sleep(PAUSE_SECONDS)

    async with OwnServer(settings.data_folder, serves=("serve",)) as server, opened(settings):
        lending = asyncio.create_task(lend())
        await lent_to(BEFORE)
        before = set(lent)
        made = await asyncio.to_thread(run, "backup", "--to", str(to))
        assert made.exit_code == 0, made.output
        await lent_to(len(lent) + AFTER)
        server.kill()
        lending.cancel()
        await asyncio.wait([lending])
    return before, lent, made.stdout


def rows(path: Path, sql: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [value for (value,) in connection.execute(sql)]


def test_a_backup_under_load_is_whole_elsewhere(
    run: Run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, elsewhere = tmp_path / "copy", tmp_path / "elsewhere"
    before, lent, said = asyncio.run(backed_up_under_load(run, settings, copy))
    assert "never with the database: key file" in said
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert refusal_of(run("backup", "--to", str(copy))) == f"{copy} is there already"
    assert "is there already; move it away" in refusal_of(run("restore", "--from", str(copy)))

    elsewhere.mkdir()
    shutil.copy(settings.keyring_path, elsewhere)
    monkeypatch.setenv("DATA_FOLDER", str(elsewhere))
    brought = run("restore", "--from", str(copy))
    assert brought.exit_code == 0, brought.output
    assert "  python -m app keys join FILE" in brought.stdout
    digest = hashlib.sha256(copy.read_bytes()).hexdigest()
    assert f"SHA-256 {digest};" in said
    assert f"SHA-256 {digest};" in brought.stdout
    restored = elsewhere / "qingmiao.sqlite3"
    there = set(rows(restored, "SELECT id FROM servicing_loan"))
    assert before <= there < lent
    assert rows(restored, APART) + rows(restored, UNKEPT) == []

    again = run("backup", "--prove", "--to", str(tmp_path / "again"))
    assert again.exit_code == 0, again.output
    assert again.stdout.count(", ok\n") == PROMISES
    assert sorted(path.name for path in tmp_path.glob("again*")) == ["again"]
    with closing(sqlite3.connect(restored)) as other:
        other.execute("UPDATE ledger_balance SET balance_fen = balance_fen + 1")
        other.commit()
    wrong = run("backup", "--prove", "--to", str(tmp_path / "wrong"))
    assert (wrong.exit_code, "WRONG" in wrong.stdout) == (1, True), wrong.output


def test_postgresql_has_backups_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://qingmiao@localhost/qingmiao")
    for arguments in (("backup", "--to", "copy"), ("restore", "--from", __file__)):
        assert "pg_dump" in refusal_of(run(*arguments))
