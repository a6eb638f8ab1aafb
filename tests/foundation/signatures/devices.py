"""Devices in software: what phones, browsers and SOTER send, made from keys that tests hold."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.foundation.signatures import (
    Kind,
    PublicKey,
    RelyingParty,
    packed_assertion,
    packed_blob,
    packed_registration,
)

PARTY = RelyingParty("qingmiao.example", ("https://qingmiao.example", "https://m.qingmiao.example"))


class Keystore:
    """A phone's own P-256 key."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def point(self) -> bytes:
        return self._point(PublicFormat.CompressedPoint)

    @property
    def long_point(self) -> bytes:
        return self._point(PublicFormat.UncompressedPoint)

    @property
    def spki(self) -> bytes:
        form = PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(Encoding.DER, form)

    @property
    def key(self) -> PublicKey:
        return PublicKey.of_phone(Kind.KEYSTORE_P256, self.point)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message, ec.ECDSA(SHA256()))

    def sign_raw(self, message: bytes) -> bytes:
        return raw_of_der(self.sign(message))

    def _point(self, form: PublicFormat) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, form)


def raw_of_der(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Program:
    """A program with an Ed25519 key."""

    def __init__(self) -> None:
        self.private = ed25519.Ed25519PrivateKey.generate()

    @property
    def data(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key(self) -> PublicKey:
        return PublicKey.of_phone(Kind.ED25519, self.data)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


@dataclass
class Passkey:
    """A browser with one ES256 passkey; what it says can be changed before it signs."""

    rp_id: str = PARTY.rp_id
    flags: int = 0x05
    counter: int = 0
    said: dict[str, Any] = field(default_factory=lambda: {"origin": PARTY.origins[0]})
    store: Keystore = field(default_factory=Keystore)
    credential_id: bytes = b"a passkey"

    @property
    def cose(self) -> dict[int, Any]:
        point = self.store.long_point
        return {1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}

    @property
    def key(self) -> PublicKey:
        return PublicKey.of_phone(Kind.WEBAUTHN_P256, self.store.point)

    def client_data(self, kind: str, challenge: bytes) -> bytes:
        text = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        return json.dumps({"type": kind, "challenge": text} | self.said).encode()

    def head(self, flags: int) -> bytes:
        name = hashlib.sha256(self.rp_id.encode()).digest()
        return name + bytes((flags,)) + self.counter.to_bytes(4, "big")

    def registration(self, challenge: bytes, **changes: Any) -> bytes:  # noqa: ANN401 - any CBOR
        """Answer `create`; `changes` replace parts of the attestation object."""
        length = len(self.credential_id).to_bytes(2, "big")
        data = self.head(self.flags | 0x40) + bytes(16) + length + self.credential_id
        parts = {"fmt": "none", "attStmt": {}, "authData": data + cbor2.dumps(self.cose)}
        return packed_registration(
            client_data=self.client_data("webauthn.create", challenge),
            attestation_object=cbor2.dumps(parts | changes),
        )

    def assertion(self, challenge: bytes) -> bytes:
        """Answer `get`."""
        client_data = self.client_data("webauthn.get", challenge)
        data = self.head(self.flags)
        return packed_assertion(
            client_data=client_data,
            authenticator_data=data,
            signature=self.store.sign(data + hashlib.sha256(client_data).digest()),
        )


@lru_cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Make an RSA-2048 key once per run and name; they take long."""
    assert name
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Soter:
    """A phone with SOTER: an ASK and an AuthKey, and a counter that grows."""

    salt_bytes: int = 20
    counter: int = 240
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> PublicKey:
        return soter_public(rsa_key("AuthKey"))

    @property
    def ask(self) -> PublicKey:
        return soter_public(rsa_key("ASK"))

    def ask_blob(self) -> bytes:
        """Return the ASK as its phone's own key, the ATTK, vouches for it."""
        return self.blob(rsa_key("ATTK"), {"pub_key": pem_of(rsa_key("ASK"))})

    def auth_blob(self) -> bytes:
        """Return the AuthKey as the ASK vouches for it."""
        return self.blob(rsa_key("ASK"), {"pub_key": pem_of(rsa_key("AuthKey"))})

    def signature(self, challenge: str) -> bytes:
        """Return what the AuthKey signs after a finger was seen."""
        return self.blob(rsa_key("AuthKey"), {"raw": challenge, "fid": "2313170"})

    def blob(self, signer: rsa.RSAPrivateKey, said: dict[str, Any]) -> bytes:
        self.counter += 1
        about = {"cpu_id": "0900", "uid": "10115", "counter": self.counter}
        salt = {"rsa_pss_saltlen": self.salt_bytes} if self.salt_bytes == 32 else {}
        text = json.dumps(said | about | salt | self.said).encode()
        return soter_signed(signer, text, salt_bytes=self.salt_bytes)


def soter_signed(signer: rsa.RSAPrivateKey, text: bytes, *, salt_bytes: int) -> bytes:
    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=salt_bytes)
    return packed_blob(text, signer.sign(text, pss, SHA256()))


def soter_public(private: rsa.RSAPrivateKey) -> PublicKey:
    modulus = private.public_key().public_numbers().n
    return PublicKey.of_phone(Kind.SOTER_RSA, modulus.to_bytes(256, "big"))


def pem_of(private: rsa.RSAPrivateKey) -> str:
    form = PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(Encoding.PEM, form).decode()
