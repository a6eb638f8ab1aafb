"""`python -m app backup`."""

import asyncio
import hashlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.commands import audit_money
from app.commands.environment import settings_now
from app.foundation.database.copying import Copied, CopyRefused, Standing, copy_database
from app.foundation.database.urls import check_url, database_files
from app.main import opened
from app.settings import KmsKind, Mode, Settings, SettingsRefused

POSTGRES = "PostgreSQL has its own: pg_dump, or physical backups with the log (pg_basebackup)"


@click.command("backup")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the copy goes; nothing may be there yet.",
)
@click.option(
    "--prove", is_flag=True, help="Run `audit money` on the copy; exits 1 if it is wrong."
)
def command(*, to: Path, prove: bool) -> None:
    """
    Copy the SQLite database as it stands now, while it is served from and written to.

    Nobody who writes waits. The copy is one file that only you can read, complete, checked and on
    the disk before it has its name; `restore` brings it back. `--prove` needs room for one more
    copy beside it, until it is done.
    """
    settings = settings_now()
    database = database_file(settings)
    with TemporaryDirectory() as folder:
        witness = Path(folder) / "witness.jsonl"
        if settings.witness_path.exists():  # what it is told later, the copy does not know
            shutil.copyfile(settings.witness_path, witness)
        try:
            copied = copy_database(database, to)
        except CopyRefused as refused:
            raise SettingsRefused(str(refused)) from refused
        click.echo(f"{to}: {words_of(copied, to)}")
        for line in _beside(settings, to):
            click.echo(line)
        if prove and not _is_proven(settings, to, witness):
            sys.exit(1)


def database_file(settings: Settings) -> Path:
    """
    Return the file that the settings' database is in.

    Raises:
        SettingsRefused: It is in none, or the URL cannot be used.
    """
    try:
        check_url(settings.database_url)
        files = database_files(settings.database_url)
    except ValueError as malformed:
        raise SettingsRefused(str(malformed)) from None
    if not files:
        raise SettingsRefused(POSTGRES)
    return files[0]


def words_of(copied: Copied, written: Path) -> str:
    """Say in a line how large a copy is, by what `sha256sum` knows it, and how far it goes."""
    with written.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{copied.size:,} bytes, SHA-256 {digest}; {_reach(copied.standing)}"


def _reach(standing: Standing) -> str:
    schema = standing.migrations[-1] if standing.migrations else "no schema"
    chain = "no audit entry" if standing.head is None else f"audit entry {standing.head[0]}"
    signed = "none signed" if standing.checkpoint is None else f"signed to {standing.checkpoint}"
    return f"up to {schema}, {chain}, {signed}"


def _beside(settings: Settings, to: Path) -> list[str]:
    """Say what the copy is worth nothing, or less, without."""
    lines = [
        "With it, from now on: a file of `keys export`, anew after everybody who is forgotten.",
        "Elsewhere, never with the database: the witness file (AUDIT_WITNESS).",
    ]
    if settings.kms is KmsKind.FILE:
        lines[1] = "Elsewhere, never with the database: key file (KEYRING_PATH), its passphrase,"
        lines.append("and the witness file (AUDIT_WITNESS).")
        if settings.keyring_path.resolve().parent == to.resolve().parent:
            lines.append(
                f"The key file is in {to.resolve().parent} too: whoever has both reads all."
            )
    return lines


def _is_proven(settings: Settings, to: Path, witness: Path) -> bool:
    """
    Prove all money in a copy of the copy, which stays as it is; say how each proof went.

    It is opened as production opens a database: nothing is migrated or published. What the keys
    and the alarms write goes with the copy of the copy.
    """
    with TemporaryDirectory(dir=to.absolute().parent, prefix=f"{to.name}.") as folder:
        scratch = Path(folder) / "proven.sqlite3"
        shutil.copyfile(to, scratch)
        aside = replace(
            settings,
            mode=Mode.PRODUCTION,
            allows_twins=True,
            database_url=f"sqlite:///{scratch}",
            data_folder=Path(folder),
            witness_path=witness,
            redis_url="",
        )
        return asyncio.run(_proven(aside))


async def _proven(settings: Settings) -> bool:
    is_whole = True
    async with opened(settings):
        async for proof in audit_money.proofs(settings.witness_path):
            is_whole = is_whole and not proof.problems
            for line in audit_money.lines_of(proof):
                click.echo(line)
    return is_whole
