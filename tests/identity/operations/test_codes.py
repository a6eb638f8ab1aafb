"""Codes are asked for and sent within their limits, whoever's phone it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, RateLimited
from app.identity import operations, queries, rules
from app.identity.errors import CodeExpired, CodesLocked, WrongCode
from app.identity.rules.codes import SigningWords
from tests.identity.conftest import LAN, MEI, MEI_E164, Person, Phones
from tests.identity.operations.guessing import wrong

WORDS: SigningWords = {"what": "签署借款合同，20,000.00 元"}
HASH = "a" * 64


async def challenges() -> list[dict[str, object]]:
    return await fetch("SELECT id, attempts, expires_at, used_at FROM one_time_code ORDER BY id")


async def test_a_code_arrives_with_its_purpose_and_masked_echo(
    person: Person, phones: Phones
) -> None:
    asked = await person.ask()
    assert asked.masked_phone == "138****8000"
    assert asked.resend_after_seconds == 60
    assert [phone for phone, _ in phones.texts] == [MEI_E164]
    assert "登录" in phones.texts[0][1]


async def test_the_message_is_in_the_language_asked_for(person: Person, phones: Phones) -> None:
    await person.ask(language="en")
    assert "sign in" in phones.texts[0][1]


async def test_a_resend_repeats_the_same_code_and_keeps_its_attempts(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    first = await person.ask()
    code = phones.code()
    await person.type_code(first.challenge_id, wrong(code))
    clock.advance(timedelta(seconds=61))
    again = await person.ask()

    assert again.challenge_id == first.challenge_id
    assert phones.code() == code
    assert len(phones.texts) == 2
    assert again.expires_at == clock.now() + timedelta(minutes=5)
    told = await person.type_code(first.challenge_id, wrong(code))
    assert isinstance(told, WrongCode)
    assert told.attempts_left == 3


async def test_a_request_sent_twice_is_sent_once(person: Person, phones: Phones) -> None:
    command = rules.RequestCode(phone=MEI, idempotency_key="same")
    first = await operations.request_code(command)
    again = await operations.request_code(replace(command, phone="+86 138 0013 8000"))
    await outbox.drain()
    assert again == first
    assert len(phones.texts) == 1
    with pytest.raises(IdempotencyConflict):
        await operations.request_code(replace(command, language="en"))
    assert person.phones is phones


async def test_codes_are_sent_once_a_minute_and_four_times_an_hour(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    waits: list[int] = []
    for _ in range(4):
        await person.ask()
        with pytest.raises(RateLimited) as refused:
            await person.ask()
        waits.append(refused.value.retry_after_seconds)
        clock.advance(timedelta(seconds=waits[-1]))
    assert waits == [60, 60, 60, 3600 - 180]
    assert len(phones.texts) == 4


async def test_a_ninth_code_waits_for_the_next_day(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    for _ in range(8):
        await person.ask()
        clock.advance(timedelta(minutes=16))
    before = await challenges()
    with pytest.raises(RateLimited) as refused:
        await person.ask()
    assert refused.value.retry_after_seconds == 24 * 3600 - 8 * 16 * 60
    assert await challenges() == before
    assert len(phones.texts) == 8
    clock.advance(timedelta(seconds=refused.value.retry_after_seconds))
    await person.ask()
    assert len(phones.texts) == 9
    assert len(await fetch("SELECT id FROM code_send")) == 8


async def test_a_phone_s_hour_and_day_are_for_codes_of_every_purpose(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await sign_with(borrower_id)  # at once: the minute is a purpose's own
    for number in range(6):
        clock.advance(timedelta(minutes=31))
        if number % 2:
            await person.ask()
        else:
            await sign_with(borrower_id, about=f"{number}" * 64)
    assert len(phones.texts) == 8
    clock.advance(timedelta(minutes=31))
    before = await challenges()
    with pytest.raises(RateLimited) as refused:
        await person.ask()
    assert refused.value.retry_after_seconds == 24 * 3600 - 7 * 31 * 60
    with pytest.raises(RateLimited):
        await sign_with(borrower_id, about="c" * 64)
    assert await challenges() == before
    assert len(phones.texts) == 8
    await person.ask(LAN)


async def test_a_refused_request_changes_nothing(person: Person, phones: Phones) -> None:
    await person.ask()
    before = await challenges()
    with pytest.raises(RateLimited) as refused:
        await person.ask()
    assert refused.value.retry_after_seconds == 60
    assert await challenges() == before
    assert len(phones.texts) == 1


async def test_a_device_asks_for_five_phones_a_day(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    for number in range(5):
        await person.ask(f"1380013800{number}", device_id="old-android")
        clock.advance(timedelta(minutes=2))
    with pytest.raises(RateLimited) as refused:
        await person.ask("13800138009", device_id="old-android")
    assert refused.value.retry_after_seconds == 24 * 3600 - 10 * 60
    assert len(phones.texts) == 5
    await person.ask("13800138004", device_id="old-android")
    await person.ask("13800138009", device_id="another")
    assert len(phones.texts) == 7


@pytest.mark.parametrize("device_id", ["", "x" * 65])
async def test_a_malformed_device_id_is_refused(
    person: Person, phones: Phones, device_id: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await person.ask(device_id=device_id)
    assert refused.value.field == "input.deviceId"
    assert (await challenges(), phones.texts) == ([], [])


async def test_a_malformed_phone_is_refused_and_changes_nothing(
    person: Person, phones: Phones
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await person.ask("12345")
    assert refused.value.field == "input.phone"
    assert (await challenges(), phones.texts) == ([], [])
    assert await fetch("SELECT claim_key FROM idempotency_claim") == []


async def test_many_requests_at_once_send_one_code(person: Person, phones: Phones) -> None:
    results = await asyncio.gather(*(person.ask() for _ in range(20)), return_exceptions=True)
    await outbox.drain()
    assert sum(isinstance(result, rules.CodeRequested) for result in results) == 1
    assert sum(isinstance(result, RateLimited) for result in results) == 19
    assert len(phones.texts) == 1


async def test_a_carrier_that_comes_back_delivers_while_the_code_lives(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    phones.is_down = True
    await person.ask()
    assert phones.texts == []
    phones.is_down = False
    clock.advance(timedelta(seconds=10))
    await outbox.drain()
    assert len(phones.texts) == 1


async def test_a_code_that_is_over_is_not_sent_late(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    phones.is_down = True
    await person.ask()
    phones.is_down = False
    clock.advance(timedelta(minutes=5))
    await outbox.drain()
    assert phones.texts == []
    assert await outbox.dead_letters() == []


async def sign_with(borrower_id: str, *, about: str = HASH) -> str:
    async with transaction() as tx:
        challenge_id = await operations.issue_signing_code(
            tx, borrower_id, about=about, words=WORDS
        )
    await outbox.drain()
    return challenge_id


async def check(
    borrower_id: str, challenge_id: str, code: str, *, about: str = HASH
) -> WrongCode | None:
    async with transaction() as tx:
        return await operations.check_signing_code(
            tx, borrower_id, challenge_id=challenge_id, code=code, about=about
        )


async def test_a_signing_code_names_act_and_amount_and_signs_once(
    person: Person, phones: Phones
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    challenge_id = await sign_with(borrower_id)
    assert "签署借款合同，20,000.00 元" in phones.texts[-1][1]

    told = await check(borrower_id, challenge_id, wrong(phones.code()))
    assert isinstance(told, WrongCode)
    assert told.attempts_left == 4
    assert await check(borrower_id, challenge_id, phones.code()) is None
    with pytest.raises(CodeExpired):
        await check(borrower_id, challenge_id, phones.code())


async def test_a_signing_code_signs_only_what_it_was_sent_for(
    person: Person, phones: Phones
) -> None:
    mei = (await person.sign_in()).borrower_id
    lan = (await person.sign_in(LAN)).borrower_id
    challenge_id = await sign_with(mei)
    code = phones.code()
    for borrower_id, about in ((mei, "b" * 64), (lan, HASH)):
        with pytest.raises(CodeExpired):
            await check(borrower_id, challenge_id, code, about=about)
    with pytest.raises(CodeExpired):
        await person.type_code(challenge_id, code)
    attempts = await fetch("SELECT attempts FROM one_time_code WHERE id = ?", [challenge_id])
    assert attempts == [{"attempts": 0}]
    assert await check(mei, challenge_id, code) is None


async def test_a_sign_in_code_signs_nothing(person: Person, phones: Phones) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    asked = await person.ask(LAN)
    with pytest.raises(CodeExpired):
        await check(borrower_id, asked.challenge_id, phones.code())


async def test_a_code_for_another_text_replaces_the_first(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    first = await sign_with(borrower_id)
    code = phones.code()
    clock.advance(timedelta(seconds=61))
    second = await sign_with(borrower_id, about="b" * 64)
    assert second != first
    with pytest.raises(CodeExpired):
        await check(borrower_id, first, code)
    assert await check(borrower_id, second, phones.code(), about="b" * 64) is None


async def test_a_signing_code_for_the_same_text_is_sent_again(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    first = await sign_with(borrower_id)
    code = phones.code()
    clock.advance(timedelta(seconds=61))
    assert await sign_with(borrower_id) == first
    assert phones.code() == code


async def test_signing_is_not_held_up_by_signing_in_a_moment_ago(
    person: Person, phones: Phones
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await sign_with(borrower_id)
    assert len(phones.texts) == 2
    with pytest.raises(RateLimited):
        await sign_with(borrower_id, about="b" * 64)
    assert len(phones.texts) == 2


async def test_nobody_unknown_is_sent_a_signing_code(database: Database) -> None:
    assert database is not None
    with pytest.raises(NotFound):
        await sign_with("br0000000000000")
    assert await challenges() == []


async def test_the_borrower_sees_where_a_signing_code_went(
    person: Person, clock: FixedClock
) -> None:
    mei = (await person.sign_in()).borrower_id
    lan = (await person.sign_in(LAN)).borrower_id
    challenge_id = await sign_with(mei)
    sent = await queries.signing_code_of(mei, challenge_id)
    assert sent == rules.CodeRequested(
        challenge_id=challenge_id,
        masked_phone="138****8000",
        expires_at=clock.now() + timedelta(minutes=5),
        resend_after_seconds=60,
    )
    with pytest.raises(NotFound):
        await queries.signing_code_of(lan, challenge_id)


async def test_another_purpose_gives_no_more_guesses_a_day(person: Person, phones: Phones) -> None:
    """Threat 9: codes for signing in and for approving share one phone's ten guesses."""
    borrower_id = (await person.sign_in()).borrower_id
    person.clock.advance(timedelta(seconds=61))
    asked = await person.ask()
    for _ in range(5):
        await person.type_code(asked.challenge_id, wrong(phones.code()))
    challenge_id = await sign_with(borrower_id)
    for _ in range(5):
        assert await check(borrower_id, challenge_id, wrong(phones.code())) is not None
    person.clock.advance(timedelta(seconds=61))
    with pytest.raises(CodesLocked):
        await sign_with(borrower_id, about="b" * 64)
    with pytest.raises(CodesLocked):
        await person.ask()


async def test_a_locked_phone_is_sent_no_codes(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    for _ in range(2):
        asked = await person.ask()
        for _ in range(5):
            await person.type_code(asked.challenge_id, wrong(phones.code()))
        clock.advance(timedelta(seconds=61))
    with pytest.raises(CodesLocked):
        await person.ask()
    assert len(phones.texts) == 2
