"""Publishing packs and loading those that are published."""

from collections.abc import Sequence
from pathlib import Path

import zstandard

from app.literacy import queries
from app.literacy.errors import CourseInconsistent
from app.literacy.rules import (
    PACK_BYTES_MAX,
    Course,
    Pack,
    pack_content,
    pack_row_from,
    pack_rows,
)

PACKS = Path(__file__).parents[3] / "fixtures" / "packs"
"""Where a checkout keeps its packs: `fraud.zh-Hans.1.json.zst` and so on, one file a version."""
ENDING = ".json.zst"
LEVEL = 19


def read_packs(folder: Path = PACKS) -> tuple[Pack, ...]:
    """Read every pack ever published, those of one row with the newest first."""
    packs = [_pack(path) for path in folder.glob(f"*{ENDING}")]
    return tuple(sorted(packs, key=lambda one: (one.row, -one.number)))


def load_packs(folder: Path = PACKS) -> None:
    """Read every pack and hand them out from now on; call it once, at start."""
    queries.hand_out(read_packs(folder))


def publish_packs(course: Course, folder: Path = PACKS) -> Sequence[Pack]:
    """
    Write a new version of every pack whose lessons have changed; return what was written.

    Old versions stay: a phone that has one downloads only what is new since.

    Raises:
        CourseInconsistent: A pack would be larger than phones take; nothing was written.
    """
    newest = {one.row: one for one in reversed(read_packs(folder))}
    made: list[Pack] = []
    for row in pack_rows():
        content = pack_content(course, row)
        known = newest.get(str(row))
        if known is None or known.content != content:
            number = 1 if known is None else known.number + 1
            made.append(Pack(of=row, number=number, content=content))
    large = [one for one in made if len(one.content) > PACK_BYTES_MAX]
    if large:
        problems = [f"{one.row}: a pack has at most {PACK_BYTES_MAX} bytes" for one in large]
        raise CourseInconsistent(problems)
    folder.mkdir(parents=True, exist_ok=True)
    for pack in made:
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(pack.content)
        (folder / f"{pack.row}.{pack.number}{ENDING}").write_bytes(packed)
    return made


def _pack(path: Path) -> Pack:
    row, _, number = path.name.removesuffix(ENDING).rpartition(".")
    content = zstandard.ZstdDecompressor().decompress(
        path.read_bytes(), max_output_size=PACK_BYTES_MAX
    )
    return Pack(of=pack_row_from(row), number=int(number), content=content)
