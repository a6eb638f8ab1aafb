"""`python -m app evidence`."""

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import click
import orjson

from app.commands.environment import settings_now
from app.foundation.audit import OPERATOR
from app.foundation.audit.vouching import vouching_key
from app.foundation.errors import NotFound
from app.foundation.graphql import checked_id
from app.foundation.papers.setting import SETTER, set_pdf
from app.main import opened
from app.origination import queries
from app.origination.operations.evidencing import NotInChain, export_evidence
from app.origination.rules.evidence import Finding, NoEvidence, findings_of, read_file
from app.settings import Settings

WRONG = 1
REFUSED = 2
MODE = 0o600
BYTES_MAX = 4_000_000


@click.group("evidence")
def command() -> None:
    """Hand out what proves a signature, and check it without us."""


@command.command()
@click.argument("agreement_id")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the agreement's paper there too; the same versions set the same bytes.",
)
def export(*, agreement_id: str, file: Path, pdf: Path | None) -> None:
    """
    Write the evidence of a signed agreement to FILE, for its owner to read alone; on record.

    Exits 2 if there is none.
    """
    agreement_id = checked_id(agreement_id, "ag", field="AGREEMENT_ID")
    try:
        written, paper = asyncio.run(_exported(settings_now(), agreement_id, with_pdf=bool(pdf)))
    except NotFound:
        click.echo("Refused: there is no such signed agreement", err=True)
        sys.exit(REFUSED)
    except NotInChain:
        click.echo("Refused: the audit chain does not vouch for this evidence", err=True)
        sys.exit(REFUSED)
    _write(file, written)
    click.echo(f"{file}: {len(written):,} bytes, sha256 {hashlib.sha256(written).hexdigest()}")
    if pdf is not None and paper is not None:
        _write(pdf, paper)
        sha256 = hashlib.sha256(paper).hexdigest()
        click.echo(f"{pdf}: {len(paper):,} bytes, sha256 {sha256}, set by {SETTER}")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", help="The public audit key you know of; `evidence key` prints it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def verify(*, file: Path, key: str | None, as_json: bool) -> None:
    """
    Check FILE offline: no database, no network, no key of ours; say what does not hold.

    One byte changed anywhere is found. Without --key it proves that whoever holds the printed key
    vouches for it: compare that with the key made public. Exits 1 if anything does not hold, 2 if
    the file is not one of evidence, or not canonical byte for byte.
    """
    try:
        with file.open("rb") as opened_file:
            document = read_file(opened_file.read(BYTES_MAX))
    except NoEvidence as wrong:
        if as_json:
            click.echo(orjson.dumps({"ok": False, "refused": str(wrong)}))
        click.echo(f"Refused: {file} is no evidence as it was written: {wrong}", err=True)
        sys.exit(REFUSED)
    found = findings_of(document, key=key)
    holds = all(one.holds for one in found)
    click.echo(orjson.dumps(_as_json(document, found)) if as_json else _lines(document, found))
    sys.exit(0 if holds else WRONG)


@command.command()
def key() -> None:
    """Print the public audit key (Ed25519, hexadecimal), to be made known where files are used."""
    click.echo(asyncio.run(_key(settings_now())))


async def _exported(
    settings: Settings, agreement_id: str, *, with_pdf: bool
) -> tuple[bytes, bytes | None]:
    async with opened(settings):
        written = await export_evidence(agreement_id, actor=OPERATOR)
        if not with_pdf:
            return written, None
        borrower_id = orjson.loads(written)["evidence"]["borrower_id"]
        return written, await set_pdf(await queries.paper_of_agreement(borrower_id, agreement_id))


async def _key(settings: Settings) -> str:
    async with opened(settings):
        return vouching_key()


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read: it names a person."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "wb") as file:
        os.fchmod(file.fileno(), MODE)
        file.write(content)


def _lines(document: dict[str, Any], found: list[Finding]) -> str:
    lines = [f"{'ok   ' if one.holds else 'WRONG'} {one.name}" for one in found]
    wrong = sum(not one.holds for one in found)
    agreement_id = document["evidence"]["agreement"]["id"] if not wrong else "this file"
    end = f"{wrong} of {len(found)} do NOT hold" if wrong else f"all {len(found)} hold"
    return "\n".join([*lines, f"{agreement_id}: {end}; vouched for by key {document.get('key')}"])


def _as_json(document: dict[str, Any], found: list[Finding]) -> dict[str, Any]:
    return {
        "ok": all(one.holds for one in found),
        "key": document.get("key"),
        "findings": [{"name": one.name, "holds": one.holds} for one in found],
    }
