"""The command line: `python -m app COMMAND`; `--help` of each tells what it does and needs."""

import asyncio
import os
import sys
from datetime import date

import click

from app.commands import demo as demo_command
from app.commands import journey as journey_command
from app.commands import quote as quote_command
from app.commands import schema as schema_command
from app.commands import upkeep
from app.commands.serving import PortTaken, serve_until_stopped
from app.foundation.errors import Refusal
from app.foundation.log import configure_logging
from app.foundation.text import text
from app.settings import Settings, SettingsRefused

REFUSED = 2
"""Exit code for input or settings that cannot be used."""


class Commands(click.Group):
    """Commands whose refusals are one line and exit code 2, never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; say a refusal in one line."""
        try:
            return super().invoke(ctx)
        except (SettingsRefused, PortTaken) as refused:
            self._refuse(str(refused))
        except Refusal as refusal:
            self._refuse(text(refusal.text_key, "en", **refusal.details()))

    @staticmethod
    def _refuse(line: str) -> None:
        click.echo(f"Refused: {line}", err=True)
        sys.exit(REFUSED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qingmiao", prog_name="qingmiao")
def cli() -> None:
    """
    Qingmiao (青苗): consumer finance for small towns, over one GraphQL gateway.

    New here? `python -m app demo` serves a seeded database and prints what to open;
    `python -m app journey` walks a borrower from sign-in to payoff in under a minute.

    Settings come from the environment (the README has the table); in development
    everything has a default and data lives in ./var.
    """


def settings_now(**changes: str) -> Settings:
    """Read the settings, with what the command line says on top."""
    settings = Settings.from_environ({**os.environ, **changes})
    configure_logging(as_json=settings.log_as_json)
    return settings


PORT = click.option("--port", type=click.IntRange(1, 65535), help="Where to listen; PORT, or 8000.")
HOST = click.option("--host", help="The address to listen on; HOST, or 127.0.0.1.")


def _listening(host: str | None, port: int | None) -> dict[str, str]:
    return ({"HOST": host} if host else {}) | ({"PORT": str(port)} if port else {})


@cli.command()
@HOST
@PORT
def serve(host: str | None, port: int | None) -> None:
    """Serve both graphs until told to stop (SIGTERM or Ctrl-C: requests in flight finish)."""
    asyncio.run(serve_until_stopped(settings_now(**_listening(host, port))))


@cli.command()
@HOST
@PORT
def demo(host: str | None, port: int | None) -> None:
    """
    Serve a database with products, lessons, people and a running loan, ready to explore.

    Prints which pages to open and whose phone numbers to try. Data stays in ./var
    (or DATA_FOLDER) between runs; delete the folder to begin anew.
    """
    asyncio.run(demo_command.run(settings_now(**_listening(host, port))))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON line a step, and one at the end.")
def journey(*, as_json: bool) -> None:
    """
    Walk a borrower's whole story over real HTTP, as a phone would.

    Starts a server of its own on a free port with a database of its own, from sign-in to
    payoff; prints what the borrower sees, bytes and milliseconds; checks the ledger.
    Exits 1 if anything is off.
    """
    sys.exit(asyncio.run(journey_command.run(as_json=as_json)))


@cli.command()
def worker() -> None:
    """Run due work in a process of its own (serve with RUN_WORKER=false beside it)."""
    asyncio.run(upkeep.work(settings_now()))


@cli.command()
@click.option("--write", metavar="NAME", help="Developers: write a migration for changed models.")
def migrate(write: str | None) -> None:
    """Bring the database to the current schema; safe to run again."""
    for line in asyncio.run(upkeep.migrate_now(settings_now(), write=write)):
        click.echo(line)


@cli.command("close-day")
@click.option(
    "--to",
    "to",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The business date to reach, such as 2026-12-31.",
)
def close_day(to: object) -> None:
    """
    Move the business date forward, a day at a time.

    Lateness, reminders and buckets follow. Safe to stop at any point and run again.
    """
    day = date.fromisoformat(str(to)[:10])
    for line in asyncio.run(upkeep.close_days(settings_now(), day)):
        click.echo(line)


@cli.group()
def ledger() -> None:
    """Prove the books."""


@ledger.command()
def verify() -> None:
    """Check that debits equal credits and the hash chain is whole; name what is not. Exits 1."""
    problems = asyncio.run(upkeep.verify_ledger(settings_now(), say=click.echo))
    sys.exit(1 if problems else 0)


@cli.command()
@click.option(
    "--check", is_flag=True, help="Only say whether the files are current; exit 1 if not."
)
def schema(*, check: bool) -> None:
    """Write schema.graphql and the staff graph's schema from the code."""
    sys.exit(schema_command.run(check=check, say=click.echo))


cli.add_command(quote_command.quote)


def main() -> None:
    """Run the command line."""
    cli.main(prog_name="python -m app", windows_expand_args=False)


if __name__ == "__main__":
    main()
