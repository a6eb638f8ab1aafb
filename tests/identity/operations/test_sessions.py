"""Sessions survive lost answers, end when told to, and notice a copied token."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, StaffCaller
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, Unauthenticated
from app.foundation.revision import revision_of
from app.identity import operations, queries, rules
from app.identity.errors import SessionRevoked
from app.identity.events import SessionFamilyRevoked
from app.identity.rules.tokens import RefreshStep, refresh_step
from tests.identity.conftest import LAN, Heard, Person


async def refresh(person: Person, refresh_token: str) -> rules.SessionTokens | SessionRevoked:
    answer = await operations.refresh_session(
        rules.RefreshSession(refresh_token=refresh_token, idempotency_key=person.key())
    )
    await outbox.drain()
    return answer


async def refreshed(person: Person, refresh_token: str) -> rules.SessionTokens:
    answer = await refresh(person, refresh_token)
    assert isinstance(answer, rules.SessionTokens)
    return answer


async def rows() -> list[dict[str, object]]:
    return await fetch("SELECT * FROM session ORDER BY id")


async def test_a_refresh_gives_new_tokens(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    clock.advance(timedelta(minutes=10))
    assert await queries.caller_of(first.access_token, clock.now()) is None
    second = await refreshed(person, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert second.expires_at == clock.now() + timedelta(minutes=10)
    assert await queries.caller_of(second.access_token, clock.now()) == BorrowerCaller(
        borrower_id=first.borrower_id, session_id=first.session_id
    )


async def test_a_lost_answer_is_given_again_however_late(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    lost = await refreshed(person, first.refresh_token)
    clock.advance(timedelta(days=100))
    again = await refreshed(person, first.refresh_token)
    assert again.refresh_token == lost.refresh_token
    assert (await refreshed(person, again.refresh_token)).refresh_token != again.refresh_token


async def test_many_refreshes_at_once_get_one_successor(person: Person) -> None:
    first = await person.sign_in()
    answers = await asyncio.gather(*(refreshed(person, first.refresh_token) for _ in range(20)))
    assert len({answer.refresh_token for answer in answers}) == 1
    assert (await rows())[0]["generation"] == 1


async def test_an_old_token_ends_the_session_and_tells_the_borrower(
    person: Person, heard: Heard, clock: FixedClock
) -> None:
    first = await person.sign_in()
    second = await refreshed(person, first.refresh_token)
    third = await refreshed(person, second.refresh_token)
    revision = await revision_of(first.borrower_id)

    assert isinstance(await refresh(person, first.refresh_token), SessionRevoked)
    assert heard.facts[-1] == SessionFamilyRevoked(
        borrower_id=first.borrower_id, session_id=first.session_id
    )
    assert await revision_of(first.borrower_id) == revision + 1
    assert await queries.caller_of(third.access_token, clock.now()) is None
    for token in (first, second, third):
        with pytest.raises(SessionRevoked):
            await refresh(person, token.refresh_token)
    assert sum(isinstance(fact, SessionFamilyRevoked) for fact in heard.facts) == 1


@given(st.lists(st.booleans(), max_size=60))
def test_losing_answers_never_ends_a_session(losses: list[bool]) -> None:
    kept, current = 0, 0
    for is_lost in losses:
        step = refresh_step(kept, current)
        assert step is not RefreshStep.REVOKE
        if step is RefreshStep.ROTATE:
            current = kept + 1
        kept = kept if is_lost else current


async def test_the_same_refresh_sent_again_gets_the_same_successor(person: Person) -> None:
    first = await person.sign_in()
    command = rules.RefreshSession(refresh_token=first.refresh_token, idempotency_key="same")
    answers = [await operations.refresh_session(command) for _ in range(2)]
    assert answers[0] == answers[1]
    second = answers[0]
    assert isinstance(second, rules.SessionTokens)
    other = rules.RefreshSession(refresh_token=second.refresh_token, idempotency_key="same")
    before = await rows()
    with pytest.raises(IdempotencyConflict):
        await operations.refresh_session(other)
    assert await rows() == before


async def test_forged_and_misused_tokens_refresh_nothing(person: Person) -> None:
    first = await person.sign_in()
    before = await rows()
    for token in ("", "x", first.access_token, first.refresh_token[:-1] + "!", "A" * 50):
        with pytest.raises(Unauthenticated):
            await refresh(person, token)
    assert await rows() == before


async def test_a_refresh_token_is_no_access_token(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    assert await queries.caller_of(first.refresh_token, clock.now()) is None


async def test_a_session_unused_for_half_a_year_is_over(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    clock.advance(timedelta(days=180))
    with pytest.raises(Unauthenticated):
        await refresh(person, first.refresh_token)
    assert await queries.sessions_of(first.borrower_id, clock.now()) == []


async def test_a_malformed_key_refreshes_nothing(person: Person) -> None:
    first = await person.sign_in()
    before = await rows()
    with pytest.raises(InvalidInput):
        await operations.refresh_session(
            rules.RefreshSession(refresh_token=first.refresh_token, idempotency_key="")
        )
    assert await rows() == before


async def test_signing_out_ends_the_session_at_once(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    caller = await queries.caller_of(first.access_token, clock.now())
    assert isinstance(caller, BorrowerCaller)
    revision = await revision_of(first.borrower_id)
    for _ in range(2):
        await operations.sign_out(caller, idempotency_key="out")
    await operations.sign_out(caller, idempotency_key="out-again")
    assert await revision_of(first.borrower_id) == revision + 1
    assert await queries.caller_of(first.access_token, clock.now()) is None
    with pytest.raises(Unauthenticated):
        await refresh(person, first.refresh_token)


async def test_a_borrower_lists_and_ends_own_sessions_only(
    person: Person, clock: FixedClock
) -> None:
    old = await person.sign_in(device_name="Redmi 9A")
    clock.advance(timedelta(days=1))
    new = await person.sign_in()
    other = await person.sign_in(LAN)
    listed = await queries.sessions_of(old.borrower_id, clock.now())
    assert [(view.session_id, view.device_name) for view in listed] == [
        (new.session_id, ""),
        (old.session_id, "Redmi 9A"),
    ]
    assert listed[1].last_used_on.isoformat() == "2026-11-21"

    before = await rows()
    with pytest.raises(NotFound):
        await operations.end_session(
            rules.EndSession(
                borrower_id=old.borrower_id, session_id=other.session_id, idempotency_key="steal"
            )
        )
    assert await rows() == before
    await operations.end_session(
        rules.EndSession(
            borrower_id=old.borrower_id, session_id=old.session_id, idempotency_key="lost"
        )
    )
    assert await queries.caller_of(old.access_token, clock.now()) is None
    listed = await queries.sessions_of(old.borrower_id, clock.now())
    assert [view.session_id for view in listed] == [new.session_id]


async def test_the_eleventh_session_ends_the_longest_unused(
    person: Person, clock: FixedClock
) -> None:
    first = await person.sign_in()
    second = await person.sign_in_later()
    clock.advance(timedelta(hours=1))
    await refreshed(person, first.refresh_token)
    for _ in range(9):
        await person.sign_in_later()
    listed = {view.session_id for view in await queries.sessions_of(first.borrower_id, clock.now())}
    assert len(listed) == 10
    assert first.session_id in listed
    assert second.session_id not in listed


async def test_the_day_of_last_use_moves_once_a_day(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    revision = await revision_of(first.borrower_id)
    second = await refreshed(person, first.refresh_token)
    assert await revision_of(first.borrower_id) == revision
    clock.advance(timedelta(days=1))
    await refreshed(person, second.refresh_token)
    assert await revision_of(first.borrower_id) == revision + 1


async def test_authenticating_a_borrower_writes_nothing(person: Person, clock: FixedClock) -> None:
    first = await person.sign_in()
    before = await rows()
    caller = await operations.authenticate(first.access_token, clock.now())
    assert isinstance(caller, BorrowerCaller)
    assert not isinstance(caller, StaffCaller)
    assert await rows() == before
    assert await operations.authenticate("nonsense", clock.now()) is None
