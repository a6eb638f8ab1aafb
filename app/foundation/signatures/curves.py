"""Points of the two curves: which bytes are a sound public key."""

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = SECP256R1()
_COMPRESSED_BYTES, _UNCOMPRESSED_BYTES = 33, 65
_SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""DER before an uncompressed P-256 point in X.509's SubjectPublicKeyInfo (RFC 5480)."""

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
"""The constants of edwards25519 (RFC 8032, section 5.1)."""


def p256_compressed(data: bytes) -> bytes | None:
    """
    Return a P-256 point as 33 bytes, from 33, 65 or 91 (SubjectPublicKeyInfo).

    None if it is none of these, off the curve or the point at infinity (which has no such form).
    """
    if len(data) == len(_SPKI_HEAD) + _UNCOMPRESSED_BYTES and data.startswith(_SPKI_HEAD):
        data = data[len(_SPKI_HEAD) :]
    compressed = len(data) == _COMPRESSED_BYTES and data[0] in (2, 3)
    uncompressed = len(data) == _UNCOMPRESSED_BYTES and data[0] == 4  # noqa: PLR2004 - SEC 1, 2.3.3
    if not compressed and not uncompressed:
        return None
    try:
        point = EllipticCurvePublicKey.from_encoded_point(_CURVE, data)
    except ValueError:
        return None
    return point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def p256_coordinates(compressed: bytes) -> tuple[bytes, bytes]:
    """Return x and y, 32 bytes each, of a point that `p256_compressed` returned."""
    point = EllipticCurvePublicKey.from_encoded_point(_CURVE, compressed)
    data = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return data[1:33], data[33:]


def is_sound_ed25519(data: bytes) -> bool:
    """
    Say whether 32 bytes are a point of edwards25519 that only its owner can sign for.

    Refused: coordinates not below the field's prime, values off the curve, and the points of
    small order, for which one signature fits every message. OpenSSL takes all of the latter.
    """
    y = int.from_bytes(data, "little") & (2**255 - 1)  # the highest bit is the sign of x
    if y >= _P:
        return False
    square = _x_square(y)
    if square == 0:  # x is 0 for the identity and the point of order two
        return False
    if pow(square, (_P - 1) // 2, _P) != 1:
        return False
    for _ in range(3):  # small order: eight times the point is the identity
        y = (y * y + _x_square(y)) * pow(1 - _D * _x_square(y) * y * y, -1, _P) % _P
    return y != 1


def _x_square(y: int) -> int:
    """Return x² of the points with this y; the doubling above needs no more of x."""
    return (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
