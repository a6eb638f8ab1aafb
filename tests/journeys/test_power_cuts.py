"""
The whole story while the server is killed in the middle of its operations.

Nothing acknowledged is lost or doubled, and nothing personal stands anywhere in clear afterwards.
"""

import asyncio
import os
import random
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.commands import phoning
from app.commands.journeying import LESSONS, PERSONA, Journey
from app.commands.own_server import OwnServer
from app.commands.personas import persona
from app.commands.phoning import OPERATIONS
from app.foundation import outbox
from app.foundation.clock import SystemClock
from app.foundation.database import Database, transaction
from tests.journeys.stored import everything_stored, flip_one_byte, spellings

EVERY = frozenset(path.stem for path in OPERATIONS.rglob("*.graphql"))
MONEY = {
    "sqlite": frozenset(
        {
            "verify_otp",
            "submit_application_quietly",
            "confirm_cost",
            "sign_agreement",
            "quote_payoff",
        }
    ),
    "postgres": frozenset({"enroll_device", "confirm_cost", "sign_agreement", "repay"}),
}
"""Where a half-done or a doubled effect would show first, shared out among the databases."""

DARK = timedelta(seconds=outbox.LEASE_SECONDS)
"""How long the power is away: until what the killed server had taken on may be taken over."""

TRIES_MAX = 240
"""For a minute somebody tries again: a busy machine takes its time to start a server anew."""

MILLISECOND = timedelta(milliseconds=1)
PAYING = {"pay what is due", "early part-repayment", "pay off"}
"""The steps that end with a receipt."""

IS_EVERYWHERE = os.environ.get("QINGMIAO_POWER_CUTS") == "all"


@dataclass(slots=True)
class PowerCuts:
    """Cuts the power a moment after an operation is first sent, and brings it back."""

    server: OwnServer
    wanted: AbstractSet[str]
    chance: random.Random
    cut: set[str] = field(default_factory=set[str])
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    def before_sending(self, operation: str) -> None:
        for task in self.tasks:
            if task.done():
                task.result()  # a server that did not come back ends the story here
        is_dark = any(not task.done() for task in self.tasks)
        if operation in self.wanted - self.cut and not is_dark:
            self.cut.add(operation)
            self.tasks.append(asyncio.create_task(self._cut()))

    async def _cut(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, 0.06))
        self.server.kill()
        await stay_dark(self.server)
        await self.server.start()


async def stay_dark(server: OwnServer) -> None:
    """Put what waits by the clock back in time, instead of waiting for as long."""
    database = Database(url=server.process_environ["DATABASE_URL"], clock=SystemClock())
    await database.open()
    try:
        async with transaction() as tx:
            await tx.run("UPDATE outbox_delivery SET due_at = due_at - ?", [DARK // MILLISECOND])
            await tx.run(
                "UPDATE cost_certificate SET opened_at = ? WHERE opened_at IS NOT NULL",
                [tx.now - DARK],
            )
    finally:
        await database.close()


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
async def test_the_story_ends_the_same_under_power_cuts(
    server: OwnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phoning, "TRIES_MAX", TRIES_MAX)
    kind = "postgres" if "DATABASE_URL" in server.environ else "sqlite"
    wanted = EVERY if IS_EVERYWHERE else MONEY[kind]
    cuts = PowerCuts(server, wanted, random.Random(1))  # noqa: S311 - the weather
    journey = Journey(server, say=lambda _step: None, before_sending=cuts.before_sending)
    try:
        story = await journey.play()
    finally:  # a server that is just being started would otherwise outlive the test
        await asyncio.gather(*cuts.tasks, return_exceptions=True)
    await asyncio.gather(*cuts.tasks)

    assert len(cuts.cut) >= len(MONEY[kind]) - 1, f"cut only at {sorted(cuts.cut)}"
    loans = (await story.phone.run("loans"))["loans"]
    assert [loan["balance"] for loan in loans] == [0], "one loan, paid off, once"
    repayments = await story.phone.run("repayments", loanId=story.loan_id, first=50)
    paid = [edge["node"] for edge in repayments["repayments"]["edges"]]
    taken = [step.step for step in journey.steps]
    assert len(paid) == sum(name in PAYING for name in taken) >= 3
    assert {one["status"] for one in paid} == {"ALLOCATED"}
    assert set(LESSONS.values()) <= set(taken), "a lesson at each of the five moments"
    assert (taken[0], taken[-1]) == ("sign in", "ledger")
    await check_nothing_is_in_clear(server)
    await check_the_books(server)


async def check_nothing_is_in_clear(server: OwnServer) -> None:
    """Look for every personal value in all that was stored, then change the cipher of it all."""
    everything = await everything_stored(server)
    person = persona(PERSONA)
    written = (person.purpose, "晚还了几天，会影响征信")
    for planted in (person.name, person.phone, person.resident_id, person.bank_card, *written):
        for spelled in spellings(planted):
            assert spelled not in everything, f"{planted!r} is readable as {spelled!r}"
    code, printed = await server.command("keys", "suite", "SM4_GCM")
    assert (code, " 0 broken" in printed) == (0, True), printed
    code, printed = await server.command("privacy", "verify")
    assert (code, " 0 problems" in printed) == (0, True), printed


async def check_the_books(server: OwnServer) -> None:
    """Let the books be proved; in the file, flip one byte and let it be named."""
    code, printed = await server.command("ledger", "verify")
    assert (code, "chain intact" in printed) == (0, True), printed
    assert server.stop() == 0
    if "DATABASE_URL" not in server.environ:
        posting_id = flip_one_byte(server.folder / "qingmiao.sqlite3")
        code, printed = await server.command("ledger", "verify")
        assert code == 1
        assert posting_id in printed
