"""`python -m app decide`."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import date, datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table

from app.catalog import queries as catalog
from app.commands.environment import settings_now
from app.foundation.database import business_date
from app.main import opened
from app.origination import queries
from app.origination.queries import Replay
from app.origination.rules.fairness import Cut, Fairness, fairness_of
from app.settings import Settings

DAY = click.DateTime(["%Y-%m-%d"])
PROBLEMS_MAX = 100
"""How many decisions in trouble are printed; the last line counts them all the same."""


@click.command("decide")
@click.option("--replay", "replayed", metavar="ID", help="Make one decision again.")
@click.option("--all", "every", is_flag=True, help="With --replay's meaning, for every decision.")
@click.option("--fairness", is_flag=True, help="How regions and ages fared beside each other.")
@click.option("--since", type=DAY, help="With --fairness: decisions from this day on.")
@click.option("--until", type=DAY, help="With --fairness: up to and including this day.")
@click.option("--json", "as_json", is_flag=True, help="With --fairness: for machines.")
def command(
    *,
    replayed: str | None,
    every: bool,
    fairness: bool,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """
    Make decisions again from what they saw, or see how regions and ages are treated.

    A decision keeps everything it saw, sealed, with the version and hash of its scorecard; made
    again, the same bytes come out. What differs is named by field, never by value. Exits 1 if
    anything does.

    The fairness report sets approval rates, limits and prices of regions and ages beside each
    other, with the adverse-impact ratio: a group's approval rate over the best group's. Below four
    fifths (29 CFR 1607.4(D)) it calls for a look at why. Groups too small to hide a person in are
    left out.
    """
    if bool(replayed) + every + fairness != 1:
        raise click.UsageError("say one of --replay ID, --all, --fairness")
    settings = settings_now()
    if fairness:
        first = since.date() if since else date(2000, 1, 1)
        asyncio.run(_fairness(settings, first, until.date() if until else None, as_json=as_json))
        return
    wrong = asyncio.run(_replay_one(settings, replayed) if replayed else _replay_all(settings))
    sys.exit(1 if wrong else 0)


async def _fairness(settings: Settings, since: date, until: date | None, *, as_json: bool) -> None:
    async with opened(settings):
        last = until or await business_date()
        book = await catalog.policy_book(await business_date())
        at_least = book.whole("fairness_group_min")
        cases = [one async for one in queries.decided_cases(since, last)]
        names = {pack.code: pack.name["en"] for pack in await catalog.regions(last)}
    reports = [fairness_of(cases, cut, at_least=at_least) for cut in Cut]
    if as_json:
        click.echo(msgspec.json.encode(reports, order="sorted").decode())
        return
    for report in reports:
        _print(report, names, at_least)


def _print(report: Fairness, names: Mapping[str, str], at_least: int) -> None:
    table = Table(title=f"By {report.cut.value.lower()}", title_justify="left")
    heads = ("", "decided", "approved", "referred", "median limit", "mean rate", "impact", "")
    for head in heads:
        table.add_column(head, justify="left" if not head else "right")
    for one in report.groups:
        table.add_row(
            names.get(one.name, one.name),
            f"{one.decided:,}",
            f"{one.approval_bp / 100:.1f} %",
            f"{one.referred_bp / 100:.1f} %",
            f"{one.limit_median_fen / 100:,.0f}",
            f"{one.rate_mean * 100:.2f} %",
            f"{one.impact_bp / 10_000:.2f}",
            "below four fifths" if one.is_below_four_fifths else "",
        )
    Console().print(table)
    if report.hidden:
        click.echo(f"{report.hidden} groups of fewer than {at_least} decisions are not shown")


async def _replay_one(settings: Settings, decision_id: str) -> int:
    async with opened(settings):
        return _tell(await queries.replay_told(decision_id))


async def _replay_all(settings: Settings) -> int:
    total = wrong = forgotten = 0
    async with opened(settings):
        async for one in queries.replay_all():
            total += 1
            forgotten += one.is_forgotten
            if one.problems:
                wrong += 1
                if wrong <= PROBLEMS_MAX:
                    _tell(one)
    click.echo(
        f"{total:,} decisions, {total - wrong - forgotten:,} the same bytes, {wrong:,} NOT,"
        f" {forgotten:,} of forgotten people"
    )
    return wrong


def _tell(one: Replay) -> int:
    head = f"{one.decision_id}: scorecard {one.model_version}, sha256 {one.sha256}"
    if one.is_forgotten:
        click.echo(f"{one.decision_id}: its borrower is forgotten; nobody can make it again")
        return 0
    if one.is_identical:
        click.echo(f"{head}, {len(one.recomputed)} bytes, identical")
        return 0
    click.echo(f"{head}, NOT THE SAME", err=True)
    for problem in one.problems:
        click.echo(f"  {problem}", err=True)
    return 1
