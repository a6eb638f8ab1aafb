"""Every fuzzing target takes its seeds, everything it ever broke on, and plain nonsense."""

import random

import pytest

from tests.fuzzing.registry import FINDS, Target, load_targets

TARGETS = load_targets()
TRIES = 200


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, cut some out or put some in."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(3):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case _:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_a_target_refuses_what_it_must_and_breaks_on_nothing(target: Target) -> None:
    chance = random.Random(target.name)  # noqa: S311 - the same tries in every run
    seeds = [*target.seeds(), b""]
    for data in (*seeds, *(find.read_bytes() for find in target.finds())):
        target.run(data)
    for _ in range(TRIES):
        target.run(mutated(chance.choice(seeds), chance))


def test_everything_ever_found_belongs_to_a_target() -> None:
    assert {folder.name for folder in FINDS.glob("*")} <= set(TARGETS)
