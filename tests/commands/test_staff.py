"""`staff` gives places at the desk and takes them away, signed by two, and prints secrets once."""

import asyncio
import re
import time
from pathlib import Path

import pyotp

from app.foundation.caller import StaffRole
from app.foundation.database import fetch
from app.identity import operations as identity
from app.identity.rules import EnrollStaff
from app.main import opened
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of

PASSWORD = "rice-tea-orchard-well"
OWN = "orchard-well-rice-tea"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PRINTED = re.compile(
    r"name      wang\npassword  ([a-z2-9]{4}(?:-[a-z2-9]{4}){3})  .*\nsecret    ([A-Z2-7]{32})\n"
    r"otpauth://totp/Qingmiao:wang\?secret=\2&issuer=Qingmiao\n"
)


async def prepare(settings: Settings) -> None:
    async with opened(settings):
        for name, role in (("sun", StaffRole.DIRECTOR), ("li", StaffRole.SUPERVISOR)):
            await identity.enroll_staff(
                EnrollStaff(name=name, password=PASSWORD, role=role, totp_secret=SECRET)
            )


async def recorded(settings: Settings) -> list[tuple[str, str]]:
    async with opened(settings):
        rows = await fetch("SELECT kind, actor FROM audit_entry ORDER BY seq")
        named = {row["id"]: row["name"] for row in await fetch("SELECT id, name FROM staff")}
        assert not await fetch("SELECT 1 FROM staff_session WHERE ended_at IS NULL")
    kept = ("staff.enrolled", "staff.ended", "staff.password_changed", "alarm.")
    return [
        (row["kind"], named.get(row["actor"], row["actor"]))
        for row in rows
        if row["kind"].startswith(kept)
    ]


def signed_by(folder: Path, *, later: bool = False) -> tuple[str, ...]:
    """Let both sign, with their next code where one was used already."""
    code = pyotp.TOTP(SECRET).at(int(time.time()) + (30 if later else 0))
    proofs = folder / "proofs"
    proofs.write_text(f"STAFF_PASSWORD={PASSWORD}\nSTAFF_CODE={code}\n", encoding="utf-8")
    path = str(proofs)
    return ("--staff", "sun", "--credentials", path, "--second", "li", "--second-credentials", path)


def test_somebody_begins_and_leaves_by_commands_that_two_sign(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    asyncio.run(prepare(settings))
    asked = ("staff", "add", "wang", "AGENT")
    assert "2 of them have to sign" in refusal_of(run(*asked))
    assert "credentials of whom" in run(*asked, "--credentials", "-", typed="").stderr

    printed = PRINTED.search(run(*asked, *signed_by(tmp_path)).stdout)
    assert printed is not None
    new = tmp_path / "new"
    new.write_text(f"{OWN}\n", encoding="utf-8")
    code = pyotp.TOTP(printed[2]).at(int(time.time()))
    own = f"STAFF_PASSWORD={printed[1]}\nSTAFF_CODE={code}\n"
    changed = run(
        *("staff", "password", "--staff", "wang", "--credentials", "-", "--new", str(new)),
        typed=own,
    )
    assert (changed.exit_code, changed.stdout) == (0, "your password is changed\n")

    ended = run("staff", "end", "wang", *signed_by(tmp_path, later=True))
    assert (ended.exit_code, ended.stdout) == (0, "wang has left\n")
    listed = run("staff", "list").stdout
    assert re.search(r"wang .* AGENT .* left on", listed)
    assert re.search(r"sun .* DIRECTOR .* works here", listed)
    assert asyncio.run(recorded(settings)) == [
        ("staff.enrolled", "system"),
        ("staff.enrolled", "system"),
        ("staff.enrolled", "sun"),
        ("staff.password_changed", "wang"),
        ("staff.ended", "sun"),
    ]
