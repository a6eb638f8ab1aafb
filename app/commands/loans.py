"""`python -m app loans`."""

import asyncio
import sys
from time import perf_counter

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands import plan_vectors
from app.commands.environment import settings_now
from app.main import opened
from app.servicing import operations
from app.servicing.queries import checking
from app.settings import Settings

PROBLEMS_MAX = 100
"""How many lines of trouble are printed; the last line counts the loans all the same."""


@click.group("loans")
def command() -> None:
    """Prove what is kept of every loan, or make it again from its terms and events."""


@command.command()
@click.option(
    "--check", is_flag=True, help="Change nothing; say what differs. Exits 1 if any does."
)
@click.option("--loan", "only", metavar="ID", help="This loan alone.")
def rebuild(*, check: bool, only: str | None) -> None:
    """
    Make every loan's figures, installments and place in the ledger again.

    A loan is its terms and its events; all else is worked out of them, and this does so for every
    loan, some at a time. It may be stopped at any point and run again. It prints each figure that
    was not what it must be, and exits 1 if a loan cannot be set right.
    """
    wrong = asyncio.run(_Run(check=check, only=only).over(settings_now()))
    sys.exit(1 if wrong else 0)


@command.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the file is not right.")
def vectors(*, check: bool) -> None:
    """
    Work out what fixtures/plan_vectors.json promises of plans in few bytes (`Loan.planTerms`).

    Terms, events and day of each loan stand in the file; its rows and bytes are written beside
    them. A new vector is those three and a name.
    """
    sys.exit(plan_vectors.run(check=check, say=click.echo))


class _Run:
    """One run over the loans: what it found, and how far it is."""

    def __init__(self, *, check: bool, only: str | None) -> None:
        self._check = check
        self._only = only
        self._loans = self._different = self._failed = self._printed = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )

    async def over(self, settings: Settings) -> int:
        """
        Look at the loans or rebuild them, then sum up.

        Returns:
            How many loans are not as they must be.

        Raises:
            NotFound: There is no such loan.
        """
        async with opened(settings):
            total = await checking.loans_count() if self._only is None else 1
            begun = perf_counter()
            with self._progress:
                self._task = self._progress.add_task("loans", total=total)
                work = checking.check_projections if self._check else operations.rebuild_all
                await work(only=self._only, heard=self._hear)
            seconds = perf_counter() - begun
        done = "differ" if self._check else "rebuilt"
        rate = self._loans / seconds
        click.echo(
            f"{self._loans:,} loans, {self._different:,} {done}, {self._failed:,} failed,"
            f" {rate:,.0f} loans/s"
        )
        return self._different + self._failed if self._check else self._failed

    def _hear(self, looked: checking.Looked) -> None:
        self._loans += 1
        self._progress.advance(self._task)
        if looked.failure is not None:
            self._failed += 1
        elif looked.differences:
            self._different += 1
        for problem in looked.problems:
            self._print(problem)

    def _print(self, problem: str) -> None:
        self._printed += 1
        if self._printed <= PROBLEMS_MAX:
            click.echo(problem)
        elif self._printed == PROBLEMS_MAX + 1:
            click.echo("… and more; the last line counts the loans.")
