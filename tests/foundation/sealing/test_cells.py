"""A sealed value opens in its own place only, and tells nothing anywhere else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.sealing import Cell, KeyClass, SealBroken, Sealed, SealedField
from app.foundation.sealing.cells import DataKey, close_cell, key_version_of, open_cell

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
