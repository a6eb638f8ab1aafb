"""Pictures that a phone uploads, and the headers that say which piece of one it sends."""

import io
import struct
from collections.abc import Iterable

from PIL import Image
from starlette.requests import Request

from app.foundation.pictures import PIXELS_MAX, PictureRefused, format_of, made_anew
from app.gateway.uploads.reading import append_of
from app.origination.errors import InvalidUpload
from tests.fuzzing.registry import target

LONGEST = 64


def pictures() -> Iterable[bytes]:
    for kind, how in (("JPEG", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("WEBP", {})):
        file = io.BytesIO()
        Image.new("RGB", (12, 9), "red").save(file, kind, **how)
        yield file.getvalue()
    yield b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + struct.pack("<I", 0) + b"\xff" * 6


@target(PictureRefused, seeds=pictures)
def picture(data: bytes) -> None:
    """Whatever comes out is a small JPEG with nothing beside its pixels."""
    made = made_anew(data, longest=LONGEST)
    assert max(made.width, made.height) <= LONGEST < PIXELS_MAX
    assert format_of(made.content) == "JPEG"


def headers() -> Iterable[bytes]:
    yield b"application/partial-upload\n8192\n?0\nsha-256=:" + b"A" * 43 + b"=:"
    yield b"application/partial-upload; x\n0\n?1\nmd5=:x:, sha-256=:" + b"B" * 43 + b"=:, z=1"


@target(InvalidUpload, seeds=headers)
def upload_headers(data: bytes) -> None:
    """A piece begins at a whole number, and its hash is one of SHA-256's length or near it."""
    values = data.replace(b"\r", b"").split(b"\n")[:4]
    names = (b"content-type", b"upload-offset", b"upload-complete", b"content-digest")
    scope = {"type": "http", "method": "PATCH", "headers": list(zip(names, values, strict=False))}
    asked = append_of(Request(scope))
    assert asked.offset >= 0
    assert asked.digest is None or len(asked.digest) <= 33
