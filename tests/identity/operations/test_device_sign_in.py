"""A device signs in by one signature, which counts once; all that is wrong looks alike."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput
from app.foundation.sealing import SealBroken
from app.foundation.signatures import Purpose
from app.identity import operations, queries, rules
from app.identity.errors import DeviceClockOff, DeviceSignInFailed
from app.identity.operations import device_sign_in
from app.identity.rules import devices
from tests.identity.conftest import LAN, Person
from tests.identity.handsets import Handset, handset_of, new_keystore


async def state() -> list[list[dict[str, object]]]:
    tables = ("session", "device", "idempotency_claim")
    return [await fetch(f"SELECT * FROM {one} ORDER BY 1") for one in tables]


async def test_a_key_signs_in_and_the_session_before_ends(person: Person) -> None:
    handset = await handset_of(person)
    before = handset.tokens.access_token
    signed_in = await handset.sign_in()
    assert signed_in.borrower_id == handset.borrower_id
    caller = await handset.caller()
    assert (caller.device_id, caller.is_proven) == (handset.device_id, False)
    now = person.clock.now()
    assert await queries.caller_of(before, now) is None
    assert len(await queries.sessions_of(handset.borrower_id, now)) == 1


async def test_the_same_sign_in_sent_again_gives_the_same_session(
    person: Person, clock: FixedClock
) -> None:
    handset = await handset_of(person)
    command = handset.sign_in_command()
    first = await operations.sign_in_with_device(command)
    clock.advance(timedelta(minutes=4))
    assert await operations.sign_in_with_device(command) == first
    handset.tokens = first
    assert isinstance(
        await operations.refresh_session(handset.refresh_command()), rules.SessionTokens
    )
    with pytest.raises(DeviceSignInFailed):
        await operations.sign_in_with_device(command)
    with pytest.raises(DeviceSignInFailed):  # signed for another key of idempotency
        await operations.sign_in_with_device(replace(command, idempotency_key="other"))


async def test_a_counter_signs_in_once_however_many_try(person: Person) -> None:
    handset = await handset_of(person)
    commands: list[rules.SignInWithDevice] = []
    for _ in range(6):
        handset.keystore.counter = 41
        commands.append(handset.sign_in_command())
    answers = await asyncio.gather(
        *(operations.sign_in_with_device(one) for one in commands), return_exceptions=True
    )
    assert sum(isinstance(one, rules.SignedIn) for one in answers) == 1
    assert sum(isinstance(one, DeviceSignInFailed) for one in answers) == 5
    handset.keystore.counter = 40
    before = await state()
    with pytest.raises(DeviceSignInFailed):
        await handset.sign_in()
    assert await state() == before


Wrong = Callable[[Handset, rules.SignInWithDevice], rules.SignInWithDevice]
WRONGS: dict[str, Wrong] = {
    "another signature": lambda _, good: replace(good, signature=bytes(64)),
    "no signature at all": lambda _, good: replace(good, signature=b"x"),
    "another counter": lambda _, good: replace(good, counter=good.counter + 1),
    "another time": lambda _, good: replace(good, signed_at=(good.signed_at or 0) + 1),
    "another key of idempotency": lambda _, good: replace(good, idempotency_key="other"),
    "an unknown key": lambda _, good: replace(good, key_id="A" * 22),
    "somebody else's key": lambda _, good: replace(
        good, signature=new_keystore().sign(Purpose.SIGN_IN, b"")
    ),
    "a proof of a request": lambda handset, good: replace(
        good,
        signature=handset.keystore.sign(
            Purpose.PROOF,
            *devices.sign_in_parts(
                key_id=good.key_id,
                counter=good.counter,
                moment=str(good.signed_at),
                idempotency_key=good.idempotency_key,
            ),
        ),
    ),
}


async def test_all_that_is_wrong_is_refused_alike_after_one_check_and_changes_nothing(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threats 15 and 17: unknown key, wrong signature and other purposes look the same."""
    handset = await handset_of(person)
    before = await state()
    checked: list[object] = []
    real = device_sign_in.counter_if_signed

    def counted(*arguments: object, **rest: object) -> int | None:
        checked.append(arguments)
        return real(*arguments, **rest)  # pyright: ignore[reportArgumentType] - passed on

    monkeypatch.setattr(device_sign_in, "counter_if_signed", counted)
    told: set[str] = set()
    for wrong in WRONGS.values():
        with pytest.raises(DeviceSignInFailed) as refused:
            await operations.sign_in_with_device(wrong(handset, handset.sign_in_command()))
        told.add(str(refused.value.args) + str(refused.value.details()))
    assert len(told) == 1
    assert len(checked) == len(WRONGS)
    assert await state() == before


async def test_a_clock_that_is_off_signs_a_nonce_instead(person: Person, clock: FixedClock) -> None:
    handset = await handset_of(person)
    off = int(clock.now().timestamp()) + 301
    nonces: list[str] = []
    for key_id in (handset.keystore.key_id, "A" * 22):
        command = handset.sign_in_command(signed_at=off, key_id=key_id)
        with pytest.raises(DeviceClockOff) as refused:
            await operations.sign_in_with_device(command)
        nonces.append(refused.value.nonce)

    def with_nonce(nonce: str) -> rules.SignInWithDevice:
        key = person.key()
        signed = handset.keystore.sign_in(key, nonce)
        return rules.SignInWithDevice(
            key_id=str(signed["keyId"]),
            counter=handset.keystore.counter,
            signed_at=None,
            nonce=nonce,
            signature=devices.kept_bytes(str(signed["signature"])),
            idempotency_key=key,
        )

    assert isinstance(await operations.sign_in_with_device(with_nonce(nonces[0])), rules.SignedIn)
    clock.advance(timedelta(minutes=5))
    access_token = handset.tokens.access_token
    for over in (nonces[1], "A" * 50, access_token):
        with pytest.raises(DeviceClockOff):
            await operations.sign_in_with_device(with_nonce(over))


async def test_what_cannot_be_a_sign_in_is_said_so(person: Person) -> None:
    handset = await handset_of(person)
    before = await state()
    for changes in (
        {"counter": 0},
        {"counter": devices.COUNTER_MAX + 1},
        {"nonce": "A" * 50},
        {"signed_at": None},
    ):
        with pytest.raises(InvalidInput):
            await operations.sign_in_with_device(handset.sign_in_command(**changes))
    assert await state() == before
    first = handset.sign_in_command()
    await operations.sign_in_with_device(first)
    now = int(person.clock.now().timestamp())
    signed = handset.keystore.sign_in(first.idempotency_key, now)
    with pytest.raises(IdempotencyConflict):
        await operations.sign_in_with_device(
            replace(
                first,
                counter=handset.keystore.counter,
                signature=devices.kept_bytes(str(signed["signature"])),
            )
        )


async def test_a_key_put_in_anothers_place_by_a_thief_in_the_database_signs_nobody_in(
    person: Person,
) -> None:
    mine = await handset_of(person)
    lan = await handset_of(person, LAN)
    theft = "UPDATE device SET {0} = (SELECT d.{0} FROM device d WHERE d.id = ?) WHERE id = ?"
    (row,) = await fetch("SELECT * FROM device WHERE id = ?", [mine.device_id])
    for column in ("public_key", "borrower_id"):
        async with transaction() as tx:
            await tx.run(theft.format(column), [lan.device_id, mine.device_id])
        with pytest.raises(SealBroken):
            await mine.sign_in()
        async with transaction() as tx:
            await tx.run(
                "UPDATE device SET public_key = ?, borrower_id = ? WHERE id = ?",
                [bytes(row["public_key"]), row["borrower_id"], mine.device_id],
            )
    assert (await mine.sign_in()).borrower_id == mine.borrower_id
