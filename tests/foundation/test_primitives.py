"""The installed libraries compute what the standards print: every primitive we rest on."""

import hmac
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SHA256, SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap,
    aes_key_wrap_with_padding,
)

from app.identity.rules.codes import hotp, totp_step_of
from tests.vectors import load, packaged

hexed = bytes.fromhex
NONCE_BITS = 96
"""The one nonce length we use; the libraries refuse some of the odd ones in the vectors."""


def wycheproof(name: str, **group_has: object) -> Iterator[dict[str, Any]]:
    for group in load(f"wycheproof_{name}_test")["testGroups"]:
        if all(group[key] == value for key, value in group_has.items()):
            for case in group["tests"]:
                yield case | {"group": group}


def aes_gcm(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, text, aad)


def open_aes_gcm(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, sealed, aad)


def aes_gcm_siv(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    return AESGCMSIV(key).encrypt(nonce, text, aad)


def open_aes_gcm_siv(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    return AESGCMSIV(key).decrypt(nonce, sealed, aad)


def sm4_gcm(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    cipher = Cipher(SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(aad)
    return cipher.update(text) + cipher.finalize() + cipher.tag


def open_sm4_gcm(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    cipher = Cipher(SM4(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    cipher.authenticate_additional_data(aad)
    return cipher.update(sealed[:-16]) + cipher.finalize()


Aead = Callable[[bytes, bytes, bytes, bytes], bytes]


@pytest.mark.parametrize(
    ("name", "close", "open_", "count"),
    [
        ("aes_gcm", aes_gcm, open_aes_gcm, 197),
        ("aes_gcm_siv", aes_gcm_siv, open_aes_gcm_siv, 202),
        ("sm4_gcm", sm4_gcm, open_sm4_gcm, 65),
    ],
)
def test_wycheproof_agrees_on_sealing(name: str, close: Aead, open_: Aead, count: int) -> None:
    seen = 0
    for case in wycheproof(name, ivSize=NONCE_BITS):
        seen += 1
        key, nonce, aad = hexed(case["key"]), hexed(case["iv"]), hexed(case["aad"])
        sealed = hexed(case["ct"]) + hexed(case["tag"])
        if case["result"] == "valid":
            assert close(key, nonce, hexed(case["msg"]), aad) == sealed, case["tcId"]
            assert open_(key, nonce, sealed, aad) == hexed(case["msg"]), case["tcId"]
            last_flipped = sealed[:-1] + bytes((sealed[-1] ^ 1,))
            for changed in (last_flipped, sealed[:-1], sealed + b"\0"):
                with pytest.raises((InvalidTag, ValueError)):
                    open_(key, nonce, changed, aad)
            with pytest.raises(InvalidTag):
                open_(key, nonce, sealed, aad + b"\0")
        else:
            with pytest.raises(InvalidTag):
                open_(key, nonce, sealed, aad)
    assert seen == count


@pytest.mark.parametrize(
    ("name", "wrap", "unwrap", "count"),
    [
        ("aes_wrap", aes_key_wrap, aes_key_unwrap, 165),
        ("aes_kwp", aes_key_wrap_with_padding, aes_key_unwrap_with_padding, 254),
    ],
)
def test_wycheproof_agrees_on_wrapping_keys(
    name: str,
    wrap: Callable[[bytes, bytes], bytes],
    unwrap: Callable[[bytes, bytes], bytes],
    count: int,
) -> None:
    seen = 0
    for case in wycheproof(name):
        seen += 1
        key, text, wrapped = hexed(case["key"]), hexed(case["msg"]), hexed(case["ct"])
        if case["result"] == "valid":
            assert wrap(key, text) == wrapped, case["tcId"]
            assert unwrap(key, wrapped) == text, case["tcId"]
        else:  # "acceptable" too: keys of under 16 bytes, which nobody should wrap
            with pytest.raises((InvalidUnwrap, ValueError)):
                unwrap(key, wrapped)
    assert seen == count


def test_wycheproof_agrees_on_deriving_keys() -> None:
    seen = 0
    for case in wycheproof("hkdf_sha256"):
        seen += 1

        def derived(case: dict[str, Any] = case) -> bytes:
            salt, info = hexed(case["salt"]), hexed(case["info"])
            return HKDF(SHA256(), case["size"], salt, info).derive(hexed(case["ikm"]))

        if case["result"] == "valid":
            assert derived() == hexed(case["okm"]), case["tcId"]
        else:
            with pytest.raises(ValueError, match="Cannot derive keys larger"):
                derived()
    assert seen == 86


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, SM3())
    mac.update(message)
    return mac.finalize()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


@pytest.mark.parametrize(("name", "mac"), [("hmac_sha256", hmac_sha256), ("hmac_sm3", hmac_sm3)])
def test_wycheproof_agrees_on_macs(name: str, mac: Callable[[bytes, bytes], bytes]) -> None:
    seen = 0
    for case in wycheproof(name):
        seen += 1
        made = mac(hexed(case["key"]), hexed(case["msg"]))[: case["group"]["tagSize"] // 8]
        assert (made == hexed(case["tag"])) is (case["result"] == "valid"), case["tcId"]
    assert seen == 174


def test_one_time_codes_are_those_of_rfc_4226() -> None:
    records = packaged("twofactor/rfc-4226.txt")
    assert len(records) == 10
    for record in records:
        assert hotp(record["secret"].encode(), int(record["counter"])) == record["hotp"]


def test_authenticator_codes_are_those_of_rfc_6238() -> None:
    records = packaged("twofactor/rfc-6238.txt")
    assert len(records) == 18
    ours = [record for record in records if record["mode"] == "SHA1"]
    assert len(ours) == 6
    for record in ours:  # the RFC prints eight digits; authenticators show the last six
        now = datetime.fromtimestamp(int(record["time"]), UTC)
        step = totp_step_of(record["secret"].encode(), record["totp"][-6:], now)
        assert step == int(record["time"]) // 30


def test_argon2id_is_that_of_rfc_9106() -> None:
    records = packaged("KDF/argon2id.txt")
    assert len(records) == 6
    for record in records:
        password, salt = hexed(record["pass"]), hexed(record["salt"])
        lanes, passes = int(record["lanes"]), int(record["iter"])
        memory, length = int(record["memcost"]), int(record["length"])
        extra = {name: hexed(record[name]) for name in ("ad", "secret") if name in record}
        by_openssl = Argon2id(
            salt=salt, length=length, iterations=passes, lanes=lanes, memory_cost=memory, **extra
        ).derive(password)
        assert by_openssl == hexed(record["output"])
        if not extra:  # argon2-cffi, which keeps our passwords, takes neither
            by_cffi = hash_secret_raw(
                password,
                salt,
                time_cost=passes,
                memory_cost=memory,
                parallelism=lanes,
                hash_len=length,
                type=Type.ID,
            )
            assert by_cffi == by_openssl


def test_sm3_and_sm4_are_those_of_the_national_standards() -> None:
    for record in packaged("hashes/SM3/oscca.txt"):
        digest = Hash(SM3())
        digest.update(hexed(record["msg"])[: int(record["len"]) // 8])
        assert digest.finalize() == hexed(record["md"])
    blocks = packaged("ciphers/SM4/draft-ribose-cfrg-sm4-10-ecb.txt")
    assert len(blocks) >= 4
    for record in blocks:
        cipher = Cipher(SM4(hexed(record["key"])), modes.ECB()).encryptor()  # noqa: S305 - the bare block, as the standard prints it
        made = cipher.update(hexed(record["plaintext"])) + cipher.finalize()
        assert made == hexed(record["ciphertext"])
    (gcm,) = packaged("ciphers/SM4/rfc8998.txt")
    key, nonce, aad = hexed(gcm["key"]), hexed(gcm["iv"]), hexed(gcm["aad"])
    sealed = hexed(gcm["ciphertext"] + gcm["tag"])
    assert sm4_gcm(key, nonce, hexed(gcm["plaintext"]), aad) == sealed
    assert open_sm4_gcm(key, nonce, sealed, aad) == hexed(gcm["plaintext"])


def test_values_that_standards_print_hold_without_any_file() -> None:
    # NIST SP 800-38D's AES-256-GCM, test case 13 of the GCM submission: nothing sealed.
    assert aes_gcm(bytes(32), bytes(12), b"", b"").hex() == "530f8afbc74536b9a963b4f1c4cb738b"
    # RFC 8452, appendix C.2: AES-256-GCM-SIV of nothing.
    key, nonce = b"\1" + bytes(31), b"\3" + bytes(11)
    assert aes_gcm_siv(key, nonce, b"", b"").hex() == "07f5f4169bbf55a8400cd47ea6fd400f"
    # RFC 3394, section 4.6: 256 bits wrapped under 256 bits.
    text = hexed("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
    assert aes_key_wrap(bytes(range(32)), text).hex() == (
        "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
    )
    # RFC 5869, appendix A.1.
    kdf = HKDF(SHA256(), 42, bytes(range(13)), bytes(range(0xF0, 0xFA)))
    assert kdf.derive(b"\x0b" * 22).hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    # RFC 4231, section 4.3.
    assert hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    # RFC 4226, appendix D.
    assert hotp(b"12345678901234567890", 9) == "520489"
    assert pyotp.HOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").at(0) == "755224"
