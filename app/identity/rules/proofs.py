"""The proof header: a signature over one request by the key its session is bound to."""

import hashlib
import struct
from dataclasses import dataclass, field

from app.foundation.base64url import as_text, from_text
from app.foundation.caller import SentRequest

COUNTER_MAX = 2**32 - 1
"""Four bytes, as the sequence numbers of IPsec (RFC 4303 §2.2); a phone counts from 1."""
SIGNATURE_BYTES = 64
"""P-256 as r‖s, or Ed25519."""
WINDOW = 64
"""How far behind the highest counter a request may arrive (RFC 4303 §3.4.3)."""

_HEAD = struct.Struct(">I")
_TEXT_LENGTH = 91
"""68 bytes in base64: with the header's name and `: ` 98 characters."""
_BIT_63 = 1 << 63


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof header says."""

    counter: int
    signature: bytes = field(repr=False)


def proof_of(sent: SentRequest | None) -> Proof | None:
    """
    Read a request's proof; None where it has none.

    A header that cannot be read becomes a proof whose signature is nobody's, so that it is
    refused as a wrong one and not as a missing one.
    """
    if sent is None or not sent.proof:
        return None
    return read_proof(sent.proof) or Proof(0, b"")


def write_proof(proof: Proof) -> str:
    """Write a proof as a header's value."""
    assert len(proof.signature) == SIGNATURE_BYTES, "a proof's signature is raw"
    return as_text(_HEAD.pack(proof.counter) + proof.signature)


def read_proof(written: str) -> Proof | None:
    """Read a header's value; None unless it is written just so, character for character."""
    if len(written) != _TEXT_LENGTH or (raw := from_text(written)) is None:
        return None
    (counter,) = _HEAD.unpack_from(raw)
    return Proof(counter, raw[_HEAD.size :])


def proven_parts(sent: SentRequest, token: str, counter: int) -> tuple[bytes, ...]:
    """Return what a proof signs: method, target, hashes of body and token, counter."""
    return (
        sent.method.encode(),
        sent.target.encode("utf-8", "surrogateescape"),
        sent.body_hash,
        hashlib.sha256(token.encode()).digest(),
        _HEAD.pack(counter),
    )


def window_after(high: int, seen: int, counter: int) -> tuple[int, int] | None:
    """
    Return the window once a counter is taken; None if it was taken before or is too old.

    `seen` has a bit for each of the 64 counters up to `high`, the lowest for `high` itself, and
    is kept as a signed 64-bit number. The statement that claims a counter does the same sum in
    the database.
    """
    bits = seen & (2 * _BIT_63 - 1)
    if counter > high:
        ahead = counter - high
        return counter, _signed(((bits << ahead) | 1) if ahead < WINDOW else 1)
    behind = high - counter
    if counter < 1 or behind >= WINDOW or bits >> behind & 1:
        return None
    return high, _signed(bits | 1 << behind)


def _signed(bits: int) -> int:
    bits &= 2 * _BIT_63 - 1
    return bits - 2 * _BIT_63 if bits & _BIT_63 else bits
