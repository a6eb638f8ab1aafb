"""A token is checked by its MAC before any table is read, and then by its session."""

import time
from datetime import timedelta

from app.foundation.caller import BorrowerCaller
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.identity import queries
from app.identity.queries.callers import token_key
from app.identity.rules import tokens
from app.identity.rules.tokens import Token, TokenKind
from tests.identity.conftest import Person


async def test_a_token_names_its_borrower_for_ten_minutes(
    person: Person, clock: FixedClock
) -> None:
    signed_in = await person.sign_in()
    expected = BorrowerCaller(borrower_id=signed_in.borrower_id, session_id=signed_in.session_id)
    assert await queries.caller_of(signed_in.access_token, clock.now()) == expected
    clock.advance(timedelta(minutes=10) - timedelta(milliseconds=1))
    assert await queries.caller_of(signed_in.access_token, clock.now()) == expected
    clock.advance(timedelta(milliseconds=1))
    assert await queries.caller_of(signed_in.access_token, clock.now()) is None


async def test_a_clock_set_back_brings_no_token_to_life(person: Person, clock: FixedClock) -> None:
    signed_in = await person.sign_in()
    clock.advance(timedelta(days=-1))
    assert await queries.caller_of(signed_in.access_token, clock.now()) is None


async def test_forged_tokens_never_reach_the_database(
    database: Database, clock: FixedClock
) -> None:
    now = clock.now()
    expiry = int((now + timedelta(minutes=5)).timestamp())
    forged = [
        tokens.write_token(b"x" * 32, Token(kind=kind, session_id="ss1", number=expiry))
        for kind in TokenKind
    ]
    await database.close()  # a read would fail now
    for token in (*forged, "", "Bearer", "é" * 50, "A" * 50, "A" * 1_000_000):
        assert await queries.caller_of(token, now) is None


async def test_a_token_of_a_session_that_never_was_names_nobody(
    database: Database, clock: FixedClock
) -> None:
    assert database is not None
    expiry = int((clock.now() + timedelta(minutes=5)).timestamp())
    for kind, session_id in (
        (TokenKind.ACCESS, "ss00000000000000"),
        (TokenKind.STAFF, "sf00000000000000"),
    ):
        token = Token(kind=kind, session_id=session_id, number=expiry)
        written = tokens.write_token(token_key(), token)
        assert await queries.caller_of(written, clock.now()) is None


async def test_a_check_costs_microseconds(person: Person, clock: FixedClock) -> None:
    written = (await person.sign_in()).access_token
    key, now = token_key(), clock.now()
    spans: list[float] = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(1_000):
            token = tokens.read_token(key, TokenKind.ACCESS, written)
            assert token is not None
            assert tokens.is_current(token, now, tokens.ACCESS_LIFETIME)
        spans.append((time.perf_counter() - started) / 1_000)
    assert min(spans) < 100e-6  # ten times the budget, for a busy machine
