"""Request bodies that came compressed: opened up to a bound, however far they would unfold."""

import zlib
from collections.abc import Callable

import brotli
import zstandard

from app.gateway.dictionary import dictionary_of

ACCEPTED = "gzip, br, zstd"
_GZIP = 16 + zlib.MAX_WBITS
_WINDOW_BYTES_MAX = 8 * 1024 * 1024
"""What RFC 9659 has decoders of zstd over HTTP support, and no more."""
_STEP_BYTES = 64
"""The library bounds no output, so it gets little at a time: a few bytes unfold to 128 KiB."""


class UnknownEncoding(Exception):
    """A body is encoded in a way that is not understood here."""


class BrokenEncoding(Exception):
    """A body is not what its encoding says, or goes on after its end."""


class TooLarge(Exception):
    """A body unfolds to more than was allowed."""


def opened(body: bytes, encoding: str, *, most: int) -> bytes:
    """
    Return a body as it was before it was encoded; one encoding at most, `identity` is none.

    Raises:
        UnknownEncoding: It is neither gzip, br nor zstd, nor made with a dictionary of ours.
        BrokenEncoding: It cannot be read, or was cut off.
        TooLarge: It unfolds to more than `most` bytes; nothing beyond was unfolded.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return body
    openers = {"gzip": _ungzip, "x-gzip": _ungzip, "br": _unbrotli, "zstd": _unzstd}
    opener = openers.get(name) or _with_dictionary(name)
    if opener is None:
        raise UnknownEncoding(name)
    try:
        unfolded = opener(body, most + 1)
    except (zlib.error, brotli.error, zstandard.ZstdError) as broken:
        raise BrokenEncoding(name) from broken
    if len(unfolded) > most:
        raise TooLarge(name)
    return unfolded


def _ungzip(body: bytes, most: int) -> bytes:
    unfolding = zlib.decompressobj(_GZIP)
    unfolded = unfolding.decompress(body, most)
    if len(unfolded) < most and (not unfolding.eof or unfolding.unused_data):
        raise BrokenEncoding("gzip")
    return unfolded


def _unbrotli(body: bytes, most: int) -> bytes:
    unfolding = brotli.Decompressor()
    unfolded = unfolding.process(body, output_buffer_limit=most)
    while len(unfolded) < most and not unfolding.is_finished():
        more = unfolding.process(b"", output_buffer_limit=most - len(unfolded))
        if not more:
            raise BrokenEncoding("br")
        unfolded += more
    return unfolded


def _unzstd(body: bytes, most: int) -> bytes:
    return _unframed(
        zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX), body, most, "zstd"
    )


def _with_dictionary(name: str) -> Callable[[bytes, int], bytes] | None:
    """Return what opens a body of the app's own coding, if we published its dictionary."""
    dictionary = dictionary_of(name)
    if dictionary is None:
        return None
    return lambda body, most: _unframed(dictionary.from_app, body, most, name)


def _unframed(decompressor: zstandard.ZstdDecompressor, body: bytes, most: int, name: str) -> bytes:
    unfolding = decompressor.decompressobj()
    unfolded = b""
    for start in range(0, len(body), _STEP_BYTES):
        unfolded += unfolding.decompress(body[start : start + _STEP_BYTES])
        if len(unfolded) >= most:
            return unfolded
        if unfolding.eof and start + _STEP_BYTES < len(body):
            raise BrokenEncoding(name)
    if not unfolding.eof or unfolding.unused_data:
        raise BrokenEncoding(name)
    return unfolded
