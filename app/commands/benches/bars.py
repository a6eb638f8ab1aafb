"""A bar on stderr for benches that take a while."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

OnStep = Callable[[str, int, int], object]
"""Hears what is being done, how much of it is done, and of how much."""


@contextmanager
def bar() -> Iterator[OnStep]:
    """Show a bar as long as somebody looks; it is gone afterwards."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        shown = progress.add_task("", total=None)

        def on_step(what: str, done: int, total: int) -> None:
            progress.update(shown, description=what, completed=done, total=total)

        yield on_step
