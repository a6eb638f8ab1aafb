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


class DeltaBroken(ValueError):
    """A delta does not give the body it was made for."""


def delta_of(body: bytes, *, held: bytes | None = None) -> bytes:
    """Return the delta from the body that is held to a body; the whole body if none is held."""
    if held is None:
        return framed(Against.NOTHING, _compressor().compress(body), body)
    return framed(Against.HELD, _compressor(held).compress(body), body)


def framed(against: Against, frame: bytes, body: bytes) -> bytes:
    """Return a delta around a frame that was made elsewhere."""
    return bytes([against]) + frame + zlib.crc32(body).to_bytes(CRC_BYTES, "big")


def body_from(delta: bytes, held: bytes = b"") -> bytes:
    """
    Put a body together as a phone does; of deltas made without the shared dictionary.

    Raises:
        DeltaBroken: It is none, was made against something else, or the CRC differs.
    """
    kind, frame, crc = delta[:1], delta[1:-CRC_BYTES], delta[-CRC_BYTES:]
    shared = held if kind == bytes([Against.HELD]) else b""
    decompressor = zstandard.ZstdDecompressor(dict_data=_dictionary(shared), format=_MAGICLESS)
    try:
        body = decompressor.decompress(frame, max_output_size=BODY_BYTES_MAX)
    except zstandard.ZstdError as broken:
        raise DeltaBroken("it is no frame") from broken
    if zlib.crc32(body).to_bytes(CRC_BYTES, "big") != crc:
        raise DeltaBroken("the CRC differs")
    return body


def _dictionary(shared: bytes) -> zstandard.ZstdCompressionDict | None:
    if not shared:
        return None
    return zstandard.ZstdCompressionDict(shared, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _compressor(held: bytes = b"") -> zstandard.ZstdCompressor:
    parameters = zstd_parameters(
        window_log=18, format=_MAGICLESS, write_content_size=False, write_dict_id=False
    )
    return zstandard.ZstdCompressor(dict_data=_dictionary(held), compression_params=parameters)
