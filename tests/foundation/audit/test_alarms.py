"""A broken seal is told: in the log, and in the chain, by its place and never by its value."""

from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from app.foundation import audit, outbox
from app.foundation.audit import Met, Sought, adopt_cells, check_cells, sound_broken_seals
from app.foundation.audit.keeping import AGE_MAX
from app.foundation.clock import FixedClock
from app.foundation.database import Database, Transaction, fetch, transaction
from app.foundation.outbox import Fact, Subscription
from app.foundation.paging import PageAsk
from app.foundation.sealing import Cell, KeyClass, SealBroken, Sealed
from app.identity.models import BorrowerRow

pytestmark = pytest.mark.usefixtures("database")

MEI = "br00000abcdefghi"
CELL = Cell("borrower", "phone", MEI, MEI, KeyClass.CONTACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Fact):
    """Something somebody listens to."""


async def alarms() -> list[tuple[str, str | None, str]]:
    page = await audit.entries(Sought(kind=audit.ALARM), PageAsk())
    return [(entry.kind, entry.subject_id, entry.about) for _, entry in page.items]


async def test_every_broken_seal_in_a_failure_is_told_by_its_place() -> None:
    failure = RuntimeError("13800138000")
    failure.__cause__ = ExceptionGroup("several", [SealBroken(CELL), ValueError("13800138000")])
    with capture_logs() as lines:
        assert await sound_broken_seals(failure, Met.GATEWAY) == 1
    assert await alarms() == [
        ("alarm.seal_broken", MEI, f'{{"met":"gateway","place":"borrower.phone.{MEI}"}}')
    ]
    assert [line["place"] for line in lines] == [f"borrower.phone.{MEI}"]
    assert "13800138000" not in repr(lines)


async def test_any_other_failure_sounds_no_alarm() -> None:
    assert await sound_broken_seals(ValueError("broken"), Met.WORKER) == 0
    assert await alarms() == []


async def test_a_seal_whose_place_is_unknown_is_told_too() -> None:
    assert await sound_broken_seals(SealBroken(), Met.COMMAND) == 1
    assert await alarms() == [("alarm.seal_broken", None, '{"met":"command","place":"unknown"}')]


async def test_the_log_tells_it_even_if_the_database_cannot(database: Database) -> None:
    await database.close()
    with capture_logs() as lines:
        assert await sound_broken_seals(SealBroken(CELL), Met.GATEWAY) == 1
    assert [line["event"] for line in lines] == ["alarm", "alarm_not_recorded"]


async def test_a_worker_that_meets_a_broken_seal_tells_it() -> None:
    async def open_it(_tx: Transaction, _fact: Happened) -> None:
        raise SealBroken(CELL)

    outbox.subscribe([Subscription(fact_type=Happened, consumer="test.open", local=open_it)])
    async with transaction() as tx:
        await outbox.announce(tx, Happened())
    await outbox.drain()
    assert [kind for kind, _, _ in await alarms()] == ["alarm.seal_broken"]


async def test_entries_are_found_by_subject_actor_kind_and_time(clock: FixedClock) -> None:
    for kind, subject, actor in (
        ("desk.looked", MEI, "st00000abcdefghi"),
        ("desk.revealed", MEI, "st00000jklmnopqr"),
        ("staff.signed_in", None, "st00000abcdefghi"),
    ):
        async with transaction() as tx:
            await audit.record(tx, audit.Entry(kind, subject, actor))
        clock.advance(AGE_MAX)

    async def found(sought: Sought) -> list[int]:
        return [entry.seq for _, entry in (await audit.entries(sought, PageAsk())).items]

    assert await found(Sought()) == [3, 2, 1]
    assert await found(Sought(subject_id=MEI)) == [2, 1]
    assert await found(Sought(actor="st00000abcdefghi")) == [3, 1]
    assert await found(Sought(kind="desk.")) == [2, 1]
    assert await found(Sought(kind="desk.looked")) == [1]
    assert await found(Sought(since=clock.now() - AGE_MAX)) == [3]
    assert await found(Sought(until=clock.now() - 2 * AGE_MAX)) == [1]


async def test_cells_from_before_the_chain_are_taken_up_once() -> None:
    async def row(number: int) -> tuple[Cell, Sealed]:
        row_id, sealed = f"br{number:014d}", Sealed(f"sealed {number}".encode())
        await BorrowerRow.create(
            id=row_id,
            phone=sealed,
            phone_index=f"{number:032d}",
            phone_tail_index="000",
            language="zh-Hans",
            joined_at=0,
        )
        return Cell("borrower", "phone", row_id, row_id, KeyClass.CONTACT), sealed

    old = [await row(number) for number in range(3)]
    assert await adopt_cells(None) == 3
    await check_cells(old)
    later = await row(9)
    assert await adopt_cells(None) == 0
    with pytest.raises(SealBroken):
        await check_cells([later])


async def test_a_chain_wiped_out_is_not_begun_anew_where_a_witness_remembers_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    witness = tmp_path_factory.mktemp("witness") / "lines.jsonl"
    async with transaction() as tx:
        await audit.note_cell(tx, CELL, Sealed(b"one"))
    await audit.make_checkpoint(witness)
    async with transaction() as tx:
        for table in ("audit_entry", "audit_head", "audit_cell", "audit_checkpoint"):
            await tx.run(f"DELETE FROM {table}")
    assert await adopt_cells(witness) == 0
    assert await fetch("SELECT seq FROM audit_entry") == []
