"""`bench writes`: what a repayment takes until it is durable."""

import asyncio
import json

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.bars import bar
from app.commands.benches.empty import DATABASE
from app.commands.benches.measuring import ROUNDS_MIN
from app.commands.benches.profiling import show_shares
from app.commands.benches.writes import (
    P99_MS_MOST,
    RATIO_LEAST,
    Pace,
    Result,
    measured,
    watched,
)
from app.foundation.log import configure_logging

WIDTH = 110


def _counts(_context: click.Context, _parameter: click.Parameter, given: str) -> list[int]:
    parts = given.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= 1_000 for part in parts):  # noqa: PLR2004 - enough
        raise click.BadParameter("numbers from 1 to 1000, such as 1,32")
    return [int(part) for part in parts]


@click.command("writes")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--clients", default="1,32", show_default=True, callback=_counts, help="How many at once."
)
@click.option("--rounds", type=click.IntRange(ROUNDS_MIN, 100), default=5, show_default=True)
@click.option(
    "--each",
    type=click.IntRange(2, 1_000),
    default=8,
    show_default=True,
    help="Repayments of a client in a round, all of one loan.",
)
@DATABASE
@click.option("--profile", "profiles", is_flag=True, help="Show whose code takes the time instead.")
def writes(
    *,
    as_json: bool,
    clients: list[int],
    rounds: int,
    each: int,
    url: str | None,
    profiles: bool,
) -> None:
    """
    Compare what repayments take until they are durable with the same rows written by hand.

    By the operations themselves, in this process, without HTTP: each begins (key claimed, rail to
    be asked) and is received (loan worked out anew, ledger posted, facts told). Beside it, in
    turns, the bare driver: on SQLite one writer that commits for all who wait, on PostgreSQL eight
    connections with prepared statements.
    """
    configure_logging(as_json=True, level="ERROR")
    if profiles:
        works = asyncio.run(watched(url=url, clients=max(clients), each=each))
        show_shares(works, as_json=as_json)
        return
    with bar() as on_step:
        result = asyncio.run(
            measured(url=url, clients=clients, rounds=rounds, each=each, on_step=on_step)
        )
    if as_json:
        click.echo(json.dumps(_as_json(result, rounds, each), indent=2))
    else:
        _show(result)


def _as_json(result: Result, rounds: int, each: int) -> dict[str, object]:
    sent = result.statements
    return {
        "rounds": rounds,
        "each": each,
        "goal_ratio": RATIO_LEAST,
        "goal_p99_ms": P99_MS_MOST,
        "writes": [
            {
                "name": one.name,
                "what": one.what,
                "clients": one.clients,
                "ours": _pace(one.ours),
                "floor": _pace(one.floor),
                "ratio": one.ratio.as_json(),
                "is_met": one.is_met,
            }
            for one in result.written
        ],
        "statements": None
        if sent is None
        else {name: [one.sql for one in statements] for name, statements in sent.items()},
    }


def _pace(pace: Pace) -> dict[str, object]:
    return {
        "per_second": pace.per_second.as_json(),
        "cpu_ms": pace.cpu_ms.as_json(),
        "p50_ms": round(pace.p50_ms, 3),
        "p99_ms": round(pace.p99_ms, 3),
    }


def _show(result: Result) -> None:
    table = Table(
        *("repayment", "clients", "tx/s", "p50 ms", "p99 ms", "CPU ms"),
        *("floor tx/s", "CPU ms", "ratio", "goal", ""),
        box=SIMPLE,
    )
    for one in result.written:
        ratio = f"{one.ratio.least:.2f} / {one.ratio.middle:.2f} / {one.ratio.most:.2f}"
        table.add_row(
            one.what,
            str(one.clients),
            f"{one.ours.per_second.middle:,.0f}",
            f"{one.ours.p50_ms:.1f}",
            f"{one.ours.p99_ms:.1f}",
            f"{one.ours.cpu_ms.middle:.2f}",
            f"{one.floor.per_second.middle:,.0f}",
            f"{one.floor.cpu_ms.middle:.2f}",
            ratio,
            f"{RATIO_LEAST:g}, p99 {P99_MS_MOST:g}",
            "met" if one.is_met else "missed",
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
    for name, statements in (result.statements or {}).items():
        click.echo(f"{name}: {len(statements)} statements, BEGIN and COMMIT among them")
