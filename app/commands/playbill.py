"""Personas on a server of their own, over real HTTP: who is played, what is said of each."""

import asyncio
import json
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from app.commands.app_phone import AppPhone
from app.commands.casting import Ended, Stage, play_all
from app.commands.own_server import NotReady, OwnServer
from app.commands.personas import Persona, personas
from app.commands.phoning import Phone, Traffic
from app.commands.seeding import enroll_desk
from app.foundation.log import configure_logging
from app.gateway.routes import STAFF_PATH
from app.main import opened
from app.settings import Settings

ALL = "all"


def wanted(code: str) -> list[Persona]:
    """
    Return everybody, or one persona with those who belong to the same scene.

    Raises:
        click.BadParameter: There is no such persona.
    """
    everybody = personas()
    if code == ALL:
        return everybody
    scene = next((one.scene for one in everybody if one.code == code), None)
    if scene is None:
        known = ", ".join(one.code for one in everybody)
        raise click.BadParameter(f"there is no persona {code!r}; all, {known}")
    return [one for one in everybody if one.scene == scene]


async def run(people: list[Persona], *, as_json: bool) -> int:
    """Play people's stories side by side on a server of their own; return the exit code."""
    began, say = time.perf_counter(), partial(_say, as_json=as_json)
    traffic, problem = Traffic(), None
    ended: list[Ended] = []
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as folder:
        server = OwnServer(Path(folder), serves=("serve",))
        try:
            await _furnish(server)
            async with server:
                ended = await play_all(_stage(server, traffic), people, tell=say)
                problem = await _unsettled(server)
        except NotReady as failure:
            problem = str(failure)
    as_written = sum(one.is_as_written for one in ended)
    is_ok = problem is None and as_written == len(people)
    totals = {
        "ok": is_ok,
        "personas": len(people),
        "as_written": as_written,
        "bytes_up": traffic.up,
        "bytes_down": traffic.down,
        "seconds": round(time.perf_counter() - began, 1),
        **({} if problem is None else {"problem": problem}),
    }
    click.echo(json.dumps(totals, ensure_ascii=False))
    return 0 if is_ok else 1


async def _unsettled(server: OwnServer) -> str | None:
    """Settle with the partners who lent; return what is not the ledger's to the fen."""
    code, printed = await server.command("partners", "settle")
    return None if code == 0 else f"partners settle: {printed}"


async def _furnish(server: OwnServer) -> None:
    """Let the service desk be there before the first borrower comes."""
    configure_logging(as_json=True, level="WARNING")
    async with opened(Settings.from_environ(server.process_environ)):
        await enroll_desk()


def _stage(server: OwnServer, traffic: Traffic) -> Stage:
    def phone(language: str) -> Phone:
        return AppPhone(server.address, language=language, traffic=traffic, pause=asyncio.sleep)

    def desk_phone() -> Phone:
        return Phone(server.address, path=STAFF_PATH, graph="staff", traffic=traffic)

    return Stage(phone=phone, desk_phone=desk_phone, now=partial(datetime.now, UTC))


def _say(one: Ended, *, as_json: bool) -> None:
    if as_json:
        line = {
            "persona": one.persona.code,
            "expected": one.persona.ending,
            "ending": one.ending,
            "ok": one.is_as_written,
            "sees": one.sees,
        }
        click.echo(json.dumps(line, ensure_ascii=False))
        return
    sign = "✓" if one.is_as_written else f"✗ expected {one.persona.ending}:"
    Console(soft_wrap=True).print(
        f"[bold]{one.persona.code:<24}[/] {sign} {one.ending:<16} {one.sees}", highlight=False
    )
