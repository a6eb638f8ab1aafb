"""Strict DER, as far as attestations need it: what libraries refuse to read, or read too kindly."""

from dataclasses import dataclass

from app.foundation.signatures.refused import Reason, SignatureRefused

_LONG = 0x80
"""In a length: it follows in as many bytes as the lower bits say. In a tag: more bytes follow."""
_HIGH_TAG = 0x1F
_LENGTH_BYTES_MAX = 2
_TAG_BYTES_MAX = 3


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag's bytes, its content, and all of it as it stands."""

    tag: bytes
    content: bytes
    whole: bytes


def elements(data: bytes) -> list[Element]:
    """
    Read elements one after another to the end; each length as short as can be.

    Raises:
        SignatureRefused: MALFORMED.
    """
    found: list[Element] = []
    at = 0
    while at < len(data):
        start = at
        at = _after_tag(data, at)
        tag = data[start:at]
        length, at = _length(data, at)
        if at + length > len(data):
            raise SignatureRefused(Reason.MALFORMED)
        found.append(Element(tag, data[at : at + length], data[start : at + length]))
        at += length
    return found


def sequence(data: bytes) -> list[Element]:
    """
    Read the elements of a SEQUENCE that is all of the data.

    Raises:
        SignatureRefused: MALFORMED.
    """
    read = elements(data)
    if len(read) != 1 or read[0].tag != b"\x30":
        raise SignatureRefused(Reason.MALFORMED)
    return elements(read[0].content)


def by_tag(data: bytes) -> dict[bytes, bytes]:
    """
    Read elements of which each tag stands once, and return their contents.

    Raises:
        SignatureRefused: MALFORMED.
    """
    read = elements(data)
    found = {element.tag: element.content for element in read}
    if len(found) != len(read):
        raise SignatureRefused(Reason.MALFORMED)
    return found


def small_number(element: Element) -> int:
    """
    Read an INTEGER or ENUMERATED of one byte, not negative.

    Raises:
        SignatureRefused: MALFORMED.
    """
    content = element.content
    if element.tag not in (b"\x02", b"\x0a") or len(content) != 1 or content[0] >= _LONG:
        raise SignatureRefused(Reason.MALFORMED)
    return content[0]


def _after_tag(data: bytes, at: int) -> int:
    """Return where a tag ends; tags above 30 take more bytes (X.690, section 8.1.2.4)."""
    first = at
    at += 1
    if data[first] & _HIGH_TAG == _HIGH_TAG:
        while at < len(data) and data[at] & _LONG:
            at += 1
        at += 1
    if at - first > _TAG_BYTES_MAX:
        raise SignatureRefused(Reason.MALFORMED)
    return at


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Read a definite, shortest length and return it with where the content begins."""
    if at >= len(data):
        raise SignatureRefused(Reason.MALFORMED)
    length = data[at]
    if length < _LONG:
        return length, at + 1
    size = length - _LONG
    written = data[at + 1 : at + 1 + size]
    length = int.from_bytes(written, "big")
    shortest = length >= _LONG and written[:1] != b"\0"
    if not 0 < size <= _LENGTH_BYTES_MAX or len(written) != size or not shortest:
        raise SignatureRefused(Reason.MALFORMED)
    return length, at + 1 + size
