"""What a phone puts together is what we sent, byte for byte, or it notices."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway.sync.deltas import DeltaBroken, body_from, delta_of

BODIES = st.binary(max_size=3000) | st.text(max_size=1000).map(str.encode)


@given(BODIES, st.none() | BODIES)
def test_the_old_and_the_delta_are_the_new(body: bytes, held: bytes | None) -> None:
    assert body_from(delta_of(body, held=held), held or b"") == body


@given(st.text(min_size=200, max_size=900), st.integers(0, 199), st.data())
def test_a_small_change_travels_in_a_few_bytes(text: str, place: int, data: st.DataObject) -> None:
    changed = text[:place] + data.draw(st.sampled_from("0123456789")) + text[place + 1 :]
    assert len(delta_of(changed.encode(), held=text.encode())) <= 40


@given(BODIES.filter(bool), BODIES, BODIES)
def test_whoever_holds_something_else_notices(body: bytes, held: bytes, other: bytes) -> None:
    delta = delta_of(body, held=held)
    try:
        assert body_from(delta, other) == body
    except DeltaBroken:
        assert held != other


@given(BODIES, st.data())
def test_an_altered_delta_is_noticed(body: bytes, data: st.DataObject) -> None:
    delta = bytearray(delta_of(body))
    place = data.draw(st.integers(0, len(delta) - 1))
    delta[place] ^= data.draw(st.integers(1, 255))
    with suppress(DeltaBroken):
        assert body_from(bytes(delta)) == body


def test_what_is_no_delta_is_refused() -> None:
    with pytest.raises(DeltaBroken):
        body_from(b"")
