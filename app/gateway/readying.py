"""
Our own documents made ready right after the start, so that nobody waits for their first use.

All of both graphs take about a second of a core, so they are made ready one at a time between the
first requests; whatever is asked for sooner is made ready when it is asked for.
"""

import asyncio
from collections.abc import Iterable

from graphql import OperationType

from app.gateway.beside import Work
from app.gateway.compiled import Compiled
from app.gateway.documents import Prepared
from app.gateway.running import Runner


def readying(runners: Iterable[Runner]) -> Work:
    """Return the work of parsing, validating and planning the documents of these graphs once."""

    async def work(stop: asyncio.Event) -> None:
        for runner in runners:
            for prepared in runner.trusted.prepare_all() if runner.trusted else ():
                _plan(runner, prepared)
                await asyncio.sleep(0)
                if stop.is_set():
                    return
        await stop.wait()

    return work


def _plan(runner: Runner, prepared: Prepared) -> None:
    """Write a document's plan, as for whoever leaves nothing out."""
    operation = None if prepared.errors else prepared.operation(None)
    if operation is None or operation.operation is OperationType.SUBSCRIPTION:
        return
    if isinstance(runner.execute, Compiled):
        plan = runner.execute.plan(prepared, operation)
        if plan is not None:
            plan.planned(dict.fromkeys(plan.conditions, True))
