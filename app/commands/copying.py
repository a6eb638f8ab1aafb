"""`python -m app privacy export`: a copy of a borrower's data, for who asks for it in person."""

import asyncio
import os
from pathlib import Path
from typing import TextIO

import click

from app.commands.environment import settings_now
from app.commands.signing_in import Credentials, as_staff, credentials_of, signed_in
from app.foundation.caller import StaffRole
from app.foundation.text import DEFAULT_LANGUAGE, LANGUAGES
from app.main import opened
from app.privacy.operations import DataCopy, export_data
from app.settings import Settings

MAY_EXPORT = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
OWNER_ONLY = 0o600


@click.command("export")
@click.argument("borrower_id")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the JSON goes; the words to read go beside it, as .txt. Neither may be there yet.",
)
@as_staff
@click.option(
    "--language", type=click.Choice(LANGUAGES), default=DEFAULT_LANGUAGE, help="To read in."
)
def export(
    *, borrower_id: str, out: Path, staff_name: str, credentials: TextIO | None, language: str
) -> None:
    """
    Write everything held on a borrower to a file only you can read, to hand it to them.

    For supervisors and the head of lending, who sign in for it with password and authenticator
    code. The borrower sees who took the copy, and the audit chain keeps its fingerprint. Of the
    resident ID and of bank cards it has the masks: staff see those in full by a reveal only.
    """
    words = out.with_suffix(".txt")
    for path in (out, words):
        if path.exists():
            raise click.UsageError(f"{path} is there already")
    settings, who = settings_now(), credentials_of(staff_name, credentials)
    copy = asyncio.run(_export(settings, borrower_id, who, language))
    _write(out, copy.json)
    _write(words, copy.text)
    click.echo(f"{out} and {words} written; SHA-256 of the JSON {copy.sha256}")


async def _export(
    settings: Settings, borrower_id: str, who: Credentials, language: str
) -> DataCopy:
    async with opened(settings), signed_in(who, MAY_EXPORT) as staff:
        return await export_data(borrower_id, language=language, by=staff)


def _write(path: Path, content: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
