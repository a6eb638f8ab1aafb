"""A phone's own signature over the words shown is checked from the file alone."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.foundation.base64url import as_text
from app.foundation.signatures import Kind, PublicKey, Purpose, signed_message
from app.origination.rules.evidence import NoEvidence, findings_of, read_file

SIGNED = "the device's key signed the words that were shown"
INTENT = "in00000000000001"
WORDS = f"请您确认\n要办的事：签署借款合同\n编号：{INTENT}"


def approval(**changes: str) -> dict[str, Any]:
    """Write an approval by a phone's key."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    message = signed_message(Purpose.INTENT, INTENT.encode(), WORDS.encode())
    told: dict[str, Any] = {
        "means": "DEVICE_KEY",
        "intent_id": INTENT,
        "text": WORDS,
        "public_key": as_text(PublicKey.of_phone(Kind.KEYSTORE_P256, point).encode()),
        "signature": as_text(key.sign(message, ec.ECDSA(hashes.SHA256()))),
        "relying_party": {"id": "example.cn", "origins": []},
    }
    return told | changes


def is_signed(told: dict[str, Any]) -> bool:
    found = findings_of({"evidence": {"approval": told}})
    return next(one.holds for one in found if one.name == SIGNED)


def test_the_phones_signature_holds_for_these_words_intent_and_key_alone() -> None:
    assert is_signed(approval())
    assert not is_signed(approval(text=WORDS.replace("签署", "撤销")))
    assert not is_signed(approval(intent_id="in00000000000002"))
    assert not is_signed(approval(public_key=approval()["public_key"]))
    assert not is_signed(approval(signature=""))


@pytest.mark.parametrize(
    "written", [b"", b"[]\n", b"{}\n", b"\xff\n", b'{"kind": 1}\n', b'{"n":1e5}\n', b"[" * 9_999]
)
def test_what_is_no_evidence_is_refused(written: bytes) -> None:
    with pytest.raises(NoEvidence):
        read_file(written)
