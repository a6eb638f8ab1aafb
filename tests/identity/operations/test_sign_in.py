"""Signing in: five guesses, ten a day, once per code, and nobody learns who is a borrower."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput
from app.foundation.revision import revision_of
from app.foundation.sealing import SealBroken, Vault, install_vault
from app.identity import operations, queries, rules
from app.identity.errors import CodeExpired, CodesLocked, WrongCode
from app.identity.events import BorrowerJoined
from tests.identity.conftest import LAN, MEI, Heard, Person, Phones
from tests.identity.operations.guessing import wrong

ROOT = Path(__file__).parents[3]
GUESSER = Path(__file__).parent / "guessing.py"


async def state() -> dict[str, list[dict[str, object]]]:
    """Return everything a sign-in may change."""
    tables = ("borrower", "session", "one_time_code", "sms_gate", "outbox_fact")
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables}


async def attempts() -> object:
    return (await fetch("SELECT attempts FROM one_time_code"))[0]["attempts"]


async def test_the_right_code_signs_in_and_makes_a_borrower(person: Person, heard: Heard) -> None:
    signed_in = await person.sign_in()
    assert signed_in.is_new
    assert len(signed_in.access_token) <= 64
    assert len(signed_in.refresh_token) <= 55
    assert heard.facts == [BorrowerJoined(borrower_id=signed_in.borrower_id)]
    assert await revision_of(signed_in.borrower_id) == 1


async def test_the_same_phone_is_the_same_borrower(
    person: Person, clock: FixedClock, heard: Heard
) -> None:
    first = await person.sign_in()
    clock.advance(timedelta(minutes=2))
    again = await person.sign_in("+86 138-0013-8000")
    assert again.borrower_id == first.borrower_id
    assert again.session_id != first.session_id
    assert not again.is_new
    assert len(heard.facts) == 1


async def test_a_code_works_once(person: Person, phones: Phones) -> None:
    asked = await person.ask()
    await person.type_code(asked.challenge_id, phones.code())
    before = await state()
    with pytest.raises(CodeExpired):
        await person.type_code(asked.challenge_id, phones.code())
    assert await state() == before


async def test_a_wrong_code_is_counted_and_opens_nothing(person: Person, phones: Phones) -> None:
    asked = await person.ask()
    left: list[int] = []
    for _ in range(5):
        told = await person.type_code(asked.challenge_id, wrong(phones.code()))
        assert isinstance(told, WrongCode)
        left.append(told.attempts_left)
    assert left == [4, 3, 2, 1, 0]
    before = await state()
    with pytest.raises(CodeExpired):
        await person.type_code(asked.challenge_id, phones.code())
    assert await state() == before
    assert before["borrower"] == before["session"] == []


async def test_a_code_lives_five_minutes(person: Person, phones: Phones, clock: FixedClock) -> None:
    asked = await person.ask()
    clock.advance(timedelta(minutes=5))
    with pytest.raises(CodeExpired):
        await person.type_code(asked.challenge_id, phones.code())
    assert await attempts() == 0


async def test_a_clock_set_back_brings_no_code_to_life(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    asked = await person.ask()
    clock.advance(timedelta(days=-1))
    with pytest.raises(CodeExpired):
        await person.type_code(asked.challenge_id, phones.code())
    assert await attempts() == 0


async def test_two_hundred_guesses_at_once_are_five(person: Person, phones: Phones) -> None:
    asked = await person.ask()
    guesses = await asyncio.gather(
        *(person.type_code(asked.challenge_id, wrong(phones.code())) for _ in range(200)),
        return_exceptions=True,
    )
    assert sorted(guess.attempts_left for guess in guesses if isinstance(guess, WrongCode)) == [
        0, 1, 2, 3, 4,
    ]  # fmt: skip
    assert sum(isinstance(guess, CodeExpired) for guess in guesses) == 195
    assert await attempts() == 5


async def test_two_hundred_guesses_by_four_processes_get_five_together(
    person: Person, phones: Phones, database: Database, tmp_path: Path
) -> None:
    keyring = tmp_path / "shared-keyring.json"
    install_vault(Vault(FileKms(keyring)))
    asked = await person.ask()
    given = [database.url, str(keyring), asked.challenge_id, wrong(phones.code()), "50"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, str(GUESSER), *given, name, stdin=PIPE, stdout=PIPE, env=environ
        )
        for name in ("one", "two", "three", "four")
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    printed = [
        out for out, _ in await asyncio.gather(*(one.communicate(b"go\n") for one in processes))
    ]
    counts = [json.loads(line) for line in printed]
    assert sum(count["looked_at"] for count in counts) == 5
    assert sum(count["expired"] for count in counts) == 195
    assert await attempts() == 5


async def test_after_ten_wrong_guesses_a_day_codes_are_locked_until_midnight(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    for _ in range(2):
        asked = await person.ask()
        for _ in range(4):
            await person.type_code(asked.challenge_id, wrong(phones.code()))
        clock.advance(timedelta(minutes=5))
    asked = await person.ask()
    for _ in range(2):
        await person.type_code(asked.challenge_id, wrong(phones.code()))
    before = await state()
    with pytest.raises(CodesLocked) as refused:
        await person.type_code(asked.challenge_id, phones.code())
    assert refused.value.retry_after_seconds == 14 * 3600 - 600
    assert await state() == before

    clock.advance(timedelta(seconds=refused.value.retry_after_seconds))
    assert (await person.sign_in()).is_new


async def test_a_clock_set_back_gives_no_guesses_back(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    for _ in range(2):
        asked = await person.ask()
        for _ in range(5):
            await person.type_code(asked.challenge_id, wrong(phones.code()))
        clock.advance(timedelta(minutes=5))
    clock.advance(timedelta(days=-2))
    with pytest.raises(CodesLocked):
        await person.ask()


async def test_right_codes_never_use_up_the_day(person: Person, clock: FixedClock) -> None:
    for _ in range(2):
        for _ in range(4):
            await person.sign_in()
            clock.advance(timedelta(minutes=16))
        clock.advance(timedelta(minutes=1))
    assert await fetch("SELECT guesses FROM sms_gate") == [{"guesses": 0}]


async def test_an_answer_that_was_lost_is_given_again(
    person: Person, phones: Phones, clock: FixedClock
) -> None:
    asked = await person.ask()
    command = rules.VerifyCode(
        challenge_id=asked.challenge_id, code=phones.code(), idempotency_key="same"
    )
    first = await operations.verify_code(command)
    clock.advance(timedelta(minutes=9))
    before = await state()
    assert await operations.verify_code(command) == first
    assert await state() == before
    with pytest.raises(IdempotencyConflict):
        await operations.verify_code(replace(command, code=wrong(phones.code())))

    clock.advance(timedelta(minutes=1))
    with pytest.raises(CodeExpired):
        await operations.verify_code(command)


async def test_a_wrong_guess_sent_twice_is_counted_once(person: Person, phones: Phones) -> None:
    asked = await person.ask()
    command = rules.VerifyCode(
        challenge_id=asked.challenge_id, code=wrong(phones.code()), idempotency_key="same"
    )
    first = await operations.verify_code(command)
    again = await operations.verify_code(command)
    assert isinstance(first, WrongCode)
    assert isinstance(again, WrongCode)
    assert first.attempts_left == again.attempts_left == 4
    assert await attempts() == 1


@pytest.mark.parametrize("first_is_right", [True, False])
async def test_whoever_foresees_a_key_learns_no_code_by_it_that_a_guess_would_not_cost(
    person: Person, phones: Phones, *, first_is_right: bool
) -> None:
    asked = await person.ask()
    code = phones.code()
    typed = code if first_is_right else wrong(code)
    command = rules.VerifyCode(
        challenge_id=asked.challenge_id, code=typed, idempotency_key="foreseen"
    )
    told = await operations.verify_code(command)
    assert type(await operations.verify_code(command)) is type(told)
    others = [f"{(int(typed) + number) % 1_000_000:06d}" for number in range(1, 60)]

    tried = await asyncio.gather(
        *(operations.verify_code(replace(command, code=other)) for other in others),
        return_exceptions=True,
    )

    assert sum(isinstance(one, IdempotencyConflict) for one in tried) == 5
    assert sum(isinstance(one, CodeExpired) for one in tried) == len(others) - 5
    with pytest.raises(CodeExpired):
        await operations.verify_code(command)
    counted = await fetch("SELECT guesses FROM sms_gate")
    assert counted[0]["guesses"] == (5 if first_is_right else 6)
    assert sum(row["failures"] for row in await fetch("SELECT failures FROM code_failure")) == (
        5 if first_is_right else 6
    )


async def test_a_lost_answer_is_not_given_after_the_session_went_on(
    person: Person, phones: Phones
) -> None:
    asked = await person.ask()
    command = rules.VerifyCode(
        challenge_id=asked.challenge_id, code=phones.code(), idempotency_key="same"
    )
    first = await operations.verify_code(command)
    assert isinstance(first, rules.SignedIn)
    await operations.refresh_session(
        rules.RefreshSession(refresh_token=first.refresh_token, idempotency_key="on")
    )
    with pytest.raises(CodeExpired):
        await operations.verify_code(command)


async def test_an_unknown_challenge_looks_like_an_expired_one(person: Person) -> None:
    with pytest.raises(CodeExpired):
        await person.type_code("oc00000000000000", "123456")


async def test_malformed_codes_cost_no_guess(person: Person) -> None:
    asked = await person.ask()
    for code in ("", "12345", "abcdef"):
        with pytest.raises(InvalidInput):
            await person.type_code(asked.challenge_id, code)
    assert await attempts() == 0


async def test_a_known_and_an_unknown_number_get_the_same_answer(
    person: Person, clock: FixedClock, phones: Phones
) -> None:
    await person.sign_in(MEI)
    clock.advance(timedelta(minutes=2))
    known, unknown = await person.ask(MEI), await person.ask(LAN)

    def body(asked: rules.CodeRequested) -> rules.CodeRequested:
        return replace(asked, challenge_id="", masked_phone="")

    assert body(known) == body(unknown)
    assert (await person.type_code(known.challenge_id, "000000")).__class__ is WrongCode
    assert (await person.type_code(unknown.challenge_id, "000000")).__class__ is WrongCode
    texts = [text.splitlines()[0].replace(text[-6:], "") for _, text in phones.texts[-2:]]
    assert texts[0] == texts[1]


async def test_a_swapped_index_is_noticed(person: Person, clock: FixedClock) -> None:
    mei, lan = await person.sign_in(MEI), await person.sign_in(LAN)
    clock.advance(timedelta(minutes=2))
    rows = await fetch("SELECT id, phone_index FROM borrower")
    indexes = {row["id"]: row["phone_index"] for row in rows}
    await _set_index(mei.borrower_id, "0" * 32)
    await _set_index(lan.borrower_id, indexes[mei.borrower_id])
    with pytest.raises(SealBroken):
        await person.sign_in(MEI)
    with pytest.raises(SealBroken):
        await queries.borrower_ids_by_phone(MEI)


async def _set_index(borrower_id: str, index: str) -> None:
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET phone_index = ? WHERE id = ?", [index, borrower_id])
