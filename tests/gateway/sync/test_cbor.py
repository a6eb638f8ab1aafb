"""Our part of CBOR: the same bytes and values as a full library's, and nothing beyond."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway.sync.cbor import DEPTH_MAX, NotCbor, Value, decode, encode

SINGLE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
VALUES = st.recursive(
    SINGLE,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=30,
)


@given(VALUES)
def test_it_writes_and_reads_what_the_library_does(value: Value) -> None:
    assert encode(value) == cbor2.dumps(value)
    assert decode(cbor2.dumps(value)) == value


@given(st.binary(max_size=200) | VALUES.map(encode).flatmap(lambda one: st.just(one[:-1])))
def test_bytes_are_the_value_the_library_sees_or_refused(content: bytes) -> None:
    try:
        value = decode(content)
    except NotCbor:
        return
    assert cbor2.loads(content) == value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01\x02",
        b"\xc0\x60",
        b"\x9f\x01\xff",
        b"\xf7",
        b"\xf9\x7e\x00",
        b"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",
        b"\x61\xff",
        b"\xa1\x01\x02",
        b"\xa2\x61a\x01\x61a\x02",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x81" * (DEPTH_MAX + 1) + b"\x01",
    ],
    ids=[
        "nothing",
        "two values",
        "a tag",
        "no length",
        "undefined",
        "half a number",
        "not a number",
        "no UTF-8",
        "a key that is a number",
        "a key twice",
        "a list longer than the world",
        "a number below 64 bits",
        "too deep",
    ],
)
def test_what_json_does_not_have_is_refused(content: bytes) -> None:
    with pytest.raises(NotCbor):
        decode(content)
