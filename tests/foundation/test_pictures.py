"""Pictures from outside are recognized, bounded, and made anew without what came along."""

import io
import struct
import zlib

import pytest
from PIL import Image

from app.foundation import pictures
from app.foundation.pictures import PictureFault, PictureFormat, PictureRefused, made_anew


def written(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **how: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, "red").save(file, kind, **how)
    return file.getvalue()


def photograph() -> bytes:
    """A picture with where and by what it was taken, held sideways."""
    exif = Image.Exif()
    exif[0x0110] = "Redmi 9A"
    exif[0x0112] = 6  # turned a quarter to the right
    exif.get_ifd(0x8825)[2] = (35.0, 45.0, 12.0)
    return written("JPEG", (400, 300), exif=exif, comment=b"at home")


def png_claiming(width: int, height: int) -> bytes:
    """A bomb: a header that promises a field of pixels, over a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def fault_of(content: bytes) -> PictureFault:
    with pytest.raises(PictureRefused) as caught:
        made_anew(content, longest=1_600)
    return caught.value.fault


@pytest.mark.parametrize("kind", list(PictureFormat))
def test_each_format_becomes_an_upright_jpeg(kind: PictureFormat) -> None:
    made = made_anew(written(kind.value), longest=1_600)
    assert (made.width, made.height) == (64, 48)
    assert pictures.format_of(made.content) is PictureFormat.JPEG


def test_nothing_but_pixels_is_kept_and_the_longer_side_is_bounded() -> None:
    made = made_anew(photograph() + b"after the end", longest=160)
    assert (made.width, made.height) == (120, 160)
    again = Image.open(io.BytesIO(made.content))
    assert not again.getexif()
    assert not {"comment", "exif", "icc_profile", "xmp"} & again.info.keys()
    assert b"Redmi" not in made.content
    assert b"after the end" not in made.content


def test_what_is_transparent_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("LA", (8, 8), (0, 0)).save(file, "PNG")
    made = made_anew(file.getvalue(), longest=100)
    assert Image.open(io.BytesIO(made.content)).getpixel((4, 4)) == (255, 255, 255)


def test_bombs_are_refused_before_they_unfold() -> None:
    assert fault_of(png_claiming(30_000, 30_000)) is PictureFault.TOO_MANY_PIXELS
    assert fault_of(png_claiming(60_000, 60_000)) is PictureFault.TOO_MANY_PIXELS
    webp = bytearray(written("WEBP", lossless=True))
    webp[21:25] = struct.pack("<I", 0x3FFF | 0x3FFF << 14)  # 16384 pixels square
    assert fault_of(bytes(webp)) is PictureFault.TOO_MANY_PIXELS
    extended = b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(4) + b"\xff\xff\xff" * 2
    assert fault_of(extended) is PictureFault.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a" + bytes(40), b"<svg/>", b"%PDF-1.7", b"PK\x03\x04" + bytes(40)],
)
def test_other_files_are_no_pictures(content: bytes) -> None:
    assert fault_of(content) is PictureFault.NOT_A_PICTURE


@pytest.mark.parametrize("kind", list(PictureFormat))
def test_a_picture_cut_anywhere_is_refused(kind: PictureFormat) -> None:
    whole = written(kind.value, (300, 200), lossless=True)
    for end in (13, 20, 29, len(whole) // 2, len(whole) * 3 // 4):
        assert fault_of(whole[:end]) in {PictureFault.BROKEN, PictureFault.NOT_A_PICTURE}
