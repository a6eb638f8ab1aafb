"""Every kind of device enrolls and signs through the one port."""

from typing import Any

import pytest

from app.foundation.signatures import (
    Authenticator,
    Authenticators,
    Enrolled,
    Level,
    Offer,
    Purpose,
    Reason,
    SignatureRefused,
    challenge_of,
    challenge_text_of,
    signed_message,
)
from tests.foundation.signatures.devices import (
    PARTY,
    Keystore,
    Passkey,
    Program,
    Soter,
    pem_of,
    rsa_key,
)

PORT = Authenticators(PARTY)
ENROLL = signed_message(Purpose.ENROLL, b"challenge 1")
SIGN_IN = signed_message(Purpose.SIGN_IN, b"challenge 2")


def refusal_of(offer: Offer) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        PORT.enroll(offer, ENROLL)
    return refused.value.reason


@pytest.mark.parametrize("form", ["point", "long_point", "spki"])
@pytest.mark.parametrize("signer", ["sign", "sign_raw"])
def test_a_keystore_key_enrolls_and_signs_in_either_encoding(form: str, signer: str) -> None:
    phone = Keystore()
    sign: Any = getattr(phone, signer)
    offer = Offer(
        authenticator=Authenticator.KEYSTORE, key=getattr(phone, form), proof=sign(ENROLL)
    )
    made = PORT.enroll(offer, ENROLL)
    assert made == Enrolled(key=phone.key, level=Level.UNVERIFIED)
    assert PORT.verify(made.key, SIGN_IN, sign(SIGN_IN)).counter is None


def test_an_ed25519_key_enrolls_as_software_and_signs() -> None:
    program = Program()
    offer = Offer(authenticator=Authenticator.ED25519, key=program.data, proof=program.sign(ENROLL))
    made = PORT.enroll(offer, ENROLL)
    assert made == Enrolled(key=program.key, level=Level.SOFTWARE)
    assert PORT.verify(made.key, SIGN_IN, program.sign(SIGN_IN)).counter is None


def test_a_passkey_enrolls_and_signs() -> None:
    passkey = Passkey(counter=4)
    proof = passkey.registration(challenge_of(ENROLL))
    made = PORT.enroll(Offer(authenticator=Authenticator.WEBAUTHN, key=b"", proof=proof), ENROLL)
    assert (made.key, made.counter, made.credential_id) == (passkey.key, 4, b"a passkey")
    passkey.counter = 5
    proof = passkey.assertion(challenge_of(SIGN_IN))
    assert PORT.verify(made.key, SIGN_IN, proof, counter_seen=made.counter).counter == 5


def soter_offer(phone: Soter, **changes: Any) -> Offer:  # noqa: ANN401 - parts of an offer
    parts: dict[str, Any] = {
        "vouchers": (phone.ask_blob(),),
        "key": phone.auth_blob(),
        "proof": phone.signature(challenge_text_of(ENROLL)),
    }
    return Offer(authenticator=Authenticator.SOTER, **(parts | changes))


def test_a_soter_key_enrolls_and_signs() -> None:
    phone = Soter(salt_bytes=32)
    made = PORT.enroll(soter_offer(phone), ENROLL)
    assert (made.key, made.level, made.machine) == (phone.key, Level.UNVERIFIED, "0900")
    proof = phone.signature(challenge_text_of(SIGN_IN))
    proven = PORT.verify(made.key, SIGN_IN, proof, counter_seen=made.counter)
    assert proven.counter == made.counter + 1
    assert (proven.finger, proven.machine) == (made.finger, made.machine)


def test_a_soter_chain_of_two_phones_or_two_apps_is_refused() -> None:
    phone, other = Soter(), Soter(counter=900, said={"cpu_id": "0901"})
    another_app = Soter(said={"uid": "10116"})
    for ask_of, auth_of, sign_of in (
        (other, phone, phone),
        (phone, other, phone),
        (phone, phone, other),
        (phone, another_app, phone),
    ):
        offer = Offer(
            authenticator=Authenticator.SOTER,
            vouchers=(ask_of.ask_blob(),),
            key=auth_of.auth_blob(),
            proof=sign_of.signature(challenge_text_of(ENROLL)),
        )
        assert refusal_of(offer) is Reason.UNTRUSTED


def test_a_soter_offer_must_name_its_ask_and_be_signed_by_it() -> None:
    phone = Soter()
    assert refusal_of(soter_offer(phone, vouchers=())) is Reason.MALFORMED
    twice = (phone.ask_blob(), phone.ask_blob())
    assert refusal_of(soter_offer(phone, vouchers=twice)) is Reason.MALFORMED
    by_nobody = phone.blob(rsa_key("ATTK"), {"pub_key": pem_of(rsa_key("AuthKey"))})
    assert refusal_of(soter_offer(phone, key=by_nobody)) is Reason.BAD_SIGNATURE
    before = phone.signature(challenge_text_of(ENROLL))
    assert refusal_of(soter_offer(phone, proof=before)) is Reason.REPLAYED


def test_a_key_enrolls_only_with_its_own_signature_over_this_challenge() -> None:
    phone, other = Keystore(), Keystore()
    for proof in (other.sign(ENROLL), phone.sign(SIGN_IN), b""):
        offer = Offer(authenticator=Authenticator.KEYSTORE, key=phone.point, proof=proof)
        assert refusal_of(offer) is Reason.BAD_SIGNATURE
    program = Program()
    for proof, reason in (
        (Program().sign(ENROLL), Reason.BAD_SIGNATURE),
        (program.sign(SIGN_IN), Reason.BAD_SIGNATURE),
        (program.sign(ENROLL)[:-1], Reason.MALFORMED),
    ):
        offer = Offer(authenticator=Authenticator.ED25519, key=program.data, proof=proof)
        assert refusal_of(offer) is reason
