"""
The dictionary that phones and web views share with us, so that even short answers become shorter.

A dictionary is a file named by its hash, made by `python -m app dictionary train`; one that was
published stays for ever, for those who still have it. Two codings use it:

`dcz` (RFC 9842) for web views: the browser kept the file because of its `Use-As-Dictionary` and
says so by `Available-Dictionary`. The bytes are matched as they are, and every body begins with 40
bytes that name them.

`qz-` and the first eight hexadecimal digits of the hash, for the app: named in Accept-Encoding, it
says both that the app knows the coding and which dictionary it has. A body is one zstd frame
without its magic number (`ZSTD_f_zstd1_magicless`), made with the dictionary in zstd's own format,
whose tables spare short bodies theirs.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

import zstandard
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.gateway.codings import DCZ, Compress, dcz_header, digest_held, zstd_parameters
from app.gateway.immutable import ImmutableFile

FOLDER = Path(__file__).parents[2] / "fixtures" / "dictionaries"
PATH = "/d/{name}"
LATEST_PATH = "/d"
MEDIA = "application/octet-stream"
APP_PREFIX = "qz-"
WINDOW_LOG = 17
"""With a dictionary: both it and the longest answers stay within reach."""
USE_AS = 'match="/*", match-dest=("")'
"""For whatever a page of ours fetches, and nothing it navigates to."""


class Dictionary:
    """One published dictionary, ready to compress with."""

    def __init__(self, content: bytes, version: int) -> None:
        self.content = content
        self.version = version
        self.digest = hashlib.sha256(content).digest()
        self.name = self.digest.hex()[:16]
        self.coding = f"{APP_PREFIX}{self.name[:8]}"
        self.file = ImmutableFile(content, MEDIA, use_as_dictionary=USE_AS)

    @cached_property
    def for_web(self) -> Compress:
        """Make `dcz` bodies."""
        header = dcz_header(self.digest)
        compress = self._compressor(zstandard.DICT_TYPE_RAWCONTENT).compress
        return lambda body: header + compress(body)

    @cached_property
    def for_app(self) -> Compress:
        """Make bodies of the app's own coding."""
        magicless = zstandard.FORMAT_ZSTD1_MAGICLESS
        return self._compressor(zstandard.DICT_TYPE_FULLDICT, format=magicless).compress

    @cached_property
    def from_app(self) -> zstandard.ZstdDecompressor:
        """Open bodies of the app's own coding."""
        shared = zstandard.ZstdCompressionDict(self.content, dict_type=zstandard.DICT_TYPE_FULLDICT)
        magicless = zstandard.FORMAT_ZSTD1_MAGICLESS
        return zstandard.ZstdDecompressor(
            dict_data=shared, format=magicless, max_window_size=1 << WINDOW_LOG
        )

    def _compressor(self, dict_type: int, **more: int) -> zstandard.ZstdCompressor:
        parameters = zstd_parameters(window_log=WINDOW_LOG, write_dict_id=False, **more)
        shared = zstandard.ZstdCompressionDict(self.content, dict_type=dict_type)
        shared.precompute_compress(compression_params=parameters)
        return zstandard.ZstdCompressor(dict_data=shared, compression_params=parameters)


@cache
def dictionaries() -> Sequence[Dictionary]:
    """Return every dictionary ever published, the newest first."""
    files = sorted(FOLDER.glob("*.dict"), key=lambda path: int(path.stem.split("-")[0]))
    return [Dictionary(path.read_bytes(), int(path.stem.split("-")[0])) for path in files[::-1]]


@cache
def _by_coding() -> Mapping[str, Dictionary]:
    return {one.coding: one for one in dictionaries()}


@cache
def _by_digest() -> Mapping[bytes, Dictionary]:
    return {one.digest: one for one in dictionaries()}


def dictionary_of(coding: str) -> Dictionary | None:
    """Return the dictionary that one of the app's own codings names; None if it is not ours."""
    return _by_coding().get(coding)


def is_shared(coding: str) -> bool:
    """Tell whether a coding needs a dictionary that was shared beforehand."""
    return coding == DCZ or is_the_apps(coding)


def is_the_apps(coding: str) -> bool:
    """Tell whether only our own app can mean this coding."""
    return coding.startswith(APP_PREFIX)


def shared_codings(headers: Headers, weights: Mapping[str, int]) -> Mapping[str, Compress]:
    """Return the codings that a request's dictionary opens, the one for the app first."""
    found: dict[str, Compress] = {}
    for coding in weights:
        if (for_app := _by_coding().get(coding)) is not None:
            found[coding] = for_app.for_app
    held = digest_held(headers.get("available-dictionary"))
    if DCZ in weights and held is not None:
        for_web = _by_digest().get(held)
        if for_web is not None:
            found[DCZ] = for_web.for_web
    return found


class DictionaryFile:
    """`GET` a dictionary under its immutable address; `/d` leads to the newest one."""

    async def answer(self, request: Request) -> Response:
        """
        Hand it out.

        Raises:
            HTTPException: There is none of that name (404).
        """
        asked = request.path_params.get("name")
        if asked is None:
            latest = PATH.format(name=dictionaries()[0].name)
            headers = {"cache-control": "public, max-age=3600"}
            return RedirectResponse(latest, status_code=307, headers=headers)
        found = next((one for one in dictionaries() if one.name == asked), None)
        if found is None:
            raise HTTPException(404)
        return found.file.response(request)
