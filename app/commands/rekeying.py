"""`python -m app keys rotate|reindex|suite|rewrap|retire|export|join`."""

import asyncio
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.environment import settings_now
from app.foundation.audit import Met, sound_broken_seals
from app.foundation.clock import moment_of
from app.foundation.rekeying import jobs
from app.foundation.rekeying.carrying import Beside, FileRefused, export_keys
from app.foundation.rekeying.jobs import Job, JobKind, JobTaken, OtherTarget
from app.foundation.rekeying.joining import Rooms, join_keys
from app.foundation.sealing.cells import SealBroken, Suite
from app.identity.operations import restoring as identity
from app.identity.operations.staffing import end_staff_again
from app.identity.queries.consents import withdrawals_after
from app.identity.queries.staff import ended_after
from app.main import opened
from app.origination.operations import restoring as origination
from app.privacy.operations.repeating import forget_again, take_back_again
from app.settings import Settings

T = TypeVar("T")

REFUSED = 2
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")
BESIDE = (
    Beside("withdrawals", withdrawals_after, take_back_again),
    Beside("staff_ended", ended_after, end_staff_again),
)
"""What a file of keys carries besides, and what is done again where it is joined to a copy."""
PLACES_MAX = 100
"""How many broken places are printed; the summary counts them all."""


@click.command()
@AS_JSON
def rotate(*, as_json: bool) -> None:
    """
    Give everybody new data keys, and close every sealed value anew under them.

    Others go on reading and writing meanwhile. It may be stopped at any point, or killed, and run
    again: it carries on where it was. Exits 1 if a value does not open.
    """
    _carry_on(JobKind.ROTATE, None, as_json=as_json)


@click.command()
@AS_JSON
def reindex(*, as_json: bool) -> None:
    """
    Make the blind indexes anew under new keys; lookups take either until it is done.

    Two waits of a minute belong to it: until every process reads the new version, and until none
    writes the old one. It may be stopped and run again.
    """
    _carry_on(JobKind.REINDEX, None, as_json=as_json)


@click.command()
@click.argument("name", type=click.Choice([suite.name for suite in Suite]), metavar="SUITE")
@AS_JSON
def suite(name: str, *, as_json: bool) -> None:
    """
    Close new values under another cipher from now on, and all there are.

    SUITE is AES_256_GCM, SM4_GCM or AES_256_GCM_SIV. Every process follows at once; what is not
    yet changed stays readable. It may be stopped and run again.
    """
    _carry_on(JobKind.SUITE, name, as_json=as_json)


@click.command()
@AS_JSON
def rewrap(*, as_json: bool) -> None:
    """Wrap every data key under this week's key; `privacy shred --destroy-epochs` does it too."""
    _carry_on(JobKind.REWRAP, None, as_json=as_json)


@click.command()
@AS_JSON
def retire(*, as_json: bool) -> None:
    """
    Delete old versions of people's data keys that no sealed value has used for 35 days.

    Run it after `keys rotate`, and again every few days until `keys status` counts no old version
    any more: the first run notes which are unused, and from when on. A copy of the database made
    before the rotation opens from then on only while the weeks' keys of its own time live. Old keys
    of indexes whose last mark is gone are retired too. It may be stopped and run again.
    """
    _carry_on(JobKind.RETIRE, None, as_json=as_json)


@click.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
def export_table(path: Path) -> None:
    """
    Write the wrapped keys and the tombstones into a new FILE, signed, to be joined to a copy.

    Consents that were withdrawn and staff who have left stand in it too, by their ids.

    The file opens nothing without the keeper of root keys. Make it before bringing an older copy
    of the database back, from the newest database there is.
    """
    if path.exists():
        _refuse(f"{path} is there already")
    _say(_opened(export_keys(path, BESIDE)))


@click.command("join")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def join_table(path: Path) -> None:
    """
    Put the key table of a file of `keys export` in the place of this database's.

    For a database brought back from an older copy, before anything is served from it: whoever was
    forgotten since the copy is forgotten here too, with their messages and ways in, and everybody
    else's keys are the current ones. Consents withdrawn since are withdrawn again, and staff who
    left since leave again. What the law keeps of the forgotten stays readable, as far as
    the copy's own keys still open it. A FILE older than the database is refused.
    """
    own_rows = (*identity.OWN_ROWS, *origination.OWN_ROWS)
    rooms = Rooms(forget_again=forget_again, own_rows=own_rows, beside=BESIDE)
    try:
        _say(_opened(join_keys(path, rooms)))
    except FileRefused as refused:
        _refuse(f"{path}: {refused}")


def finished(
    settings: Settings, kind: JobKind, target: str | None = None
) -> tuple[Job, list[SealBroken]]:
    """Carry a job to its end with a bar on stderr; broken seals go into the audit chain."""
    return asyncio.run(_finished(settings, kind, target))


async def _finished(
    settings: Settings, kind: JobKind, target: str | None
) -> tuple[Job, list[SealBroken]]:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    async with opened(settings):
        with progress:
            bar = progress.add_task(kind.value, total=None)

            def hear(job: Job) -> None:
                words = f"{kind.value}: {job.step}" if job.step else kind.value
                progress.update(bar, completed=job.done, total=job.total, description=words)

            job, broken = await jobs.run(kind, target, heard=hear)
        for one in broken:
            await sound_broken_seals(one, Met.COMMAND)
    return job, broken


def _carry_on(kind: JobKind, target: str | None, *, as_json: bool) -> None:
    try:
        job, broken = finished(settings_now(), kind, target)
    except OtherTarget as other:
        _refuse(str(other))
    except JobTaken:
        _refuse("another process carries this job on")
    else:
        if as_json:
            click.echo(orjson.dumps(as_json_of(job)))
        else:
            click.echo(
                f"{kind.value}: {job.done:,} looked at, {job.changed:,} changed,"
                f" {job.broken:,} broken and left as they are"
            )
        for one in broken[:PLACES_MAX]:
            click.echo(f"broken: {one}", err=True)
        sys.exit(1 if job.broken else 0)


def as_json_of(job: Job) -> dict[str, Any]:
    """Return a job for machines."""
    ended = None if job.finished_at is None else moment_of(job.finished_at).isoformat()
    return {
        "job": job.id,
        "kind": job.kind.value,
        "target": job.target,
        "done": job.done,
        "total": job.total,
        "changed": job.changed,
        "broken": job.broken,
        "started_at": moment_of(job.started_at).isoformat(),
        "finished_at": ended,
    }


def _opened(work: Awaitable[T]) -> T:
    async def within() -> T:
        async with opened(settings_now()):
            return await work

    return asyncio.run(within())


def _say(counts: dict[str, int]) -> None:
    click.echo(", ".join(f"{count:,} {name}" for name, count in counts.items()))


def _refuse(line: str) -> None:
    click.echo(f"Refused: {line}", err=True)
    sys.exit(REFUSED)


COMMANDS = (rotate, reindex, suite, rewrap, retire, export_table, join_table)
