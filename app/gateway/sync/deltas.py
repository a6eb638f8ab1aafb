"""
What a phone is sent of a body: only what it does not have already, and a check of the whole.

A delta is one byte that says what it was made against, one zstd frame without its magic number
(`ZSTD_f_zstd1_magicless`), and the CRC-32 of the whole body, four bytes, the highest first. A phone
that puts it together and finds another CRC holds something else than we thought: it asks for the
whole body next time.
"""

import zlib
from enum import IntEnum

import zstandard

from app.gateway.codings import zstd_parameters
from app.gateway.dictionary import Dictionary

CRC_BYTES = 4
BODY_BYTES_MAX = 256 * 1024
"""What a phone is asked to hold of one operation, and what it may have to unpack."""
_MAGICLESS = zstandard.FORMAT_ZSTD1_MAGICLESS


class Against(IntEnum):
    """What a delta was made against, its first byte."""

    NOTHING = 0
    HELD = 1
    """The body that the phone holds under the state it sent."""
    DICTIONARY = 2
    """The shared dictionary that it named in Accept-Encoding."""
    BOTH = 3
    """That dictionary with the body it holds right after: what is new is told in known words."""


class DeltaBroken(ValueError):
    """A delta does not give the body it was made for."""


def delta_of(body: bytes, *, held: bytes | None = None, shared: Dictionary | None = None) -> bytes:
    """Return the delta to a body, from the body and the dictionary that the phone has, if any."""
    if held is None and shared is not None:
        return _framed(Against.DICTIONARY, shared.for_app(body), body)
    against = Against.NOTHING if held is None else Against.HELD if shared is None else Against.BOTH
    parameters = zstd_parameters(
        window_log=18, format=_MAGICLESS, write_content_size=False, write_dict_id=False
    )
    known = _known(against, held or b"", shared)
    compressor = zstandard.ZstdCompressor(dict_data=known, compression_params=parameters)
    return _framed(against, compressor.compress(body), body)


def body_from(delta: bytes, held: bytes = b"", *, shared: Dictionary | None = None) -> bytes:
    """
    Put a body together as a phone does, from what it holds and the dictionary it named.

    Raises:
        DeltaBroken: It is none, was made against something else, or the CRC differs.
    """
    kind, frame, crc = delta[:1], delta[1:-CRC_BYTES], delta[-CRC_BYTES:]
    try:
        known = _known(Against(kind[0]), held, shared)
    except (IndexError, ValueError) as broken:
        raise DeltaBroken("it says nothing that we know") from broken
    decompressor = zstandard.ZstdDecompressor(dict_data=known, format=_MAGICLESS)
    try:
        with decompressor.stream_reader(frame) as reading:  # whatever length the frame claims
            body = reading.read(BODY_BYTES_MAX)
    except zstandard.ZstdError as broken:
        raise DeltaBroken("it is no frame") from broken
    if zlib.crc32(body).to_bytes(CRC_BYTES, "big") != crc:
        raise DeltaBroken("the CRC differs")
    return body


def _framed(against: Against, frame: bytes, body: bytes) -> bytes:
    return bytes([against]) + frame + zlib.crc32(body).to_bytes(CRC_BYTES, "big")


def _known(
    against: Against, held: bytes, shared: Dictionary | None
) -> zstandard.ZstdCompressionDict | None:
    """Return what both sides know beforehand; a dictionary keeps its tables with more after it."""
    if against in {Against.DICTIONARY, Against.BOTH}:
        if shared is None:
            raise DeltaBroken("the dictionary is missing")
        after = held if against is Against.BOTH else b""
        return zstandard.ZstdCompressionDict(
            shared.content + after, dict_type=zstandard.DICT_TYPE_FULLDICT
        )
    if against is Against.NOTHING or not held:
        return None
    return zstandard.ZstdCompressionDict(held, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
