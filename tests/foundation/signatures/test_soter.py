"""SOTER's word counts as it was signed: checked first, read after, once."""

import base64
import json
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.foundation.signatures import PublicKey, Reason, SignatureRefused, packed_blob
from app.foundation.signatures.soter import (
    ask_of,
    blob_json,
    check_soter_key,
    check_soter_signature,
    rsa_key_of_pem,
)
from tests.foundation.signatures.devices import (
    Keystore,
    Soter,
    pem_of,
    rsa_key,
    soter_public,
    soter_signed,
)
from tests.foundation.signatures.makers import Maker
from tests.vectors import load


def refusal_of(key: PublicKey, blob: bytes, *, counter_seen: int = 0) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        check_soter_signature(key, "challenge", blob, counter_seen=counter_seen)
    return refused.value.reason


def refusal_of_key(blob: bytes) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        check_soter_key(soter_public(rsa_key("ASK")), blob)
    return refused.value.reason


def signed(text: bytes, *, salt_bytes: int = 20) -> bytes:
    return soter_signed(rsa_key("AuthKey"), text, salt_bytes=salt_bytes)


@pytest.mark.parametrize("salt_bytes", [20, 32])
def test_a_phones_chain_of_keys_holds_with_either_salt(salt_bytes: int) -> None:
    phone = Soter(salt_bytes=salt_bytes)
    ask = check_soter_key(soter_public(rsa_key("ATTK")), phone.ask_blob())
    auth = check_soter_key(ask.key, phone.auth_blob())
    assert auth.key == phone.key
    said = check_soter_signature(
        auth.key, "challenge", phone.signature("challenge"), counter_seen=auth.counter
    )
    assert (said.counter, said.finger, said.machine) == (243, "2313170", "0900")


def test_a_salt_that_is_not_the_one_the_phone_declares_is_refused() -> None:
    about: dict[str, Any] = {"raw": "challenge", "fid": "1", "cpu_id": "c", "counter": 9}
    key = Soter().key
    for salt_bytes, declared in ((20, 32), (32, 20), (32, None), (20, "20"), (20, True)):
        said = about if declared is None else about | {"rsa_pss_saltlen": declared}
        blob = signed(json.dumps(said).encode(), salt_bytes=salt_bytes)
        assert refusal_of(key, blob) is Reason.BAD_SIGNATURE
    for salt_bytes in (0, 19, 21, 31, 33, 222):
        blob = signed(json.dumps(about).encode(), salt_bytes=salt_bytes)
        assert refusal_of(key, blob) is Reason.BAD_SIGNATURE


def test_bytes_are_checked_before_they_are_read() -> None:
    # What would be malformed as JSON is a bad signature first, whatever it holds.
    for text in (b"", b"[" * 4000, b"\xff", b'{"raw":'):
        assert refusal_of(Soter().key, packed_blob(text, bytes(256))) is Reason.BAD_SIGNATURE
        assert refusal_of(Soter().key, signed(text)) is Reason.MALFORMED


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"raw": "another"}, Reason.WRONG_CHALLENGE),
        ({"raw": None}, Reason.WRONG_CHALLENGE),
        ({"counter": 0}, Reason.REPLAYED),
        ({"counter": -1}, Reason.MALFORMED),
        ({"counter": True}, Reason.MALFORMED),
        ({"counter": 1.5}, Reason.MALFORMED),
        ({"counter": "9"}, Reason.MALFORMED),
        ({"counter": 2**63}, Reason.MALFORMED),
        ({"fid": 5}, Reason.MALFORMED),
        ({"fid": ""}, Reason.MALFORMED),
        ({"cpu_id": None}, Reason.MALFORMED),
    ],
)
def test_what_the_phone_signed_must_say_all_of_it(said: dict[str, Any], reason: Reason) -> None:
    phone = Soter(said=said)
    assert refusal_of(phone.key, phone.signature("challenge")) is reason


def test_json_that_names_a_thing_twice_is_refused() -> None:
    text = b'{"raw":"x","raw":"challenge","fid":"1","cpu_id":"c","counter":9}'
    assert refusal_of(Soter().key, signed(text)) is Reason.MALFORMED


def test_a_signature_counts_once() -> None:
    phone = Soter()
    blob = phone.signature("challenge")
    said = check_soter_signature(phone.key, "challenge", blob, counter_seen=0)
    assert refusal_of(phone.key, blob, counter_seen=said.counter) is Reason.REPLAYED


def test_blobs_of_another_length_are_refused() -> None:
    phone = Soter()
    blob = phone.signature("challenge")
    for changed in (
        b"",
        b"\0\0\0",
        blob[:-1],
        blob + b"\0",
        struct.pack("<I", 0xFFFF_FFFF) + blob[4:],
        struct.pack(">I", len(blob) - 260) + blob[4:],
        packed_blob(b" " * 5000, bytes(256)),
    ):
        assert refusal_of(phone.key, changed) is Reason.MALFORMED


def test_a_key_is_vouched_for_by_the_key_above_it_and_no_other() -> None:
    phone = Soter()
    assert refusal_of_key(phone.ask_blob()) is Reason.BAD_SIGNATURE
    assert refusal_of_key(phone.signature("x")) is Reason.BAD_SIGNATURE
    with pytest.raises(SignatureRefused) as refused:
        check_soter_key(Keystore().key, phone.auth_blob())
    assert refused.value.reason is Reason.UNSUPPORTED


def test_a_vouched_key_must_be_sound() -> None:
    weak = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - that is the point
    form = PublicFormat.SubjectPublicKeyInfo
    other = rsa.RSAPublicNumbers(3, rsa_key("ASK").public_key().public_numbers().n).public_key()
    point = Keystore().private.public_key()
    for bad in (
        *(key.public_bytes(Encoding.PEM, form).decode() for key in (weak, other, point)),
        "-----BEGIN PUBLIC KEY-----\nnot a key\n-----END PUBLIC KEY-----\n",
        "钥匙",
        "\ud800",
    ):
        with pytest.raises(SignatureRefused) as refused:
            rsa_key_of_pem(bad)
        assert refused.value.reason is Reason.BAD_KEY
    assert rsa_key_of_pem(pem_of(rsa_key("ASK"))) == Soter().ask


def test_a_blob_that_nobody_here_can_check_can_be_read_all_the_same() -> None:
    assert blob_json(Soter().ask_blob())["cpu_id"] == "0900"


def test_an_ask_in_a_chain_of_certificates_is_read_though_it_is_no_strict_der() -> None:
    vectors = load("soter_samples")
    ask = ask_of(vectors["ask_cert_chain_json"]["huawei"].encode())
    vouch = vectors["cases"][2]
    signature = base64.b64decode(vouch["signature_b64"])
    auth = check_soter_key(ask.key, packed_blob(vouch["signed_json"].encode(), signature))
    assert (auth.machine, auth.app) == (ask.machine, ask.app)


def chain_voucher(certificate: object, **said: Any) -> bytes:  # noqa: ANN401 - any JSON
    about: dict[str, Any] = {"cpu_id": "0900", "uid": 10115, "counter": 1, "certs": [certificate]}
    return json.dumps(about | said).encode()


def certificate_of(private: rsa.RSAPrivateKey) -> bytes:
    key: Any = private.public_key()
    return Maker().issued("A Keymaster Key", key, by="Phone", signer=Keystore())


def pem_certificate(data: bytes) -> str:
    text = base64.encodebytes(data).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def test_an_ask_is_read_in_either_form() -> None:
    for voucher in (
        Soter().ask_blob(),
        chain_voucher(pem_certificate(certificate_of(rsa_key("ASK")))),
    ):
        ask = ask_of(voucher)
        assert (ask.key, ask.machine, ask.app) == (Soter().ask, "0900", "10115")


def test_a_chain_of_another_shape_is_refused() -> None:
    good = certificate_of(rsa_key("ASK"))
    pem = pem_certificate(good)
    for voucher in (
        b"{",
        b"{}",
        chain_voucher(pem, certs=[]),
        chain_voucher(pem, certs="text"),
        chain_voucher(5),
        chain_voucher(pem, uid=-1),
        chain_voucher(pem, uid=True),
        chain_voucher(pem, uid=2**64),
        chain_voucher(pem, cpu_id=""),
        chain_voucher("钥匙"),
        chain_voucher(""),
        chain_voucher(pem.replace("M", "!")),
        chain_voucher(pem_certificate(good[:-1])),
        chain_voucher(pem_certificate(b"\x30\x00")),
        chain_voucher(pem_certificate(bytes.fromhex("300630003000" + "3000"))),
    ):
        with pytest.raises(SignatureRefused) as refused:
            ask_of(voucher)
        assert refused.value.reason is Reason.MALFORMED
    other: Any = Keystore().private.public_key()
    of_a_point = Maker().issued("A Keymaster Key", other, by="Phone", signer=Keystore())
    with pytest.raises(SignatureRefused) as refused:
        ask_of(chain_voucher(pem_certificate(of_a_point)))
    assert refused.value.reason is Reason.BAD_KEY
