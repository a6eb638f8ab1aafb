"""Tokens are short, ours, of one kind, and only good in their time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.rules import tokens
from app.identity.rules.tokens import RefreshStep, Token, TokenKind

KEY = b"k" * 32
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SESSION = "ss1Abc2Def3Ghi4J"
kinds = st.sampled_from(TokenKind)
numbers = st.integers(0, 2**32 - 1)


@given(kinds, numbers)
def test_a_token_reads_as_it_was_written_and_is_short(kind: TokenKind, number: int) -> None:
    token = Token(kind=kind, session_id=SESSION, number=number)
    written = tokens.write_token(KEY, token)
    assert len(written) <= 55
    assert tokens.read_token(KEY, kind, written) == token
    assert SESSION not in written


@given(kinds, kinds, numbers)
def test_one_kind_never_passes_for_another(kind: TokenKind, other: TokenKind, number: int) -> None:
    written = tokens.write_token(KEY, Token(kind=kind, session_id=SESSION, number=number))
    assert (tokens.read_token(KEY, other, written) is None) == (kind != other)


@given(numbers, st.integers(0, 49), st.characters(max_codepoint=0x2FF))
def test_any_changed_character_spoils_a_token(number: int, at: int, character: str) -> None:
    token = Token(kind=TokenKind.ACCESS, session_id=SESSION, number=number)
    written = tokens.write_token(KEY, token)
    changed = written[:at] + character + written[at + 1 :]
    read = tokens.read_token(KEY, TokenKind.ACCESS, changed)
    assert read == (token if changed == written else None)


@given(st.text(max_size=70))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert tokens.read_token(KEY, TokenKind.ACCESS, text) is None


def test_another_key_reads_nothing() -> None:
    token = Token(kind=TokenKind.ACCESS, session_id=SESSION, number=1)
    assert tokens.read_token(b"x" * 32, TokenKind.ACCESS, tokens.write_token(KEY, token)) is None


@pytest.mark.parametrize(
    ("left", "is_good"),
    [
        (timedelta(0), False),
        (timedelta(seconds=1), True),
        (timedelta(minutes=10), True),
        (timedelta(minutes=11, seconds=1), False),
        (timedelta(days=-1), False),
    ],
)
def test_a_token_is_good_in_its_time_only(left: timedelta, *, is_good: bool) -> None:
    expiry = tokens.expires_at(NOW, left)
    token = Token(kind=TokenKind.ACCESS, session_id=SESSION, number=int(expiry.timestamp()))
    assert tokens.is_current(token, NOW, tokens.ACCESS_LIFETIME) is is_good


@pytest.mark.parametrize(
    ("presented", "step"),
    [
        (3, RefreshStep.REVOKE),
        (4, RefreshStep.REPEAT),
        (5, RefreshStep.ROTATE),
        (6, RefreshStep.ROTATE),
        (0, RefreshStep.REVOKE),
    ],
)
def test_a_generation_leads_to_one_step(presented: int, step: RefreshStep) -> None:
    assert tokens.refresh_step(presented, current=5) is step
