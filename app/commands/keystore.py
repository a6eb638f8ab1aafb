"""An emulated phone's keystore: a software key, its counter, and what the phone remembers."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.foundation.caller import SentRequest
from app.foundation.signatures import Purpose, signed_message
from app.identity.rules.devices import as_text, kept_bytes
from app.identity.rules.proofs import Proof, proven_parts, write_proof


@dataclass(slots=True)
class Keystore:
    """
    A P-256 key in software, with the counter its signatures count by.

    With a path, everything is written there (only the owner may read it) before it is used, as a
    real phone keeps its counter: a crash may skip numbers and never repeats one.
    """

    path: Path | None = None
    private_key: EllipticCurvePrivateKey | None = field(default=None, repr=False)
    counter: int = 0
    key_id: str | None = None
    """What signInWithDevice calls the key; None until it was enrolled."""
    memory: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """What else the phone keeps: address, number, tokens."""
    new_key: Callable[[], EllipticCurvePrivateKey] = lambda: generate_private_key(SECP256R1())
    """Where its keys come from; always the same ones where bytes are to be counted."""

    @classmethod
    def opened(cls, path: Path) -> "Keystore":
        """Read a keystore; one that is not there is empty."""
        if not path.exists():
            return cls(path)
        kept = orjson.loads(path.read_bytes())
        secret = kept["private_key"]
        return cls(
            path,
            None if secret is None else derive_private_key(int(secret, 16), SECP256R1()),
            kept["counter"],
            kept["key_id"],
            kept["memory"],
        )

    def keep(self) -> None:
        """Write everything down, in one step."""
        if self.path is None:
            return
        secret = None
        if self.private_key is not None:
            secret = f"{self.private_key.private_numbers().private_value:x}"
        kept = {
            "private_key": secret,
            "counter": self.counter,
            "key_id": self.key_id,
            "memory": self.memory,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent)  # 0600 from the start
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(kept))
        Path(name).replace(self.path)

    def make_key(self) -> None:
        """Make a new key; one that was there is gone, as after a new fingerprint."""
        self.private_key, self.key_id = self.new_key(), None
        self.keep()

    @property
    def public_key(self) -> bytes:
        """Return the key's 33 bytes."""
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def next_count(self) -> int:
        """Count on."""
        self.counter += 1
        self.keep()
        return self.counter

    def sign(self, purpose: Purpose, *parts: bytes) -> bytes:
        """Sign parts for a purpose; 64 bytes, r and s, always the same (RFC 6979)."""
        algorithm = ECDSA(SHA256(), deterministic_signing=True)
        made = self._key.sign(signed_message(purpose, *parts), algorithm)
        return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(made))

    def proof(self, purpose: Purpose, *, target: str, body: bytes, token: str) -> str:
        """Write the Proof header of a POST."""
        sent = SentRequest(
            method="POST", target=target, body_hash=hashlib.sha256(body).digest(), proof=""
        )
        counter = self.next_count()
        signature = self.sign(purpose, *proven_parts(sent, token, counter))
        return write_proof(Proof(counter, signature))

    def enrollment(self, challenge: dict[str, str]) -> dict[str, object]:
        """Return what enrollDevice takes, for what beginDeviceEnrollment answered."""
        signature = self.sign(
            Purpose.ENROLL,
            challenge["borrowerId"].encode(),
            challenge["sessionId"].encode(),
            challenge["challengeId"].encode(),
            kept_bytes(challenge["challenge"]),
            b"",
        )
        return {
            "challengeId": challenge["challengeId"],
            "kind": "KEYSTORE",
            "publicKey": as_text(self.public_key),
            "signature": as_text(signature),
        }

    def sign_in(self, key: str, moment: int | str) -> dict[str, object]:
        """Return what signInWithDevice takes, signed over a time or the server's nonce."""
        assert self.key_id is not None, "the key was enrolled"
        counter = self.next_count()
        signature = self.sign(
            Purpose.SIGN_IN,
            self.key_id.encode(),
            counter.to_bytes(8, "big"),
            str(moment).encode(),
            key.encode(),
        )
        return {
            "keyId": self.key_id,
            "counter": counter,
            ("signedAt" if isinstance(moment, int) else "nonce"): moment,
            "signature": as_text(signature),
            "idempotencyKey": key,
        }

    def approval(self, intent: dict[str, str]) -> dict[str, str]:
        """Return what approves an intent: a signature over the very words that were shown."""
        signature = self.sign(Purpose.INTENT, intent["id"].encode(), intent["text"].encode())
        return {"intentId": intent["id"], "signature": as_text(signature)}

    @property
    def _key(self) -> EllipticCurvePrivateKey:
        assert self.private_key is not None, "the phone has a key"
        return self.private_key
