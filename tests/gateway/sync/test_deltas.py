"""What a phone puts together is what we sent, byte for byte, or it notices."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.synthetic import Synthesizer
from app.gateway.dictionary import Dictionary, dictionaries
from app.gateway.sync.deltas import DeltaBroken, body_from, delta_of

BODY = max(Synthesizer(7).answers(most=1), key=len)
BODIES = st.binary(max_size=3000) | st.text(max_size=1000).map(str.encode)


SHARED = st.sampled_from([None, dictionaries()[0]])


@given(BODIES, st.none() | BODIES, SHARED)
def test_the_old_and_the_delta_are_the_new(
    body: bytes, held: bytes | None, shared: Dictionary | None
) -> None:
    delta = delta_of(body, held=held, shared=shared)
    assert body_from(delta, held or b"", shared=shared) == body


def test_news_in_words_of_the_dictionary_are_short_beside_what_is_held() -> None:
    shared = dictionaries()[0]
    held, news = BODY[: len(BODY) // 2], BODY
    by_both = delta_of(news, held=held, shared=shared)
    assert len(by_both) < min(
        len(delta_of(news, held=held)), len(delta_of(news, shared=shared)), len(news) // 4
    )
    with pytest.raises(DeltaBroken):
        body_from(by_both, held)


@given(st.text(min_size=200, max_size=900), st.integers(0, 199), st.data())
def test_a_small_change_travels_in_a_few_bytes(text: str, place: int, data: st.DataObject) -> None:
    changed = text[:place] + data.draw(st.sampled_from("0123456789")) + text[place + 1 :]
    assert len(delta_of(changed.encode(), held=text.encode())) <= 40


@given(BODIES.filter(bool), BODIES, BODIES, SHARED)
def test_whoever_holds_something_else_notices(
    body: bytes, held: bytes, other: bytes, shared: Dictionary | None
) -> None:
    delta = delta_of(body, held=held, shared=shared)
    try:
        assert body_from(delta, other, shared=shared) == body
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
    boast = bytearray(delta_of(b"\0\0\0\1"))
    boast[1] ^= 0xE0  # as if the frame said that it unfolds to more than there is memory
    with pytest.raises(DeltaBroken):
        body_from(bytes(boast))
