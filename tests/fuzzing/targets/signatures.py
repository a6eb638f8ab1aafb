"""Signatures, keys, passkeys and SOTER: bytes that any phone may send before it signed in."""

import base64
import json
from collections.abc import Iterable
from typing import Any

import cbor2
from webauthn.helpers import encode_cbor, parse_cbor

from app.foundation.signatures import (
    Authenticator,
    Authenticators,
    Kind,
    Offer,
    PublicKey,
    SignatureRefused,
    challenge_of,
    challenge_text_of,
    packed_assertion,
    packed_blob,
    packed_registration,
)
from app.foundation.signatures.attestation import level_described
from app.foundation.signatures.cose import cose_of_key, key_of_cose
from app.foundation.signatures.plain import check_cbor, json_object, packed, unpacked
from app.foundation.signatures.soter import ask_of, blob_json, rsa_key_of_pem, soter_key_of
from tests.foundation.signatures.devices import (
    PARTY,
    Keystore,
    Passkey,
    Program,
    Soter,
    rsa_key,
    soter_public,
)
from tests.foundation.signatures.makers import NOW, Maker, description
from tests.fuzzing.registry import target

PORT = Authenticators(PARTY)
MESSAGE = b"qingmiao sign-in v1\nmessage"
OTHER = b"qingmiao sign-in v1\nanother message"
PHONE, PROGRAM, PASSKEY, SOTER = Keystore(), Program(), Passkey(), Soter()
AUTH_KEY = SOTER.auth_blob()
SIGNED = SOTER.signature(challenge_text_of(MESSAGE))


def signatures() -> Iterable[bytes]:
    return PHONE.sign(OTHER), PHONE.sign_raw(OTHER), PROGRAM.sign(OTHER)


@target(SignatureRefused, seeds=signatures)
def keystore_signature(data: bytes) -> None:
    """Nothing but the key's own signature holds, and the fuzzer has no key."""
    PORT.verify(PHONE.key, MESSAGE, data)
    raise AssertionError("a forged signature holds")


@target(SignatureRefused, seeds=signatures)
def ed25519_signature(data: bytes) -> None:
    """The same, for Ed25519."""
    PORT.verify(PROGRAM.key, MESSAGE, data)
    raise AssertionError("a forged signature holds")


def keys() -> Iterable[bytes]:
    forms = (PHONE.point, PHONE.long_point, PHONE.spki)
    for kind, data in (
        *((Kind.KEYSTORE_P256, form) for form in forms),
        (Kind.ED25519, PROGRAM.data),
        (Kind.WEBAUTHN_RSA, SOTER.key.data),
        (Kind.SOTER_RSA, SOTER.key.data),
    ):
        yield bytes((kind,)) + data


@target(SignatureRefused, seeds=keys)
def public_key(data: bytes) -> None:
    """A key that is read is kept in the one form that is read again."""
    try:
        kind = Kind(data[0] if data else 0)
    except ValueError:
        return
    key = PublicKey.of_phone(kind, data[1:])
    assert PublicKey.parse(key.encode()) == key
    for forged in (bytes(64), bytes(256)):
        try:
            PORT.verify(key, MESSAGE, forged)
        except SignatureRefused:
            continue
        raise AssertionError("anybody can sign for this key")


def cose_keys() -> Iterable[bytes]:
    yield cbor2.dumps(PASSKEY.cose)
    for kind, data in ((Kind.WEBAUTHN_ED25519, PROGRAM.data), (Kind.WEBAUTHN_RSA, SOTER.key.data)):
        yield cose_of_key(PublicKey.of_phone(kind, data))


@target(SignatureRefused, seeds=cose_keys)
def cose_key(data: bytes) -> None:
    """A COSE key that is read is written the same again, but for the order of its parts."""
    key = key_of_cose(data)
    assert key_of_cose(cose_of_key(key)) == key
    assert sorted(cose_of_key(key)) == sorted(data)


def items() -> Iterable[bytes]:
    yield from cose_keys()
    yield unpacked(PASSKEY.registration(challenge_of(MESSAGE)), 2)[1]
    yield cbor2.dumps({"credProtect": 2, "x": [True, False, None, -5, "text", b"bytes"]})


@target(SignatureRefused, seeds=items)
def plain_cbor(data: bytes) -> None:
    """What is plain means one thing: decoded and written again, it is the same bytes."""
    check_cbor(data, bytes_max=4096)
    try:
        value = parse_cbor(data)
    except Exception:  # noqa: BLE001 - such as text that is no UTF-8, or a name given twice
        return
    assert encode_cbor(value) == data


def attestation_objects() -> Iterable[bytes]:
    yield unpacked(PASSKEY.registration(challenge_of(MESSAGE)), 2)[1]
    statement = {"alg": -7, "sig": PASSKEY.store.sign(b"x"), "x5c": [b"0\x03\x02\x01\x01"]}
    for form in ("packed", "android-key", "apple", "tpm", "fido-u2f"):
        proof = PASSKEY.registration(challenge_of(MESSAGE), fmt=form, attStmt=statement)
        yield unpacked(proof, 2)[1]


@target(SignatureRefused, seeds=attestation_objects)
def attestation_object(data: bytes) -> None:
    """A browser's word for the page is fixed; what its authenticator says is the fuzzer's."""
    client_data = PASSKEY.client_data("webauthn.create", challenge_of(MESSAGE))
    proof = packed_registration(client_data=client_data, attestation_object=data)
    offer = Offer(authenticator=Authenticator.WEBAUTHN, key=b"", proof=proof)
    made = PORT.enroll(offer, MESSAGE)
    assert PublicKey.parse(made.key.encode()) == made.key
    assert made.credential_id


def client_datas() -> Iterable[bytes]:
    challenge = challenge_of(MESSAGE)
    yield PASSKEY.client_data("webauthn.get", challenge)
    yield PASSKEY.client_data("webauthn.create", challenge)
    yield PASSKEY.client_data("webauthn.get", challenge)[:-1] + b', "crossOrigin": false}'


@target(SignatureRefused, seeds=client_datas)
def client_data(data: bytes) -> None:
    """The browser's word for the page, over a signature that fits none of it."""
    signature = PASSKEY.store.sign(b"x")
    head = PASSKEY.head(0x05)
    proof = packed_assertion(client_data=data, authenticator_data=head, signature=signature)
    PORT.verify(PASSKEY.key, MESSAGE, proof)
    raise AssertionError("a forged assertion holds")


def assertion_ends() -> Iterable[bytes]:
    yield packed(PASSKEY.head(0x05), PASSKEY.store.sign(b"x"))
    yield packed(PASSKEY.head(0x85) + cbor2.dumps({"uvm": [1]}), PASSKEY.store.sign(b"x"))


@target(SignatureRefused, seeds=assertion_ends)
def authenticator_data(data: bytes) -> None:
    """What an authenticator says when it signs, and its signature."""
    said = PASSKEY.client_data("webauthn.get", challenge_of(MESSAGE))
    PORT.verify(PASSKEY.key, MESSAGE, packed(said) + data)
    raise AssertionError("a forged assertion holds")


def blobs() -> Iterable[bytes]:
    yield SOTER.ask_blob()
    yield SOTER.auth_blob()
    yield SOTER.signature(challenge_text_of(OTHER))
    yield Soter(salt_bytes=32).signature(challenge_text_of(OTHER))


@target(SignatureRefused, seeds=blobs)
def soter_blob(data: bytes) -> None:
    """No blob made without the key holds; its JSON is never reached without a signature."""
    PORT.verify(SOTER.key, MESSAGE, data)
    raise AssertionError("a forged signature holds")


def json_texts() -> Iterable[bytes]:
    for blob in blobs():
        yield blob[4:-256]


@target(SignatureRefused, seeds=json_texts)
def soter_json(data: bytes) -> None:
    """The JSON of a key, read where nobody here can check who signed it."""
    made = soter_key_of(blob_json(packed_blob(data, bytes(256))))
    assert PublicKey.parse(made.key.encode()) == made.key


def pems() -> Iterable[bytes]:
    yield str(blob_json(SOTER.ask_blob())["pub_key"]).encode()


@target(SignatureRefused, seeds=pems)
def soter_pem(data: bytes) -> None:
    """A key in PEM, inside that JSON."""
    assert rsa_key_of_pem(data.decode("latin-1")).kind is Kind.SOTER_RSA


@target(SignatureRefused, seeds=json_texts)
def soter_enrollment(data: bytes) -> None:
    """An ASK of the fuzzer's making never enrolls a key that it did not sign for."""
    offer = Offer(
        authenticator=Authenticator.SOTER,
        vouchers=(packed_blob(data, bytes(256)),),
        key=AUTH_KEY,
        proof=SIGNED,
    )
    made = PORT.enroll(offer, MESSAGE)
    assert made.key == SOTER.key
    assert soter_key_of(json_object(data, bytes_max=4096, raw_newlines=True)).key == soter_public(
        rsa_key("ASK")
    )


def certificates() -> Iterable[bytes]:
    yield MAKER.issued(
        "Key", PHONE.private.public_key(), by="Root", signer=MAKER.root, extension=description(b"")
    )


MAKER = Maker()
ATTESTING = Authenticators(PARTY, android_roots=frozenset({MAKER.root_key}))
ROOT = MAKER.issued("Root", MAKER.root.private.public_key(), by="Root", signer=MAKER.root, ca=True)


@target(SignatureRefused, seeds=certificates)
def key_certificate(data: bytes) -> None:
    """A certificate for a key, under a root whose signature the fuzzer can't make."""
    ATTESTING.attest(PHONE.key, MESSAGE, [data, ROOT], NOW)
    raise AssertionError("a forged certificate holds")


def descriptions() -> Iterable[bytes]:
    yield description(b"", level=2)
    yield description(b"", level=1, locked=b"\0", purposes=(2, 3))
    yield description(b"", software=b"\xbf\x83\x77\x02\x05\x00")


@target(SignatureRefused, seeds=descriptions)
def key_description(data: bytes) -> None:
    """What a maker's certificate says of a key."""
    level_described(data, b"")


def chains() -> Iterable[bytes]:
    key: Any = rsa_key("ASK").public_key()
    yield MAKER.issued("A Keymaster Key", key, by="Phone", signer=MAKER.root)


@target(SignatureRefused, seeds=chains)
def soter_certificate(data: bytes) -> None:
    """The certificate that holds an ASK, of which only the key is read."""
    pem = base64.b64encode(data).decode()
    about = {"certs": [pem], "cpu_id": "0900", "uid": "10115", "counter": 1}
    made = ask_of(json.dumps(about).encode())
    assert PublicKey.parse(made.key.encode()) == made.key
