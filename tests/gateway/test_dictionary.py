"""The dictionary: who says they have it gets shorter bodies, which nothing of ours need decode."""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import zstandard
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.commands.synthetic import Synthesizer
from app.commands.training import gains, run, trained
from app.gateway.compression import Compression
from app.gateway.dictionary import (
    FOLDER,
    LATEST_PATH,
    PATH,
    Dictionary,
    DictionaryFile,
    dictionaries,
)
from app.gateway.secrets import SECRET

BODY = next(one for one in Synthesizer(7).answers() if len(one) > 1_000)
"""An answer long enough to be worth a coding, whichever words are drawn first."""
LATEST = dictionaries()[0]
HELD = f":{base64.b64encode(hashlib.sha256(LATEST.content).digest()).decode()}:"
OTHER = f":{base64.b64encode(bytes(32)).decode()}:"
APP = f"qz-{LATEST.name[:8]}"
MOMENT = datetime(2026, 11, 21, 2, 59, 59, 999_999, UTC)


def drawn(seed: int) -> list[bytes]:
    """Make two answers up of every operation, one of them in English."""
    return list(Synthesizer(seed).answers(most=2))


async def asked(
    path: str, headers: dict[str, str], *, cache_control: str = "private, no-store"
) -> tuple[httpx.Response, bytes]:
    async def answer(_request: Request) -> Response:
        kept = {"cache-control": cache_control}
        return Response(BODY, media_type="application/json", headers=kept)

    file = DictionaryFile().answer
    routes = [Route("/", answer), Route(LATEST_PATH, file), Route(PATH, file)]
    around = [Middleware(Compression, now=lambda: MOMENT)]
    transport = httpx.ASGITransport(Starlette(routes=routes, middleware=around))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        del client.headers["accept-encoding"]
        async with client.stream("GET", path, headers=headers) as got:
            return got, b"".join([chunk async for chunk in got.aiter_raw()])


async def test_a_web_view_that_has_it_gets_dcz_after_rfc_9842() -> None:
    got, body = await asked(
        "/", {"accept-encoding": "gzip, br, zstd, dcb, dcz", "available-dictionary": HELD}
    )
    assert got.headers["content-encoding"] == "dcz"
    assert got.headers["vary"] == "Accept-Encoding, Available-Dictionary"
    assert body[:8] == bytes([0x5E, 0x2A, 0x4D, 0x18, 0x20, 0, 0, 0])
    assert body[8:40] == hashlib.sha256(LATEST.content).digest()
    raw = zstandard.ZstdCompressionDict(LATEST.content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    assert zstandard.ZstdDecompressor(dict_data=raw).decompress(body[40:]) == BODY


async def test_the_app_names_coding_and_dictionary_at_once() -> None:
    got, body = await asked("/", {"accept-encoding": f"{APP}, gzip"})
    assert got.headers["content-encoding"] == APP
    whole = zstandard.ZstdCompressionDict(LATEST.content)
    decoder = zstandard.ZstdDecompressor(
        dict_data=whole, format=zstandard.FORMAT_ZSTD1_MAGICLESS, max_window_size=1 << 17
    )
    assert decoder.decompress(body) == BODY
    assert not body.startswith(zstandard.FRAME_HEADER)


async def test_the_app_is_told_the_hour_where_nobody_may_store_it() -> None:
    by_app = {"accept-encoding": f"{APP}, gzip"}
    hourly, _ = await asked("/", by_app)
    secret, _ = await asked("/", by_app, cache_control=SECRET)
    assert hourly.headers["date"] == secret.headers["date"] == "Sat, 21 Nov 2026 02:00:00 GMT"
    stored, _ = await asked("/", by_app, cache_control="public, max-age=60")
    by_browser, _ = await asked("/", {"accept-encoding": "dcz", "available-dictionary": HELD})
    assert "date" not in stored.headers.keys() | by_browser.headers.keys()


@pytest.mark.parametrize(
    ("accept", "held", "cache_control", "coding"),
    [
        ("dcz, zstd", OTHER, "private", "zstd"),
        ("dcz, zstd", None, "private", "zstd"),
        ("zstd, *", HELD, "private", "zstd"),
        ("dcz;q=0, br", HELD, "private", "br"),
        ("dcz;q=0.5, br", HELD, "private", "br"),
        ("qz-00000000, gzip", HELD, "private", "gzip"),
        (f"dcz, {APP}, gzip", HELD, SECRET, None),
    ],
)
async def test_another_dictionary_none_or_a_secret_leave_it_out(
    accept: str, held: str | None, cache_control: str, coding: str | None
) -> None:
    headers = {"accept-encoding": accept} | ({} if held is None else {"available-dictionary": held})
    got, _ = await asked("/", headers, cache_control=cache_control)
    assert got.headers.get("content-encoding") == coding


async def test_the_file_is_handed_out_for_ever_under_its_hash_and_short() -> None:
    to_latest, _ = await asked("/d", {})
    assert (to_latest.status_code, to_latest.headers["location"]) == (307, f"/d/{LATEST.name}")
    plain, content = await asked(f"/d/{LATEST.name}", {})
    short, body = await asked(f"/d/{LATEST.name}", {"accept-encoding": "zstd"})
    assert content == LATEST.content == zstandard.ZstdDecompressor().decompress(body)
    assert len(body) < len(content) / 2
    for got in (plain, short):
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got.headers["use-as-dictionary"] == 'match="/*", match-dest=("")'
        assert got.headers["vary"] == "Accept-Encoding, Available-Dictionary"
    missing, _ = await asked("/d/0000000000000000", {})
    assert missing.status_code == 404


def test_files_are_named_by_number_and_hash_and_never_change() -> None:
    names = [path.stem for path in FOLDER.glob("*.dict")]
    assert sorted(names) == sorted(f"{one.version}-{one.name}" for one in dictionaries())
    for path in FOLDER.glob("*.dict"):
        number, digest = path.stem.split("-")
        assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(digest)
        assert len(path.read_bytes()) <= 32 * 1024
        assert int(number) >= 1


def test_the_same_seed_trains_the_same_dictionary_and_it_takes_a_third_of_what_zstd_leaves() -> (
    None
):
    first, again = (drawn(3), drawn(3))
    assert first == again
    assert trained(first, 1) == trained(again, 1)

    sums = gains(LATEST, drawn(4))
    assert sums["qz"] < sums["dcz"] < 0.85 * sums["zstd"]
    assert sums["qz"] < 0.7 * sums["zstd"]


def test_training_keeps_what_was_published_and_writes_only_what_is_new(tmp_path: Path) -> None:
    some, others = drawn(5), drawn(6)
    said: list[str] = []
    run(some, known=(), folder=tmp_path, say=said.append)
    (first,) = tmp_path.iterdir()
    known = Dictionary(first.read_bytes(), 1)
    assert first.name == f"1-{known.name}.dict"
    run(some, known=[known], folder=tmp_path, say=said.append)
    run(others, known=[known], folder=tmp_path, say=said.append)
    assert [line.split(":")[0] for line in said] == [
        "version 1 written", "version 1 is current", "version 2 written",
    ]  # fmt: skip
    assert sorted(path.name[:2] for path in tmp_path.iterdir()) == ["1-", "2-"]
