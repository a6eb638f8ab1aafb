"""`python -m app audit`."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec
import orjson

from app.commands import audit_money
from app.commands.environment import settings_now
from app.foundation import audit
from app.foundation.audit import Checkpoint, Verification
from app.foundation.clock import moment_of
from app.foundation.graphql import checked_id
from app.foundation.proof import Proof
from app.main import opened
from app.privacy.operations.looks import set_canary
from app.settings import Settings

REFUSED = 2


@click.group("audit")
def command() -> None:
    """Prove the record of what was done with people's data, and sign it; prove all money."""


@command.command()
@click.option(
    "--from",
    "since",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="The first entry to look at; the walk begins at the checkpoint before it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def verify(*, since: int, as_json: bool) -> None:
    """
    Look at every entry again and name what was edited, deleted, reordered or cut off.

    Checkpoints, the witness file and, from the first entry on, the chained cells (phones, bank
    cards, device keys, PINs) and the rows of looks, reveals and tombstones are compared too. A
    break that was signed over is told for ever. Alarms that the chain tells of are listed. Exits
    1 if anything does not hold.
    """
    found = asyncio.run(_verified(settings_now(), since))
    if as_json:
        click.echo(orjson.dumps(_as_json(found)))
    else:
        for line in _lines(found):
            click.echo(line)
    sys.exit(0 if found.is_whole else 1)


@command.command()
def checkpoint() -> None:
    """
    Sign the chain as it stands, and tell the witness that and what it could not be told before.

    What was added and does not hold is named under the signature, and told by `verify` for ever.
    Exits 1 then.
    """
    try:
        made, broken = asyncio.run(_signed(settings_now()))
    except OSError as failure:
        line = f"Refused: the witness was not told ({failure.strerror}); the signature is kept"
        click.echo(line, err=True)
        sys.exit(REFUSED)
    if made is not None:
        click.echo(f"signed entry {made.seq}: {made.hash}")
    else:
        click.echo("nothing was added since the last checkpoint")
    for line in broken:
        click.echo(line)
    sys.exit(1 if broken else 0)


@command.command()
@click.argument("borrower_id")
@click.option("--off", "is_off", is_flag=True, help="Take it back.")
def canary(*, borrower_id: str, is_off: bool) -> None:
    """Say that nobody has a reason to look at a borrower: whoever does sets off an alarm."""
    borrower_id = checked_id(borrower_id, "br", field="BORROWER_ID")
    asyncio.run(_set_canary(settings_now(), borrower_id, is_on=not is_off))
    click.echo(f"{borrower_id}: {'no canary any more' if is_off else 'a canary'}")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def money(*, as_json: bool) -> None:
    """
    Look at all money again, and name the first thing that does not hold.

    Postings, entries, chain and balances; payments and disbursements, each counted once; keys and
    their answers; principal and installments; loans worked out again and held against the ledger;
    settlements with partners; the outbox; the audit chain. Changes nothing, and may run beside
    everything else. Exits 1 if anything does not hold.
    """
    proofs: list[Proof] = []

    def tell(proof: Proof) -> None:
        proofs.append(proof)
        if not as_json:
            for line in audit_money.lines_of(proof):
                click.echo(line)

    asyncio.run(_proven(settings_now(), tell))
    problems = [problem for proof in proofs for problem in proof.problems]
    if as_json:
        told = {"ok": not problems, "proofs": [msgspec.to_builtins(one) for one in proofs]}
        click.echo(orjson.dumps(told))
    elif problems:
        click.echo(f"First: {problems[0]}", err=True)
    sys.exit(1 if problems else 0)


async def _verified(settings: Settings, since: int) -> Verification:
    async with opened(settings):
        return await audit.verify(settings.witness_path, since=since)


async def _proven(settings: Settings, tell: Callable[[Proof], object]) -> None:
    async with opened(settings):
        async for proof in audit_money.proofs(settings.witness_path):
            tell(proof)


async def _signed(settings: Settings) -> tuple[Checkpoint | None, list[str]]:
    async with opened(settings):
        made = await audit.make_checkpoint(settings.witness_path)
        if made is None or not made.broken:
            return made, []
        found = await audit.verify(settings.witness_path)
        return made, [problem.sentence for problem in found.problems]


async def _set_canary(settings: Settings, borrower_id: str, *, is_on: bool) -> None:
    async with opened(settings):
        await set_canary(borrower_id, is_on=is_on)


def _lines(found: Verification) -> list[str]:
    lines = [problem.sentence for problem in found.problems]
    lines += [
        f"alarm at entry {alarm.seq}: {alarm.kind.removeprefix(audit.ALARM)} {alarm.about}"
        f" {moment_of(alarm.recorded_at):%Y-%m-%d %H:%M:%S}Z"
        for alarm in found.alarms
    ]
    if found.is_whole:
        span = f"entries {found.first} to {found.last}" if found.entries else "no entry"
        lines.append(
            f"whole: {span}, {found.checkpoints} checkpoints,"
            f" {found.cells} cells, {len(found.alarms)} alarms"
        )
    return lines


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "ok": found.is_whole,
        "first": found.first,
        "last": found.last,
        "entries": found.entries,
        "head": found.head,
        "checkpoints": found.checkpoints,
        "cells": found.cells,
        "problems": [
            {"seq": one.seq, "fault": one.fault.value, "sentence": one.sentence}
            for one in found.problems
        ],
        "alarms": [
            {
                "seq": one.seq,
                "kind": one.kind,
                "about": _read(one.about),
                "recorded_at": moment_of(one.recorded_at).isoformat(),
            }
            for one in found.alarms
        ],
    }


def _read(about: str) -> object:
    """Read what an alarm says; as it stands where it was edited into something else."""
    try:
        return orjson.loads(about)
    except orjson.JSONDecodeError:
        return about
