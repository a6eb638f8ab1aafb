"""A key table joined to a copy: never one that is older, and everything of it on record."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, set_business_date, transaction
from app.foundation.rekeying import jobs
from app.foundation.rekeying.carrying import FileRefused, export_keys
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.joining import Rooms, join_keys
from app.foundation.rekeying.shredding import end_holds, shred
from app.foundation.rekeying.weeks import destroy_week
from app.foundation.sealing import Cell, KeyClass, Vault, install_vault, seal
from app.foundation.sealing.ring import epoch_of
from app.identity.operations import restoring as identity
from app.identity.queries import name_of
from app.origination.operations import restoring as origination
from tests.foundation.borrowers import Join

TABLES = ("data_key", "epoch_key", "tombstone", "sealing_policy", "borrower", "audit_entry")
ROOMS = Rooms(own_rows=(*identity.OWN_ROWS, *origination.OWN_ROWS))
UNTIL = date(2031, 11, 21)


async def everything() -> dict[str, list[dict[str, Any]]]:
    found = {table: await fetch(f"SELECT * FROM {table}") for table in TABLES}
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


async def refused(path: Path, why: str) -> None:
    before = await everything()
    with pytest.raises(FileRefused, match=why):
        await join_keys(path, ROOMS)
    assert await everything() == before


async def forget(borrower_id: str, held_until: date | None = None) -> None:
    async with transaction() as tx:
        await seal(tx, Cell("closing", "kept", "cl1", borrower_id, KeyClass.HELD), "梅")
        await shred(tx, borrower_id, held_until=held_until)


async def code(code_id: str) -> None:
    async with transaction() as tx:
        sealed = await seal(
            tx, Cell("one_time_code", "phone", code_id, code_id, KeyClass.AUTH), "1"
        )
        await tx.run(
            "INSERT INTO one_time_code (id, purpose, phone, phone_index, salt, attempts, language,"
            " words, sent_at, expires_at) VALUES (?, 'SIGN_IN', ?, '', ?, 0, 'en', ?, 0, 0)",
            [code_id, sealed, b"", sealed],
        )


async def filled_in(assisted_id: str) -> None:
    cell = Cell("assisted_application", "phone", assisted_id, assisted_id, KeyClass.CONTACT)
    async with transaction() as tx:
        sealed = await seal(tx, cell, "1")
        await tx.run(
            "INSERT INTO assisted_application (id, agent_id, phone, phone_index, product_id,"
            " region_code, amount_fen, months, purpose, state, calls, started_at, expires_at)"
            " VALUES (?, '', ?, '', '', '', 1, 1, ?, 'ASKED', 0, 0, 0)",
            [assisted_id, sealed, sealed],
        )


async def test_a_file_older_than_the_database_is_refused_and_changes_nothing(
    join: Join, clock: FixedClock, tmp_path: Path
) -> None:
    install_vault(Vault(FileKms(tmp_path / "keyring.json")))
    first, gone = await join(), await join()
    week = epoch_of(clock.now().date())
    await export_keys(tmp_path / "joined since")
    await join()
    await refused(tmp_path / "joined since", "older .* 2 keys that the file lacks")

    await export_keys(tmp_path / "forgotten since")
    await forget(gone, held_until=UNTIL)
    await refused(tmp_path / "forgotten since", "older .* 1 tombstones that the file lacks")

    await export_keys(tmp_path / "hold ended since")
    clock.advance(timedelta(days=8))
    async with transaction() as tx:
        await set_business_date(tx, UNTIL + timedelta(days=1))
        assert await end_holds(tx) == 1
    await refused(tmp_path / "hold ended since", "older .* 1 tombstones")

    await export_keys(tmp_path / "week destroyed since")
    await jobs.run(JobKind.REWRAP)
    await destroy_week(week)
    await refused(tmp_path / "week destroyed since", "older .* weeks destroyed")

    await export_keys(tmp_path / "code sent since")
    clock.advance(timedelta(minutes=1))
    await code("oc1")
    await refused(tmp_path / "code sent since", "older .* 1 keys")

    clock.advance(timedelta(minutes=1))
    await export_keys(tmp_path / "today's")
    await code("oc2")
    await filled_in("as1")
    async with transaction() as tx:  # a copy that has what was let go of before today's table
        await tx.run("UPDATE data_key SET made_at = 0 WHERE subject_id IN ('oc2', 'as1')")
    counts = await join_keys(tmp_path / "today's", ROOMS)
    assert (counts["rows without key"], counts["forgotten again"]) == (2, 0)
    assert [row["id"] for row in await fetch("SELECT id FROM one_time_code")] == ["oc1"]
    over = {"state": "EXPIRED", "phone": None, "phone_index": None, "purpose": None}
    found = await fetch("SELECT state, phone, phone_index, purpose FROM assisted_application")
    assert found == [over]
    assert await name_of(first) == "梅"


async def test_what_is_done_to_keys_is_on_record_as_the_operators_doing(
    join: Join, clock: FixedClock, tmp_path: Path
) -> None:
    install_vault(Vault(FileKms(tmp_path / "keyring.json")))
    gone, week = await join(), epoch_of(clock.now().date())
    await forget(gone, held_until=UNTIL)
    await export_keys(tmp_path / "keys")
    for _ in range(2):  # joined again, it changes nothing more
        await join_keys(tmp_path / "keys", ROOMS)
    clock.advance(timedelta(days=8))
    await jobs.run(JobKind.REWRAP)
    for _ in range(2):  # said again, it is on record once
        await destroy_week(week)
    async with transaction() as tx:
        await set_business_date(tx, UNTIL + timedelta(days=1))
        await end_holds(tx)
    told = await fetch(
        "SELECT kind, actor, subject_id FROM audit_entry WHERE kind <> 'cells.sealed' ORDER BY seq"
    )
    assert [tuple(row.values()) for row in told] == [
        ("borrower.forgotten", "system", gone),
        ("keys.exported", "operator", None),
        ("keys.joined", "operator", None),
        ("keys.joined", "operator", None),
        ("keys.job_begun", "operator", None),
        ("keys.job_ended", "operator", None),
        ("keys.week_destroyed", "operator", None),
        ("borrower.hold_ended", "system", gone),
    ]
