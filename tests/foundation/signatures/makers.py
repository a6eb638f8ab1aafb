"""Makers of phones in software: a root, an authority under it, and attested keys."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.foundation.signatures.devices import Keystore

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")


def der(tag: bytes, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return tag + bytes((size,)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return tag + bytes((0x80 + len(length),)) + length + content


def number(value: int, tag: bytes = b"\x02") -> bytes:
    return der(tag, bytes((value,)))


def description(
    challenge: bytes,
    *,
    level: int = 1,
    keymaster: int | None = None,
    purposes: tuple[int, ...] = (2,),
    origin: int = 0,
    locked: bytes = b"\xff",
    boot: int = 0,
    hardware: bytes = b"",
    software: bytes = b"",
) -> bytes:
    """Write Android's KeyDescription, with what tests want to be different."""
    trust = der(b"\x04", b"boot key") + der(b"\x01", locked) + number(boot, b"\x0a")
    authorizations = (
        der(b"\xa1", der(b"\x31", b"".join(number(purpose) for purpose in purposes)))
        + der(b"\xa2", number(3))
        + hardware
        + der(b"\xbf\x85\x3e", number(origin))
        + der(b"\xbf\x85\x40", der(b"\x30", trust + der(b"\x04", b"boot hash")))
    )
    return der(
        b"\x30",
        number(3)
        + number(level, b"\x0a")
        + number(4)
        + number(level if keymaster is None else keymaster, b"\x0a")
        + der(b"\x04", challenge)
        + der(b"\x04", b"")
        + der(b"\x30", software)
        + der(b"\x30", authorizations),
    )


@dataclass
class Maker:
    """A maker with a root and one authority; its certificates can be made wrong."""

    start: datetime = NOW - timedelta(days=100)
    root: Keystore = field(default_factory=Keystore)
    authority: Keystore = field(default_factory=Keystore)
    authority_is_one: bool | None = True

    @property
    def root_key(self) -> bytes:
        form = PublicFormat.SubjectPublicKeyInfo
        return self.root.private.public_key().public_bytes(Encoding.DER, form)

    def chain(self, key: EllipticCurvePublicKey, extension: bytes | None) -> list[bytes]:
        """Return the certificates of a key, its own first, the root's last."""
        return [
            self.issued("Key", key, by="Authority", signer=self.authority, extension=extension),
            self.issued(
                "Authority",
                self.authority.private.public_key(),
                by="Root",
                signer=self.root,
                ca=self.authority_is_one,
            ),
            self.issued(
                "Root", self.root.private.public_key(), by="Root", signer=self.root, ca=True
            ),
        ]

    def issued(
        self,
        name: str,
        key: EllipticCurvePublicKey,
        *,
        by: str,
        signer: Keystore,
        ca: bool | None = None,
        extension: bytes | None = None,
    ) -> bytes:
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, by)]))
            .public_key(key)
            .serial_number(7)
            .not_valid_before(self.start)
            .not_valid_after(self.start + timedelta(days=3650))
        )
        if ca is not None:
            constraints = x509.BasicConstraints(ca=ca, path_length=None)
            built = built.add_extension(constraints, critical=True)
        if extension is not None:
            unread = x509.UnrecognizedExtension(EXTENSION, extension)
            built = built.add_extension(unread, critical=False)
        return built.sign(signer.private, SHA256()).public_bytes(Encoding.DER)
