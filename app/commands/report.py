"""`python -m app report`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import click

from app.commands.environment import settings_now
from app.commands.reports.ageing import ageing_report
from app.commands.reports.complaints import complaints_report
from app.commands.reports.funders import funders_report
from app.commands.reports.literacy import literacy_report
from app.commands.reports.page import as_html
from app.commands.reports.plots import PlotsMissing
from app.commands.reports.portfolio import portfolio_report
from app.commands.reports.shapes import Report
from app.commands.reports.showing import as_csv, as_json, as_text
from app.foundation.database import business_date
from app.foundation.private_files import make_private_folder
from app.foundation.text import DEFAULT_LANGUAGE, LANGUAGES
from app.loanmath.calendar import add_months
from app.main import opened
from app.settings import Settings

REFUSED = 2
DAY = click.DateTime(["%Y-%m-%d"])
MONTHS_BACK = 6
"""How far the report on ageing looks back unless it is told."""

Made = Callable[[date, date, str], Awaitable[Report]]

REPORTS: Mapping[str, Made] = {
    "portfolio": portfolio_report,
    "ageing": ageing_report,
    "complaints": complaints_report,
    "literacy": literacy_report,
    "funders": funders_report,
}
FORMATS: Mapping[str, Callable[[Report], str]] = {
    "table": as_text,
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
}


@click.command("report")
@click.argument("name", metavar="REPORT", type=click.Choice(sorted(REPORTS)))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table")
@click.option("--on", type=DAY, help="The day to report on; the business date unless said.")
@click.option("--from", "since", type=DAY, help="The first day of what happened.")
@click.option("--to", type=DAY, help="The same as --on.")
@click.option("--out", type=click.Path(path_type=Path), help="The file to write.")
@click.option("--language", type=click.Choice(LANGUAGES), default=DEFAULT_LANGUAGE)
def command(
    *,
    name: str,
    form: str,
    on: datetime | None,
    since: datetime | None,
    to: datetime | None,
    out: Path | None,
    language: str,
) -> None:
    """
    Report on the portfolio, its ageing, complaints, lessons, or those who lend with us.

    Sums are held to the ledger to the fen; exits 1 and says what differs if anything does. Nothing
    in a report is about one person: what is told by county stands together where few borrowers are
    behind it. What happened is told from --from (the first of the month) to --to. As HTML it is one
    file with plots that opens on a phone and fetches nothing. With --out it says on standard error
    where it wrote.
    """
    if on is not None and to is not None and on != to:
        raise click.UsageError("--on and --to name different days")
    day = on or to
    asked = Asked(
        name=name,
        form=form,
        since=None if since is None else since.date(),
        on=None if day is None else day.date(),
        language=language,
    )
    sys.exit(asyncio.run(_report(settings_now(), asked, out)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which report, of which days, in which form."""

    name: str
    form: str
    since: date | None
    on: date | None
    language: str


async def _report(settings: Settings, asked: Asked, out: Path | None) -> int:
    async with opened(settings):
        today = await business_date()
        last = asked.on or today
        first = asked.since or first_day(asked.name, last)
        if not first <= last <= today:
            message = f"the days must be in order and not after {today}"
            raise click.UsageError(message)
        report = await REPORTS[asked.name](first, last, asked.language)
    try:
        written = FORMATS[asked.form](report)
    except PlotsMissing:
        click.echo("Refused: plots need `pip install 'qingmiao[reports]'`", err=True)
        return REFUSED
    if out is None:
        click.echo(written, nl=False)
    else:
        write_private(out, written)
        click.echo(f"{out} written", err=True)
    for problem in report.problems:
        click.echo(problem, err=True)
    return 1 if report.problems else 0


def write_private(path: Path, content: str) -> None:
    """Write a file that its owner alone may read, in a folder that is made if it is not there."""
    make_private_folder(path.parent)
    path.write_text(content, encoding="utf-8")


def first_day(name: str, on: date) -> date:
    """Return from when a report tells what happened: the month's first day, or half a year ago."""
    first = on.replace(day=1)
    if name != "ageing":
        return first
    return add_months(first, -MONTHS_BACK, due_day=1)
