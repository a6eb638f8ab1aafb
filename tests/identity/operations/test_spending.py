"""Threat 11: pumping text messages earns nobody much, and codes get longer while many guess."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import InvalidInput
from app.foundation.text import text
from app.identity import operations, queries, rules
from app.identity.errors import CodeExpired, CodesPaused, WrongCode
from app.identity.models import OneTimeCodeRow
from app.identity.operations.challenges import wants_device_proof
from app.identity.operations.spending import set_sms_limits
from app.identity.rules import SmsLimits
from app.identity.rules.limits import FAILURES_PER_DAY_MAX, USUAL_SMS_LIMITS
from tests.identity.conftest import MEI, Person, Phones
from tests.identity.operations.guessing import wrong
from tests.identity.operations.test_codes import WORDS

ELSEWHERE = "15900000001"


def number(count: int, prefix: str = "1380013") -> str:
    return f"{prefix}{count:04d}"


@pytest.fixture
def allow() -> Iterator[None]:
    """Let messages cost what a test says, and the usual afterwards."""
    yield
    set_sms_limits(USUAL_SMS_LIMITS)


async def counts() -> dict[str, list[dict[str, object]]]:
    tables = ("one_time_code", "code_send", "sms_gate", "sms_spend", "sms_conversion")
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables}


async def fail(failures: int) -> None:
    """Let so many guesses have failed today, at codes of other people."""
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO code_failure (id, day, failures) VALUES ('2026-11-21|99', ?, ?)",
            ["2026-11-21", failures],
        )


@pytest.mark.usefixtures("allow")
async def test_an_hours_money_is_spent_once_however_many_ask(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    set_sms_limits(SmsLimits(price_fen=10, hourly_fen=55, prefix_hourly_fen=1_000))
    asks = (person.ask(number(count, f"1380{count:03d}")) for count in range(12))
    asked = await asyncio.gather(*asks, return_exceptions=True)
    assert sum(isinstance(one, rules.CodeRequested) for one in asked) == 5
    refused = [one for one in asked if isinstance(one, CodesPaused)]
    assert len(refused) == 7
    assert {one.retry_after_seconds for one in refused} == {3600}
    await outbox.drain()
    assert len(phones.texts) == 5

    clock.advance(timedelta(seconds=3600))
    await person.ask(number(0, "1380000"))
    assert len(phones.texts) == 6


@pytest.mark.usefixtures("allow")
async def test_a_prefix_has_an_hours_money_of_its_own(person: Person, phones: Phones) -> None:
    set_sms_limits(SmsLimits(price_fen=10, hourly_fen=1_000, prefix_hourly_fen=20))
    for count in range(2):
        await person.ask(number(count))
    before = await counts()
    with pytest.raises(CodesPaused):
        await person.ask(number(2))
    assert await counts() == before
    assert len(phones.texts) == 2
    await person.ask(ELSEWHERE)
    assert len(phones.texts) == 3


@pytest.mark.usefixtures("allow")
async def test_a_borrower_about_to_sign_does_not_wait_for_strangers(
    person: Person, phones: Phones
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    set_sms_limits(SmsLimits(price_fen=10, hourly_fen=10, prefix_hourly_fen=10))
    with pytest.raises(CodesPaused):
        await person.ask(number(1))
    async with transaction() as tx:
        await operations.issue_signing_code(tx, borrower_id, about="a" * 64, words=WORDS)
    await outbox.drain()
    assert len(phones.texts) == 2
    spent = await fetch("SELECT spent_fen FROM sms_spend WHERE scope = 'ALL'")
    assert spent == [{"spent_fen": 20}]


async def test_a_prefix_whose_codes_never_come_back_is_sent_no_more_for_a_while(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    for count in range(30):
        command = rules.RequestCode(phone=number(count), idempotency_key=f"pump-{count}")
        await operations.request_code(command)
    clock.advance(timedelta(minutes=10))
    before = await counts()
    with pytest.raises(CodesPaused) as refused:
        await person.ask(number(31))
    assert await counts() == before
    assert refused.value.retry_after_seconds == 55 * 60
    message = text(refused.value.text_key, "zh-Hans", **refused.value.details())
    assert "55 分钟以后再试" in message
    await person.ask(ELSEWHERE)
    assert len(phones.texts) == 1

    clock.advance(timedelta(minutes=55))
    await person.ask(number(31))
    assert len(phones.texts) == 2


async def test_a_village_hall_that_signs_up_is_not_taken_for_pumping(
    person: Person, clock: FixedClock
) -> None:
    for count in range(31):
        asked = await person.ask(number(count))
        if count % 3 == 0:
            await person.type_code(asked.challenge_id, person.phones.code())
    clock.advance(timedelta(minutes=10))
    await person.ask(number(31))
    rows = await fetch("SELECT sends, redeemed FROM sms_conversion ORDER BY slot")
    assert rows == [{"sends": 31, "redeemed": 11}, {"sends": 1, "redeemed": 0}]


async def test_no_table_of_counts_holds_a_prefix_in_clear(person: Person) -> None:
    await person.ask(MEI)
    held = str({table: rows for table, rows in (await counts()).items() if "sms" in table})
    assert "1380013" not in held


async def test_above_five_thousand_failures_a_day_new_codes_have_eight_digits(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    await fail(FAILURES_PER_DAY_MAX - 1)
    short = await person.ask(number(1))
    code = phones.code()
    assert (short.digits, len(code)) == (6, 6)
    told = await person.type_code(short.challenge_id, wrong(code))
    assert isinstance(told, WrongCode)

    before = await fetch("SELECT id, attempts FROM one_time_code")
    with pytest.raises(CodeExpired):
        await person.type_code(short.challenge_id, code)
    assert await fetch("SELECT id, attempts FROM one_time_code") == before

    clock.advance(timedelta(seconds=61))
    longer = await person.ask(number(1))
    assert longer.challenge_id != short.challenge_id
    assert (longer.digits, len(phones.code())) == (8, 8)
    assert wants_device_proof(await OneTimeCodeRow.get(id=longer.challenge_id))
    with pytest.raises(InvalidInput):
        await person.type_code(longer.challenge_id, phones.code()[:6])
    assert isinstance(await person.type_code(longer.challenge_id, phones.code()), rules.SignedIn)

    clock.advance(timedelta(days=1))
    assert (await person.ask(number(2))).digits == 6


async def test_failures_at_a_code_that_its_owner_gets_right_do_not_count(
    person: Person, phones: Phones
) -> None:
    asked = await person.ask()
    for _ in range(3):
        await person.type_code(asked.challenge_id, wrong(phones.code()))
    assert (await fetch("SELECT SUM(failures) AS failures FROM code_failure"))[0]["failures"] == 3
    await person.type_code(asked.challenge_id, phones.code())
    assert (await fetch("SELECT SUM(failures) AS failures FROM code_failure"))[0]["failures"] == 0


async def test_the_borrower_sees_how_long_a_signing_code_is(person: Person) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    await fail(FAILURES_PER_DAY_MAX)
    async with transaction() as tx:
        challenge_id = await operations.issue_signing_code(
            tx, borrower_id, about="a" * 64, words=WORDS
        )
    assert (await queries.signing_code_of(borrower_id, challenge_id)).digits == 8


async def test_the_close_of_day_forgets_what_no_limit_looks_at(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    asked = await person.ask(device_id="old-android")
    await person.type_code(asked.challenge_id, wrong(phones.code()))
    before = await counts()
    failures = await fetch("SELECT * FROM code_failure")
    async with transaction() as tx:
        await operations.forget_limits(tx)
    assert await counts() == before
    assert await fetch("SELECT * FROM code_failure") == failures

    clock.advance(timedelta(days=1, minutes=6))
    async with transaction() as tx:
        await operations.forget_limits(tx)
    after = await counts()
    assert after.pop("one_time_code") == before["one_time_code"]
    assert after == {"code_send": [], "sms_gate": [], "sms_spend": [], "sms_conversion": []}
    assert await fetch("SELECT * FROM code_failure") == []
