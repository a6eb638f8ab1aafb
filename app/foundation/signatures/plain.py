"""Outside bytes read plainly: length-prefixed parts, flat JSON, CBOR without surprises."""

import json
import struct

from app.foundation.signatures.refused import Reason, SignatureRefused

_LENGTH = struct.Struct(">H")
_DEPTH_MAX = 6
"""Deepest nesting of CBOR; attestation objects of all known makers need four."""
_PLAIN_VALUES = (0xF4, 0xF5, 0xF6)
"""False, true and null."""


def packed(*parts: bytes) -> bytes:
    """Write parts one after another, each behind its length (2 bytes, big-endian)."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def unpacked(data: bytes, count: int) -> list[bytes]:
    """
    Read exactly so many parts, and nothing after them.

    Raises:
        SignatureRefused: MALFORMED.
    """
    parts: list[bytes] = []
    at = 0
    for _ in range(count):
        if len(data) < at + _LENGTH.size:
            raise SignatureRefused(Reason.MALFORMED)
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(data, at)[0]
        parts.append(data[start:at])
    if at != len(data):
        raise SignatureRefused(Reason.MALFORMED)
    return parts


def json_object(data: bytes, *, bytes_max: int, raw_newlines: bool = False) -> dict[str, object]:
    """
    Read a JSON object of UTF-8, every name in it given once.

    Some phones write line breaks into their strings as they are; `raw_newlines` takes that.

    Raises:
        SignatureRefused: MALFORMED.
    """
    if len(data) > bytes_max:
        raise SignatureRefused(Reason.MALFORMED)
    try:
        value = json.loads(
            data.decode(),
            strict=not raw_newlines,
            object_pairs_hook=_once,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        raise SignatureRefused(Reason.MALFORMED) from None
    if not isinstance(value, dict):
        raise SignatureRefused(Reason.MALFORMED)
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name given twice")
    return values


def _no_number(name: str) -> object:
    raise ValueError(name)


def check_cbor(data: bytes, *, bytes_max: int, items: int = 1) -> None:
    """
    Make sure that bytes are so many plain CBOR items before a library decodes them.

    Plain is what CTAP2's canonical form allows: whole numbers, byte and text strings, arrays, maps,
    false, true and null, of definite length, each number as short as can be. Tags (which decoders
    turn into dates, big numbers or regular expressions), floats, indefinite lengths, deep nesting,
    and announced lengths that the bytes do not hold are refused, as is anything after the items.

    Raises:
        SignatureRefused: MALFORMED.
    """
    if len(data) > bytes_max:
        raise SignatureRefused(Reason.MALFORMED)
    at = 0
    for _ in range(items):
        at = _after_item(data, at, _DEPTH_MAX)
    if at != len(data):
        raise SignatureRefused(Reason.MALFORMED)


def _after_item(data: bytes, at: int, depth: int) -> int:
    """Return where the item that begins here ends; the caller compares it with what there is."""
    if depth == 0 or at >= len(data):
        raise SignatureRefused(Reason.MALFORMED)
    if data[at] in _PLAIN_VALUES:
        return at + 1
    major = data[at] >> 5
    number, at = _number(data, at)
    match major:
        case 0 | 1:
            return at
        case 2 | 3:
            return at + number
        case 4 | 5:
            items = number * (major - 3)  # a map's are pairs
            if items > len(data) - at:
                raise SignatureRefused(Reason.MALFORMED)
            for _ in range(items):
                at = _after_item(data, at, depth - 1)
            return at
        case _:  # tags, floats and values with no meaning
            raise SignatureRefused(Reason.MALFORMED)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read an item's number (RFC 8949, section 3) and return it with what follows."""
    low = data[at] & 31
    if low < 24:  # noqa: PLR2004 - up to here the number stands in the first byte
        return low, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(low)
    if size is None or len(data) <= at + size:
        raise SignatureRefused(Reason.MALFORMED)
    number = int.from_bytes(data[at + 1 : at + 1 + size], "big")
    if number < (24 if size == 1 else 1 << 4 * size):  # it would have fitted into fewer bytes
        raise SignatureRefused(Reason.MALFORMED)
    return number, at + 1 + size
