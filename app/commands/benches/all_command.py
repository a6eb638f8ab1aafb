"""`bench all`: every bench, one after another, into one document."""

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).parents[3]
NAMES = ("loanmath", "security", "home", "writes", "closing", "scale", "bytes", "link")


@click.command("all")
@click.option(
    "--borrowers",
    type=click.IntRange(2, 10_000_000),
    default=100_000,
    show_default=True,
    help="For `scale`.",
)
def every(*, borrowers: int) -> None:
    """
    Run every bench and print what they say as one JSON document, by name.

    Each is a process of its own, so none warms up another's caches. One that cannot run here, as
    `link` without root, says so on stderr and is null.
    """
    more: dict[str, Sequence[str]] = {"scale": ("--borrowers", str(borrowers))}
    said = {name: _said(name, more.get(name, ())) for name in NAMES}
    told = {"python": platform.python_version(), "machine": platform.machine(), "benches": said}
    click.echo(json.dumps(told, indent=2))


def _said(name: str, more: Sequence[str]) -> object:
    command = [sys.executable, "-m", "app", "bench", name, "--json", *more]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own command
    try:
        return json.loads(process.stdout)
    except json.JSONDecodeError:
        click.echo(f"{name} ended with {process.returncode}", err=True)
        return None
