"""The keys and privacy commands turn keys over, forget people, and prove it."""

import asyncio
import json
import shutil
from pathlib import Path

from app.foundation.database import transaction
from app.foundation.sealing import blind_index, seal
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row
from app.identity.queries.borrowers import phone_index, phone_tail_index
from app.main import opened
from app.settings import Settings
from tests.commands.conftest import Run

PHONE = "+8613800138000"


async def join(settings: Settings, phone: str) -> str:
    async with opened(settings), transaction() as tx:
        borrower_id = tx.new_id("br")
        row = BorrowerRow(
            id=borrower_id,
            phone=await seal(tx, borrower_cell(borrower_id, "phone"), phone),
            phone_index=phone_index(phone),
            phone_tail_index=phone_tail_index(phone),
            bank_card=await seal(tx, borrower_cell(borrower_id, "bank_card"), "62"),
            bank_card_index=blind_index("borrower.bank_card", "62"),
            language="zh-Hans",
            joined_at=0,
        )
        await keep_row(tx, row, is_new=True)
        return borrower_id


def test_a_borrower_is_forgotten_and_the_rest_is_proved_and_carried(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    borrower_id = asyncio.run(join(settings, PHONE))
    changed = json.loads(run("keys", "suite", "SM4_GCM", "--json").stdout.splitlines()[-1])
    assert (changed["changed"], changed["broken"]) == (1, 0)
    assert run("keys", "rotate").exit_code == 0
    assert run("keys", "suite", "ROT13").exit_code == 2
    found = json.loads(run("privacy", "verify", "--json").stdout.splitlines()[-1])
    assert (found["values"], found["problems"]) == (2, [])

    assert "name what to forget" in run("privacy", "shred").stderr
    assert run("privacy", "shred", "--borrower", borrower_id).exit_code == 0
    assert run("privacy", "shred", "--borrower", borrower_id).exit_code == 2
    found = json.loads(run("privacy", "verify", "--json").stdout.splitlines()[-1])
    assert (found["values"], found["forgotten"], found["problems"]) == (0, 1, [])

    path = str(tmp_path / "table")
    assert "1 tombstones" in run("keys", "export", path).stdout
    assert run("keys", "export", path).exit_code == 2
    assert "1 tombstones" in run("keys", "join", path).stdout
    Path(path).write_bytes(Path(path).read_bytes()[:-9])
    assert run("keys", "join", path).exit_code == 2
    rewrapped = run("privacy", "shred", "--destroy-epochs", "--ended-holds")
    assert "no past week's key is left" in rewrapped.stdout


def test_each_step_after_a_restore_says_what_the_readme_says(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    gone, _ = [asyncio.run(join(settings, PHONE[:-1] + last)) for last in "12"]
    assert run("audit", "checkpoint").exit_code == 0
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    shutil.copy(database, tmp_path / "copy")
    run("privacy", "shred", "--borrower", gone)
    assert run("audit", "checkpoint").exit_code == 0
    export = str(tmp_path / "keys")
    run("keys", "export", export)
    shutil.copy(tmp_path / "copy", database)

    found = run("audit", "verify")
    assert (found.exit_code, found.stdout) == (1, "entries 3 to 4: cut off\n")
    settings.witness_path.rename(tmp_path / "aside")
    joined = run("keys", "join", export)
    assert (joined.exit_code, "1 forgotten again" in joined.stdout) == (0, True)
    proved = run("privacy", "verify")
    assert (proved.exit_code, "2 values open, 1 people forgotten" in proved.stdout) == (0, True)
    assert run("audit", "checkpoint").exit_code == 0
    assert settings.witness_path.read_bytes().count(b"\n") == 2
    assert run("audit", "verify").stdout.startswith("whole: ")
