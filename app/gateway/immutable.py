"""Files that never change under their address: kept for a year, and sent as short as can be."""

import gzip
from collections.abc import Mapping
from functools import cached_property

import brotli
import zstandard
from starlette.requests import Request
from starlette.responses import Response

from app.gateway.codings import IDENTITY, chosen, weights_of

FOREVER = "public, max-age=31536000, immutable"
"""One year is the longest that RFC 9111 takes as for ever."""
ZSTD_LEVEL = 19


class ImmutableFile:
    """Bytes under an address made of their hash; each coding of them is worked out once."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self.content = content
        self._media_type = media_type

    def response(self, request: Request, more: Mapping[str, str] | None = None) -> Response:
        """Send it in the coding that the request wants, always with the same fields."""
        headers = {"cache-control": FOREVER, "vary": "Accept-Encoding", **(more or {})}
        weights = weights_of(request.headers.get("accept-encoding"))
        coding = chosen(weights, tuple(self._coded))
        if coding is None or coding == IDENTITY:
            return Response(self.content, media_type=self._media_type, headers=headers)
        headers["content-encoding"] = coding
        return Response(self._coded[coding], media_type=self._media_type, headers=headers)

    @cached_property
    def _coded(self) -> Mapping[str, bytes]:
        """Every coding that makes it shorter, the shortest first."""
        made = {
            "br": brotli.compress(self.content, lgwin=18),
            "zstd": zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(self.content),
            "gzip": gzip.compress(self.content, mtime=0),
        }
        shorter = {name: body for name, body in made.items() if len(body) < len(self.content)}
        return dict(sorted(shorter.items(), key=lambda one: len(one[1])))
