"""Public keys are kept in one short form, and no unsound one gets that far."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from app.foundation.signatures import (
    Authenticator,
    Kind,
    Level,
    PublicKey,
    Reason,
    SignatureRefused,
)
from tests.foundation.signatures.devices import Keystore, Program, rsa_key, soter_public

P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ED25519_PRIME = 2**255 - 19


def refused(kind: Kind, data: bytes) -> bool:
    """Say whether a key is refused, both from a phone and from where keys are kept."""
    with pytest.raises(SignatureRefused) as kept:
        PublicKey.parse(bytes((kind,)) + data)
    assert kept.value.reason is Reason.BAD_KEY
    try:
        PublicKey.of_phone(kind, data)
    except SignatureRefused as given:
        return given.reason is Reason.BAD_KEY
    return False


def test_a_p256_key_is_kept_in_33_bytes_however_the_phone_wrote_it() -> None:
    phone = Keystore()
    forms = (phone.point, phone.long_point, phone.spki)
    assert [len(form) for form in forms] == [33, 65, 91]
    keys = {PublicKey.of_phone(Kind.KEYSTORE_P256, form) for form in forms}
    assert keys == {phone.key}
    assert phone.key.data == phone.point
    assert PublicKey.parse(phone.key.encode()) == phone.key
    assert len(phone.key.encode()) == 34


def test_the_published_p256_base_point_is_read() -> None:
    # SEC 2, version 2.0, section 2.4.2.
    base = bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
    assert PublicKey.of_phone(Kind.KEYSTORE_P256, base).data == base


def test_a_kept_key_has_one_form_only() -> None:
    phone = Keystore()
    for form in (phone.long_point, phone.spki, phone.point + b"\0", phone.point[:-1], b""):
        with pytest.raises(SignatureRefused):
            PublicKey.parse(bytes((Kind.KEYSTORE_P256,)) + form)
    for unknown in (b"", b"\0", b"\x07" + phone.point, b"\xff"):
        with pytest.raises(SignatureRefused):
            PublicKey.parse(unknown)


def test_a_p256_point_off_the_curve_or_at_infinity_is_no_key() -> None:
    phone = Keystore()
    off = next(
        b"\x02" + x.to_bytes(32, "big")
        for x in range(1, 99)
        if not on_p256(b"\x02" + x.to_bytes(32, "big"))
    )
    twisted = phone.long_point[:-1] + bytes((phone.long_point[-1] ^ 1,))
    for bad in (
        off,
        twisted,
        b"\x02" + P256_PRIME.to_bytes(32, "big"),
        b"\x02" + b"\xff" * 32,
        b"\0",
        bytes(33),
        bytes(65),
        b"\x04" + bytes(64),
        b"\x05" + phone.point[1:],
        b"\x06" + phone.long_point[1:],  # the hybrid form
        b"\x07" + phone.long_point[1:],
        phone.point[1:],
        phone.spki[:-1],
        b"\x31" + phone.spki[1:],
        phone.spki.replace(b"\x03\x01\x07", b"\x03\x01\x06"),
    ):
        assert refused(Kind.KEYSTORE_P256, bad)
        assert refused(Kind.WEBAUTHN_P256, bad)


def on_p256(point: bytes) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True


def test_a_key_of_another_curve_is_no_key() -> None:
    for curve in (ec.SECP256K1(), ec.SECP384R1(), ec.BrainpoolP256R1()):
        public = ec.generate_private_key(curve).public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert refused(Kind.KEYSTORE_P256, spki)
        assert refused(Kind.KEYSTORE_P256, point)


SMALL_ORDER = [
    # The points of order 1, 2, 4 and 8 of edwards25519 (RFC 8032, section 5.1: cofactor 8), and
    # their second spellings with y not below the prime.
    0,
    1,
    ED25519_PRIME - 1,
    ED25519_PRIME,
    ED25519_PRIME + 1,
    *(
        int.from_bytes(bytes.fromhex(order_8), "little")
        for order_8 in (
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        )
    ),
]


def test_an_ed25519_key_for_which_anybody_can_sign_is_no_key() -> None:
    for y in SMALL_ORDER:
        for sign in (0, 1):
            data = (y | sign << 255).to_bytes(32, "little")
            assert refused(Kind.ED25519, data)
            assert refused(Kind.WEBAUTHN_ED25519, data)
    # Why it matters: the identity's "signature" (R the identity, s zero) fits all messages.
    identity = ed25519.Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little"))
    identity.verify((1).to_bytes(32, "little") + bytes(32), b"whatever is asked")


def test_bytes_off_edwards25519_are_no_key() -> None:
    assert refused(Kind.ED25519, (2).to_bytes(32, "little"))
    assert refused(Kind.ED25519, bytes(31))
    assert refused(Kind.ED25519, Program().data + b"\0")
    assert refused(Kind.ED25519, b"\xff" * 32)


@settings(max_examples=30)
@given(st.binary(min_size=32, max_size=32))
def test_every_ed25519_key_that_is_made_is_sound(seed: bytes) -> None:
    data = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert PublicKey.parse(PublicKey.of_phone(Kind.ED25519, data).encode()).data == data


def test_an_rsa_modulus_is_odd_long_and_written_without_zeros_before_it() -> None:
    modulus = soter_public(rsa_key("ASK")).data
    assert PublicKey.parse(bytes((Kind.SOTER_RSA,)) + modulus).data == modulus
    for bad in (
        modulus[:-1] + bytes((modulus[-1] ^ 1,)),
        b"\x7f" + modulus[1:],
        b"\0" + modulus,
        modulus[:-1],
        bytes(256),
        b"",
    ):
        assert refused(Kind.SOTER_RSA, bad)
        assert refused(Kind.WEBAUTHN_RSA, bad)
    assert refused(Kind.SOTER_RSA, modulus + b"\1")  # 2056 bits: SOTER has 2048 only
    assert PublicKey.of_phone(Kind.WEBAUTHN_RSA, modulus + b"\1").kind is Kind.WEBAUTHN_RSA
    assert refused(Kind.WEBAUTHN_RSA, b"\xff" * 513)


def test_a_key_says_what_made_it_and_printing_it_shows_no_more() -> None:
    made_by = {kind: kind.authenticator for kind in Kind}
    assert made_by == {
        Kind.KEYSTORE_P256: Authenticator.KEYSTORE,
        Kind.ED25519: Authenticator.ED25519,
        Kind.WEBAUTHN_P256: Authenticator.WEBAUTHN,
        Kind.WEBAUTHN_ED25519: Authenticator.WEBAUTHN,
        Kind.WEBAUTHN_RSA: Authenticator.WEBAUTHN,
        Kind.SOTER_RSA: Authenticator.SOTER,
    }
    key = Keystore().key
    assert key.data.hex() not in repr(key)
    assert repr(key.data) not in repr(key)


def test_levels_compare() -> None:
    assert Level.SOFTWARE < Level.UNVERIFIED < Level.ATTESTED < Level.STRONG
