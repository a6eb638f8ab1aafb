"""Ids, texts, cursors, clocks and logs: small, and relied on everywhere."""

import logging
import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock, SystemClock, local_date, milliseconds, moment_of
from app.foundation.errors import InvalidInput, RateLimited, Refusal, StillInFlight
from app.foundation.graphql import checked_id, checked_text
from app.foundation.ids import has_id_shape, new_id
from app.foundation.log import blank_personal_values, configure_logging, logger
from app.foundation.paging import Page, PageAsk, cursor_of, page_ask
from app.foundation.sealing import Vault, install_vault
from app.foundation.text import language_of, text

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_ids_are_short_typed_and_ordered_by_time() -> None:
    first = new_id("ln", now=NOON, entropy=secrets.token_bytes)
    later = new_id("ln", now=NOON + timedelta(seconds=1), entropy=secrets.token_bytes)
    assert len(first) == 16
    assert first < later
    assert has_id_shape(first, "ln")
    assert not has_id_shape(first, "br")
    assert not has_id_shape(first + "x")
    assert not has_id_shape("ln'; DROP TABLE ")


def test_ids_of_one_second_do_not_meet() -> None:
    made = {new_id("ln", now=NOON, entropy=secrets.token_bytes) for _ in range(10_000)}
    assert len(made) == 10_000


@pytest.mark.parametrize("wrong", ["", "ln", "br00000000000000", "ln00000000000é00"])
def test_an_id_of_another_shape_names_its_field(wrong: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_id(wrong, "ln", field="input.loanId")
    assert refused.value.field == "input.loanId"


def test_texts_are_trimmed_bounded_and_free_of_nul() -> None:
    assert checked_text(" 苹果\x00 ", field="input.text", most=3) == "苹果"
    for wrong in ("  ", "\x00", "四个字符"):
        with pytest.raises(InvalidInput):
            checked_text(wrong, field="input.text", most=3)


def test_money_and_dates_read_as_people_write_them() -> None:
    sentence = text("foundation.refusal.RATE_LIMITED", "zh-Hans", retry_after_seconds=60)
    assert sentence == "操作太频繁，请等 60 秒再试。"
    with pytest.raises(KeyError):
        text("foundation.refusal.RATE_LIMITED", "en")
    with pytest.raises(KeyError):
        text("foundation.refusal.NO_SUCH_THING", "en")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "zh-Hans"),
        ("", "zh-Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("en-US,en;q=0.9", "en"),
        ("fr, en;q=0.5", "en"),
        ("fr", "zh-Hans"),
        (";;;,,,\x00", "zh-Hans"),
    ],
)
def test_the_language_is_chosen_from_the_header(accepted: str | None, language: str) -> None:
    assert language_of(accepted) == language


KEYS = st.lists(st.integers(-(2**53), 2**53) | st.text(max_size=20), max_size=3).map(tuple)


@given(KEYS)
def test_a_cursor_comes_back_as_its_key_and_belongs_to_one_list(
    keyring: FileKms, key: tuple[int | str, ...]
) -> None:
    install_vault(Vault(keyring))
    cursor = cursor_of("loans:br1", key)
    assert page_ask("loans:br1", None, cursor) == PageAsk(first=20, after=key)
    with pytest.raises(InvalidInput):
        page_ask("loans:br2", None, cursor)
    install_vault(None)


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_refused(keyring: FileKms, cursor: str) -> None:
    install_vault(Vault(keyring))
    with pytest.raises(InvalidInput) as refused:
        page_ask("loans:br1", 5, cursor)
    assert refused.value.field == "after"
    install_vault(None)


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


def test_clocks_tell_time_in_utc_and_days_in_china() -> None:
    late = FixedClock(datetime(2026, 11, 21, 16, 30, tzinfo=UTC))
    assert local_date(late.now()) == date(2026, 11, 22)
    late.advance(timedelta(hours=-1))
    assert local_date(late.now()) == date(2026, 11, 21)
    assert SystemClock().now().tzinfo is UTC
    assert moment_of(milliseconds(NOON)) == NOON


@pytest.fixture
def _logs_as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], sys.excepthook = handlers, hook
        root.setLevel(level)
        structlog.reset_defaults()


@pytest.mark.usefixtures("_logs_as_before")
def test_logs_blank_what_names_something_personal(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    logger("test").info("seen", phone="13800138000", loan_id="ln1")
    printed = capfd.readouterr().err
    assert "13800138000" not in printed
    assert '"loan_id": "ln1"' in printed
    event = blank_personal_values(None, "info", {"event": "x", "body": "secret"})
    assert event == {"event": "x", "body": "…"}


def test_a_refusal_tells_its_code_field_and_data() -> None:
    refusal = RateLimited(60, field="input.phone")
    assert refusal.details() == {"retry_after_seconds": 60, "field": "input.phone"}
    assert refusal.text_key == "foundation.refusal.RATE_LIMITED"
    assert str(StillInFlight()) == "STILL_IN_FLIGHT"


def test_two_refusals_never_share_a_code() -> None:
    with pytest.raises(TypeError, match="NOT_FOUND"):
        type("Another", (Refusal,), {"code": "NOT_FOUND"})
