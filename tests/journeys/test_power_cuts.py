"""The server is killed in the middle of every step; nothing acknowledged is lost or done twice."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from app.commands.journeying import Journey
from app.commands.own_server import OwnServer


@dataclass(slots=True)
class PowerCuts:
    """Cuts the power a moment after each operation is first sent, and brings it back."""

    server: OwnServer
    chance: random.Random
    seen: set[str] = field(default_factory=set[str])
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    def before_sending(self, operation: str) -> None:
        if operation in self.seen or any(not task.done() for task in self.tasks):
            return
        self.seen.add(operation)
        self.tasks.append(asyncio.create_task(self._cut()))

    async def _cut(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, 0.06))
        self.server.kill()
        await self.server.start()


@pytest.mark.parametrize("seed", [1])
async def test_the_story_ends_the_same_under_power_cuts(server: OwnServer, seed: int) -> None:
    cuts = PowerCuts(server, random.Random(seed))  # noqa: S311 - the weather
    journey = Journey(server, say=lambda _step: None, before_sending=cuts.before_sending)
    story = await journey.play()
    await asyncio.gather(*cuts.tasks)

    assert len(cuts.seen) > 20, "most operations were cut at least once"
    loans = (await story.phone.run("loans"))["loans"]
    assert [loan["balance"] for loan in loans] == [0], "one loan, paid off, once"
    repayments = await story.phone.run("repayments", loanId=story.loan_id, first=50)
    paid = [edge["node"] for edge in repayments["repayments"]["edges"]]
    assert len(paid) == 3
    assert {one["status"] for one in paid} == {"ALLOCATED"}
    code, printed = await server.command("ledger", "verify")
    assert code == 0, printed
