"""
Pictures from outside: recognized by their first bytes, bounded, and made anew before they are kept.

A picture made anew has nothing of the file it came in: no place or time it was taken, no name of a
phone, no bytes after its end, no trick for whoever decodes it next. The work is done on one thread,
so that a burst of large pictures neither fills the memory nor holds the event loop up.
"""

import asyncio
import io
import struct
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from PIL import Image, ImageOps, JpegImagePlugin

from app.foundation.errors import RateLimited

HEAD_BYTES = 32
"""How many first bytes tell what a file is."""
PIXELS_MAX = 24_000_000
"""A 20-megapixel photograph with room to spare; in memory at most 96 MB."""
JPEG_QUALITY = 80
"""Small print stays legible at half the bytes of 90."""
WAITING_MAX = 8
RETRY_AFTER_SECONDS = 2


class PictureFormat(StrEnum):
    """A kind of file that we take."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"


class PictureFault(StrEnum):
    """Why a file is not kept."""

    NOT_A_PICTURE = "NOT_A_PICTURE"
    """It is not a JPEG, PNG or WebP."""
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    """Small as a file, it would fill the memory."""
    BROKEN = "BROKEN"
    """It begins as a picture and cannot be read to its end."""


class PictureRefused(Exception):
    """A file is no picture that can be kept; `fault` says why."""

    def __init__(self, fault: PictureFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture made anew: JPEG, upright, in RGB, with nothing beside its pixels."""

    content: bytes = field(repr=False)
    width: int
    height: int


def format_of(head: bytes) -> PictureFormat | None:
    """Tell a file's format by its first bytes; None if it is none that we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return PictureFormat.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureFormat.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    return None


async def fit(content: bytes, *, longest: int) -> Picture:
    """
    Make a picture anew, its longer side at most `longest` pixels, away from the event loop.

    Raises:
        PictureRefused: It is no picture, has too many pixels, or cannot be read to its end.
        RateLimited: Too many pictures wait.
    """
    if not _places.acquire(blocking=False):
        raise RateLimited(RETRY_AFTER_SECONDS)
    working: Future[Picture] = _thread.submit(made_anew, content, longest=longest)
    working.add_done_callback(lambda _: _places.release())
    return await asyncio.wrap_future(working)


_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")
_places = threading.BoundedSemaphore(WAITING_MAX)


def made_anew(content: bytes, *, longest: int) -> Picture:
    """
    Decode a picture and encode it again; it takes up to a second.

    Raises:
        PictureRefused: It is no picture, has too many pixels, or cannot be read to its end.
    """
    kind = format_of(content[:HEAD_BYTES])
    if kind is None:
        raise PictureRefused(PictureFault.NOT_A_PICTURE)
    if kind is PictureFormat.WEBP and _webp_pixels(content) > PIXELS_MAX:
        raise PictureRefused(PictureFault.TOO_MANY_PIXELS)  # its decoder takes memory on opening
    try:
        with Image.open(io.BytesIO(content), formats=[kind.value]) as opened:
            return _drawn(opened, longest)
    except PictureRefused:
        raise
    except Image.DecompressionBombError:
        raise PictureRefused(PictureFault.TOO_MANY_PIXELS) from None
    except Exception:  # noqa: BLE001 - decoders of hostile bytes fail in every way there is
        raise PictureRefused(PictureFault.BROKEN) from None


def _drawn(opened: Image.Image, longest: int) -> Picture:
    width, height = opened.size
    if width * height > PIXELS_MAX:
        raise PictureRefused(PictureFault.TOO_MANY_PIXELS)
    if isinstance(opened, JpegImagePlugin.JpegImageFile):
        opened.draft("RGB", (longest, longest))  # decodes at a half, quarter or eighth where enough
    upright = ImageOps.exif_transpose(opened)
    upright.thumbnail((longest, longest))
    plain = Image.new("RGB", upright.size, "white")
    if "A" in upright.getbands() or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        plain.paste(clear, mask=clear.getchannel("A"))
    else:
        plain.paste(upright.convert("RGB"))
    written = io.BytesIO()
    plain.save(written, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return Picture(content=written.getvalue(), width=plain.width, height=plain.height)


def _webp_pixels(content: bytes) -> int:
    """Read a WebP's canvas from its header (RFC 9649, sections 2.5 to 2.7)."""
    chunk, body = content[12:16], content[20:30]
    if len(body) < 10:  # noqa: PLR2004 - the longest of the three headers
        raise PictureRefused(PictureFault.BROKEN)
    if chunk == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
    elif chunk == b"VP8L":
        (bits,) = struct.unpack("<I", body[1:5])
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", body[6:10]))
    else:
        raise PictureRefused(PictureFault.BROKEN)
    return width * height
