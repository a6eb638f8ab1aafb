"""A sealed value opens in its own place only, and tells nothing anywhere else."""

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.sealing import Cell, KeyClass, SealBroken, Sealed, SealedField
from app.foundation.sealing.cells import (
    DataKey,
    Sm4Gcm,
    Suite,
    _bound_to,  # pyright: ignore[reportPrivateUsage] - what the bytes are bound to
    close_cell,
    head_of,
    key_version_of,
    open_cell,
)

PHONE = Cell("borrower", "phone", "br00000000000001", "br00000000000001", KeyClass.CONTACT)
KEY = DataKey(bytes(range(32)), 1)


def closed(text: str, cell: Cell = PHONE) -> Sealed:
    return close_cell(cell, text, key=KEY, entropy=lambda count: b"n" * count)


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


@pytest.mark.parametrize("head", [b"\x02\x01\x00\x01", b"\x01\x00\x00\x01", b"\x01\x04\x00\x01"])
def test_another_format_or_suite_is_refused(head: bytes) -> None:
    with pytest.raises(SealBroken):
        key_version_of(head + bytes(28))
    with pytest.raises(SealBroken):
        key_version_of(b"\x01\x01\x00\x01")


def test_a_cell_tells_which_version_of_the_key_closed_it() -> None:
    sealed = close_cell(PHONE, "138", key=DataKey(bytes(32), 7), entropy=bytes)
    assert key_version_of(sealed) == 7


def test_free_text_tells_less_of_its_length() -> None:
    note = replace(PHONE, key_class=KeyClass.CONTENT)
    assert len({len(closed("字" * count, note)) for count in range(1, 21)}) == 1


@pytest.mark.parametrize("suite", Suite)
def test_each_suite_opens_what_it_closed_and_nothing_that_was_altered(suite: Suite) -> None:
    sealed = close_cell(PHONE, "13800138000", key=KEY, entropy=bytes, suite=suite)
    assert head_of(sealed) == (suite, 1)
    assert open_cell(PHONE, sealed, key=KEY) == "13800138000"
    with pytest.raises(SealBroken):
        open_cell(replace(PHONE, row_id="br00000000000002"), sealed, key=KEY)
    for at in range(len(sealed)):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(SealBroken):
            open_cell(PHONE, altered, key=KEY)


def test_a_cell_of_one_suite_is_none_of_another() -> None:
    sealed = close_cell(PHONE, "138", key=KEY, entropy=bytes, suite=Suite.SM4_GCM)
    for suite in (Suite.AES_256_GCM, Suite.AES_256_GCM_SIV):
        with pytest.raises(SealBroken):
            open_cell(PHONE, bytes([1, suite]) + sealed[2:], key=KEY)


def test_sm4_is_keyed_with_16_bytes_derived_under_the_suites_name() -> None:
    sealed = close_cell(PHONE, "138", key=KEY, entropy=bytes, suite=Suite.SM4_GCM)
    kdf = HKDF(algorithm=SHA256(), length=16, salt=None, info=b"qingmiao cell|SM4_GCM")
    decryptor = Cipher(
        SM4(kdf.derive(bytes(range(32)))), modes.GCM(sealed[4:16], sealed[-16:])
    ).decryptor()
    decryptor.authenticate_additional_data(_bound_to(PHONE, PHONE.key_class, sealed[:4]))
    padded = decryptor.update(sealed[16:-16]) + decryptor.finalize()
    assert padded == b"138\x80" + bytes(28)


def test_sm4_gcm_gives_the_result_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    text = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    sealed = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert Sm4Gcm(key).encrypt(nonce, text, bound) == sealed
    assert Sm4Gcm(key).decrypt(nonce, sealed, bound) == text


def test_no_two_cells_share_a_nonce_even_where_chance_repeats_itself() -> None:
    places = [replace(PHONE, row_id=f"br{number:014d}") for number in range(2_000)]
    stuck = [
        close_cell(place, text, key=KEY, entropy=bytes)
        for place in places
        for text in ("13800138000", "13900139000")
    ]
    assert len({sealed[4:16] for sealed in stuck}) == len(stuck)
    chance = [close_cell(PHONE, "138", key=KEY, entropy=os.urandom) for _ in range(10_000)]
    assert len({sealed[4:16] for sealed in chance}) == len(chance)


def test_names_are_padded_to_16_contacts_to_32_and_words_to_64() -> None:
    lengths = {
        key_class: len(close_cell(replace(PHONE, key_class=key_class), "", key=KEY, entropy=bytes))
        - 32
        for key_class in KeyClass
    }
    assert lengths == {
        KeyClass.IDENTITY: 16,
        KeyClass.CONTACT: 32,
        KeyClass.AUTH: 16,
        KeyClass.CONTENT: 64,
        KeyClass.HELD: 64,
    }


def test_a_column_takes_sealed_values_only() -> None:
    column = SealedField(null=True)
    column.model_field_name = "phone"
    sealed = closed("138")
    assert column.to_db_value(None, None) is None
    stored = column.to_db_value(sealed, None)
    assert (type(stored), stored) == (bytes, bytes(sealed))
    assert column.to_python_value(None) is None
    assert repr(column.to_python_value(stored)) == "Sealed(…)"
    for open_value in ("138", b"138"):
        with pytest.raises(TypeError, match="phone") as refused:
            column.to_db_value(open_value, None)
        assert "138" not in str(refused.value)
