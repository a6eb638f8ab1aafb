"""`python -m app dictionary`."""

import click

from app.commands.training import CHECK_SEED, SEED, answers_of, gains, run
from app.gateway.dictionary import dictionaries


@click.group("dictionary")
def command() -> None:
    """The dictionary that phones and web views compress answers with."""


@command.command("train")
def train() -> None:
    """
    Train a dictionary over made-up answers and keep it in fixtures/dictionaries.

    One that was published stays for those who have it; nothing is written where training gives the
    newest one again. Texts of the app that changed make a new version worth its 32 KB of download.
    """
    run(answers_of(SEED), say=click.echo)


@command.command("gains")
def show_gains() -> None:
    """Show how many bytes the answers of another seed take with the newest one, and without."""
    taken = gains(dictionaries()[0], answers_of(CHECK_SEED))
    for coding, length in taken.items():
        click.echo(f"{coding:10}{length:>10} bytes  {length / taken['identity']:6.1%}")
