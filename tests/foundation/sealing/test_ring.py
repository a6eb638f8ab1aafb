"""The ring makes one key a week, serves through outages, and lets go of what was destroyed."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.sealing import (
    Cell,
    KeyClass,
    KeyDestroyed,
    KeyRing,
    KeysUnavailable,
    KmsUnavailable,
    SealBroken,
    Vault,
    derived_key,
    install_vault,
    seal,
    unseal,
)
from app.foundation.sealing.keeping import WrongKeeper, kept, look
from app.foundation.sealing.ring import epoch_of
from app.foundation.sealing.turning import (
    EpochInUse,
    LabelInUse,
    add_label_version,
    destroy_epoch,
    epochs,
    labels,
    retire_label_version,
    rewrap_epoch,
)
from tests.foundation.sealing.remote_kms import RemoteKms

WEEK = 202647
PHONE = Cell("borrower", "phone", "br00000000000001", "br00000000000001", KeyClass.CONTACT)
OTHER = replace(PHONE, row_id="br00000000000002", subject_id="br00000000000002")


@dataclass
class Far:
    """A process whose keeper of keys is far away, and its own sense of time."""

    kms: RemoteKms
    passed: float = 0.0
    ring: KeyRing = field(init=False)
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.ring = KeyRing(self.kms, monotonic=lambda: self.passed)
        self.vault = Vault(self.kms, monotonic=lambda: self.passed, own_ring=self.ring)
        install_vault(self.vault)


@pytest.fixture
def keyring(tmp_path: Path) -> FileKms:
    """Keep a file of this test's own: what it destroys is missed by nobody else."""
    return FileKms(tmp_path / "keyring.json")


@pytest.fixture
def far(database: Database, keyring: FileKms) -> Far:
    assert database.dialect
    return Far(RemoteKms(keyring))


async def seal_now(cell: Cell, text: str = "138") -> bytes:
    async with transaction() as tx:
        return await seal(tx, cell, text)


async def data_keys() -> int:
    return len(await fetch("SELECT id FROM data_key"))


@pytest.mark.parametrize(
    ("day", "epoch"),
    [(date(2026, 11, 21), 202647), (date(2027, 1, 1), 202653), (date(2027, 1, 4), 202701)],
)
def test_an_epoch_is_a_week(day: date, epoch: int) -> None:
    assert epoch_of(day) == epoch


@pytest.mark.usefixtures("database")
async def test_processes_that_make_a_weeks_key_together_agree(tmp_path: Path) -> None:
    rings = [KeyRing(RemoteKms(FileKms(tmp_path / "keys.json"))) for _ in range(4)]
    await asyncio.gather(*(look(ring) for ring in rings))
    found = {(await ring.keks([WEEK]))[WEEK] for ring in rings}
    assert len(found) == 1
    assert [one.epoch for one in await epochs()] == [WEEK]


@pytest.mark.usefixtures("database")
async def test_the_database_holds_a_weeks_key_wrapped_only(keyring: FileKms) -> None:
    ring = KeyRing(keyring)
    await look(ring)
    kek = (await ring.keks([WEEK]))[WEEK]
    rows = await fetch("SELECT wrapped FROM epoch_key")
    assert len(kek) == 32
    assert all(kek not in bytes(row["wrapped"]) for row in rows)


@pytest.mark.usefixtures("database")
async def test_a_weeks_key_that_was_rolled_back_is_not_used_again(keyring: FileKms) -> None:
    ring = KeyRing(keyring)
    gone = b""
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            gone = await ring.kek_for_new(tx, WEEK)
            raise ZeroDivisionError
    async with transaction() as tx:
        made = await ring.kek_for_new(tx, WEEK)
    assert made != gone
    assert (await KeyRing(keyring).keks([WEEK]))[WEEK] == made


async def test_next_weeks_key_is_there_a_day_before(far: Far, clock: FixedClock) -> None:
    await look(far.ring)
    assert [one.epoch for one in await epochs()] == [WEEK]
    clock.advance(timedelta(days=1))
    await look(far.ring)
    assert [one.epoch for one in await epochs()] == [WEEK + 1, WEEK]
    clock.advance(timedelta(hours=23))
    far.kms.is_away = True
    assert await unseal(PHONE, await seal_now(PHONE)) == "138"


async def test_an_outage_leaves_known_people_served_and_takes_nobody_new(far: Far) -> None:
    """Threat 7: the keeper of keys is away."""
    await look(far.ring)
    sealed = await seal_now(PHONE)
    far.kms.is_away = True
    far.passed = 14 * 60
    await seal_now(OTHER)
    far.passed = 7 * 24 * 60 * 60
    assert await unseal(PHONE, sealed) == "138"
    assert await unseal(PHONE, await seal_now(PHONE, "139")) == "139"
    with pytest.raises(KmsUnavailable):
        await look(far.ring)
    before = await data_keys()
    with pytest.raises(KeysUnavailable) as refused:
        await seal_now(replace(PHONE, subject_id="br00000000000003"))
    with pytest.raises(KeysUnavailable):
        await seal_now(replace(PHONE, key_class=KeyClass.IDENTITY))
    assert refused.value.retry_after_seconds >= 1
    assert await data_keys() == before
    assert await unseal(PHONE, sealed) == "138"
    far.kms.is_away = False
    far.passed += 60
    await look(far.ring)
    await seal_now(replace(PHONE, subject_id="br00000000000003"))
    assert await data_keys() == before + 1


async def test_what_serves_through_an_outage_is_confirmed_while_there_is_none(far: Far) -> None:
    await look(far.ring)
    for _ in range(12):
        far.passed += 5 * 60
        await look(far.ring)
        await seal_now(replace(PHONE, subject_id=f"br{far.passed:014.0f}"))
    asked = len(far.kms.asked)
    await look(far.ring)
    assert len(far.kms.asked) == asked, "nothing is due, so nobody is asked"


async def test_nobody_waits_twice_in_a_row_for_a_keeper_that_is_away(
    far: Far, keyring: FileKms
) -> None:
    await look(KeyRing(keyring))
    far.kms.is_away = True
    for _ in range(3):
        with pytest.raises(TemporarilyUnavailable):
            await far.ring.keks([WEEK])
    assert far.kms.asked == ["unwrap"]
    far.passed += 6
    far.kms.is_away = False
    assert await far.ring.keks([WEEK])


async def test_a_slow_keeper_holds_up_nobody_else(far: Far, keyring: FileKms) -> None:
    await look(KeyRing(keyring))
    far.kms.seconds = 0.3
    opening = asyncio.create_task(far.ring.keks([WEEK]))
    longest = 0.0
    while not opening.done():
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - began)
    assert await opening
    assert longest < 0.25


async def test_a_transaction_asks_no_far_keeper(far: Far, keyring: FileKms) -> None:
    install_vault(Vault(keyring))
    sealed = await seal_now(PHONE)
    install_vault(far.vault)
    async with transaction():
        with pytest.raises(TemporarilyUnavailable):
            await unseal(PHONE, sealed)
    with pytest.raises(KeysUnavailable):
        await seal_now(OTHER)
    assert far.kms.asked == []
    assert await unseal(PHONE, sealed) == "138"


async def test_a_label_nobody_expected_is_opened_beside_the_loop(far: Far) -> None:
    async with kept(far.ring):
        with pytest.raises(TemporarilyUnavailable):
            derived_key("otp-pepper")
        async with asyncio.timeout(5):
            while not await labels():
                await asyncio.sleep(0.01)
        known = derived_key("otp-pepper")
    again = Far(RemoteKms(far.kms.near))
    await look(again.ring)
    assert derived_key("otp-pepper") == known, "another start expects it"


async def test_what_was_missing_is_opened_when_somebody_needs_it(
    far: Far, keyring: FileKms
) -> None:
    async with kept(far.ring):
        await look(KeyRing(keyring))
        far.ring.forget(WEEK)
        with pytest.raises(KeysUnavailable):
            await seal_now(PHONE)
        async with asyncio.timeout(5):
            while far.ring.confirmed_ago(WEEK) is None:
                await asyncio.sleep(0.01)
        await seal_now(PHONE)


async def test_a_start_needs_the_keeper_and_what_follows_does_not(far: Far) -> None:
    far.kms.is_away = True
    with pytest.raises(KmsUnavailable):
        async with kept(far.ring):
            pass
    far.kms.is_away = False
    far.passed = 60
    far.ring.labels.expect(["cursor"])
    async with kept(far.ring):
        far.kms.is_away = True
        far.ring.labels.expect(["otp-pepper"])
        far.ring.wake()
        async with asyncio.timeout(5):
            while far.kms.asked.count("mac") < 2:
                await asyncio.sleep(0.01)
        assert derived_key("cursor")


async def test_the_keeping_goes_on_through_bad_rounds_and_says_each_trouble_once(far: Far) -> None:
    far.ring.labels.expect(["cursor"])

    async def look_again(times: int = 1) -> None:
        for _ in range(times):
            far.ring.wake()
            await asyncio.sleep(0.1)

    with capture_logs() as said:
        async with kept(far.ring):
            far.kms.is_away = True
            far.passed = 6 * 60
            await look_again(3)
            far.kms.is_away = False
            far.passed += 60
            await look_again(2)
            async with transaction() as tx:
                await tx.run("UPDATE label_version SET check_value = 'another'")
            await look_again()
            assert derived_key("cursor")
    events = [one["event"] for one in said if one["event"] != "epoch_key_destroyed"]
    assert events == ["kms_unavailable", "kms_answers_again", "key_ring_failed"]


async def test_another_keeper_than_the_databases_is_refused(far: Far, tmp_path: Path) -> None:
    far.ring.labels.expect(["cursor"])
    await look(far.ring)
    other = KeyRing(FileKms(tmp_path / "other.json"))
    other.labels.expect(["cursor"])
    with pytest.raises(WrongKeeper, match="label cursor, version 1"):
        await look(other)


async def test_a_new_version_of_a_label_is_read_before_it_is_written(
    far: Far, keyring: FileKms, clock: FixedClock
) -> None:
    other = KeyRing(keyring)
    for ring in (far.ring, other):
        ring.labels.expect(["index:x"])
        await look(ring)
    first = derived_key("index:x")
    assert await add_label_version(far.ring, "index:x") == 2
    assert await add_label_version(other, "index:x") == 2, "one at a time"
    for ring in (far.ring, other):
        assert ring.labels.versions("index:x") == (2, 1)
        assert ring.labels.current_version("index:x") == 1
        assert ring.labels.key("index:x") == ring.labels.key("index:x", 1) == first
        assert ring.labels.key("index:x", 2) != first
    with pytest.raises(LabelInUse):
        await retire_label_version(far.ring, "index:x", 1)
    clock.advance(timedelta(seconds=60))
    assert derived_key("index:x") == other.labels.key("index:x", 2)
    with pytest.raises(LabelInUse):
        await retire_label_version(far.ring, "index:x", 1)
    with pytest.raises(LabelInUse):
        await retire_label_version(far.ring, "index:x", 2)
    clock.advance(timedelta(seconds=60))
    await retire_label_version(far.ring, "index:x", 1)
    assert far.ring.labels.versions("index:x") == (2,)
    assert [(one.version, one.is_current) for one in await labels()] == [(2, True), (1, False)]
    assert await add_label_version(far.ring, "index:x") == 3


async def test_a_version_that_was_started_before_a_restart_is_known_after(
    far: Far, clock: FixedClock
) -> None:
    await add_label_version(far.ring, "index:x")
    clock.advance(timedelta(minutes=5))
    again = Far(RemoteKms(far.kms.near))
    await look(again.ring)
    assert derived_key("index:x") == far.ring.labels.key("index:x", 2)


async def test_a_week_that_is_in_use_cannot_be_destroyed(far: Far, clock: FixedClock) -> None:
    await look(far.ring)
    with pytest.raises(EpochInUse, match="not over"):
        await destroy_epoch(far.ring, WEEK)
    sealed = await seal_now(PHONE)
    clock.advance(timedelta(days=7))
    with pytest.raises(EpochInUse, match="still wraps"):
        await destroy_epoch(far.ring, WEEK)
    assert await unseal(PHONE, sealed) == "138"


async def test_a_destroyed_week_is_dead_in_every_backup(far: Far, clock: FixedClock) -> None:
    await look(far.ring)
    sealed = await seal_now(PHONE)
    backup = await fetch("SELECT * FROM data_key"), await fetch("SELECT * FROM epoch_key")
    async with transaction() as tx:
        await tx.run("DELETE FROM data_key")
    clock.advance(timedelta(days=7))
    other = KeyRing(RemoteKms(far.kms.near))
    await look(other)
    await destroy_epoch(far.ring, WEEK)
    await destroy_epoch(far.ring, WEEK)
    await look(other)
    for ring in (far.ring, other):
        with pytest.raises(KeyDestroyed):
            await ring.keks([WEEK])
    async with transaction() as tx:
        key, week = backup[0][0], backup[1][0]
        await tx.run(
            f"INSERT INTO data_key ({', '.join(key)}) VALUES ({', '.join('?' for _ in key)})",
            list(key.values()),
        )
        update = "UPDATE epoch_key SET wrapped = ?, destroyed_at = NULL WHERE epoch = ?"
        await tx.run(update, [bytes(week["wrapped"]), WEEK])
    restored = Far(RemoteKms(far.kms.near))
    await look(restored.ring)
    with pytest.raises(SealBroken):
        await unseal(PHONE, sealed)


async def test_a_destruction_interrupted_by_an_outage_is_finished_when_said_again(
    far: Far, clock: FixedClock
) -> None:
    await look(far.ring)
    wrapped = bytes((await fetch("SELECT wrapped FROM epoch_key"))[0]["wrapped"])
    clock.advance(timedelta(days=7))
    far.kms.is_away = True
    with pytest.raises(KmsUnavailable):
        await destroy_epoch(far.ring, WEEK)
    with pytest.raises(KeyDestroyed):
        await far.ring.keks([WEEK])
    far.kms.is_away = False
    far.passed += 60
    await destroy_epoch(far.ring, WEEK)
    assert (await epochs())[-1].destroyed_at is not None
    with pytest.raises(KeyDestroyed):
        far.kms.near.unwrap(f"qingmiao-epoch-{WEEK}", wrapped)


async def test_a_week_rewrapped_is_the_same_key_under_a_new_one(
    far: Far, clock: FixedClock
) -> None:
    await look(far.ring)
    sealed = await seal_now(PHONE)
    kek = (await far.ring.keks([WEEK]))[WEEK]
    before = await fetch("SELECT wrapped FROM epoch_key WHERE epoch = ?", [WEEK])
    clock.advance(timedelta(minutes=1))
    await rewrap_epoch(far.ring, WEEK)
    after = await fetch("SELECT wrapped FROM epoch_key WHERE epoch = ?", [WEEK])
    assert bytes(after[0]["wrapped"]) != bytes(before[0]["wrapped"])
    assert (await epochs())[0].wrapped_at > (await epochs())[0].made_at
    restarted = Far(RemoteKms(far.kms.near))
    assert (await restarted.ring.keks([WEEK]))[WEEK] == kek
    assert await unseal(PHONE, sealed) == "138"


async def test_an_altered_row_of_a_week_opens_nothing_and_costs_no_running_process_its_key(
    far: Far,
) -> None:
    await look(far.ring)
    sealed = await seal_now(PHONE)
    async with transaction() as tx:
        await tx.run("UPDATE epoch_key SET wrapped = ?", [bytes(60)])
    far.passed += 6 * 60
    await look(far.ring)
    assert await unseal(PHONE, sealed) == "138"
    restarted = Far(RemoteKms(far.kms.near))
    await look(restarted.ring)
    with pytest.raises(SealBroken):
        await unseal(PHONE, sealed)


@pytest.mark.usefixtures("database")
async def test_a_key_file_that_is_gone_is_said_as_an_outage(tmp_path: Path) -> None:
    install_vault(Vault(FileKms(tmp_path / "keyring.json")))
    (tmp_path / "keyring.json").unlink()
    with pytest.raises(TemporarilyUnavailable):
        derived_key("otp-pepper")
    with pytest.raises(KeysUnavailable):
        await seal_now(PHONE)
    assert await fetch("SELECT * FROM data_key") == await fetch("SELECT * FROM epoch_key") == []


async def test_a_week_that_is_not_there_opens_nothing(far: Far) -> None:
    with pytest.raises(KeyDestroyed):
        await far.ring.keks([202601])


@pytest.mark.usefixtures("database")
async def test_the_key_an_older_file_held_for_a_week_becomes_that_weeks_key(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(f'{{"root": "{"ab" * 32}", "epochs": {{"{WEEK}": "{"cd" * 32}"}}}}')
    path.chmod(0o600)
    kms = FileKms(path)
    ring = KeyRing(kms, inherited=kms.inherited)
    await look(ring)
    assert (await ring.keks([WEEK]))[WEEK] == bytes.fromhex("cd" * 32)
