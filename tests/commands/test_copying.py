"""`privacy export` writes a borrower's data for machines and for people, once, on record."""

import asyncio
import json
import re
from pathlib import Path

import pyotp

from app.foundation.caller import StaffRole
from app.foundation.database import fetch, transaction
from app.foundation.sealing import blind_index, seal
from app.identity import operations as identity
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row
from app.identity.queries.borrowers import phone_index, phone_tail_index
from app.identity.rules import EnrollStaff
from app.main import opened
from app.settings import Settings
from tests.commands.conftest import Run

PHONE = "+8613800138000"
PASSWORD = "rice-tea-orchard-well"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODE = re.compile(r"：([A-Z][A-Z_]+|zh-Hans)$", re.MULTILINE)


async def prepare(settings: Settings) -> str:
    """Let a borrower join, and give two people a place at the desk."""
    async with opened(settings):
        for name, role in (("sun.director", StaffRole.DIRECTOR), ("li.agent", StaffRole.AGENT)):
            await identity.enroll_staff(
                EnrollStaff(name=name, password=PASSWORD, role=role, totp_secret=SECRET)
            )
        async with transaction() as tx:
            borrower_id = tx.new_id("br")
            row = BorrowerRow(
                id=borrower_id,
                phone=await seal(tx, borrower_cell(borrower_id, "phone"), PHONE),
                phone_index=phone_index(PHONE),
                phone_tail_index=phone_tail_index(PHONE),
                bank_card=await seal(tx, borrower_cell(borrower_id, "bank_card"), "62"),
                bank_card_index=blind_index("borrower.bank_card", "62"),
                language="zh-Hans",
                joined_at=0,
            )
            await keep_row(tx, row, is_new=True)
        return borrower_id


async def looks(settings: Settings) -> list[dict[str, object]]:
    async with opened(settings):
        return await fetch("SELECT staff_name, what FROM look")


async def recorded(settings: Settings, kind: str) -> list[str]:
    async with opened(settings):
        rows = await fetch("SELECT actor FROM audit_entry WHERE kind = ?", [kind])
        named = {row["id"]: row["name"] for row in await fetch("SELECT id, name FROM staff")}
        assert not await fetch("SELECT 1 FROM staff_session WHERE ended_at IS NULL")
    return [named[row["actor"]] for row in rows]


def proofs(password: str = PASSWORD) -> str:
    return f"STAFF_PASSWORD={password}\nSTAFF_CODE={pyotp.TOTP(SECRET).now()}\n"


def test_a_copy_is_written_to_be_read_by_its_owner_and_the_look_is_on_record(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    borrower_id = asyncio.run(prepare(settings))
    out = tmp_path / "copy.json"
    asked = ("privacy", "export", borrower_id, "--out", str(out), "--credentials", "-", "--staff")
    for name, given in (
        ("sun.director", ""),
        ("sun.director", proofs("not-her-password")),
        ("li.agent", proofs()),
        ("nobody", proofs()),
    ):
        assert run(*asked, name, typed=given).exit_code != 0
    assert (out.exists(), asyncio.run(looks(settings))) == (False, [])

    given = proofs()
    done = run(*asked, "sun.director", typed=given)
    assert done.exit_code == 0, done.stderr
    document, words = json.loads(out.read_text("utf-8")), out.with_suffix(".txt")
    assert document["borrower_id"] == borrower_id
    assert document["rooms"]["identity"]["profile"][0]["phone"] == PHONE
    told = words.read_text("utf-8")
    assert f"手机号：{PHONE}" in told
    assert "语言：中文" in told
    assert "岗位：业务负责人" in told
    assert "还没有记录的：" in told
    assert CODE.findall(told) == []
    assert (out.stat().st_mode & 0o777, words.stat().st_mode & 0o777) == (0o600, 0o600)
    seen = [{"staff_name": "sun.director", "what": "WHOLE_COPY"}]
    assert asyncio.run(looks(settings)) == seen
    assert asyncio.run(recorded(settings, "privacy.copy_made")) == ["sun.director"]

    assert "is there already" in run(*asked, "sun.director", typed=given).stderr
    out.rename(tmp_path / "moved.json")
    words.rename(tmp_path / "moved.txt")
    assert run(*asked, "sun.director", typed=given).exit_code != 0, "a code works once"
    assert asyncio.run(looks(settings)) == seen
