"""Cursors tell nothing, belong to one list, and cannot be forged."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.kms import FileKms
from app.foundation.errors import InvalidInput
from app.foundation.paging import Page, PageAsk, cursor_of, page_ask
from app.foundation.sealing import Vault, install_vault

KEYS = st.lists(st.integers(-(2**53), 2**53) | st.text(max_size=20), max_size=3).map(tuple)


@pytest.fixture(autouse=True)
def _vault(keyring: FileKms) -> Iterator[None]:
    install_vault(Vault(keyring))
    yield
    install_vault(None)


@given(KEYS)
def test_a_cursor_comes_back_as_its_key_and_belongs_to_one_list(key: tuple[int | str, ...]) -> None:
    cursor = cursor_of("loans:br1", key)
    assert page_ask("loans:br1", None, cursor) == PageAsk(first=20, after=key)
    with pytest.raises(InvalidInput):
        page_ask("loans:br2", None, cursor)


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        page_ask("loans:br1", 5, cursor)
    assert refused.value.field == "after"


@given(st.data())
def test_a_cursor_with_a_changed_byte_is_refused(data: st.DataObject) -> None:
    cursor = cursor_of("loans:br1", (1_795_226_400, "ln00000000000001"))
    at = data.draw(st.integers(0, len(cursor) - 2))
    other = data.draw(st.sampled_from("abcXYZ019-_").filter(lambda one: one != cursor[at]))
    with pytest.raises(InvalidInput):
        page_ask("loans:br1", 5, cursor[:at] + other + cursor[at + 1 :])


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_holds_one_to_a_hundred(first: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        page_ask("loans:br1", first, None)
    assert refused.value.field == "first"


def test_a_page_is_cut_where_it_was_asked_to_end() -> None:
    found: list[tuple[tuple[int | str, ...], str]] = [((1,), "a"), ((2,), "b"), ((3,), "c")]
    page = Page.cut(found, PageAsk(first=2))
    assert ([value for _, value in page.items], page.has_more) == (["a", "b"], True)
    assert not Page.cut(found, PageAsk(first=3)).has_more
