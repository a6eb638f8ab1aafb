"""A phone is added by a key that signs its challenge, once; ended, it opens nothing more."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import InvalidInput, NotFound, RateLimited, Refusal, Unauthenticated
from app.foundation.signatures import Purpose
from app.identity import operations, queries, rules
from app.identity.errors import (
    DeviceChallengeOver,
    DeviceKeyRefused,
    DeviceSignInFailed,
    PinRequired,
    SignInStale,
    TooManyDevices,
    WrongPin,
)
from app.identity.events import DeviceEnded, DeviceEnrolled
from app.identity.rules import devices
from app.identity.rules.pins import SetPin
from tests.identity.conftest import LAN, Heard, Person
from tests.identity.handsets import add_phone, enrollment, handset_of, new_keystore

PIN = "730582"


async def device_rows() -> list[dict[str, object]]:
    return await fetch("SELECT * FROM device ORDER BY id")


def begin(person: Person, signed_in: rules.SignedIn, **more: str) -> rules.BeginDeviceEnrollment:
    command = rules.BeginDeviceEnrollment(
        borrower_id=signed_in.borrower_id,
        session_id=signed_in.session_id,
        idempotency_key=person.key(),
    )
    return replace(command, **more)


async def test_a_phone_is_added_and_its_session_is_bound_to_it(
    person: Person, heard: Heard
) -> None:
    signed_in = await person.sign_in()
    keystore = new_keystore()
    command = await enrollment(person, signed_in, keystore, is_in_hardware=True)
    first = await operations.enroll_device(command)
    again = await operations.enroll_device(command)
    assert isinstance(first, rules.EnrolledDevice)
    assert again == first
    await outbox.drain()
    enrolled = DeviceEnrolled(borrower_id=signed_in.borrower_id, device_id=first.device_id)
    assert [one for one in heard.facts if isinstance(one, DeviceEnrolled)] == [enrolled]
    caller = await queries.caller_of(signed_in.access_token, person.clock.now())
    assert getattr(caller, "device_id", None) == first.device_id
    assert await queries.device_level(caller) is rules.DeviceLevel.HARDWARE  # pyright: ignore[reportArgumentType] - a borrower
    (view,) = await queries.devices_of(signed_in.borrower_id)
    assert (view.device_id, view.name, view.kind) == (first.device_id, "Redmi 9A", "KEYSTORE")
    (session,) = await queries.sessions_of(signed_in.borrower_id, person.clock.now())
    assert session.device_id == first.device_id
    (row,) = await device_rows()
    assert keystore.public_key not in bytes(row["public_key"])  # pyright: ignore[reportArgumentType] - bytes
    chained = await fetch("SELECT cell FROM audit_cell WHERE cell LIKE 'device.%' ORDER BY cell")
    assert [one["cell"] for one in chained] == [
        f"device.proof_key.{first.device_id}",
        f"device.public_key.{first.device_id}",
    ]


async def test_what_is_kept_in_software_counts_least(person: Person) -> None:
    handset = await handset_of(person)
    caller = await handset.caller()
    assert await queries.device_level(caller) is rules.DeviceLevel.SOFTWARE
    assert await queries.device_level(replace(caller, device_id=None)) is None


async def test_a_challenge_is_good_once_for_one_session_and_five_minutes(
    person: Person, clock: FixedClock
) -> None:
    mine = await person.sign_in()
    lan = await person.sign_in(LAN)
    keystore = new_keystore()
    command = await enrollment(person, mine, keystore)
    for stolen in (
        replace(command, session_id=lan.session_id, borrower_id=lan.borrower_id),
        replace(command, challenge_id="dc00000000000000"),
    ):
        with pytest.raises(DeviceChallengeOver):
            await operations.enroll_device(replace(stolen, idempotency_key=person.key()))
    clock.advance(timedelta(minutes=5))
    with pytest.raises(DeviceChallengeOver):
        await operations.enroll_device(command)
    assert await device_rows() == []
    await operations.enroll_device(await enrollment(person, mine, keystore))
    with pytest.raises(DeviceChallengeOver):
        await operations.enroll_device(replace(command, idempotency_key="once-more"))
    assert len(await device_rows()) == 1


def wrong_enrollments(command: rules.EnrollDevice) -> Sequence[rules.EnrollDevice]:
    other = new_keystore()
    return (
        replace(command, public_key=other.public_key),
        replace(command, public_key=b"\x02" + bytes(32)),
        replace(command, signature=bytes(64)),
        replace(command, signature=other.sign(Purpose.SIGN_IN, b"")),
        replace(command, kind=rules.DeviceKind.ED25519),
        replace(command, proof_key=other.public_key, proof_signature=bytes(64)),
    )


async def test_a_signature_that_is_not_the_keys_uses_the_challenge_up(person: Person) -> None:
    signed_in = await person.sign_in()
    for number in range(
        len(wrong_enrollments(await enrollment(person, signed_in, new_keystore())))
    ):
        signed_in = await person.sign_in_later()
        good = await enrollment(person, signed_in, new_keystore())
        wrong = wrong_enrollments(good)[number]
        refused = await operations.enroll_device(wrong)
        assert isinstance(refused, DeviceKeyRefused)
        assert isinstance(await operations.enroll_device(wrong), DeviceKeyRefused)
        with pytest.raises(DeviceChallengeOver):
            await operations.enroll_device(replace(good, idempotency_key=person.key()))
    assert await device_rows() == []
    caller = await queries.caller_of(signed_in.access_token, person.clock.now())
    assert caller is None or getattr(caller, "device_id", None) is None


async def test_a_key_enrolled_before_is_never_enrolled_again(person: Person) -> None:
    handset = await handset_of(person)
    lan = await person.sign_in(LAN)
    stolen = await enrollment(person, lan, handset.keystore)
    assert isinstance(await operations.enroll_device(stolen), DeviceKeyRefused)
    assert len(await device_rows()) == 1


async def test_a_passkey_needs_a_second_key_for_requests(person: Person) -> None:
    signed_in = await person.sign_in()
    command = await enrollment(person, signed_in, new_keystore(), kind=rules.DeviceKind.WEBAUTHN)
    with pytest.raises(InvalidInput):
        await operations.enroll_device(command)
    assert await device_rows() == []


async def test_five_phones_at_most_also_for_many_at_once(person: Person) -> None:
    handset = await handset_of(person)
    signed_in = handset.tokens
    assert isinstance(signed_in, rules.SignedIn)
    for _ in range(2):
        await add_phone(person, signed_in)
    commands = [await enrollment(person, signed_in, new_keystore()) for _ in range(4)]
    answers = await asyncio.gather(
        *(operations.enroll_device(one) for one in commands), return_exceptions=True
    )
    assert sum(isinstance(one, rules.EnrolledDevice) for one in answers) == 2
    assert sum(isinstance(one, TooManyDevices) for one in answers) == 2
    assert len(await queries.devices_of(handset.borrower_id)) == devices.DEVICES_MAX


async def test_open_challenges_are_few(person: Person) -> None:
    signed_in = await person.sign_in()
    for _ in range(devices.CHALLENGES_MAX):
        await operations.begin_device_enrollment(begin(person, signed_in))
    with pytest.raises(RateLimited):
        await operations.begin_device_enrollment(begin(person, signed_in))
    assert len(await fetch("SELECT 1 FROM device_challenge")) == devices.CHALLENGES_MAX


async def test_a_phone_that_is_ended_opens_nothing_and_only_its_owner_ends_it(
    person: Person, heard: Heard
) -> None:
    handset = await handset_of(person)
    lan = await person.sign_in(LAN)
    before = await device_rows()
    stolen = rules.RevokeDevice(
        borrower_id=lan.borrower_id, device_id=handset.device_id, idempotency_key="steal"
    )
    with pytest.raises(NotFound):
        await operations.revoke_device(stolen)
    assert await device_rows() == before
    own = replace(stolen, borrower_id=handset.borrower_id)
    for _ in range(2):
        await operations.revoke_device(own)
    await operations.revoke_device(replace(own, idempotency_key="again"))
    await outbox.drain()
    ended = DeviceEnded(
        borrower_id=handset.borrower_id, device_id=handset.device_id, reason="REVOKED"
    )
    assert [one for one in heard.facts if isinstance(one, DeviceEnded)] == [ended]
    assert await queries.devices_of(handset.borrower_id) == []
    now = person.clock.now()
    assert await queries.caller_of(handset.tokens.access_token, now) is None
    with pytest.raises(Unauthenticated):
        await operations.refresh_session(handset.refresh_command())
    with pytest.raises(DeviceSignInFailed):
        await handset.sign_in()
    assert await queries.sessions_of(handset.borrower_id, now) == []


async def test_ending_all_other_sessions_leaves_the_one_asking(person: Person) -> None:
    old = await person.sign_in()
    handset = await add_phone(person, await person.sign_in_later())
    lan = await person.sign_in(LAN)
    caller = await handset.caller()
    command = rules.EndOtherSessions(
        borrower_id=caller.borrower_id, session_id=caller.session_id, idempotency_key="all"
    )
    assert await operations.end_other_sessions(command) == 1
    assert await operations.end_other_sessions(command) == 1
    now = person.clock.now()
    (left,) = await queries.sessions_of(old.borrower_id, now)
    assert left.session_id == caller.session_id
    assert len(await queries.sessions_of(lan.borrower_id, now)) == 1


async def test_a_new_fingerprint_on_a_shared_phone_needs_message_and_pin_for_a_new_key(
    person: Person,
) -> None:
    """Threat 20: the phone throws its key away, and the text message alone brings none back."""
    handset = await handset_of(person)
    set_pin = SetPin(borrower_id=handset.borrower_id, pin=PIN, idempotency_key="pin")
    await operations.set_pin(set_pin)
    again = await person.sign_in_later()
    with pytest.raises(PinRequired):
        await operations.begin_device_enrollment(begin(person, again))
    wrong = begin(person, again, pin="140852")
    refused = await operations.begin_device_enrollment(wrong)
    assert isinstance(refused, WrongPin)
    assert await operations.begin_device_enrollment(wrong) is not None
    assert await fetch("SELECT 1 FROM device_challenge WHERE used_at IS NULL") == []
    begun = await operations.begin_device_enrollment(begin(person, again, pin=PIN))
    assert isinstance(begun, rules.EnrollmentChallenge)
    keystore = new_keystore()
    written = keystore.enrollment(
        {
            "borrowerId": begun.borrower_id,
            "sessionId": begun.session_id,
            "challengeId": begun.challenge_id,
            "challenge": devices.as_text(begun.nonce),
        }
    )
    enrolled = await operations.enroll_device(
        rules.EnrollDevice(
            borrower_id=again.borrower_id,
            session_id=again.session_id,
            challenge_id=begun.challenge_id,
            kind=rules.DeviceKind.KEYSTORE,
            public_key=keystore.public_key,
            signature=devices.kept_bytes(str(written["signature"])),
            replaces_device_id=handset.device_id,
            idempotency_key=person.key(),
        )
    )
    assert isinstance(enrolled, rules.EnrolledDevice)
    (view,) = await queries.devices_of(again.borrower_id)
    assert view.device_id == enrolled.device_id
    with pytest.raises(Refusal):
        await handset.sign_in()


async def test_threat_13_a_token_alone_adds_no_phone(person: Person) -> None:
    signed_in = await person.sign_in()
    person.clock.advance(devices.FRESH + timedelta(seconds=1))
    with pytest.raises(SignInStale):
        await enrollment(person, signed_in, new_keystore())
    assert await device_rows() == []
