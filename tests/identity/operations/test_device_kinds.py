"""Every kind of authenticator is enrolled and signs in: Ed25519, passkeys, SOTER; and attested."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from app.foundation.errors import NotFound
from app.foundation.signatures import (
    Authenticators,
    Purpose,
    challenge_of,
    challenge_text_of,
    signed_message,
)
from app.identity import operations, queries, rules
from app.identity.errors import DeviceAttestationRefused, DeviceKeyRefused, DeviceSignInFailed
from app.identity.operations import keys
from app.identity.rules import devices
from app.identity.rules.devices import AttestDevice
from tests.foundation.signatures.devices import Keystore, Passkey, Program, Soter
from tests.foundation.signatures.makers import Maker, description
from tests.identity.conftest import Person

REQUESTS = Keystore()
"""The second key, for requests."""


@dataclass
class Phone:
    """One kind of phone, as it enrolls and signs."""

    kind: rules.DeviceKind
    enroll: Callable[[bytes], dict[str, object]]
    sign: Callable[[bytes], bytes]


def phones() -> list[Phone]:
    program, passkey, soter = Program(), Passkey(), Soter()
    return [
        Phone(
            rules.DeviceKind.ED25519,
            lambda message: {"public_key": program.data, "signature": program.sign(message)},
            program.sign,
        ),
        Phone(
            rules.DeviceKind.WEBAUTHN,
            lambda message: {"signature": passkey.registration(challenge_of(message))},
            lambda message: passkey.assertion(challenge_of(message)),
        ),
        Phone(
            rules.DeviceKind.SOTER,
            lambda message: {
                "vouchers": (soter.ask_blob(),),
                "public_key": soter.auth_blob(),
                "signature": soter.signature(challenge_text_of(message)),
            },
            lambda message: soter.signature(challenge_text_of(message)),
        ),
    ]


async def challenge_for(person: Person, signed_in: rules.SignedIn) -> rules.EnrollmentChallenge:
    begun = await operations.begin_device_enrollment(
        rules.BeginDeviceEnrollment(
            borrower_id=signed_in.borrower_id,
            session_id=signed_in.session_id,
            idempotency_key=person.key(),
        )
    )
    assert isinstance(begun, rules.EnrollmentChallenge)
    return begun


def message_of(challenge: rules.EnrollmentChallenge, *rest: bytes) -> bytes:
    return signed_message(
        Purpose.ENROLL,
        challenge.borrower_id.encode(),
        challenge.session_id.encode(),
        challenge.challenge_id.encode(),
        challenge.nonce,
        *rest,
    )


async def enrollment(person: Person, signed_in: rules.SignedIn, phone: Phone) -> rules.EnrollDevice:
    challenge = await challenge_for(person, signed_in)
    proof_key = b"" if phone.kind is rules.DeviceKind.ED25519 else REQUESTS.spki
    of_proof_key = REQUESTS.sign(message_of(challenge, proof_key, b"proof-key"))
    command = rules.EnrollDevice(
        borrower_id=signed_in.borrower_id,
        session_id=signed_in.session_id,
        challenge_id=challenge.challenge_id,
        kind=phone.kind,
        public_key=b"",
        signature=b"",
        proof_key=proof_key or None,
        proof_signature=of_proof_key if proof_key else None,
        idempotency_key=person.key(),
    )
    return replace(command, **phone.enroll(message_of(challenge, proof_key)))


def sign_in(person: Person, phone: Phone, key_id: str, counter: int) -> rules.SignInWithDevice:
    now, key = int(person.clock.now().timestamp()), person.key()
    parts = devices.sign_in_parts(
        key_id=key_id, counter=counter, moment=str(now), idempotency_key=key
    )
    return rules.SignInWithDevice(
        key_id=key_id,
        counter=counter,
        signed_at=now,
        nonce=None,
        signature=phone.sign(signed_message(Purpose.SIGN_IN, *parts)),
        idempotency_key=key,
    )


async def test_ed25519_passkeys_and_soter_enroll_and_sign_in(person: Person) -> None:
    signed_in = await person.sign_in()
    for phone in phones():
        command = await enrollment(person, signed_in, phone)
        enrolled = await operations.enroll_device(command)
        assert isinstance(enrolled, rules.EnrolledDevice), phone.kind
        first = await operations.sign_in_with_device(sign_in(person, phone, enrolled.key_id, 1))
        assert first.borrower_id == signed_in.borrower_id
        repeated = sign_in(person, phone, enrolled.key_id, 1)
        with pytest.raises(DeviceSignInFailed):
            await operations.sign_in_with_device(repeated)
        again = sign_in(person, phone, enrolled.key_id, 2)
        signed_in = await operations.sign_in_with_device(again)
    views = await queries.devices_of(signed_in.borrower_id)
    levels = {one.kind.value: one.level.value for one in views}
    assert levels == {"ED25519": "L0", "WEBAUTHN": "L1", "SOTER": "L1"}


async def test_a_passkey_whose_second_key_is_not_its_own_is_refused(person: Person) -> None:
    signed_in = await person.sign_in()
    passkey = phones()[1]
    command = await enrollment(person, signed_in, passkey)
    refused = await operations.enroll_device(replace(command, proof_signature=REQUESTS.sign(b"")))
    assert isinstance(refused, DeviceKeyRefused)
    assert await queries.devices_of(signed_in.borrower_id) == []


@pytest.fixture
def believe() -> Iterator[None]:
    """Believe whom a test says, and the usual ones afterwards."""
    yield
    keys.set_authenticators(keys.USUAL_AUTHENTICATORS)


@pytest.mark.usefixtures("believe")
async def test_a_passkey_of_an_android_app_is_taken_where_the_settings_name_what_signed_it(
    person: Person,
) -> None:
    fingerprint = ":".join(f"{byte:02X}" for byte in range(32))
    origin = f"android:apk-key-hash:{base64.urlsafe_b64encode(bytes(range(32))).decode()[:43]}"
    signed_in = await person.sign_in()

    async def enrolls(written: str) -> bool:
        passkey = Passkey(said={"origin": written})
        phone = Phone(
            rules.DeviceKind.WEBAUTHN,
            lambda message: {"signature": passkey.registration(challenge_of(message))},
            lambda message: passkey.assertion(challenge_of(message)),
        )
        command = await enrollment(person, signed_in, phone)
        return isinstance(await operations.enroll_device(command), rules.EnrolledDevice)

    assert not await enrolls(origin)
    operations.set_apps(keys.USUAL_DOMAIN, [fingerprint])
    for near in (f"{origin}=", origin.lower(), f"https://{origin}", f"{origin[:-1]}9"):
        assert not await enrolls(near)
    assert await enrolls(origin)
    assert await enrolls("https://qingmiao.example")


@pytest.mark.usefixtures("believe")
async def test_passkeys_and_codes_are_for_the_domain_that_the_settings_name(
    person: Person,
) -> None:
    signed_in = await person.sign_in()
    assert person.phones.texts[-1][1].splitlines()[-1].startswith("@qingmiao.example #")
    here, own, elsewhere = "https://app.example.cn", "app.example.cn", "qingmiao.example"
    for rp_id, origin, is_taken in (
        (elsewhere, f"https://{elsewhere}", False),
        (elsewhere, here, False),
        (own, f"https://{elsewhere}", False),
        (own, "https://evil.app.example.cn", False),
        (own, here, True),
    ):
        operations.set_apps(own)
        passkey = Passkey(rp_id=rp_id, said={"origin": origin})
        phone = Phone(
            rules.DeviceKind.WEBAUTHN,
            lambda message, one=passkey: {"signature": one.registration(challenge_of(message))},
            lambda message, one=passkey: one.assertion(challenge_of(message)),
        )
        command = await enrollment(person, signed_in, phone)
        enrolled = await operations.enroll_device(command)
        assert isinstance(enrolled, rules.EnrolledDevice) is is_taken
    await person.sign_in("19900000007")
    assert person.phones.texts[-1][1].splitlines()[-1].startswith("@app.example.cn #")


@pytest.mark.usefixtures("believe")
async def test_a_makers_certificates_say_how_a_key_is_kept(person: Person) -> None:
    maker, store = Maker(), Keystore()
    roots = frozenset({maker.root_key})
    party = keys.USUAL_AUTHENTICATORS.party
    keys.set_authenticators(Authenticators(party, android_roots=roots))
    signed_in = await person.sign_in()
    challenge = await challenge_for(person, signed_in)
    message = message_of(challenge, b"")
    enrolled = await operations.enroll_device(
        rules.EnrollDevice(
            borrower_id=signed_in.borrower_id,
            session_id=signed_in.session_id,
            challenge_id=challenge.challenge_id,
            kind=rules.DeviceKind.KEYSTORE,
            public_key=store.spki,
            signature=store.sign(message),
            is_in_hardware=True,
            idempotency_key=person.key(),
        )
    )
    assert isinstance(enrolled, rules.EnrolledDevice)

    def certified(of: bytes, level: int) -> AttestDevice:
        extension = description(challenge_of(of), level=level)
        chain = maker.chain(store.private.public_key(), extension)
        return AttestDevice(
            borrower_id=signed_in.borrower_id,
            device_id=enrolled.device_id,
            chain=tuple(chain),
            idempotency_key=person.key(),
        )

    for level, expected in ((1, "L2"), (2, "L3"), (0, "L0")):
        assert await operations.attest_device(certified(message, level)) == expected
        (view,) = await queries.devices_of(signed_in.borrower_id)
        assert view.level == expected
    good = certified(message, 2)
    for wrong in (certified(b"another message", 2), replace(good, chain=good.chain[:1])):
        with pytest.raises(DeviceAttestationRefused):
            await operations.attest_device(wrong)
    with pytest.raises(NotFound):
        await operations.attest_device(replace(good, borrower_id="br00000000000000"))
    (view,) = await queries.devices_of(signed_in.borrower_id)
    assert view.level == "L0"
