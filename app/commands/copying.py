"""`python -m app privacy export`: a copy of a borrower's data, for who asks for it in person."""

import asyncio
import os
from pathlib import Path

import click

from app.commands.environment import settings_now
from app.foundation.caller import StaffRole
from app.foundation.errors import Forbidden
from app.foundation.text import DEFAULT_LANGUAGE, LANGUAGES
from app.identity import queries as identity
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
@click.option(
    "--staff", "staff_name", required=True, help="Your name at the desk; the borrower reads it."
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default=DEFAULT_LANGUAGE, help="To read in."
)
def export(*, borrower_id: str, out: Path, staff_name: str, language: str) -> None:
    """
    Write everything held on a borrower to a file only you can read, to hand it to them.

    For supervisors and the head of lending. The borrower sees who took the copy, and the audit
    chain keeps its fingerprint.
    """
    words = out.with_suffix(".txt")
    for path in (out, words):
        if path.exists():
            raise click.UsageError(f"{path} is there already")
    copy = asyncio.run(_export(settings_now(), borrower_id, staff_name, language))
    _write(out, copy.json)
    _write(words, copy.text)
    click.echo(f"{out} and {words} written; SHA-256 of the JSON {copy.sha256}")


async def _export(settings: Settings, borrower_id: str, staff_name: str, language: str) -> DataCopy:
    async with opened(settings):
        staff = await identity.staff_named(staff_name)
        if staff.role not in MAY_EXPORT:
            raise Forbidden
        return await export_data(borrower_id, language=language, by=staff)


def _write(path: Path, content: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
