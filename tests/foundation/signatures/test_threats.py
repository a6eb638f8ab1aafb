"""Threats 17 and 18: signatures taken for what they are not, and bytes made to confuse."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from app.foundation.signatures import (
    Authenticator,
    Authenticators,
    Kind,
    Offer,
    PublicKey,
    Purpose,
    Reason,
    SignatureRefused,
    challenge_of,
    challenge_text_of,
    packed_registration,
    signed_message,
)
from app.foundation.signatures.plain import unpacked
from tests.foundation.signatures.devices import (
    PARTY,
    Keystore,
    Passkey,
    Program,
    Soter,
    rsa_key,
)

PORT = Authenticators(PARTY)
PHONE, PROGRAM, PASSKEY, SOTER = Keystore(), Program(), Passkey(), Soter()
SIGNERS: dict[str, tuple[PublicKey, Callable[[bytes], bytes]]] = {
    "keystore, DER": (PHONE.key, PHONE.sign),
    "keystore, raw": (PHONE.key, PHONE.sign_raw),
    "Ed25519": (PROGRAM.key, PROGRAM.sign),
    "WebAuthn": (PASSKEY.key, lambda message: PASSKEY.assertion(challenge_of(message))),
    "SOTER": (SOTER.key, lambda message: SOTER.signature(challenge_text_of(message))),
}


def holds(key: PublicKey, message: bytes, proof: bytes) -> bool:
    try:
        PORT.verify(key, message, proof)
    except SignatureRefused:
        return False
    return True


@pytest.mark.parametrize("name", SIGNERS)
def test_threat_17_a_signature_made_for_one_purpose_holds_for_no_other(name: str) -> None:
    key, sign = SIGNERS[name]
    parts = (b"the same", b"parts")
    for purpose in Purpose:
        proof = sign(signed_message(purpose, *parts))
        held = [other for other in Purpose if holds(key, signed_message(other, *parts), proof)]
        assert held == [purpose]
        assert not holds(key, b"".join(parts), proof)
        assert not holds(key, signed_message(purpose, b"the samep", b"arts"), proof)


def test_threat_17_a_signature_of_one_kind_of_device_holds_for_no_other_kind() -> None:
    message = signed_message(Purpose.INTENT, b"100.00")
    for name, (key, sign) in SIGNERS.items():
        proof = sign(message)
        for other, (other_key, _) in SIGNERS.items():
            same = other_key == key
            assert holds(other_key, message, proof) is same, (name, other)


def test_threat_17_the_same_key_under_another_kind_takes_none_of_its_signatures() -> None:
    # One P-256 key, used as a keystore key and as a passkey: neither's proof serves the other.
    message = signed_message(Purpose.SIGN_IN, b"challenge")
    as_phone = PublicKey.of_phone(Kind.KEYSTORE_P256, PASSKEY.store.point)
    as_passkey = PASSKEY.key
    assert as_phone.data == as_passkey.data
    assert as_phone != as_passkey
    by_browser, by_phone = PASSKEY.assertion(challenge_of(message)), PASSKEY.store.sign(message)
    assert holds(as_passkey, message, by_browser)
    assert holds(as_phone, message, by_phone)
    assert not holds(as_phone, message, by_browser)
    assert not holds(as_passkey, message, by_phone)
    # Nor does what a browser signs inside, taken out of its wrapping.
    assert not holds(as_phone, challenge_of(message), unpacked(by_browser, 3)[2])
    # One RSA key, as SOTER's and as a laptop's passkey.
    as_laptop = PublicKey.of_phone(Kind.WEBAUTHN_RSA, SOTER.key.data)
    blob = SOTER.signature(challenge_text_of(message))
    assert holds(SOTER.key, message, blob)
    assert not holds(as_laptop, message, blob)


def test_threat_17_a_signature_over_a_challenge_is_none_over_the_message() -> None:
    # A phone asked to sign 32 bytes that happen to be a challenge has not signed the message.
    message = signed_message(Purpose.SIGN_IN, b"challenge")
    for key, sign in (SIGNERS["keystore, DER"], SIGNERS["Ed25519"]):
        assert not holds(key, message, sign(challenge_of(message)))
        assert not holds(key, message, sign(challenge_text_of(message).encode()))


@settings(max_examples=150)
@given(name=st.sampled_from(sorted(SIGNERS)), junk=st.binary(max_size=400))
def test_threat_18_no_bytes_but_a_signature_hold_and_all_are_refused_alike(
    name: str, junk: bytes
) -> None:
    key, _ = SIGNERS[name]
    assert not holds(key, b"message", junk)


@pytest.mark.parametrize("name", SIGNERS)
def test_threat_18_no_cut_stretched_or_flipped_signature_holds(name: str) -> None:
    key, sign = SIGNERS[name]
    message = signed_message(Purpose.PROOF, b"challenge")
    proof = sign(message)
    assert holds(key, message, proof)
    for at in range(len(proof)):
        flipped = bytearray(proof)
        flipped[at] ^= 1 << at % 8
        assert not holds(key, message, bytes(flipped))
    for cut in range(0, len(proof), 7):
        assert not holds(key, message, proof[:cut])
        assert not holds(key, message, proof[cut + 1 :])
    for extended in (proof + b"\0", b"\0" + proof, proof * 2):
        assert not holds(key, message, extended)


def test_threat_18_der_that_is_not_strict_is_no_signature() -> None:
    message = b"message"
    raw = PHONE.sign_raw(message)
    r, s = raw[:32], raw[32:]

    def integer(value: bytes) -> bytes:
        return b"\x02" + bytes((len(value),)) + value

    def sequence(content: bytes, tag: bytes = b"\x30") -> bytes:
        return tag + bytes((len(content),)) + content

    def positive(value: bytes) -> bytes:
        value = value.lstrip(b"\0")
        return b"\0" + value if value[0] >= 0x80 else value

    good = sequence(integer(positive(r)) + integer(positive(s)))
    assert holds(PHONE.key, message, good)
    inner = good[2:]
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for bad in (
        sequence(inner, tag=b"\x31"),
        sequence(inner, tag=b"\x10"),
        b"\x30\x81" + good[1:],
        b"\x30\x82\0" + good[1:],
        b"\x30\x80" + inner + b"\0\0",
        sequence(inner + b"\x05\0"),
        sequence(integer(b"\0\0" + positive(r)) + integer(positive(s))),
        sequence(integer(b"\0" + positive(r)) + integer(b"\0" + positive(s))),
        sequence(b"\x03" + inner[1:]),
        sequence(integer(b"") + integer(b"")),
        sequence(integer(b"\0") + integer(b"\0")),
        sequence(integer(b"\1") + integer(b"\0")),
        sequence(integer(positive(r))),
        sequence(integer(positive(r)) + integer((order + 1).to_bytes(33, "big"))),
        raw[::-1],
        bytes(32) + s,
        r + bytes(32),
        order.to_bytes(32, "big") * 2,
        b"\xff" * 64,
    ):
        assert not holds(PHONE.key, message, bad)


def test_threat_18_a_refusal_quotes_no_byte_of_what_was_sent() -> None:
    secret = b"6222020200112233445"
    tries: list[Callable[[], object]] = [
        lambda: PublicKey.parse(b"\x01" + secret),
        lambda: PublicKey.of_phone(Kind.ED25519, secret),
        lambda: PORT.verify(PASSKEY.key, b"m", secret),
        lambda: PORT.verify(SOTER.key, b"m", secret),
        lambda: PORT.verify(PHONE.key, b"m", secret),
        lambda: PORT.verify(PROGRAM.key, b"m", secret),
        lambda: PORT.verify(PASSKEY.key, b"m", Passkey(rp_id=secret.decode()).assertion(b"c")),
        lambda: PORT.verify(
            SOTER.key, b"m", SOTER.blob(rsa_key("AuthKey"), {"raw": secret.decode()})
        ),
    ]
    for attempt in tries:
        with pytest.raises(SignatureRefused) as refused:
            attempt()
        assert secret.decode() not in str(refused.value) + repr(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


def certificate() -> bytes:
    """Make a certificate for the passkey, such as an authenticator's maker would."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Maker")])
    maker = Keystore()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(PASSKEY.store.private.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(maker.private, SHA256())
    )
    return made.public_bytes(Encoding.DER)


def test_threat_18_no_malformed_certificate_makes_a_passkey_attested_or_breaks_anything() -> None:
    message = signed_message(Purpose.ENROLL, b"challenge")
    good = certificate()
    signature = PASSKEY.store.sign(b"whatever")
    bad_chains: list[object] = [
        [],
        [b""],
        [good],
        [good[:-1]],
        [good + b"\0"],
        [b"\x31" + good[1:]],
        [good[:40]],
        [good, good],
        "text",
        5,
        [5],
        {"x": 1},
        [bytes(3000)],
    ]
    for form in ("packed", "tpm", "android-key", "apple", "fido-u2f"):
        for chain in bad_chains:
            statement = {
                "alg": -7,
                "sig": signature,
                "x5c": chain,
                "ver": "2.0",
                "certInfo": b"\xffTCG",
                "pubArea": good,
            }
            proof = PASSKEY.registration(challenge_of(message), fmt=form, attStmt=statement)
            offer = Offer(authenticator=Authenticator.WEBAUTHN, key=b"", proof=proof)
            with pytest.raises(SignatureRefused) as refused:
                PORT.enroll(offer, message)
            assert refused.value.reason in (Reason.UNTRUSTED, Reason.MALFORMED)


@settings(max_examples=150)
@given(
    authenticator=st.sampled_from(Authenticator),
    key=st.binary(max_size=100),
    proof=st.binary(max_size=200),
    vouchers=st.lists(st.binary(max_size=50), max_size=2).map(tuple),
    attestation=st.binary(max_size=100),
)
def test_threat_18_no_junk_enrolls_and_all_of_it_is_refused(
    authenticator: Authenticator,
    key: bytes,
    proof: bytes,
    vouchers: tuple[bytes, ...],
    attestation: bytes,
) -> None:
    message = signed_message(Purpose.ENROLL, b"challenge")
    client_data = PASSKEY.client_data("webauthn.create", challenge_of(message))
    reached = packed_registration(client_data=client_data, attestation_object=attestation)
    for tried in (proof, reached):
        offer = Offer(authenticator=authenticator, key=key, proof=tried, vouchers=vouchers)
        with pytest.raises(SignatureRefused):
            PORT.enroll(offer, message)
