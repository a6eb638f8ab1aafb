"""Training the dictionary that answers are compressed with, and seeing what it brings."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import zstandard

from app.commands.spoken import spoken
from app.commands.synthetic import Synthesizer
from app.gateway.codings import CODINGS
from app.gateway.dictionary import FOLDER, Dictionary, dictionaries

BYTES = 32 * 1024
SEED = 20_261_122
CHECK_SEED = SEED + 1
SEGMENT, SAMPLE = 350, 8
"""COVER's two figures, tried out on answers of another seed: long runs of our sentences."""
FIRST_ID = 32_768
"""zstd keeps smaller identifiers for dictionaries that everybody shares."""
HEADER_BYTES_MAX = 256
"""The longest that identifier and tables are; what comes after is text, and may be any."""
WHOLE = (
    "me",
    "dues",
    "paymentPreview",
    "payoff",
    "saveApplication",
    "startApplication",
    "submitApplication",
    "giveConsent",
    "repay",
)
"""
First root fields of answers that are put in whole: training takes pieces, and an answer of a
hundred bytes that is made of five pieces takes twice as much as one that is there at once. The
home screen is the one that is looked at on every start, and what a sync says is of another form.
"""


def trained(answers: Sequence[bytes], version: int) -> bytes:
    """Train a dictionary; the same answers give the same one with the same zstd."""
    whole = b"".join(_typical(answers, field) for field in WHOLE) + spoken()
    made = zstandard.train_dictionary(
        BYTES - len(whole),
        list(answers),
        k=SEGMENT,
        d=SAMPLE,
        level=9,
        dict_id=FIRST_ID + version,
    ).as_bytes()
    return made[:HEADER_BYTES_MAX] + whole + made[HEADER_BYTES_MAX:]


def _typical(answers: Sequence[bytes], field: str) -> bytes:
    """Return the answer of middle length of those that went well; nothing if there is none."""
    begins = b'{"data":{"%s":' % field.encode()
    well = sorted(
        (one for one in answers if one.startswith(begins) and b"Problem" not in one), key=len
    )
    return well[len(well) // 2] if well else b""


def answers_of(seed: int) -> list[bytes]:
    """Make answers up from the published graph and its operations."""
    return list(Synthesizer(seed).answers())


def run(
    answers: Sequence[bytes],
    *,
    say: Callable[[str], object],
    known: Sequence[Dictionary] | None = None,
    folder: Path = FOLDER,
) -> None:
    """Train one over answers and keep it under the next number, unless it is the newest known."""
    before = dictionaries() if known is None else known
    version = before[0].version if before else 0
    if before and trained(answers, version) == before[0].content:
        say(f"version {version} is current: {before[0].name}")
        return
    made = Dictionary(trained(answers, version + 1), version + 1)
    path = folder / f"{made.version}-{made.name}.dict"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.content)
    say(f"version {made.version} written: {path}, {len(made.content)} bytes")


def gains(dictionary: Dictionary, answers: Sequence[bytes]) -> Mapping[str, int]:
    """Return how many bytes answers take in all, by coding."""
    taken: dict[str, int] = {}
    for body in answers:
        for coding, length in sizes_of(body, dictionary).items():
            taken[coding] = taken.get(coding, 0) + length
    return taken


def sizes_of(body: bytes, dictionary: Dictionary) -> dict[str, int]:
    """Return how many bytes a body takes: as it is, in every coding, and with a dictionary."""
    sizes = {"identity": len(body)}
    sizes |= {coding: len(compress(body)) for coding, compress in CODINGS.items()}
    sizes |= {"dcz": len(dictionary.for_web(body)), "qz": len(dictionary.for_app(body))}
    return sizes
