"""A signed message says what it is for, and never means two things."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.foundation.signatures import Purpose, challenge_of, challenge_text_of, signed_message

parts = st.lists(st.binary(max_size=8), max_size=4)


@given(st.sampled_from(Purpose), parts, st.sampled_from(Purpose), parts)
def test_two_messages_are_the_same_only_if_all_of_them_is(
    purpose: Purpose, first: list[bytes], other: Purpose, second: list[bytes]
) -> None:
    same = signed_message(purpose, *first) == signed_message(other, *second)
    assert same == ((purpose, first) == (other, second))


@given(parts, st.binary(max_size=12))
def test_cutting_a_message_into_other_parts_makes_another_message(
    given_parts: list[bytes], text: bytes
) -> None:
    whole = signed_message(Purpose.INTENT, text, *given_parts)
    for at in range(1, len(text)):
        assert signed_message(Purpose.INTENT, text[:at], text[at:], *given_parts) != whole
    assert signed_message(Purpose.INTENT, text, *given_parts, b"") != whole


def test_a_message_begins_with_its_purpose_and_no_label_begins_another() -> None:
    labels = {purpose: signed_message(purpose) for purpose in Purpose}
    assert labels[Purpose.SIGN_IN] == b"qingmiao sign-in v1\n"
    for purpose, label in labels.items():
        assert signed_message(purpose, b"x") == label + b"\0\0\0\x01x"
        for other, begins in labels.items():
            assert (other is purpose) or not label.startswith(begins)


def test_the_challenge_is_the_sha256_as_43_letters() -> None:
    message = signed_message(Purpose.PROOF, b"POST", b"/graphql")
    assert challenge_of(message) == hashlib.sha256(message).digest()
    assert len(challenge_text_of(message)) == 43
    # RFC 6234's "abc", so that the letters too are pinned down.
    assert challenge_text_of(b"abc") == "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
