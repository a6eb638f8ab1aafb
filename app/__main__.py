"""The command line: `python -m app COMMAND`; `--help` of each tells what it does and needs."""

import gc
import importlib
import sys

import click

from app.foundation.errors import Refusal
from app.foundation.private_files import keep_new_files_private
from app.foundation.text import text
from app.settings import SettingsRefused

REFUSED = 2
"""Exit code for input or settings that cannot be used."""

COMMANDS = {
    "demo": "Serve a seeded database: products, lessons, people, a running loan.",
    "serve": "Serve both graphs until told to stop.",
    "journey": "Walk a borrower's whole story over real HTTP, as a phone would.",
    "phone": "Be a borrower's phone: enroll, log in, refresh, sign.",
    "quote": "Show what a loan costs, exact to the fen.",
    "apr": "Show what bare cash flows cost in a year, under four conventions.",
    "staff": "Give people a place at the service desk, and take it away.",
    "worker": "Run due work in a process of its own.",
    "backup": "Copy the database while it is in use (SQLite).",
    "restore": "Bring a copy back where no database is.",
    "migrate": "Bring the database to the current schema.",
    "close-day": "Move the business date forward, a day at a time.",
    "reconcile": "Compare a day with the payment rail's statement.",
    "ledger": "Prove the books.",
    "audit": "Prove the record of what was done with people's data, and sign it.",
    "evidence": "Hand out what proves a signature, and check it without us.",
    "decide": "Make decisions again, byte for byte; see whom they treat how.",
    "partners": "Settle with those who lend with us, and prove it.",
    "report": "Report on the book, its ageing, lessons, complaints and funders; as a page too.",
    "loans": "Prove what is kept of every loan, or make it again.",
    "keys": "Show, turn over and look after the keys of personal values.",
    "privacy": "Forget people for good, and prove that they are.",
    "bench": "Measure how fast the arithmetic is.",
    "simulate": "Let a made-up world live for some days, and prove that nobody was wronged.",
    "dictionary": "Train what answers are compressed with; see what it brings.",
    "content": "Check the lessons, and measure how hard they are to read.",
    "packs": "Publish the lessons' packs, or check that they are current.",
    "messages": "Send messages through a storm and see what came of each; list their texts.",
    "schema": "Write the schema files from the code, or check them.",
    "documents": "Check our own operations, and write their manifest with the short ids.",
}
"""Each in `app/commands/<name>.py` as `command`; a module is read only when it is asked for."""


class Commands(click.Group):
    """Commands read on demand, whose refusals are one line and exit code 2, never a traceback."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Read the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # what an import makes stays; looking for garbage in it cost 0.1 s
        module = importlib.import_module(f"app.commands.{cmd_name.replace('-', '_')}")
        gc.freeze()
        gc.enable()
        return module.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without reading their modules."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; say a refusal in one line."""
        try:
            return super().invoke(ctx)
        except SettingsRefused as refused:
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


def main() -> None:
    """Run the command line; what it and its children write, their owner alone may read."""
    keep_new_files_private()
    cli.main(prog_name="python -m app", windows_expand_args=False)


if __name__ == "__main__":
    main()
