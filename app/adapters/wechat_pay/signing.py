"""WeChat Pay's API v3 signatures and ciphers; sources: pay.weixin.qq.com/doc/v3 (signing rules)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEMA = "WECHATPAY2-SHA256-RSA2048"
TOLERANCE = timedelta(minutes=5)
"""How far a signature's time may be from ours, as WeChat Pay prescribes."""
API_V3_KEY_BYTES = 32
ALGORITHM = "AEAD_AES_256_GCM"


class ForgedMessage(Exception):
    """A message does not come from WeChat Pay, is too old, or was altered; the text says which."""


class UnknownSerial(ForgedMessage):
    """It is signed by a platform key we do not have; it may have been turned over."""


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The four headers of a message that WeChat Pay signed."""

    serial: str
    signature: str
    timestamp: str
    nonce: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "SignedHeaders":
        """
        Read them.

        Raises:
            ForgedMessage: One is missing.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        names = ("serial", "signature", "timestamp", "nonce")
        values = [lower.get(f"wechatpay-{name}", "") for name in names]
        if not all(values):
            raise ForgedMessage("not signed")
        return cls(*values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who signs our requests: the merchant, its certificate's serial, and its private key."""

    mch_id: str
    serial: str
    key: RSAPrivateKey = field(repr=False)

    @classmethod
    def from_pem(cls, mch_id: str, serial: str, pem: bytes) -> "Merchant":
        """
        Read the private key of `apiclient_key.pem`.

        Raises:
            ValueError: It is no RSA key.
        """
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the merchant's key is not an RSA key")  # noqa: TRY004 - a setting
        return cls(mch_id=mch_id, serial=serial, key=key)

    def authorization(
        self, method: str, target: str, body: bytes, *, now: datetime, nonce: str
    ) -> str:
        """Return the header that signs a request; `target` is path and query."""
        at = str(int(now.timestamp()))
        message = f"{method}\n{target}\n{at}\n{nonce}\n".encode() + body + b"\n"
        signature = self.signature(message)
        return (
            f'{SCHEMA} mchid="{self.mch_id}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{at}",serial_no="{self.serial}"'
        )

    def signature(self, message: bytes) -> str:
        """Sign a message of ours: SHA-256 with RSA, in Base64."""
        signed = self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signed).decode()


def check_time(headers: SignedHeaders, now: datetime) -> None:
    """
    See that a message was signed within five minutes of now.

    Raises:
        ForgedMessage: It was not.
    """
    if not (headers.timestamp.isascii() and headers.timestamp.isdecimal()):
        raise ForgedMessage("no time")
    if abs(now.timestamp() - int(headers.timestamp[:12])) > TOLERANCE.total_seconds():
        raise ForgedMessage("signed too long ago, or ahead of time")


def check_signature(key: RSAPublicKey, headers: SignedHeaders, body: bytes) -> None:
    """
    See that the holder of a platform key signed exactly this body.

    Raises:
        ForgedMessage: It did not.
    """
    message = f"{headers.timestamp}\n{headers.nonce}\n".encode() + body + b"\n"
    try:
        signature = base64.b64decode(headers.signature, validate=True)
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise ForgedMessage("wrong signature") from None


def opened(resource: Mapping[str, object], api_v3_key: bytes) -> bytes:
    """
    Decrypt a notice's resource or a platform certificate.

    Raises:
        ForgedMessage: It was not encrypted under our key, or was altered.
    """
    texts = [resource.get(name, "") for name in ("nonce", "ciphertext", "associated_data")]
    if resource.get("algorithm") != ALGORITHM or not all(isinstance(one, str) for one in texts):
        raise ForgedMessage("not in a cipher we know")
    nonce, ciphertext, associated = (str(one) for one in texts)
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(api_v3_key).decrypt(nonce.encode(), sealed, associated.encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise ForgedMessage("not encrypted under our key") from None


def encrypted_name(key: RSAPublicKey, name: str) -> str:
    """Encrypt a payee's name under a platform key, as a field of a request."""
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - theirs
    return base64.b64encode(key.encrypt(name.encode(), oaep)).decode()


def public_key_from(pem: bytes) -> RSAPublicKey:
    """
    Read the platform's public key.

    Raises:
        ValueError: It is no RSA key.
    """
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the platform's key is not an RSA key")  # noqa: TRY004 - a setting
    return key


def certificate_from(pem: bytes) -> tuple[str, x509.Certificate, RSAPublicKey]:
    """
    Read a platform certificate; its serial number as WeChat Pay writes it, in capital hex.

    Raises:
        ForgedMessage: It is no certificate with an RSA key.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError:
        raise ForgedMessage("no certificate") from None
    if not isinstance(key, RSAPublicKey):
        raise ForgedMessage("no RSA certificate")
    return f"{certificate.serial_number:X}", certificate, key
