"""`python -m app restore`."""

from pathlib import Path

import click

from app.commands.backup import database_file, words_of
from app.commands.environment import settings_now
from app.foundation.database.copying import CopyRefused, copy_database
from app.foundation.database.urls import database_files
from app.foundation.private_files import make_private_folder
from app.settings import KmsKind, Settings, SettingsRefused


@click.command("restore")
@click.option(
    "--from",
    "source",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `backup` wrote.",
)
def command(*, source: Path) -> None:
    """
    Bring a copy of `backup` back to where DATABASE_URL says, and say what comes next.

    Refused where a database is already, even an empty one: move it away first, with its -wal and
    -shm. The copy is checked in full, and has its place only when all of it is on the disk.
    """
    settings = settings_now()
    database = database_file(settings)
    there = [path for path in database_files(settings.database_url) if path.exists()]
    if there:
        raise SettingsRefused(f"{there[0]} is there already; move it away, with its -wal and -shm")
    make_private_folder(database.parent)
    try:
        copied = copy_database(source, database, whole=True, newest_known=True)
    except CopyRefused as refused:
        raise SettingsRefused(str(refused)) from refused
    click.echo(f"{database} from {source}: {words_of(copied, source)}")
    click.echo("Next, before anything is served from it (README, “After a restore”):")
    for line in _steps(settings, copied.standing.missing):
        click.echo(f"  {line}")


def _steps(settings: Settings, missing: list[str]) -> list[str]:
    """Say what is to be done, in order."""
    steps = [
        "python -m app audit verify       says what the copy lacks, and that nothing else is wrong",
        "python -m app keys join FILE     of `keys export`, from the newest database there was",
        "python -m app privacy verify     the forgotten stay forgotten, everybody else opens",
        "python -m app audit checkpoint",
        "python -m app audit money        all money, looked at again",
    ]
    if settings.witness_path.exists():
        aside = f"mv {settings.witness_path} …   by somebody who does not run the database"
        steps.insert(1, aside)
    if missing:
        steps.insert(0, f"python -m app migrate            {', '.join(missing)}")
    if settings.kms is KmsKind.FILE and not settings.keyring_path.exists():
        steps.insert(0, f"put the key file of that database at {settings.keyring_path}")
    return steps
