"""`python -m app simulate`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from app.commands.benches.bars import OnStep, bar
from app.commands.report import write_private
from app.commands.reports.page import as_html
from app.commands.reports.plots import can_draw
from app.commands.simulation.breaking import BREACHES, NOT_IN_DATABASE, break_promise
from app.commands.simulation.passing import pass_days
from app.commands.simulation.populating import enroll, lending_of, populate
from app.commands.simulation.proving import prove
from app.commands.simulation.telling import Outcome, messages_by_end, page_of, show
from app.commands.simulation.world import world_in
from app.foundation.log import configure_logging
from app.foundation.text import DEFAULT_LANGUAGE, LANGUAGES
from app.settings import SettingsRefused

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, where a machine has one
REPORT = Path("var/simulation.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which world is to live for how long."""

    borrowers: int
    days: int
    seed: int
    url: str | None
    out: Path
    language: str
    breach: str | None


@click.command("simulate")
@click.option("--borrowers", type=click.IntRange(10, 1_000_000), default=200, show_default=True)
@click.option("--days", type=click.IntRange(1, 365), default=40, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--database", "url", metavar="URL", help="An empty database; SQLite of its own if not."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=REPORT,
    show_default=True,
    help="The page with plots that is written.",
)
@click.option("--language", type=click.Choice(LANGUAGES), default=DEFAULT_LANGUAGE)
@click.option(
    "--breach",
    type=click.Choice([*BREACHES, *NOT_IN_DATABASE]),
    help="Break this promise at the end on purpose, to see that it is found.",
)
def command(
    *,
    borrowers: int,
    days: int,
    seed: int,
    url: str | None,
    out: Path,
    language: str,
    breach: str | None,
) -> None:
    """
    Let a made-up world live for some days, and prove that nobody was wronged in it.

    Borrowers in the counties of the fixtures pay in time, early, late, in parts or not at all, ask
    for relief, complain, contest contacts and learn. Staff answer, some too late; collectors ask
    leave for contacts at all hours. Three in ten text messages fail and three in ten receipts come
    twice; for an hour no carrier answers; once the clock is two hours wrong and set back. All of it
    goes through the operations that the app itself uses, close of day by close of day.

    At the end it proves: no contact outside the law, no message at night, nobody told twice, relief
    offered first, complaints answered or escalated in time, each message delivered once or honestly
    failed, books in balance. Exits 1 and names the first breach otherwise. The calendar of 2027 in
    it is invented. The same seed begins with the same people; carriers have moods of their own.
    """
    asked = Asked(
        borrowers=borrowers,
        days=days,
        seed=seed,
        url=url,
        out=out,
        language=language,
        breach=breach,
    )
    if not can_draw():  # said before the days pass, not after them
        raise SettingsRefused("the page's plots need `pip install 'qingmiao[reports]'`")
    configure_logging(as_json=True, level="ERROR")
    with bar() as on_step:
        outcome = asyncio.run(simulated(asked, _also_in_a_log(on_step)))
    show(outcome)
    click.echo(f"written to {out}")
    if outcome.breach is not None:
        click.echo(f"BREACH {outcome.breach}", err=True)
        sys.exit(1)


def _also_in_a_log(on_step: OnStep) -> OnStep:
    """Say every tenth day in a line, where nobody sees a bar."""

    def heard(what: str, done: int, total: int) -> None:
        on_step(what, done, total)
        if not sys.stderr.isatty() and done % 10 == 0:
            click.echo(f"{time.strftime('%H:%M:%S')} {what}: {done} of {total}", err=True)

    return heard


async def simulated(asked: Asked, heard: OnStep) -> Outcome:
    """Live, prove, write the page, and say how it went."""
    began = time.monotonic()
    async with _folder() as folder, world_in(folder, url=asked.url, seed=asked.seed) as world:
        heard("people join and borrow", 0, asked.days)
        await enroll(world)
        lending = await lending_of(world)
        await populate(world, lending, asked.borrowers)
        told = await pass_days(world, lending, asked.days, heard)
        heard("promises are proved", asked.days - 1, asked.days)
        if asked.breach is not None:
            await break_promise(world, asked.breach)
        outcome = Outcome(
            borrowers=asked.borrowers,
            days=asked.days,
            seed=asked.seed,
            proofs=[one async for one in prove(world)],
            done=dict(world.done),
            messages=await messages_by_end(),
            seconds=int(time.monotonic() - began),
        )
        page = await page_of(world, told, outcome, asked.language)
    write_private(asked.out, as_html(page))
    return outcome


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """Give a folder for the world, in memory where there is some: nothing of it is kept."""
    place = MEMORY if await asyncio.to_thread(MEMORY.is_dir) else None
    with tempfile.TemporaryDirectory(prefix="qingmiao-", dir=place) as name:
        yield Path(name)
