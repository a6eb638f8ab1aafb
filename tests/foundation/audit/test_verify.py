"""Threat 22: whoever edits, deletes, reorders or cuts off the chain is found out, by number."""

import asyncio
import json
from pathlib import Path

import pytest

from app.foundation import audit
from app.foundation.audit import Entry, Fault, Verification, make_checkpoint, note_cell, verify
from app.foundation.audit.chain import StoredEntry, head_mac
from app.foundation.audit.keeping import AGE_MAX
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.rekeying.shredding import shred
from app.foundation.sealing import Cell, KeyClass, Sealed
from app.identity.models import BorrowerRow

pytestmark = pytest.mark.usefixtures("database")

MEI = "br00000abcdefghi"
AGENT = "st00000abcdefghi"


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    """Give a place outside the database."""
    return tmp_path / "witness.jsonl"


async def act(count: int = 1) -> None:
    for number in range(count):
        async with transaction() as tx:
            await audit.record(tx, Entry("desk.look", MEI, AGENT, {"number": number}))


async def tamper(*statements: str) -> None:
    async with transaction() as tx:
        for statement in statements:
            assert await tx.run(statement) > 0


async def rehash(seq: int) -> None:
    """Give an entry the hash of its present content, as somebody does who knows the format."""
    (row,) = await fetch("SELECT * FROM audit_entry WHERE seq = ?", [seq])
    del row["hash"]
    async with transaction() as tx:
        new = StoredEntry(**row).chain_hash()
        await tx.run("UPDATE audit_entry SET hash = ? WHERE seq = ?", [new, seq])


def told(found: Verification) -> list[tuple[int, Fault, str]]:
    return [(one.seq, one.fault, one.sentence) for one in found.problems]


async def test_a_chain_that_nobody_touched_is_whole(witness: Path) -> None:
    assert (await verify(witness)).is_whole
    await act(3)
    await make_checkpoint(witness)
    await act(2)
    found = await verify(witness)
    assert (found.problems, found.last, found.entries, found.checkpoints) == ((), 5, 5, 1)


EDITS = (
    "kind = 'desk.other'",
    "subject_id = 'br00000jklmnopqr'",
    "subject_id = NULL",
    "actor = 'st00000jklmnopqr'",
    "about = '{}'",
    "recorded_at = recorded_at + 1",
    "prev_hash = hash",
)


async def test_verify_names_the_entries_that_were_edited() -> None:
    await act(2 * len(EDITS))
    for number, edit in enumerate(EDITS, start=1):
        await tamper(f"UPDATE audit_entry SET {edit} WHERE seq = {2 * number}")
    assert told(await verify(None)) == [
        (2 * number, Fault.EDITED, f"entry {2 * number}: edited")
        for number in range(1, len(EDITS) + 1)
    ]


UNREADABLE = (
    f"recorded_at = {2**53}",
    'kind = \'audit.cells\', about = \'{"x":"y","no.such.cell":"y","\\u0000":1}\'',
)


async def test_what_was_edited_into_nonsense_is_named_and_the_chain_is_signed_all_the_same(
    witness: Path, database: Database
) -> None:
    await act(2 * len(UNREADABLE) + 1)
    async with transaction() as tx:
        await shred(tx, MEI)
    for number, edit in enumerate(UNREADABLE, start=1):
        await tamper(f"UPDATE audit_entry SET {edit} WHERE seq = {2 * number}")
    found = await verify(witness)
    edited = [one.seq for one in found.problems if one.fault is Fault.EDITED]
    assert edited == [2 * number for number in range(1, len(UNREADABLE) + 1)]
    made = await make_checkpoint(witness)
    assert made is not None
    assert made.broken == tuple(edited)

    await act(1)
    await tamper(
        f"UPDATE audit_entry SET seq = {2**60} WHERE seq = (SELECT MAX(seq) FROM audit_entry)",
        "UPDATE audit_head SET mac = 'é'",
    )
    if database.dialect == "sqlite":
        await tamper("UPDATE tombstone SET subject_id = CAST(x'ff41' AS TEXT)")
    sentences = [one.sentence for one in (await verify(witness)).problems]
    assert any(one.startswith("head: altered") for one in sentences)
    if database.dialect == "sqlite":
        assert "tombstone: 1 rows added under what is no id" in sentences
    await act(1)
    assert await make_checkpoint(witness) is not None

    await tamper(f"UPDATE audit_head SET seq = {2**60}")
    await act(1)
    assert await make_checkpoint(witness) is not None


NO_NUMBER = "CAST(x'ff41' AS TEXT)"


async def test_text_where_a_number_belongs_is_named_and_stops_nobody(
    witness: Path, database: Database, clock: FixedClock
) -> None:
    """SQLite takes any text in any column, and its driver reads none that is no UTF-8."""
    if database.dialect == "postgres":
        return
    await act(4)
    assert await make_checkpoint(witness) is not None
    async with transaction() as tx:
        await note_cell(tx, Cell("borrower", "phone", MEI, MEI, KeyClass.CONTACT), None)
        await audit.record(tx, Entry("alarm.tried", None, AGENT))
    await tamper(
        f"UPDATE audit_entry SET recorded_at = {NO_NUMBER} WHERE kind = 'alarm.tried' OR seq = 2",
        f"UPDATE audit_checkpoint SET signed_at = {NO_NUMBER}",
        f"UPDATE audit_cell SET seq = {NO_NUMBER}",
        f"UPDATE audit_head SET seq = {NO_NUMBER}",
    )
    found = await verify(witness)
    assert told(found) == [
        (2, Fault.EDITED, "entry 2: edited"),
        (5, Fault.EDITED, "entry 5: edited"),
        (6, Fault.HEAD, r"head: altered, says entry \xffA"),
        (6, Fault.CELL, f"cell borrower.phone.{MEI}: is not what entry 6 says it holds"),
        (0, Fault.CHECKPOINT, "checkpoint 4: is not what was signed"),
    ]
    assert [(one.seq, one.recorded_at) for one in found.alarms] == [(5, 0)]

    await act(1)
    clock.advance(AGE_MAX)
    made = await make_checkpoint(witness)
    assert made is not None
    assert made.broken == (2, 5)
    await tamper(f"UPDATE audit_checkpoint SET seq = {NO_NUMBER} WHERE seq = {made.seq}")
    sentences = [one.sentence for one in (await verify(witness)).problems]
    assert r"checkpoint \xffA: is not what was signed" in sentences


async def test_verify_names_an_entry_whose_hash_was_edited() -> None:
    await act(4)
    await tamper("UPDATE audit_entry SET hash = prev_hash WHERE seq = 3")
    assert told(await verify(None)) == [(3, Fault.EDITED, "entry 3: edited")]


async def test_an_edited_entry_is_named_even_if_its_hash_was_written_anew() -> None:
    await act(6)
    await tamper("UPDATE audit_entry SET actor = 'st00000jklmnopqr' WHERE seq = 4")
    await rehash(4)
    assert told(await verify(None)) == [
        (4, Fault.EDITED, "entry 4: edited, and its hash written anew")
    ]


async def test_the_last_entry_with_its_hash_written_anew_does_not_fit_the_head() -> None:
    await act(3)
    await tamper("UPDATE audit_entry SET actor = 'st00000jklmnopqr' WHERE seq = 3")
    await rehash(3)
    assert told(await verify(None)) == [
        (3, Fault.EDITED, "entry 3: edited, and its hash written anew")
    ]


async def test_verify_names_the_entry_that_was_deleted() -> None:
    await act(6)
    await tamper("DELETE FROM audit_entry WHERE seq = 3")
    assert told(await verify(None)) == [(3, Fault.DELETED, "entry 3: deleted")]


async def test_entries_renumbered_over_a_deleted_one_do_not_hide_it() -> None:
    await act(6)
    await tamper(
        "DELETE FROM audit_entry WHERE seq = 3",
        "UPDATE audit_entry SET seq = 3 WHERE seq = 4",
        "UPDATE audit_entry SET seq = 4 WHERE seq = 5",
        "UPDATE audit_entry SET seq = 5 WHERE seq = 6",
    )
    sentences = [sentence for _, _, sentence in told(await verify(None))]
    assert "entry 4: reordered, stands at 3" in sentences
    assert "entry 3: deleted" in sentences or "entry 6: cut off" in sentences


async def test_verify_names_entries_that_changed_places() -> None:
    await act(6)
    await tamper(
        "UPDATE audit_entry SET seq = 99 WHERE seq = 2",
        "UPDATE audit_entry SET seq = 2 WHERE seq = 5",
        "UPDATE audit_entry SET seq = 5 WHERE seq = 99",
    )
    sentences = [sentence for _, _, sentence in told(await verify(None))]
    assert sentences == ["entry 5: reordered, stands at 2", "entry 2: reordered, stands at 5"]


async def test_verify_names_what_was_cut_off() -> None:
    await act(6)
    await tamper("DELETE FROM audit_entry WHERE seq > 4")
    assert told(await verify(None)) == [(6, Fault.CUT_OFF, "entries 5 to 6: cut off")]


async def test_a_tail_cut_off_with_its_checkpoints_and_head_is_told_by_the_witness(
    witness: Path,
) -> None:
    await act(4)
    (early,) = await fetch("SELECT seq, hash, mac FROM audit_head")
    await act(2)
    await make_checkpoint(witness)
    async with transaction() as tx:
        await tx.run("DELETE FROM audit_entry WHERE seq > 4")
        await tx.run("DELETE FROM audit_checkpoint")
        await tx.run(
            "UPDATE audit_head SET seq = ?, hash = ?, mac = ?",
            [early["seq"], early["hash"], early["mac"]],
        )
    assert told(await verify(witness)) == [(6, Fault.CUT_OFF, "entries 5 to 6: cut off")]


async def test_checkpoints_lost_with_their_entries_are_told_in_one_line(
    witness: Path, clock: FixedClock
) -> None:
    await act(2)
    await make_checkpoint(witness)
    (head,) = await fetch("SELECT * FROM audit_head")
    for _ in range(3):
        await act(2)
        await make_checkpoint(witness)
    async with transaction() as tx:
        await tx.run("DELETE FROM audit_entry WHERE seq > 2")
        await tx.run("DELETE FROM audit_checkpoint WHERE seq > 2")
        await tx.run(
            "UPDATE audit_head SET seq = ?, hash = ?, mac = ?",
            [head["seq"], head["hash"], head["mac"]],
        )
    assert told(await verify(witness)) == [(8, Fault.CUT_OFF, "entries 3 to 8: cut off")]
    clock.advance(AGE_MAX)
    await act(5)  # and people go on, over a copy that lacks what the witness has
    sentences = [sentence for _, _, sentence in told(await verify(witness))]
    assert sorted(sentences) == [
        "entries 3 to 6: not what checkpoints 4 to 6 signed",
        "entry 8: cut off",
    ]
    await tamper("DELETE FROM audit_checkpoint")
    sentences = [sentence for _, _, sentence in told(await verify(witness))]
    assert "checkpoint 2: deleted, the witness has it" in sentences


async def test_a_chain_written_anew_is_not_what_was_signed(witness: Path) -> None:
    await act(6)
    await make_checkpoint(witness)
    await tamper("UPDATE audit_entry SET actor = 'st00000jklmnopqr' WHERE seq = 4")
    prev = ""
    for seq in range(4, 7):
        if seq > 4:
            await tamper(f"UPDATE audit_entry SET prev_hash = '{prev}' WHERE seq = {seq}")
        await rehash(seq)
        prev = (await fetch("SELECT hash FROM audit_entry WHERE seq = ?", [seq]))[0]["hash"]
    async with transaction() as tx:
        await tx.run("UPDATE audit_head SET hash = ?, mac = ?", [prev, head_mac(6, prev)])
    assert told(await verify(witness)) == [
        (6, Fault.REWRITTEN, "entries 1 to 6: not what checkpoint 6 signed")
    ]


async def test_an_entry_added_by_hand_has_no_place() -> None:
    await act(3)
    await tamper(
        "INSERT INTO audit_entry SELECT 4, kind, subject_id, actor, about, recorded_at, hash, ''"
        " FROM audit_entry WHERE seq = 3"
    )
    await rehash(4)
    assert told(await verify(None)) == [(4, Fault.FORGED, "entry 4: forged, the head ends at 3")]


async def test_an_altered_head_is_told_and_the_chain_goes_on_with_an_alarm() -> None:
    await act(3)
    await tamper("UPDATE audit_head SET hash = 'f'")
    assert [fault for _, fault, _ in told(await verify(None))] == [Fault.HEAD]
    await act()
    found = await verify(None)
    assert [(one.seq, one.kind) for one in found.alarms] == [(4, "alarm.chain_head")]


async def test_a_head_set_back_or_removed_stops_no_business_and_is_told() -> None:
    await act(3)
    for statement in ("DELETE FROM audit_head", "UPDATE audit_head SET seq = 1"):
        await tamper(statement)
        await act()
    found = await verify(None)
    assert (found.problems, found.last) == ((), 7)
    assert [one.kind for one in found.alarms] == ["alarm.chain_head"] * 2


async def test_a_forged_checkpoint_is_told(witness: Path) -> None:
    await act(3)
    await make_checkpoint(witness)
    await tamper("UPDATE audit_checkpoint SET hash = 'f'")
    sentences = [sentence for _, _, sentence in told(await verify(None))]
    assert sentences == ["checkpoint 3: is not what was signed"]


def spoil(witness: Path) -> None:
    genuine = witness.read_text()
    forged = json.loads(genuine) | {"seq": 900}
    witness.write_text(genuine + json.dumps(forged) + "\nnonsense\n[]\n")


async def test_lines_of_the_witness_that_are_none_are_told(witness: Path) -> None:
    await act(3)
    await make_checkpoint(witness)
    spoil(witness)
    sentences = [sentence for _, _, sentence in told(await verify(witness))]
    assert sentences == [f"witness line {line}: is not what was signed" for line in (2, 3, 4)]


async def test_verify_from_an_entry_begins_at_the_checkpoint_before_it() -> None:
    await act(4)
    await make_checkpoint(None)
    await act(3)
    await tamper("UPDATE audit_entry SET about = '{}' WHERE seq IN (2, 6)")
    found = await verify(None, since=6)
    assert (found.first, told(found)) == (5, [(6, Fault.EDITED, "entry 6: edited")])


async def test_a_break_is_signed_as_one_told_for_ever_and_what_follows_is_vouched_for(
    witness: Path,
) -> None:
    await act(4)
    kept = (await fetch("SELECT about FROM audit_entry WHERE seq = 2"))[0]["about"]
    await tamper("UPDATE audit_entry SET about = '{}' WHERE seq = 2")
    over = await make_checkpoint(witness)
    assert over is not None
    assert (over.seq, over.broken, over.is_genuine()) == (4, (2,), True)
    after = await make_checkpoint(witness)  # over the alarm, which is told once
    assert after is not None
    assert (after.seq, after.broken) == (5, ())
    await act(2)
    assert (await make_checkpoint(witness)) is not None
    signed_over = "checkpoint 4: signed over what did not hold then, at entry 2"
    found = await verify(witness)
    assert [one.kind for one in found.alarms] == ["alarm.chain_broken"]
    assert told(found)[0] == (2, Fault.EDITED, "entry 2: edited")
    for since in (1, 6):
        assert signed_over in [sentence for _, _, sentence in told(await verify(None, since=since))]
    async with transaction() as tx:
        await tx.run("UPDATE audit_entry SET about = ? WHERE seq = 2", [kept])
    assert told(await verify(witness)) == [(4, Fault.BREAK, signed_over)]
    await tamper("UPDATE audit_checkpoint SET broken = NULL WHERE seq = 4")
    sentences = [sentence for _, _, sentence in told(await verify(witness))]
    assert sentences == ["checkpoint 4: is not what was signed", signed_over]


async def test_a_forged_checkpoint_ahead_of_the_chain_stops_no_later_one() -> None:
    await act(2)
    await make_checkpoint(None)
    await tamper(
        "INSERT INTO audit_checkpoint SELECT 900, hash, entries, signed_at, signature, broken"
        " FROM audit_checkpoint"
    )
    await act(2)
    made = await make_checkpoint(None)
    assert made is not None
    assert (made.seq, made.entries, made.broken) == (4, 4, ())
    found = await verify(None)
    assert [one.kind for one in found.alarms] == ["alarm.checkpoint_forged"]
    assert told(found) == [(0, Fault.CHECKPOINT, "checkpoint 900: is not what was signed")]


def taken_away(witness: Path) -> bytes:
    """Leave something there that can be neither read nor written; return what there was."""
    lines = witness.read_bytes()
    witness.unlink()
    witness.mkdir()
    return lines


def brought_back(witness: Path, lines: bytes) -> None:
    witness.rmdir()
    witness.write_bytes(lines)


async def test_a_witness_that_could_not_be_told_is_told_later_in_order(witness: Path) -> None:
    await act(2)
    await make_checkpoint(witness)
    whole = taken_away(witness)
    for _ in range(2):
        await act()
        with pytest.raises(OSError, match="directory"):
            await make_checkpoint(witness)
    brought_back(witness, whole + whole[:40])  # the disk was full in the middle of a line
    assert await make_checkpoint(witness) is None
    lines = (await asyncio.to_thread(witness.read_bytes)).splitlines()
    assert [json.loads(line)["seq"] for line in lines if line.endswith(b"}")] == [2, 3, 5]
    found = await verify(witness)
    assert [one.kind for one in found.alarms] == ["alarm.witness_silent"]
    assert told(found) == [(0, Fault.CHECKPOINT, "witness line 2: is not what was signed")]
    lines[1] = lines[3][:40]  # the beginning of a line that is told in whole after it
    await asyncio.to_thread(witness.write_bytes, b"\n".join(lines) + b"\n")
    assert (await verify(witness)).is_whole


async def test_a_tombstone_edited_deleted_or_added_is_named() -> None:
    gone = [f"br0000000000000{number}" for number in range(3)]
    for borrower_id in gone:
        async with transaction() as tx:
            await shred(tx, borrower_id)
    assert (await verify(None)).is_whole
    await tamper(
        f"UPDATE tombstone SET held_until = '2036-11-22' WHERE subject_id = '{gone[0]}'",
        f"DELETE FROM tombstone WHERE subject_id = '{gone[1]}'",
        "INSERT INTO tombstone SELECT 'br00000abcdefghi', buried_at, held_until, signature"
        f" FROM tombstone WHERE subject_id = '{gone[2]}'",
    )
    assert told(await verify(None)) == [
        (1, Fault.ROW, f"tombstone {gone[0]}: edited, entry 1 tells otherwise"),
        (2, Fault.ROW, f"tombstone {gone[1]}: deleted, entry 2 tells of it"),
        (0, Fault.ROW, "tombstone br00000abcdefghi: added, no entry tells of it"),
    ]


async def test_the_chain_is_signed_after_a_minute_or_a_thousand_entries(
    clock: FixedClock,
) -> None:
    await act(2)
    assert await make_checkpoint(None, only_if_due=True) is None
    clock.advance(AGE_MAX)
    made = await make_checkpoint(None, only_if_due=True)
    assert made is not None
    assert (made.seq, made.entries, made.is_genuine()) == (2, 2, True)
    assert await make_checkpoint(None) is None


async def test_what_is_recorded_in_a_transaction_that_fails_never_was() -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop):
        async with transaction() as tx:
            await audit.record(tx, Entry("desk.look", MEI, AGENT))
            raise Stop
    assert await fetch("SELECT * FROM audit_entry") == []


async def test_acts_recorded_at_once_stand_in_one_gapless_order(database: Database) -> None:
    assert database.dialect
    await asyncio.gather(*(act(5) for _ in range(8)))
    found = await verify(None)
    assert (found.problems, found.last) == ((), 40)


async def test_verify_names_cells_rolled_back_emptied_or_gone() -> None:
    rows = [f"br00000abcdef{number:03d}" for number in range(4)]
    for number, row_id in enumerate(rows):
        async with transaction() as tx:
            await BorrowerRow.create(
                id=row_id,
                phone=Sealed(b"new"),
                phone_index=f"{number:032d}",
                phone_tail_index="000",
                bank_card=Sealed(b"card"),
                language="zh-Hans",
                joined_at=0,
            )
            for column in ("phone", "bank_card"):
                held = Sealed(b"new") if column == "phone" else Sealed(b"card")
                cell = Cell("borrower", column, row_id, row_id, KeyClass.CONTACT)
                await note_cell(tx, cell, held)
    assert (await verify(None)).is_whole
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET phone = ? WHERE id = ?", [b"old", rows[0]])
        await tx.run("UPDATE borrower SET bank_card = NULL WHERE id = ?", [rows[1]])
        await tx.run("DELETE FROM borrower WHERE id = ?", [rows[2]])
    cells = [one.sentence.split(":")[0] for one in (await verify(None)).problems]
    assert cells == [
        f"cell borrower.bank_card.{rows[1]}",
        f"cell borrower.bank_card.{rows[2]}",
        f"cell borrower.phone.{rows[0]}",
        f"cell borrower.phone.{rows[2]}",
    ]


PERSONAL = (
    ("Look", MEI, AGENT, {}),
    ("desk.look", "张美", AGENT, {}),
    ("desk.look", MEI, "张 美", {}),
    ("desk.look", MEI, AGENT, {"phone": "13800138000"}),
    ("desk.look", MEI, AGENT, {"name": "张美"}),
    ("desk.look", MEI, AGENT, {"words": "two words"}),
)


async def test_nothing_that_looks_personal_enters_the_chain() -> None:
    for entry in PERSONAL:
        with pytest.raises(AssertionError):
            Entry(*entry)
