"""Random documents run by their plans and by graphql-core: every feature, and our own graphs."""

import asyncio
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from graphql import GraphQLSchema, print_ast

from app.commands.demonstration import RUNNING_LOAN
from app.commands.personas import desk, persona
from app.commands.seeding import seed as seed_demo
from app.foundation import database
from app.foundation.caller import Anonymous, BorrowerCaller, Caller, Trust
from app.foundation.database import fetch
from app.foundation.graphql import Context
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.main import connected
from app.settings import Settings
from tests.gateway.plan.asking import Asking
from tests.gateway.plan.comparing import both
from tests.gateway.plan.village import SCHEMA, World
from tests.long.people import say

SIZE = 100_000
OURS_OF = 10
"""One document in so many is asked of our own graphs, over a seeded database."""
TOLD_EVERY = 2_000
COUNTED = frozenset({"myData", "staffPasskeyChallenge", "nonce"})
"""What is counted, or made by chance: the second is not what the first was."""
VILLAGE, BORROWER, STAFF = (
    one._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    for one in (SCHEMA, BORROWER_SCHEMA, STAFF_SCHEMA)
)


@dataclass
class _Told:
    documents: int = 0
    with_errors: int = 0
    of_ours: int = 0
    different: list[str] = field(default_factory=list[str])


async def run(url: str, folder: Path, size: int) -> int:
    """
    Ask so many documents both ways; return 1 if an answer, an error or a resolver differs.

    QINGMIAO_FIRST is the first's number, so that several processes may share them out.
    """
    warnings.simplefilter("ignore", RuntimeWarning)  # canceled before it began, never awaited
    begun, told = monotonic(), _Told()
    settings = Settings.from_environ({"DATABASE_URL": url, "DATA_FOLDER": str(folder)})
    await seed_demo(settings, running_loan=persona(RUNNING_LOAN), staff=desk())
    async with connected(settings):
        callers, ids = await _callers(), await _ids()
        first = int(os.environ.get("QINGMIAO_FIRST", "0"))
        for number in range(first, first + size):
            if number % OURS_OF:
                await _village(number, told)
            else:
                await _ours(number, callers, ids, told)
            if told.documents % TOLD_EVERY == 0:
                say(_line(told, monotonic() - begun))
    say(_line(told, monotonic() - begun))
    say("\n".join(told.different))
    return 1 if told.different else 0


def _line(told: _Told, seconds: float) -> str:
    return (
        f"{told.documents:,} documents ({told.of_ours:,} of our own graphs), {told.with_errors:,}"
        f" with errors, {len(told.different)} different, {seconds:,.0f} s"
    )


async def _village(number: int, told: _Told) -> None:
    draw = Random(number)  # noqa: S311 - a seed decides
    failing = draw.choice([0, 0, 0.02, 0.1, 0.3])

    def context() -> tuple[World, list[str]]:
        made = World(number, failing)
        return made, made.log

    asking = {"is_mutation": number % 4 == 0, "depth": draw.randint(2, 4)}
    await _compare(VILLAGE, number, asking, context, told)


async def _ours(number: int, callers: list[Caller], ids: dict[str, list[str]], told: _Told) -> None:
    draw = Random(number)  # noqa: S311 - a seed decides
    caller = draw.choice(callers)
    is_known = isinstance(caller, BorrowerCaller) and caller.trust.reaches(Trust.KNOWN)
    schema = BORROWER if draw.random() < 0.8 or is_known else STAFF
    now, today = database.current().clock.now(), await database.business_date()
    told.of_ours += 1

    def context() -> tuple[Context, list[str]]:
        return Context(caller=caller, language="zh-Hans", now=now, today=today), []

    def scalar(draw: Random, name: str) -> Any:  # noqa: ANN401 - of any scalar
        match name:
            case "ID" | "String":
                every = [one for kind in ids.values() for one in kind]
                return draw.choice([*every, "610629", "none", "2026-11-21"])
            case "Int" | "Fen":
                return draw.choice([0, 3, 20, 10_000, -1])
            case "Boolean":
                return draw.random() < 0.5
            case "Date":
                return "2026-11-21"
            case _:
                return "0.144"

    # Commands of somebody who is known would change what the second run sees.
    asking = {
        "is_mutation": not is_known and draw.random() < 0.3,
        "literals": scalar,
        "allowed": _is_alike,
        "depth": draw.randint(2, 4),
    }
    await _compare(schema, number, asking, context, told)


def _is_alike(_type: str, name: str) -> bool:
    """Tell whether a field answers twice alike: none that counts or draws."""
    return name not in COUNTED


async def _compare(
    schema: GraphQLSchema,
    number: int,
    about: dict[str, Any],
    context: Callable[[], tuple[Any, list[str]]],
    told: _Told,
) -> None:
    asking, document = Asking.valid(schema, number, **about)
    expected, seen = await both(schema, document, asking.variables, context)
    told.documents += 1
    told.with_errors += bool(expected.errors)
    if seen != expected:
        told.different.append(
            f"seed {number}\n{print_ast(document)}\n{asking.variables}\n"
            f"graphql-core {expected}\nplan {seen}"
        )
    await asyncio.sleep(0)


async def _callers() -> list[Caller]:
    rows = await fetch("SELECT id FROM borrower LIMIT 1")
    borrower_id = rows[0]["id"]
    known = [
        BorrowerCaller(borrower_id=borrower_id, session_id="ss00000000000000", trust=trust)
        for trust in Trust
    ]
    return [Anonymous(), *known, known[-1], known[-1], known[-1]]


async def _ids() -> dict[str, list[str]]:
    tables = (
        "servicing_loan",
        "loan_application",
        "repayment",
        "notification",
        "mandate",
        "ticket",
    )
    return {
        table: [row["id"] for row in await fetch(f"SELECT id FROM {table} LIMIT 5")]
        for table in tables
    }
