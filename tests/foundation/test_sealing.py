"""A sealed value opens in its own place only, and tells nothing anywhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.kms import FileKms
from app.foundation.database import Database, transaction
from app.foundation.sealing import (
    Cell,
    KeyClass,
    SealBroken,
    Sealed,
    Vault,
    blind_index,
    install_vault,
    seal,
    unseal,
    unseal_all,
)
from app.foundation.sealing.cells import close_cell, key_version_of, open_cell

PHONE = Cell("borrower", "phone", "br00000000000001", "br00000000000001", KeyClass.CONTACT)
KEY = bytes(range(32))


def closed(text: str, cell: Cell = PHONE) -> Sealed:
    return close_cell(cell, text, key=KEY, key_version=1, entropy=lambda count: b"n" * count)


@given(st.text(max_size=200))
def test_what_is_sealed_opens_to_the_same_text(text: str) -> None:
    assert open_cell(PHONE, closed(text), key=KEY) == text


@pytest.mark.parametrize(
    "other",
    [
        replace(PHONE, table="staff"),
        replace(PHONE, column="name"),
        replace(PHONE, row_id="br00000000000002"),
        replace(PHONE, subject_id="br00000000000002"),
        replace(PHONE, key_class=KeyClass.IDENTITY),
    ],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(other: Cell) -> None:
    with pytest.raises(SealBroken):
        open_cell(other, closed("13800138000"), key=KEY)


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(closed("13800138000"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        key_version_of(bytes(sealed))
        open_cell(PHONE, bytes(sealed), key=KEY)


@given(st.binary(max_size=80))
def test_bytes_that_are_no_cell_are_refused(raw: bytes) -> None:
    with pytest.raises(SealBroken):
        open_cell(PHONE, raw, key=KEY)


def test_short_names_are_all_the_same_length() -> None:
    assert len({len(closed(name)) for name in ("李", "欧阳", "买买提")}) == 1


def test_printing_a_sealed_value_shows_nothing() -> None:
    sealed = closed("13800138000")
    assert f"{sealed} {sealed!r}" == "Sealed(…) Sealed(…)"


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
    vault.remember("key", b"opened")
    assert vault.remembered("key") == b"opened"
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


def test_the_key_file_is_private_and_the_same_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    first = FileKms(path)
    epoch_key = first.epoch_key(202647)
    again = FileKms(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert again.derive("x") == first.derive("x") != first.derive("y")
    assert again.epoch_key(202647) == epoch_key != again.epoch_key(202648)
    again.destroy_epoch(202647)
    with pytest.raises(SealBroken):
        FileKms(path).epoch_key(202647)
