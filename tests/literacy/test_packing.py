"""Lessons ship as packs: small, under their hash for ever, and renewed by what is new alone."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import orjson
import pytest
import zstandard
from starlette.applications import Starlette
from starlette.routing import Route

from app.gateway.packs import PATH, PackFile
from app.literacy import queries
from app.literacy.errors import CourseInconsistent
from app.literacy.operations import PACKS, load_packs, publish_packs, read_course, read_packs
from app.literacy.rules import LANGUAGES, PACK_BYTES_MAX, Course, PackPart, Track

COURSE = read_course()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Publish the course into a folder of its own, and a version with one sentence changed."""
    publish_packs(COURSE, tmp_path)
    first, *rest = COURSE.lessons
    zh = replace(first.texts["zh-Hans"], summary="换了一句话。")
    changed = replace(first, texts={**first.texts, "zh-Hans": zh}, version="changed00000")
    publish_packs(Course((changed, *rest), "changed"), tmp_path)
    load_packs(tmp_path)
    yield tmp_path
    load_packs()


async def fetched(path: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
    app = Starlette(routes=[Route(PATH, PackFile().answer)])
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        client.stream("GET", path, headers=headers) as got,
    ):
        return got, b"".join([chunk async for chunk in got.aiter_raw()])


def test_published_packs_hold_the_course_as_it_is_and_tell_no_answer() -> None:
    load_packs()
    for language in LANGUAGES:
        newest = queries.newest_packs(language)
        packs = [one for one in newest if one.of.part is PackPart.LESSONS]
        assert [one.of.track for one in packs] == list(Track)
        held = [lesson for pack in packs for lesson in orjson.loads(pack.content)["lessons"]]
        for shown, lesson in zip(held, COURSE.lessons, strict=True):
            words = lesson.texts[language]
            assert (shown["slug"], shown["version"]) == (lesson.slug, lesson.version)
            assert (shown["title"], shown["body"]) == (words.title, words.body)
            assert (shown["plainBody"], shown["grade"]) == (words.plain, words.grade)
            assert shown["quiz"] == {"question": words.question, "options": list(words.options)}
            assert words.explanation not in orjson.dumps(shown).decode()
        scripts = [
            lesson["audioScript"]
            for pack in newest
            if pack.of.part is PackPart.AUDIO
            for lesson in orjson.loads(pack.content)["lessons"]
        ]
        spoken = [one.texts[language].audio for one in COURSE.lessons if language == "zh-Hans"]
        assert scripts == spoken
        sent = sum(len(zstandard.compress(pack.content)) for pack in newest)
        assert sent < 100_000, "a phone has the whole course and its scripts for less"
    assert all(len(one.content) <= PACK_BYTES_MAX for one in queries.packs())


def test_only_a_row_that_changed_gets_a_new_version_and_the_old_one_stays(folder: Path) -> None:
    assert publish_packs(COURSE, folder), "what was first is a third version now"
    rows = {one.row: [pack.number for pack in read_packs(folder) if pack.row == one.row]
            for one in read_packs(folder)}  # fmt: skip
    row = f"{COURSE.lessons[0].track}.zh-Hans"
    changed = {name for name, numbers in rows.items() if len(numbers) > 1}
    whole = {row, row.replace("zh-Hans", "en"), f"{row}.audio"}
    assert changed == whole, "a version is of all languages"
    assert rows[row] == [3, 2, 1]
    assert publish_packs(COURSE, folder) == []
    first, *rest = COURSE.lessons
    huge = replace(first.texts["en"], body="x" * PACK_BYTES_MAX)
    grown = Course((replace(first, texts={**first.texts, "en": huge}), *rest), "grown")
    with pytest.raises(CourseInconsistent, match="at most 40960 bytes"):
        publish_packs(grown, folder)


async def test_who_has_the_version_before_downloads_what_is_new_alone(folder: Path) -> None:
    assert folder
    newest, before = (one for one in queries.packs() if one.row == "cost.zh-Hans")
    whole, body = await fetched(newest.path, {"accept-encoding": "zstd"})
    assert zstandard.ZstdDecompressor().decompress(body) == newest.content
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert whole.headers["use-as-dictionary"] == 'match="/packs/cost.zh-Hans/*"'

    digest = hashlib.sha256(before.content).digest()
    held = f":{base64.b64encode(digest).decode()}:"
    for _ in range(2):
        got, delta = await fetched(
            newest.path, {"accept-encoding": "zstd, dcz", "available-dictionary": held}
        )
        assert got.headers["content-encoding"] == "dcz"
        assert got.headers["vary"] == "Accept-Encoding, Available-Dictionary"
        assert delta[8:40] == digest
        raw = zstandard.ZstdCompressionDict(
            before.content, dict_type=zstandard.DICT_TYPE_RAWCONTENT
        )
        decoded = zstandard.ZstdDecompressor(dict_data=raw).decompress(delta[40:])
        assert decoded == newest.content
        assert len(delta) < 160 < len(body) / 10


async def test_a_pack_of_another_row_is_no_dictionary_and_an_unknown_one_is_not_there(
    folder: Path,
) -> None:
    assert folder
    packs = {one.row: one for one in queries.packs()}
    digest = hashlib.sha256(packs["plans.zh-Hans"].content).digest()
    held = {
        "accept-encoding": "dcz",
        "available-dictionary": f":{base64.b64encode(digest).decode()}:",
    }
    got, body = await fetched(packs["fraud.zh-Hans"].path, held)
    assert "content-encoding" not in got.headers
    assert body == packs["fraud.zh-Hans"].content
    for path in (
        "/packs/fraud.zh-Hans/0000000000000000",
        packs["fraud.en"].path.replace("en", "x"),
    ):
        missing, _ = await fetched(path, {})
        assert missing.status_code == 404


def test_a_folder_without_packs_has_none(tmp_path: Path) -> None:
    shutil.copy(PACKS / "fraud.en.1.json.zst", tmp_path)
    assert [one.row for one in read_packs(tmp_path)] == ["fraud.en"]
    assert read_packs(tmp_path / "none") == ()
