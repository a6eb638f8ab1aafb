"""A document has one spelling: RFC 8785."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.canonical import Canonical, canonical_json, sha256_of


def test_keys_are_in_order_and_nothing_is_spaced_or_escaped_without_need() -> None:
    document: Canonical = {"b": 1, "a": ["元", {"d": -5, "c": 'q"\\\n\u001f'}]}
    assert canonical_json(document) == '{"a":["元",{"c":"q\\"\\\\\\n\\u001f","d":-5}],"b":1}'


def test_strings_and_literals_are_spelled_as_in_the_rfcs_first_example() -> None:
    # RFC 8785 §3.2.2 and §3.2.4: the input's string and literals, and their canonical bytes.
    document: Canonical = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    told = (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c22737472696e67223a22e282ac24"
        "5c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )
    assert canonical_json(document).encode().hex() == told


def test_keys_are_sorted_by_utf_16_units_as_in_the_rfcs_second_example() -> None:
    # RFC 8785 §3.2.3: by code points the smiling face would come after the Hebrew letter.
    document: Canonical = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    values = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]
    written = canonical_json([document])
    assert sorted(values, key=written.index) == values


def test_numbers_are_spelled_as_in_the_rfcs_table_or_refused() -> None:
    # RFC 8785 appendix B: whole numbers up to 2^53; beyond, and with a fraction, it warns.
    assert canonical_json([0, -(2**53 - 1), 2**53 - 1]) == "[0,-9007199254740991,9007199254740991]"
    for number in (2**53, -(2**53), 0.5, 1e21):
        with pytest.raises(TypeError):
            canonical_json([number])  # pyright: ignore[reportArgumentType] - what must not be


def test_the_hash_is_over_utf_8() -> None:
    # Checked with `printf '青苗' | sha256sum`.
    known = "74ce4f967af70190c92462dbfed214ec4f80be811bec526bebe2ea6fbde11e76"
    assert sha256_of("青苗") == known


@given(st.dictionaries(st.text("abcxyz_", min_size=1), st.integers(0, 2**53 - 1) | st.text()))
def test_the_order_of_making_does_not_show(document: dict[str, int | str]) -> None:
    backwards: Canonical = dict(reversed(list(document.items())))
    forwards: Canonical = dict(document)
    assert canonical_json(forwards) == canonical_json(backwards)
