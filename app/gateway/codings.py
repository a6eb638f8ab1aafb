"""Content codings: which one a request wants, and what makes a body of each."""

import base64
import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import brotli
import zstandard

IDENTITY: Final = "identity"

ZSTD_LEVEL = 9
ZSTD_WINDOW_LOG = 15
"""32 KB: what a cheap phone keeps while it unpacks, and more than nearly every answer is long."""
BROTLI_QUALITY = 5
BROTLI_WINDOW_LOG = 15
GZIP_LEVEL = 6

DCZ: Final = "dcz"
DCZ_MAGIC = bytes.fromhex("5e2a4d1820000000")
"""RFC 9842, 5: the header of a skippable frame that holds the 32 bytes of a hash."""

WEIGHT_FULL = 1000
UNSAID = 1
"""The weight of identity for whoever does not mention it: good enough, and the last choice."""

_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")

_HELD = re.compile(r":([A-Za-z0-9+/]{43}=):\Z")

Compress = Callable[[bytes], bytes]


def zstd_parameters(**more: int) -> zstandard.ZstdCompressionParameters:
    """Return how zstd compresses here; sized for answers, its tables take 0.5 MB instead of 10."""
    return zstandard.ZstdCompressionParameters.from_level(
        ZSTD_LEVEL,
        source_size=1 << ZSTD_WINDOW_LOG,
        **{"window_log": ZSTD_WINDOW_LOG, "write_checksum": False, **more},
    )


def _br(body: bytes) -> bytes:
    return brotli.compress(
        body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY, lgwin=BROTLI_WINDOW_LOG
    )


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=GZIP_LEVEL, mtime=0)


_ZSTD = zstandard.ZstdCompressor(compression_params=zstd_parameters())
"""Kept from one body to the next; all of a process's answers are made by one thread."""

CODINGS: Mapping[str, Compress] = {"zstd": _ZSTD.compress, "br": _br, "gzip": _gzip}
"""Every coding that needs nothing shared beforehand, the one to use first at the front."""


def stored(body: bytes) -> bytes:
    """Return a body as gzip that compresses nothing: its length tells only how long the body is."""
    return gzip.compress(body, compresslevel=0, mtime=0)


def dcz_header(digest: bytes) -> bytes:
    """Return what a `dcz` body begins with: which dictionary it was made with, by its SHA-256."""
    return DCZ_MAGIC + digest


def digest_held(available_dictionary: str | None) -> bytes | None:
    """Read an Available-Dictionary header (RFC 9842, 2.2): the SHA-256 of what the client has."""
    match = _HELD.match((available_dictionary or "").strip())
    return None if match is None else base64.b64decode(match[1])


def weights_of(accept_encoding: str | None) -> dict[str, int]:
    """Read an Accept-Encoding header (RFC 9110, 12.5.3): each coding's weight, 0 to 1000."""
    weights: dict[str, int] = {}
    for part in (accept_encoding or "").split(","):
        coding, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if not coding:
            continue
        weight = WEIGHT_FULL
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                weight = _thousandths(value.strip())
        weights["gzip" if coding == "x-gzip" else coding] = weight
    return weights


def chosen(weights: Mapping[str, int], offered: Sequence[str]) -> str | None:
    """
    Return the coding to use: the weightiest of those offered, of equals the first, or identity.

    None where the client takes none of them and refuses identity.
    """
    otherwise = weights.get("*", 0)
    best = max(offered, key=lambda coding: weights.get(coding, otherwise), default=IDENTITY)
    weight = weights.get(best, otherwise)
    plain = weights.get(IDENTITY, weights.get("*", UNSAID))
    if weight >= max(plain, 1):
        return best
    return IDENTITY if plain > 0 else None


def _thousandths(value: str) -> int:
    """Read a weight of at most three decimals exactly; one that is none counts as 0."""
    if not _WEIGHT.match(value):
        return 0
    whole, _, decimals = value.partition(".")
    return int(whole) * WEIGHT_FULL + int(decimals.ljust(3, "0"))
