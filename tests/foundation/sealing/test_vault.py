"""Each person has keys of their own, made once, kept for a while, and gone when deleted."""

import asyncio
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.adapters.kms import FileKms
from app.foundation.database import Database, fetch, transaction
from app.foundation.sealing import (
    Cell,
    KeyClass,
    SealBroken,
    Vault,
    blind_index,
    install_vault,
    seal,
    unseal,
    unseal_all,
)
from app.foundation.sealing.cells import DataKey
from app.foundation.sealing.ring import epoch_of

OPENED, OTHER = DataKey(bytes(32), 1), DataKey(bytes(32), 2)
PHONE = Cell("borrower", "phone", "br00000000000001", "br00000000000001", KeyClass.CONTACT)


@pytest.mark.usefixtures("database")
async def test_values_open_again_after_the_cache_is_empty(keyring: FileKms) -> None:
    name = replace(PHONE, column="name", key_class=KeyClass.IDENTITY)
    async with transaction() as tx:
        phone_sealed, name_sealed = await seal(tx, PHONE, "138"), await seal(tx, name, "梅")
    install_vault(Vault(keyring))
    assert await unseal_all([(name, name_sealed), (PHONE, phone_sealed)]) == ["梅", "138"]


@pytest.mark.usefixtures("database")
async def test_two_people_have_two_keys() -> None:
    other = replace(PHONE, row_id="br00000000000002", subject_id="br00000000000002")
    async with transaction() as tx:
        await seal(tx, other, "139")
        mine = await seal(tx, PHONE, "138")
    with pytest.raises(SealBroken):
        await unseal(other, mine)


async def test_another_keyring_opens_nothing(database: Database, tmp_path: Path) -> None:
    assert database.dialect
    async with transaction() as tx:
        sealed = await seal(tx, PHONE, "138")
    install_vault(Vault(FileKms(tmp_path / "other.json")))
    with pytest.raises(SealBroken):
        await unseal(PHONE, sealed)


@pytest.mark.usefixtures("database")
async def test_a_shredded_key_is_gone(keyring: FileKms) -> None:
    async with transaction() as tx:
        sealed = await seal(tx, PHONE, "138")
        await tx.run("DELETE FROM data_key WHERE subject_id = ?", [PHONE.subject_id])
    install_vault(Vault(keyring))
    with pytest.raises(SealBroken):
        await unseal(PHONE, sealed)


def test_opened_keys_are_forgotten_after_a_while(keyring: FileKms) -> None:
    moment = 0.0
    vault = Vault(keyring, monotonic=lambda: moment)
    vault.remember("key", OPENED)
    assert vault.remembered("key") == OPENED
    moment = 15 * 60 + 1
    assert vault.remembered("key") is None


def test_a_blind_index_depends_on_value_column_and_key(keyring: FileKms, tmp_path: Path) -> None:
    install_vault(Vault(keyring))
    index = blind_index("borrower.phone", "+8613800138000")
    assert len(index) == 32
    assert index == blind_index("borrower.phone", "+8613800138000")
    assert index != blind_index("borrower.card", "+8613800138000")
    assert len(blind_index("borrower.phone_tail", "8000", bits=12)) == 3
    install_vault(Vault(FileKms(tmp_path / "other.json")))
    assert index != blind_index("borrower.phone", "+8613800138000")
    install_vault(None)


def test_the_longest_unused_key_makes_room(keyring: FileKms) -> None:
    vault = Vault(keyring, keys_max=2)
    vault.remember("first", OPENED)
    vault.remember("second", OTHER)
    assert vault.remembered("first") == OPENED
    vault.remember("third", OTHER)
    assert vault.remembered("second") is None
    assert vault.remembered("first") == OPENED


def test_threads_may_share_a_vault(keyring: FileKms) -> None:
    vault = Vault(keyring, keys_max=8)
    failures: list[Exception] = []

    def work(offset: int) -> None:
        try:
            for number in range(3_000):
                vault.remember(str((number + offset) % 16), OPENED)
                vault.remembered(str(number % 16))
        except Exception as failure:  # noqa: BLE001 - any failure fails the test
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.usefixtures("database")
async def test_a_key_opened_before_a_rollback_is_not_taken_for_the_one_made_after() -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            assert await unseal(PHONE, await seal(tx, PHONE, "138")) == "138"
            raise ZeroDivisionError
    async with transaction() as tx:
        sealed = await seal(tx, PHONE, "139")
    assert await unseal(PHONE, sealed) == "139"


@pytest.mark.usefixtures("database")
async def test_a_key_opened_in_a_transaction_is_remembered_once_that_is_durable(
    keyring: FileKms,
) -> None:
    vault = Vault(keyring)
    install_vault(vault)
    key_id = f"{PHONE.subject_id}|contact|1"
    async with transaction() as tx:
        sealed = await seal(tx, PHONE, "138")
        await unseal(PHONE, sealed)
        assert vault.remembered(key_id) is None
    assert vault.remembered(key_id) is not None
    assert await unseal(PHONE, sealed) == "138"


@pytest.mark.usefixtures("database")
async def test_two_who_seal_a_persons_first_value_at_once_make_one_key(keyring: FileKms) -> None:
    async def seal_one(number: int) -> tuple[Cell, bytes]:
        cell = replace(PHONE, column=f"column{number}")
        async with transaction() as tx:
            return cell, await seal(tx, cell, str(number))

    closed = await asyncio.gather(*(seal_one(number) for number in range(8)))
    install_vault(Vault(keyring))
    assert await unseal_all(closed) == [str(number) for number in range(8)]
    assert len(await fetch("SELECT id FROM data_key")) == 1


@pytest.mark.usefixtures("database")
async def test_the_one_who_waited_makes_the_key_when_the_first_gives_up(keyring: FileKms) -> None:
    made, leave = asyncio.Event(), asyncio.Event()

    async def give_up() -> None:
        async with transaction() as tx:
            await seal(tx, PHONE, "first")
            made.set()
            await leave.wait()
            raise ZeroDivisionError

    async def go_on() -> bytes:
        async with transaction() as tx:
            return await seal(tx, PHONE, "second")

    first = asyncio.create_task(give_up())
    await made.wait()
    second = asyncio.create_task(go_on())
    await asyncio.sleep(0.05)
    leave.set()
    with pytest.raises(ZeroDivisionError):
        await first
    sealed = await second
    install_vault(Vault(keyring))
    assert await unseal(PHONE, sealed) == "second"


@pytest.mark.usefixtures("database")
async def test_a_wrapped_key_that_was_altered_or_moved_opens_nothing(keyring: FileKms) -> None:
    other = replace(PHONE, row_id="br00000000000002", subject_id="br00000000000002")
    async with transaction() as tx:
        mine = await seal(tx, PHONE, "138")
        await seal(tx, other, "139")
        wrapped = "SELECT wrapped FROM data_key WHERE subject_id = ?"
        theirs = (await tx.rows(wrapped, [other.subject_id]))[0]["wrapped"]
        update = "UPDATE data_key SET wrapped = ? WHERE subject_id = ?"
        await tx.run(update, [bytes(theirs), PHONE.subject_id])
    install_vault(Vault(keyring))
    with pytest.raises(SealBroken):
        await unseal(PHONE, mine)
    with pytest.raises(SealBroken):
        async with transaction() as tx:
            await seal(tx, PHONE, "138")


@pytest.mark.parametrize(
    ("day", "epoch"),
    [(date(2026, 11, 21), 202647), (date(2027, 1, 1), 202653), (date(2027, 1, 4), 202701)],
)
def test_an_epoch_is_a_week(day: date, epoch: int) -> None:
    assert epoch_of(day) == epoch
