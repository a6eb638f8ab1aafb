"""The rules of the house that a tool can read."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CHECKS = {
    "imports go one way": ["lint-imports", "--no-cache", "--no-logo"],
    "the linter is content": ["ruff", "check", "app", "tests"],
    "the code is formatted": ["ruff", "format", "--check", "app", "tests"],
    "the types are strict": ["basedpyright"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_house_is_in_order(check: str) -> None:
    name, *arguments = CHECKS[check]
    program = str(Path(sys.executable).parent / name)
    ran = subprocess.run(  # noqa: S603 - our own tools
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
