"""The four checks, held to values that the RFCs print, and strict about lengths."""

from collections.abc import Callable

import pytest

from app.foundation.signatures import Kind, PublicKey, Reason, SignatureRefused, packed_blob
from app.foundation.signatures.plain import json_object, unpacked
from app.foundation.signatures.primitives import (
    check_ed25519,
    check_p256,
    check_p256_der,
    check_p256_raw,
    check_rsa_pss,
)
from app.foundation.signatures.soter import check_soter_key

# RFC 6979, appendix A.2.5: P-256, SHA-256, message "sample".
POINT = bytes.fromhex("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")
R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
S = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

# RFC 8032, section 7.1, test 2: one byte.
ED25519 = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
ED25519_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def refusal(check: Callable[..., object], *about: object, **more: object) -> Reason:
    with pytest.raises(SignatureRefused) as refused:
        check(*about, **more)
    return refused.value.reason


def test_the_signature_of_rfc_6979_holds_in_both_encodings() -> None:
    key = PublicKey.of_phone(Kind.KEYSTORE_P256, POINT).data
    raw = bytes.fromhex(R + S)
    der = bytes.fromhex("3046022100" + R + "022100" + S)
    check_p256_raw(key, b"sample", raw)
    check_p256_der(key, b"sample", der)
    for signature in (raw, der):
        check_p256(key, b"sample", signature)
        assert refusal(check_p256, key, b"test", signature) is Reason.BAD_SIGNATURE


def test_the_signature_of_rfc_8032_holds() -> None:
    key = PublicKey.of_phone(Kind.ED25519, ED25519).data
    check_ed25519(key, b"\x72", ED25519_SIGNATURE)
    assert refusal(check_ed25519, key, b"\x73", ED25519_SIGNATURE) is Reason.BAD_SIGNATURE


def test_lengths_are_checked_before_anything_is_converted() -> None:
    raw = bytes.fromhex(R + S)
    for signature in (b"", raw[:-1], raw + b"\0", b"\0" + raw, raw * 100):
        assert refusal(check_p256_raw, POINT, b"sample", signature) is Reason.MALFORMED
        assert refusal(check_ed25519, ED25519, b"\x72", signature) is Reason.MALFORMED
        reason = refusal(check_rsa_pss, b"", b"", signature, salt_bytes=20)
        assert reason is Reason.MALFORMED
    assert refusal(check_p256_der, POINT, b"sample", bytes(73)) is Reason.MALFORMED


def test_a_key_that_was_not_read_by_the_door_is_refused_all_the_same() -> None:
    raw = bytes.fromhex(R + S)
    for key in (b"", POINT[1:], POINT + b"\0", b"\x05" + POINT[1:], b"\x02" + b"\xff" * 32):
        assert refusal(check_p256, key, b"sample", raw) is Reason.BAD_KEY
    assert refusal(check_ed25519, ED25519[1:], b"\x72", raw) is Reason.BAD_KEY
    for key in (b"", bytes(256), bytes(255)):
        reason = refusal(check_rsa_pss, key, b"", bytes(256), salt_bytes=20)
        assert reason is Reason.BAD_KEY
    unread = PublicKey(Kind.SOTER_RSA, b"")
    blob = packed_blob(b"{}", bytes(256))
    assert refusal(check_soter_key, unread, blob) is Reason.BAD_KEY


def test_parts_are_read_exactly() -> None:
    assert unpacked(b"\0\x01a\0\0", 2) == [b"a", b""]
    for data in (b"", b"\0", b"\0\x01", b"\0\x01a", b"\0\x01a\0\0x", b"\0\x01a\0\x02b"):
        assert refusal(unpacked, data, 2) is Reason.MALFORMED


def test_json_with_line_breaks_in_its_strings_is_read_only_where_phones_write_it() -> None:
    text = b'{"pub_key":"a\nb"}'
    assert json_object(text, bytes_max=99, raw_newlines=True) == {"pub_key": "a\nb"}
    assert refusal(json_object, text, bytes_max=99) is Reason.MALFORMED
    assert refusal(json_object, text, bytes_max=9, raw_newlines=True) is Reason.MALFORMED
