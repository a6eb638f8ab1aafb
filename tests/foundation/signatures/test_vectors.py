"""Our checks agree with every published vector that concerns them."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from app.foundation.signatures import (
    Kind,
    Level,
    PublicKey,
    Reason,
    RelyingParty,
    SignatureRefused,
    packed_assertion,
    packed_blob,
    packed_registration,
)
from app.foundation.signatures.passkeys import check_assertion, check_registration
from app.foundation.signatures.primitives import (
    check_ed25519,
    check_p256_der,
    check_p256_raw,
    check_rsa_pss,
)
from app.foundation.signatures.soter import check_soter_key, check_soter_signature
from tests.vectors import load

hexed = bytes.fromhex
Check = Callable[[bytes, bytes, bytes], None]


def holds(check: Check, key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        check(key, message, signature)
    except SignatureRefused:
        return False
    return True


def point_of(group: dict[str, Any]) -> bytes:
    key = PublicKey.of_phone(Kind.KEYSTORE_P256, hexed(group["publicKey"]["uncompressed"]))
    assert key == PublicKey.of_phone(Kind.KEYSTORE_P256, hexed(group["publicKeyDer"]))
    return key.data


def ed25519_of(group: dict[str, Any]) -> bytes:
    return PublicKey.of_phone(Kind.ED25519, hexed(group["publicKey"]["pk"])).data


def modulus_of(group: dict[str, Any]) -> bytes:
    modulus = hexed(group["publicKey"]["modulus"])[1:]
    return PublicKey.of_phone(Kind.SOTER_RSA, modulus).data


def pss_32(key: bytes, message: bytes, signature: bytes) -> None:
    check_rsa_pss(key, message, signature, salt_bytes=32)


@pytest.mark.parametrize(
    ("name", "key_of", "check", "count"),
    [
        ("ecdsa_secp256r1_sha256", point_of, check_p256_der, 484),
        ("ecdsa_secp256r1_sha256_p1363", point_of, check_p256_raw, 262),
        ("ed25519", ed25519_of, check_ed25519, 151),
        ("rsa_pss_2048_sha256_mgf1_32", modulus_of, pss_32, 108),
    ],
)
def test_wycheproof_agrees(
    name: str, key_of: Callable[[dict[str, Any]], bytes], check: Check, count: int
) -> None:
    wrong: list[object] = []
    seen = 0
    for group in load(f"wycheproof_{name}_test")["testGroups"]:
        key = key_of(group)
        for case in group["tests"]:
            seen += 1
            held = holds(check, key, hexed(case["msg"]), hexed(case["sig"]))
            if held is not (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))
    assert wrong == []
    assert seen == count


@pytest.mark.parametrize(
    ("name", "key_of", "check"),
    [
        ("ecdsa_secp256r1_sha256", point_of, check_p256_der),
        ("ecdsa_secp256r1_sha256_p1363", point_of, check_p256_raw),
        ("ed25519", ed25519_of, check_ed25519),
        ("rsa_pss_2048_sha256_mgf1_32", modulus_of, pss_32),
    ],
)
def test_no_change_to_a_valid_vector_holds(
    name: str, key_of: Callable[[dict[str, Any]], bytes], check: Check
) -> None:
    wrong: list[object] = []
    valid = 0
    for group in load(f"wycheproof_{name}_test")["testGroups"][:12]:
        key = key_of(group)
        for case in [case for case in group["tests"] if case["result"] == "valid"][:6]:
            valid += 1
            message, signature = hexed(case["msg"]), hexed(case["sig"])
            wrong += [
                (case["tcId"], what)
                for what, changed in changes_of(signature)
                if holds(check, key, message, changed)
            ]
            if holds(check, key, message + b"\0", signature):
                wrong.append((case["tcId"], "another message"))
    assert wrong == []
    assert valid > 0


def changes_of(signature: bytes) -> list[tuple[str, bytes]]:
    """Truncate, extend, re-tag and flip a signature."""
    changes = [
        ("empty", b""),
        ("first byte gone", signature[1:]),
        ("last byte gone", signature[:-1]),
        ("half", signature[: len(signature) // 2]),
        ("a zero after", signature + b"\0"),
        ("a zero before", b"\0" + signature),
        ("twice", signature * 2),
        ("re-tagged as a set", b"\x31" + signature[1:]),
        ("re-tagged as octets", b"\x04" + signature[1:]),
        ("indefinite length", signature[:1] + b"\x80" + signature[2:] + b"\0\0"),
        ("long length", signature[:1] + b"\x81" + signature[1:]),
        ("all zeros", bytes(len(signature))),
        ("all ones", b"\xff" * len(signature)),
    ]
    for at in range(0, len(signature), 5):
        flipped = bytearray(signature)
        flipped[at] ^= 1 << at % 8
        changes.append((f"bit flipped in byte {at}", bytes(flipped)))
    return [(what, changed) for what, changed in changes if changed != signature]


def webauthn_case(case: dict[str, Any]) -> tuple[bytes, bytes, bytes, bytes]:
    made, got = case["registration"], case["authentication"]
    return (
        hexed(made["challenge"]),
        packed_registration(
            client_data=hexed(made["clientDataJSON"]),
            attestation_object=hexed(made["attestationObject"]),
        ),
        hexed(got["challenge"]),
        packed_assertion(
            client_data=hexed(got["clientDataJSON"]),
            authenticator_data=hexed(got["authenticatorData"]),
            signature=hexed(got["signature"]),
        ),
    )


WEBAUTHN: dict[str, Level | Reason] = {
    "ES256 Credential with No Attestation": Level.UNVERIFIED,
    "ES256 Credential with Self Attestation": Level.UNVERIFIED,
    'ES256 Credential with "crossOrigin": true in clientDataJSON': Reason.CROSS_ORIGIN,
    'ES256 Credential with "topOrigin" in clientDataJSON': Reason.CROSS_ORIGIN,
    "ES256 Credential with very long credential ID": Level.UNVERIFIED,
    "Packed Attestation with ES256 Credential": Level.ATTESTED,
    "Packed Attestation with ES384 Credential": Reason.UNSUPPORTED,
    "Packed Attestation with ES512 Credential": Reason.UNSUPPORTED,
    "Packed Attestation with RS256 Credential": Level.ATTESTED,
    "Packed Attestation with Ed25519 Credential": Level.ATTESTED,
    "Packed Attestation with Ed448 Credential": Reason.UNSUPPORTED,
    "TPM Attestation with ES256 Credential": Reason.UNTRUSTED,  # a maker that does not exist
    "Android Key Attestation with ES256 Credential": Reason.UNTRUSTED,  # a chain without a root
    "Apple Anonymous Attestation with ES256 Credential": Level.STRONG,
    "FIDO U2F Attestation with ES256 Credential": Reason.UNTRUSTED,  # names a model; U2F has none
}


def test_webauthn_level_3_vectors_pass_or_are_refused_for_their_reason() -> None:
    vectors = load("webauthn_l3_vectors")
    root = x509.load_der_x509_certificate(hexed(vectors["attestation_root"]["attestation_ca_cert"]))
    roots = [root.public_bytes(Encoding.PEM)]
    party = RelyingParty(
        vectors["rp_id"],
        (vectors["origin"],),
        roots=dict.fromkeys(("packed", "apple", "tpm", "fido-u2f", "android-key"), roots),
        verified_only=False,  # half of the vectors come without
    )
    met: dict[str, Level | Reason] = {}
    for case in vectors["cases"]:
        created, registration, got, assertion = webauthn_case(case)
        try:
            made = check_registration(party, created, registration)
        except SignatureRefused as refused:
            met[case["name"]] = refused.reason
            continue
        met[case["name"]] = made.level
        assert PublicKey.parse(made.key.encode()) == made.key
        assert made.credential_id == hexed(case["registration"]["credential_id"])
        assert made.model.replace("-", "") == case["registration"]["aaguid"]
        assert check_assertion(party, made.key, got, assertion, counter_seen=0) == 0
    assert met == WEBAUTHN


def test_no_change_to_a_webauthn_vector_holds() -> None:
    vectors = load("webauthn_l3_vectors")
    party = RelyingParty(vectors["rp_id"], (vectors["origin"],), verified_only=False)
    tried = 0
    for case in vectors["cases"]:
        if not isinstance(WEBAUTHN[case["name"]], Level) or case["name"].startswith("Apple"):
            continue
        created, registration, got, assertion = webauthn_case(case)
        key = check_registration(party, created, registration).key
        wrong_parties = (
            replace(party, rp_id="example.com"),
            replace(party, origins=("https://example.com",)),
            replace(party, origins=("https://example.org:8443",)),
        )
        for other in wrong_parties:
            assert refusal(check_registration, other, created, registration) is Reason.WRONG_ORIGIN
            reason = refusal(check_assertion, other, key, got, assertion, counter_seen=0)
            assert reason is Reason.WRONG_ORIGIN
        for challenge in (created, got[:-1], b""):
            reason = refusal(check_assertion, party, key, challenge, assertion, counter_seen=0)
            assert reason is Reason.WRONG_CHALLENGE
        for changed in (assertion[:-1], assertion + b"\0", assertion[1:], b""):
            refusal(check_assertion, party, key, got, changed, counter_seen=0)
        for at in range(0, len(assertion), 7):
            flipped = bytearray(assertion)
            flipped[at] ^= 0x10
            refusal(check_assertion, party, key, got, bytes(flipped), counter_seen=0)
            tried += 1
        reason = refusal(check_assertion, party, key, got, assertion, counter_seen=1)
        assert reason is Reason.REPLAYED
        if not hexed(case["authentication"]["authenticatorData"])[32] & 0x04:
            strict = replace(party, verified_only=True)
            reason = refusal(check_assertion, strict, key, got, assertion, counter_seen=0)
            assert reason is Reason.NOT_VERIFIED
    assert tried > 100


def refusal(check: Callable[..., object], *about: object, **more: object) -> Reason:
    """Return why a check is refused; it must be."""
    with pytest.raises(SignatureRefused) as refused:
        check(*about, **more)
    return refused.value.reason


def soter_cases() -> list[tuple[str, PublicKey, bytes, bytes]]:
    cases: list[tuple[str, PublicKey, bytes, bytes]] = []
    for case in load("soter_samples")["cases"]:
        public: Any = load_der_public_key(base64.b64decode(case["spki_b64"]))
        modulus = public.public_numbers().n.to_bytes(256, "big")
        key = PublicKey.of_phone(Kind.SOTER_RSA, modulus)
        signature = base64.b64decode(case["signature_b64"])
        cases.append((case["name"], key, case["signed_json"].encode(), signature))
    return cases


def test_soter_samples_hold_with_both_salts_and_with_json_that_is_not_strict() -> None:
    (_, mtk, mtk_key, mtk_vouch), (_, mtk_auth, mtk_final, mtk_sign), *huawei = soter_cases()
    (_, hw, hw_key, hw_vouch), (_, hw_auth, hw_final, hw_sign) = huawei

    made = check_soter_key(mtk, packed_blob(mtk_key, mtk_vouch))
    assert made.key == mtk_auth
    assert (made.app, made.counter) == ("10115", 240)
    challenge = "I'm a demo challenge string"
    said = check_soter_signature(
        mtk_auth, challenge, packed_blob(mtk_final, mtk_sign), counter_seen=made.counter
    )
    assert (said.counter, said.finger, said.machine) == (246, "2313170", made.machine)

    assert b"\n" in hw_key  # as it came; strict readers stop here
    assert check_soter_key(hw, packed_blob(hw_key, hw_vouch)).app == "10316"
    challenge = "cd99c126b2fa8cc2022b8fbaa288fd37735c824c1712735791"
    said = check_soter_signature(
        hw_auth, challenge, packed_blob(hw_final, hw_sign), counter_seen=58
    )
    assert (said.counter, said.finger) == (59, "761123376")


def test_no_change_to_a_soter_sample_holds() -> None:
    for name, key, text, signature in soter_cases():
        check: Callable[..., object] = check_soter_key
        about: tuple[object, ...] = (key,)
        more: dict[str, object] = {}
        if "final" in name:
            raw = json.loads(text)["raw"]
            check_soter_signature(key, raw, packed_blob(text, signature), counter_seen=0)
            check, about, more = check_soter_signature, (key, raw), {"counter_seen": 0}
        whole = packed_blob(text, signature)
        for changed in (
            whole[:-1],
            whole + b"\0",
            whole[4:],
            b"",
            packed_blob(text + b" ", signature),
            packed_blob(text.replace(b"10115", b"10116").replace(b"10316", b"10317"), signature),
            packed_blob(b"\n" + text, signature),
            packed_blob(text, b"\0" * 256),
            packed_blob(text, signature[::-1]),
        ):
            refusal(check, *about, changed, **more)


def test_final_samples_are_refused_for_another_challenge_and_for_a_counter_that_stands() -> None:
    _, (_, key, text, signature), *_ = soter_cases()
    blob = packed_blob(text, signature)
    reason = refusal(check_soter_signature, key, "another challenge", blob, counter_seen=0)
    assert reason is Reason.WRONG_CHALLENGE
    challenge = "I'm a demo challenge string"
    reason = refusal(check_soter_signature, key, challenge, blob, counter_seen=246)
    assert reason is Reason.REPLAYED


def b64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_proof_headers_of_rfc_9449_hold_under_our_p256() -> None:
    vectors = load("rfc9449_dpop")
    for proof in vectors["proofs"]:
        jwk = proof["header"]["jwk"]
        point = b"\x04" + b64url(jwk["x"]) + b64url(jwk["y"])
        key = PublicKey.of_phone(Kind.KEYSTORE_P256, point).data
        message, _, signature = proof["jwt"].rpartition(".")
        check_p256_raw(key, message.encode(), b64url(signature))
        refusal(check_p256_raw, key, message.replace(".", ",").encode(), b64url(signature))
        if token := proof.get("access_token"):
            assert hashlib.sha256(token.encode()).digest() == b64url(proof["payload"]["ath"])


def test_http_signatures_of_rfc_9421_hold_under_our_p256_and_ed25519() -> None:
    vectors = load("rfc9421_http_signatures")
    keys = vectors["keys"]
    jwk = keys["test-key-ecc-p256"]
    point = b"\x04" + b64url(jwk["x"]) + b64url(jwk["y"])
    p256 = PublicKey.of_phone(Kind.KEYSTORE_P256, point).data
    ed25519 = PublicKey.of_phone(Kind.ED25519, b64url(keys["test-key-ed25519"]["x"])).data
    checks = {"ecdsa-p256-sha256": (check_p256_raw, p256), "ed25519": (check_ed25519, ed25519)}
    held = 0
    for case in vectors["cases"]:
        if case["alg"] in checks:
            check, key = checks[case["alg"]]
            base, signature = (
                case["signature_base"].encode(),
                base64.b64decode(case["signature_b64"]),
            )
            check(key, base, signature)
            refusal(check, key, base + b"\n", signature)
            held += 1
    assert held == 2
