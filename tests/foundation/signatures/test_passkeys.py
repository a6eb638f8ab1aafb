"""A passkey counts only for our page, our service, this challenge, with its owner there."""

import base64
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.foundation.signatures import Kind, Level, PublicKey, Reason, SignatureRefused
from app.foundation.signatures.cose import cose_of_key, key_of_cose
from app.foundation.signatures.passkeys import check_assertion, check_registration
from app.foundation.signatures.plain import packed, unpacked
from tests.foundation.signatures.devices import PARTY, Keystore, Passkey, Program, rsa_key

CHALLENGE = bytes(range(32))


def refusal_of_registration(proof: bytes) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        check_registration(PARTY, CHALLENGE, proof)
    return refused.value.reason


def refusal_of_assertion(passkey: Passkey, proof: bytes, *, counter_seen: int = 0) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        check_assertion(PARTY, passkey.key, CHALLENGE, proof, counter_seen=counter_seen)
    return refused.value.reason


def test_a_passkey_is_enrolled_and_signs() -> None:
    passkey = Passkey(counter=7)
    made = check_registration(PARTY, CHALLENGE, passkey.registration(CHALLENGE))
    assert made.key == passkey.key
    assert (made.credential_id, made.counter, made.level) == (b"a passkey", 7, Level.UNVERIFIED)
    passkey.counter = 8
    proof = passkey.assertion(CHALLENGE)
    assert check_assertion(PARTY, made.key, CHALLENGE, proof, counter_seen=7) == 8


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"crossOrigin": True}, Reason.CROSS_ORIGIN),
        ({"crossOrigin": "false"}, Reason.CROSS_ORIGIN),
        ({"crossOrigin": 0}, Reason.CROSS_ORIGIN),
        ({"crossOrigin": None}, Reason.CROSS_ORIGIN),
        ({"topOrigin": "https://qingmiao.example"}, Reason.CROSS_ORIGIN),
        ({"origin": "https://qingmiao.example.evil.example"}, Reason.WRONG_ORIGIN),
        ({"origin": "http://qingmiao.example"}, Reason.WRONG_ORIGIN),
        ({"origin": "https://qingmiao.example/"}, Reason.WRONG_ORIGIN),
        ({"origin": ["https://qingmiao.example"]}, Reason.WRONG_ORIGIN),
        ({"origin": None}, Reason.WRONG_ORIGIN),
        ({"type": "webauthn.neither"}, Reason.WRONG_CHALLENGE),
        ({"type": "payment.get"}, Reason.WRONG_CHALLENGE),
        ({"challenge": "AAEC"}, Reason.WRONG_CHALLENGE),
        ({"challenge": 5}, Reason.WRONG_CHALLENGE),
    ],
)
def test_what_the_browser_says_of_the_page_decides(said: dict[str, object], reason: Reason) -> None:
    passkey = Passkey()
    passkey.said |= said
    assert refusal_of_registration(passkey.registration(CHALLENGE)) is reason
    assert refusal_of_assertion(passkey, passkey.assertion(CHALLENGE)) is reason


def test_saying_that_it_is_not_cross_origin_is_fine_and_so_is_every_page_of_ours() -> None:
    for origin in PARTY.origins:
        passkey = Passkey(said={"origin": origin, "crossOrigin": False, "more": [1, {"x": 2}]})
        check_registration(PARTY, CHALLENGE, passkey.registration(CHALLENGE))
        proof = passkey.assertion(CHALLENGE)
        assert check_assertion(PARTY, passkey.key, CHALLENGE, proof, counter_seen=0) == 0


def test_a_challenge_spelled_otherwise_is_another_challenge() -> None:
    # Base64 decoders take padding, stray letters and spare bits; a comparison of texts does not.
    text = base64.urlsafe_b64encode(CHALLENGE).decode()
    for spelled in (text, text[:-1] + "\n", text[:-2] + "9"):
        passkey = Passkey()
        passkey.said["challenge"] = spelled
        reason = refusal_of_assertion(passkey, passkey.assertion(CHALLENGE))
        assert reason is Reason.WRONG_CHALLENGE


def test_a_passkey_for_another_service_does_not_count() -> None:
    passkey = Passkey(rp_id="example.com")
    assert refusal_of_registration(passkey.registration(CHALLENGE)) is Reason.WRONG_ORIGIN
    assert refusal_of_assertion(passkey, passkey.assertion(CHALLENGE)) is Reason.WRONG_ORIGIN


def test_the_owner_must_be_there_and_checked() -> None:
    for flags in (0x00, 0x01, 0x04):
        passkey = Passkey(flags=flags)
        assert refusal_of_registration(passkey.registration(CHALLENGE)) is Reason.NOT_VERIFIED
        assert refusal_of_assertion(passkey, passkey.assertion(CHALLENGE)) is Reason.NOT_VERIFIED
    passkey = Passkey(flags=0x01)
    lenient = replace(PARTY, verified_only=False)
    check_registration(lenient, CHALLENGE, passkey.registration(CHALLENGE))
    proof = passkey.assertion(CHALLENGE)
    assert check_assertion(lenient, passkey.key, CHALLENGE, proof, counter_seen=0) == 0


def test_a_counter_that_does_not_move_on_is_a_replay() -> None:
    for counter, seen in ((7, 7), (6, 7), (0, 7)):
        passkey = Passkey(counter=counter)
        proof = passkey.assertion(CHALLENGE)
        assert refusal_of_assertion(passkey, proof, counter_seen=seen) is Reason.REPLAYED


def test_a_registration_is_no_assertion_and_the_other_way_round() -> None:
    passkey = Passkey()
    made, got = passkey.registration(CHALLENGE), passkey.assertion(CHALLENGE)
    assert refusal_of_registration(got) is Reason.MALFORMED
    assert refusal_of_assertion(passkey, made) is Reason.MALFORMED
    # With the parts counted right, the browser's own word for what it did tells.
    client_data, attestation = unpacked(made, 2)
    _, data, signature = unpacked(got, 3)
    reason = refusal_of_assertion(passkey, packed(client_data, data, signature))
    assert reason is Reason.WRONG_CHALLENGE
    reason = refusal_of_registration(packed(unpacked(got, 3)[0], attestation))
    assert reason is Reason.WRONG_CHALLENGE


def test_another_passkeys_signature_is_refused() -> None:
    passkey = Passkey()
    reason = refusal_of_assertion(passkey, Passkey().assertion(CHALLENGE))
    assert reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "client_data",
    [
        b"",
        b"null",
        b"[]",
        b'"webauthn.get"',
        b"{",
        b"\xff",
        b'{"type":NaN}',
        b'{"type":"webauthn.get","type":"webauthn.get"}',
        b'{"type":"webauthn.\nget"}',
        b"[" * 4000,
        b" " * 5000,
        '{"type":"webauthn.get"}'.encode("utf-16"),
    ],
)
def test_client_data_that_is_no_plain_json_object_is_refused(client_data: bytes) -> None:
    passkey = Passkey()
    _, *rest = unpacked(passkey.assertion(CHALLENGE), 3)
    reason = refusal_of_assertion(passkey, packed(client_data, *rest))
    assert reason is Reason.MALFORMED
    _, attestation = unpacked(passkey.registration(CHALLENGE), 2)
    assert refusal_of_registration(packed(client_data, attestation)) is Reason.MALFORMED


def test_authenticator_data_of_another_length_or_with_a_key_is_refused() -> None:
    passkey = Passkey()
    client_data, data, signature = unpacked(passkey.assertion(CHALLENGE), 3)
    for changed in (data[:-1], data + b"\0", b"", data[:32] + b"\x85" + data[33:]):
        reason = refusal_of_assertion(passkey, packed(client_data, changed, signature))
        assert reason is Reason.MALFORMED
    with_key = data[:32] + b"\x45" + data[33:]
    reason = refusal_of_assertion(passkey, packed(client_data, with_key, signature))
    assert reason is Reason.MALFORMED


def attestation(passkey: Passkey, **changes: Any) -> bytes:  # noqa: ANN401 - any CBOR
    return passkey.registration(CHALLENGE, **changes)


def test_attestation_objects_of_another_shape_are_refused() -> None:
    passkey = Passkey()
    data: bytes = cbor2.loads(unpacked(attestation(passkey), 2)[1])["authData"]
    assert refusal_of_registration(attestation(passkey, fmt="android-safetynet")) is (
        Reason.UNSUPPORTED
    )
    assert refusal_of_registration(attestation(passkey, fmt="packed")) is Reason.UNTRUSTED
    none_with_something = attestation(passkey, attStmt={"sig": b"x"})
    assert refusal_of_registration(none_with_something) is Reason.UNTRUSTED
    no_id = data[:53] + b"\0\0" + data[55 + 9 :]
    long_id = data[:53] + b"\x04\x00" + bytes(1024) + data[55 + 9 :]
    for changes in (
        {"fmt": 5},
        {"fmt": ["none"]},
        {"attStmt": []},
        {"authData": "text"},
        {"more": 1},
        {"authData": data[:36]},
        {"authData": data[:60]},
        {"authData": data + b"\0"},
        {"authData": data[:32] + b"\x05" + data[33:]},
        {"authData": data[:32] + b"\xc5" + data[33:]},
        {"authData": data[:-1]},
        {"authData": no_id},
        {"authData": long_id},
    ):
        assert refusal_of_registration(attestation(passkey, **changes)) is Reason.MALFORMED
    client_data = passkey.client_data("webauthn.create", CHALLENGE)
    for whole in (
        bytes(20_000),
        b"",
        b"\x80",
        b"\xa0",
        b"\xf6",
        cbor2.dumps("none"),
        b"\xa1\x61x\xa0",
    ):
        assert refusal_of_registration(packed(client_data, whole)) is Reason.MALFORMED


def test_extensions_after_the_key_are_read_over() -> None:
    passkey = Passkey()
    data: bytes = cbor2.loads(unpacked(attestation(passkey), 2)[1])["authData"]
    extended = data[:32] + b"\xc5" + data[33:] + cbor2.dumps({"credProtect": 2})
    proof = attestation(passkey, authData=extended)
    assert check_registration(PARTY, CHALLENGE, proof).key == passkey.key


@pytest.mark.parametrize(
    "item",
    [
        b"\xc0\x61x",  # a tag
        b"\xd8\x23\x61x",  # a regular expression
        b"\xc2\x41\x01",  # a big number
        b"\xf9\x3c\x00",  # a float
        b"\xf7",  # undefined
        b"\xf8\xff",  # a simple value
        b"\xf8\x14",  # false, in two bytes
        b"\x9f\xff",  # an array of indefinite length
        b"\x5f\x41x\xff",  # a string in pieces
        b"\xff",  # a break
        b"\x18\x05",  # five, in two bytes
        b"\x19\x00\xff",
        b"\x1a\x00\x00\xff\xff",
        b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff",
        b"\x1c",  # a length that is not defined
        b"\x81" * 8 + b"\x01",  # deep
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",  # a promise of much
        b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x5a\xff",
    ],
)
def test_cbor_that_is_not_plain_never_reaches_a_decoder(item: bytes) -> None:
    passkey = Passkey()
    client_data = passkey.client_data("webauthn.create", CHALLENGE)
    whole = b"\xa3" + b"\x63fmt\x64none" + b"\x67attStmt" + item + b"\x68authData\x40"
    assert refusal_of_registration(packed(client_data, whole)) is Reason.MALFORMED
    with pytest.raises(SignatureRefused):
        key_of_cose(b"\xa1\x01" + item)


def test_a_cbor_map_that_names_a_thing_twice_is_refused() -> None:
    for twice in (b"\xa2\x01\x02\x01\x02", b"\xa2\x01\x02\x20\x20"):
        with pytest.raises(SignatureRefused) as refused:
            key_of_cose(twice)
        assert refused.value.reason in (Reason.MALFORMED, Reason.UNSUPPORTED)
    with pytest.raises(SignatureRefused):
        key_of_cose(b"\xa1\x80\x01")  # a list as a name


def test_the_three_kinds_of_passkey_survive_being_kept() -> None:
    numbers = rsa_key("laptop").public_key().public_numbers()
    keys = [
        PublicKey.of_phone(Kind.WEBAUTHN_P256, Keystore().point),
        PublicKey.of_phone(Kind.WEBAUTHN_ED25519, Program().data),
        PublicKey.of_phone(Kind.WEBAUTHN_RSA, numbers.n.to_bytes(256, "big")),
    ]
    for key in keys:
        assert key_of_cose(cose_of_key(PublicKey.parse(key.encode()))) == key


def test_cose_keys_that_are_not_taken_are_refused_for_their_reason() -> None:
    good = Passkey().cose
    odd = rsa.RSAPublicNumbers(3, rsa_key("laptop").public_key().public_numbers().n)
    modulus = odd.n.to_bytes(256, "big")
    for fields, reason in (
        (good | {3: -35}, Reason.UNSUPPORTED),
        (good | {-1: 2}, Reason.UNSUPPORTED),
        (good | {99: 1}, Reason.UNSUPPORTED),
        (good | {-2: 5}, Reason.UNSUPPORTED),
        ({}, Reason.UNSUPPORTED),
        ([1, 2], Reason.MALFORMED),
        (good | {-3: bytes(32)}, Reason.BAD_KEY),
        (good | {-2: good[-2] + b"\0"}, Reason.BAD_KEY),
        ({1: 1, 3: -8, -1: 6, -2: bytes(32)}, Reason.BAD_KEY),
        ({1: 3, 3: -257, -1: modulus, -2: b"\x03"}, Reason.BAD_KEY),
        ({1: 3, 3: -257, -1: modulus[:-1], -2: b"\1\0\1"}, Reason.BAD_KEY),
    ):
        with pytest.raises(SignatureRefused) as refused:
            key_of_cose(cbor2.dumps(fields))
        assert refused.value.reason is reason
    with pytest.raises(SignatureRefused):
        cose_of_key(Keystore().key)
