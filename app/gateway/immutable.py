"""Files that never change under their address: kept for a year, and sent as short as can be."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property

import brotli
import zstandard
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from app.gateway.codings import DCZ, chosen, dcz_header, digest_held, weights_of

FOREVER = "public, max-age=31536000, immutable"
"""One year is the longest that RFC 9111 takes as for ever."""
ZSTD_LEVEL = 19
WINDOW_LOG = 18
"""A file and what it is compressed against stay within reach."""


class ImmutableFile:
    """
    Bytes under an address made of their hash; each coding of them is worked out once.

    `bases` are older versions, by the SHA-256 that Available-Dictionary names them by: whoever has
    one gets `dcz` (RFC 9842), which says only what is new.
    """

    def __init__(
        self,
        content: bytes,
        media_type: str,
        *,
        use_as_dictionary: str,
        bases: Callable[[], Mapping[bytes, bytes]] = dict,
    ) -> None:
        self.content = content
        self._media_type = media_type
        self._use_as_dictionary = use_as_dictionary
        self._bases = bases
        self._deltas: dict[bytes, bytes] = {}

    def response(self, request: Request) -> Response:
        """Send it in the coding that the request wants, always with the same fields."""
        headers = {
            "cache-control": FOREVER,
            "vary": "Accept-Encoding, Available-Dictionary",
            "use-as-dictionary": self._use_as_dictionary,
        }
        weights = weights_of(request.headers.get("accept-encoding"))
        coded = self._delta(request.headers, weights) | self._coded
        coding = chosen(weights, tuple(coded))
        body = self.content
        if coding in coded:
            body, headers["content-encoding"] = coded[coding], coding
        return Response(body, media_type=self._media_type, headers=headers)

    def _delta(self, headers: Headers, weights: Mapping[str, int]) -> dict[str, bytes]:
        """Return it as what is new since a version that the client has."""
        held = digest_held(headers.get("available-dictionary"))
        if DCZ not in weights or held is None:
            return {}
        base = self._bases().get(held)
        if base is None:
            return {}
        if held not in self._deltas:
            self._deltas[held] = dcz_header(hashlib.sha256(base).digest()) + _against(
                base, self.content
            )
        return {DCZ: self._deltas[held]}

    @cached_property
    def _coded(self) -> dict[str, bytes]:
        """Every coding that makes it shorter, the shortest first."""
        made = {
            "br": brotli.compress(self.content, lgwin=WINDOW_LOG),
            "zstd": zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(self.content),
            "gzip": gzip.compress(self.content, mtime=0),
        }
        shorter = {name: body for name, body in made.items() if len(body) < len(self.content)}
        return dict(sorted(shorter.items(), key=lambda one: len(one[1])))


def _against(base: bytes, content: bytes) -> bytes:
    """Compress against an older version, whose bytes are matched as they are."""
    older = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        ZSTD_LEVEL, window_log=WINDOW_LOG, write_checksum=False
    )
    compressor = zstandard.ZstdCompressor(dict_data=older, compression_params=parameters)
    return compressor.compress(content)
