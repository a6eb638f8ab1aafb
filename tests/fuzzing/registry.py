"""What a fuzzing target is: one function that reads outside bytes."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FINDS = HERE / "finds"
"""Inputs that once broke something, a folder for each target; the tests run them forever."""


@dataclass(frozen=True, slots=True)
class Target:
    """One parser of outside bytes, and what it may answer to nonsense."""

    name: str
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    seeds: Callable[[], Iterable[bytes]]

    def run(self, data: bytes) -> None:
        """Read the bytes; a refusal is as it should be, any other error is a find."""
        try:
            self.read(data)
        except self.refusals:
            return

    def finds(self) -> list[Path]:
        """Return the inputs that broke this target once."""
        return sorted((FINDS / self.name).glob("*"))


TARGETS: dict[str, Target] = {}


def target(
    *refusals: type[Exception], seeds: Callable[[], Iterable[bytes]] = tuple
) -> Callable[[Callable[[bytes], object]], Callable[[bytes], object]]:
    """
    Make a function a fuzzing target of its own name; put it in a module of `targets/`.

    The function takes any bytes and raises nothing but these refusals. What must hold beyond that
    it asserts. `seeds` returns a few good inputs to begin from.
    """

    def register(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
        assert read.__name__ not in TARGETS, "a target's name is its own"
        TARGETS[read.__name__] = Target(read.__name__, read, refusals, seeds)
        return read

    return register


def load_targets() -> dict[str, Target]:
    """Import every module of `targets/` and return what they registered."""
    for path in sorted((HERE / "targets").glob("*.py")):
        importlib.import_module(f"tests.fuzzing.targets.{path.stem}")
    return dict(sorted(TARGETS.items()))
