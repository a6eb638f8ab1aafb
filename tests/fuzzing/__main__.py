"""
Fuzz the parsers of outside bytes, guided by coverage.

`python -m tests.fuzzing [--seconds 60] [TARGET …]` runs each target (all, if none is named) that
long, and ends with an error if one broke. It needs the extra `fuzz` (atheris). What it learns stays
in `var/fuzzing/`; an input that breaks a target is written to `tests/fuzzing/finds/<target>/`,
where the tests run it from then on.
"""

import argparse
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fuzzing.registry import FINDS, Target, load_targets

CORPUS = Path("var") / "fuzzing"
INSTRUMENTED = ["app", "webauthn", "tests.fuzzing.targets"]
LENGTH_MAX = 4096
INPUT_SECONDS_MAX = 5
"""One input may take no longer; most take microseconds."""


def main() -> int:
    """Fuzz the named targets one after another, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        _fuzz(arguments.targets[0], arguments.seconds)
    names = arguments.targets or list(load_targets())
    broken = [name for name in names if not _ran_well(name, arguments.seconds)]
    sys.stdout.write(f"{len(names)} targets, broken: {', '.join(broken) or 'none'}\n")
    return 1 if broken else 0


def _ran_well(name: str, seconds: int) -> bool:
    sys.stdout.write(f"== {name}, {seconds} s\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "tests.fuzzing", name, "--seconds", str(seconds), "--here"]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - ourselves


def _fuzz(name: str, seconds: int) -> None:
    """Run one target under libFuzzer, which ends the process."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=INSTRUMENTED):
        chosen = load_targets()[name]
    corpus, finds = CORPUS / name, FINDS / name
    corpus.mkdir(parents=True, exist_ok=True)
    finds.mkdir(parents=True, exist_ok=True)
    _plant(chosen, corpus)
    flags = (
        f"-max_total_time={seconds}",
        f"-max_len={LENGTH_MAX}",
        f"-timeout={INPUT_SECONDS_MAX}",
        f"-artifact_prefix={finds}/",
        "-print_final_stats=1",
        "-verbosity=0",
    )
    atheris.Setup([name, *flags, str(corpus)], chosen.run)
    atheris.Fuzz()


def _plant(chosen: Target, corpus: Path) -> None:
    for number, seed in enumerate(chosen.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    for find in chosen.finds():
        (corpus / f"find-{find.name}").write_bytes(find.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
