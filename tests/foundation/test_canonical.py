"""A document has one spelling: RFC 8785."""

from hypothesis import given
from hypothesis import strategies as st

from app.foundation.canonical import Canonical, canonical_json, sha256_of


def test_keys_are_in_order_and_nothing_is_spaced_or_escaped_without_need() -> None:
    document: Canonical = {"b": 1, "a": ["元", {"d": -5, "c": 'q"\\\n\u001f'}]}
    assert canonical_json(document) == '{"a":["元",{"c":"q\\"\\\\\\n\\u001f","d":-5}],"b":1}'


def test_the_hash_is_over_utf_8() -> None:
    # Checked with `printf '青苗' | sha256sum`.
    known = "74ce4f967af70190c92462dbfed214ec4f80be811bec526bebe2ea6fbde11e76"
    assert sha256_of("青苗") == known


@given(st.dictionaries(st.text("abcxyz_", min_size=1), st.integers(0, 2**53) | st.text()))
def test_the_order_of_making_does_not_show(document: dict[str, int | str]) -> None:
    backwards: Canonical = dict(reversed(list(document.items())))
    forwards: Canonical = dict(document)
    assert canonical_json(forwards) == canonical_json(backwards)
