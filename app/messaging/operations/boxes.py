"""
What is pushed so that the phone alone can open it: aes128gcm of RFC 8188 under keys of RFC 8291.

The phone gives a P-256 key of its own and a secret when it registers, in a mutation that its
device's key has signed: whoever carries the message, vendors included, sees none of it.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PUBLIC_BYTES = 65
SECRET_BYTES = 16
_SALT_BYTES = 16
_RECORD_SIZE = 4_096
_LAST = b"\x02"
"""Marks the last record of RFC 8188; there is one."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SEC 2, 2.4.2)."""


class NoBoxKey(ValueError):
    """These bytes are no point of P-256, or no secret of 16 bytes."""


@dataclass(frozen=True, slots=True)
class BoxKey:
    """A phone's public key and its secret."""

    public_key: bytes
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """
        See that they can be used.

        Raises:
            NoBoxKey: They cannot.
        """
        if len(self.public_key) != PUBLIC_BYTES or len(self.secret) != SECRET_BYTES:
            raise NoBoxKey
        try:
            _ = _point(self.public_key)
        except ValueError as wrong:
            raise NoBoxKey from wrong

    @property
    def text(self) -> str:
        """Return both as they are kept."""
        return base64.b64encode(self.public_key + self.secret).decode()

    @classmethod
    def kept(cls, text: str) -> "BoxKey":
        """Read what was kept."""
        raw = base64.b64decode(text)
        return cls(raw[:PUBLIC_BYTES], raw[PUBLIC_BYTES:])


def seal_box(key: BoxKey, plain: bytes, *, entropy: Callable[[int], bytes]) -> bytes:
    """Close bytes for a phone; `entropy` is asked for a salt and then for a key."""
    salt = entropy(_SALT_BYTES)
    number = int.from_bytes(entropy(40), "big") % (_ORDER - 1) + 1
    return close_box(key, plain, salt=salt, private=ec.derive_private_key(number, ec.SECP256R1()))


def close_box(
    key: BoxKey, plain: bytes, *, salt: bytes, private: ec.EllipticCurvePrivateKey
) -> bytes:
    """Close bytes under a given salt and key of ours; each pair is used once."""
    ours = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = private.exchange(ec.ECDH(), _point(key.public_key))
    about = b"WebPush: info\0" + key.public_key + ours
    material = _derived(shared, salt=key.secret, info=about, length=32)
    content_key = _derived(material, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(material, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(content_key).encrypt(nonce, plain + _LAST, None)


def _derived(material: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except InvalidKey as wrong:
        raise ValueError("no point of P-256") from wrong
