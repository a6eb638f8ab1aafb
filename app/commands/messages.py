"""`python -m app messages trial|templates`."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from app.adapters.aliyun_sms import texts_to_register
from app.commands.messages_trial import TrialReport, run_trial
from app.foundation.clock import FixedClock
from app.main import opened
from app.settings import Settings

AS_JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")
MESSAGES_MAX = 100_000


@click.group()
def command() -> None:
    """Send messages through a storm and see what came of each; list their texts."""


@command.command()
@click.option("--messages", default=500, show_default=True, type=click.IntRange(1, MESSAGES_MAX))
@click.option("--seed", default=1, show_default=True, help="Of the weather.")
@AS_JSON
def trial(*, messages: int, seed: int, as_json: bool) -> None:
    """
    Send messages through carriers of which three in ten calls fail and receipts come twice.

    It runs in a database of its own, on a clock of its own. Exits 1 unless every message was
    delivered once or is marked as failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(_trial(Path(folder), messages, seed))
    shown = {
        "messages": report.messages,
        "states": dict(sorted(report.states.items())),
        "calls": report.calls,
        "taken": report.taken,
        "wrong": list(report.wrong[:20]),
        "ok": not report.wrong,
    }
    if as_json:
        click.echo(orjson.dumps(shown))
    else:
        for name, value in shown.items():
            click.echo(f"{name:<10}{value}")
    if report.wrong:
        sys.exit(1)


@command.command()
@AS_JSON
def templates(*, as_json: bool) -> None:
    """Print every text message as a carrier that knows texts by templates wants it registered."""
    texts = texts_to_register()
    if as_json:
        click.echo(orjson.dumps(dict(texts)))
        return
    for key, words in texts.items():
        click.echo(f"{key}\n    {words}")


async def _trial(folder: Path, messages: int, seed: int) -> TrialReport:
    settings = Settings.from_environ({"DATA_FOLDER": str(folder), "RUN_WORKER": "false"})
    clock = FixedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    async with opened(settings, clock=clock):
        return await run_trial(settings, clock, messages=messages, seed=seed)
