"""
Connections that break at any byte, and a phone that sends the same again until it is answered.

Each question is cut twice: first where the case says, then anywhere. What the server does with the
work that a broken connection had asked for differs from cut to cut (`Fate`).
"""

import asyncio
import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from app.commands.agreeing import agreements
from app.commands.benches.asking import Asking, Commands, NotYet, Pushing, Way
from app.commands.benches.frames import SETTLES_SECONDS, handset_of
from app.commands.benches.http2.inside import Cut, Direction, Fate, InProcess
from app.commands.benches.http2.speaking import Counts, Line, LineCut
from app.commands.benches.scene import Scene
from app.commands.phoning import PhoneError
from app.foundation.database import fetch
from app.ledger import queries as ledger
from app.payments.rules import RailOrderKind

TRIES_MAX = 50
TURN_SECONDS = 0.1
SETTLES_MAX = 10
REPAY = "repay"
STEPS_MAX = 120
"""A repayment takes about so many steps of the event loop, database included."""
REPAID_FEN = 100
REPAID_SPREAD = 1_000
"""Amounts from 1.00 to 10.99 yuan: whatever is doubled or lost has an amount of its own."""


@dataclass(slots=True)
class BadLine:
    """A phone whose every question is cut twice before it gets through."""

    scene: Scene
    way: Way
    chance: random.Random
    planned: list[Cut] = field(default_factory=list[Cut])
    lines: list[InProcess] = field(default_factory=list[InProcess])
    cuts: int = 0
    """How many connections broke before the whole answer was there."""
    sizes: dict[str, Counts] = field(default_factory=dict[str, Counts])
    """Bytes up and down of each operation on a line of its own, as far as one got through."""
    asking: Asking = field(init=False)
    _keys: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        """Take the borrower's phone."""
        self.asking = Asking(self.way, handset_of(self.scene, "cuts"), self._open)

    async def renew(self) -> None:
        """Sign in anew: so much time passes for due work that tokens run out."""
        await self.scene.enter()
        self.asking.handset = handset_of(self.scene, "cuts")

    async def _open(self) -> Line:
        self.lines.append(
            InProcess(self.scene.app, cut=self.planned.pop(0) if self.planned else None)
        )
        return self.lines[-1]

    async def do(self, commands: Commands, cut: Cut | None) -> Sequence[dict[str, Any]]:
        """Send mutations, each under its key or number, until they are answered; cut at first."""
        name = name_of(commands)
        self.planned = [] if cut is None else [cut, self.anywhere(name)]
        answers = await self._answered([(one, self._keyed(given)) for one, given in commands])
        if cut is None:
            self.sizes[name] = self.lines[-1].counts
        for line in self.lines:
            await line.close()
        self.lines.clear()
        return answers

    def _keyed(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give a command a key of its own; what is pushed has its number."""
        if isinstance(self.way, Pushing):
            return given
        return {"idempotencyKey": f"{type(self.way).__name__}-{next(self._keys)}", **given}

    async def _answered(self, keyed: Commands) -> Sequence[dict[str, Any]]:
        for _ in range(TRIES_MAX):
            self.asking.line = None
            try:
                return await self.asking.do_all(keyed)
            except LineCut:
                self.cuts += 1
            except NotYet:
                await asyncio.sleep(TURN_SECONDS)
        raise AssertionError(f"{name_of(keyed)} is never answered")

    def anywhere(self, name: str) -> Cut:
        """Choose a byte of a question or its answer."""
        size = self.sizes[name]
        place = self.chance.randrange(size.up + size.down + 1)
        return self.at(place, size)

    def at(self, place: int, size: Counts) -> Cut:
        """Cut after so many bytes: up to the last of the question's, then among the answer's."""
        fate = self.chance.choice(list(Fate))
        steps = self.chance.randrange(STEPS_MAX)
        if place <= size.up:
            return Cut(Direction.UP, place, fate, steps)
        return Cut(Direction.DOWN, place - size.up - 1, fate, steps)


@dataclass(slots=True)
class Repayments:
    """Repayments of one loan under cuts, and whether each was taken once."""

    line: BadLine
    sent_fen: list[int] = field(default_factory=list[int])

    @property
    def places(self) -> int:
        """Return at how many bytes a repayment can be cut."""
        size = self.line.sizes[REPAY]
        return size.up + 1 + size.down

    async def first(self) -> None:
        """Repay without a cut, to learn how many bytes it takes of a phone that knows its home."""
        await self._repay(None)
        await self._repay(None)

    async def cut_at(self, place: int) -> None:
        """Repay, cut there at first."""
        await self._repay(self.line.at(place, self.line.sizes[REPAY]))

    async def _repay(self, cut: Cut | None) -> None:
        amount_fen = REPAID_FEN + len(self.sent_fen) % REPAID_SPREAD
        self.sent_fen.append(amount_fen)
        loan_id = self.line.scene.story.loan_id
        (taken,) = await self.line.do([(REPAY, {"loanId": loan_id, "amount": amount_fen})], cut)
        assert taken["repayment"]["amount"] == amount_fen

    async def check(self) -> None:
        """Hold what was taken, asked of the rail, booked and owed to what was sent."""
        scene = self.line.scene
        await self._settle()
        await self.line.renew()
        sent = sorted(self.sent_fen)
        loan = (await scene.story.phone.run("loan", id=scene.story.loan_id))["loan"]
        rows = await fetch("SELECT amount_fen, status, receipt FROM repayment")
        assert sorted(row["amount_fen"] for row in rows) == sent
        assert {row["status"] for row in rows} == {"ALLOCATED"}
        assert sorted(rail_orders(scene, RailOrderKind.COLLECTION)) == sent
        found = await ledger.verify()
        assert not found.problems, found.problems
        paid = sum(row["paid"] for row in loan["installments"]) + loan["unapplied"]
        assert paid == sum(sent)

    async def _settle(self) -> None:
        """Let due work be done, a batch at a time, until nothing is awaited."""
        for _ in range(SETTLES_MAX):
            await self.line.scene.pause(SETTLES_SECONDS)
            if not await fetch("SELECT id FROM repayment WHERE status <> 'ALLOCATED'"):
                return


def name_of(commands: Commands) -> str:
    """Name what is sent at once."""
    return " ".join(operation for operation, _ in commands)


async def paid_so_far() -> list[int]:
    """Return the amounts of all repayments there are."""
    return [row["amount_fen"] for row in await fetch("SELECT amount_fen FROM repayment")]


def rail_orders(scene: Scene, kind: RailOrderKind) -> list[int]:
    """Return the amounts that the rail was asked to move."""
    path: Path = scene.folder / "twin-rail.sqlite3"
    with sqlite3.connect(path) as books:
        return [
            amount_fen
            for (amount_fen,) in books.execute(
                "SELECT amount_fen FROM rail_order WHERE kind = ?", [kind]
            )
        ]


@dataclass(slots=True)
class Applications:
    """Applications from the first step to the decision under cuts, each taken back after."""

    line: BadLine
    product_id: str
    made: int = 0

    @property
    def places(self) -> int:
        """Return at how many bytes the longest step of an application can be cut."""
        steps = [size for name, size in self.line.sizes.items() if name != REPAY]
        return max(size.up + 1 + size.down for size in steps)

    async def first(self) -> None:
        """Apply without a cut, to learn how many bytes each step takes."""
        await self._apply(None)

    async def cut_at(self, place: int) -> None:
        """Apply, each step cut there at first, or at its last byte where it has fewer."""
        await self._apply(place)

    async def _do(
        self, place: int | None, *commands: tuple[str, dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Send some steps: in one round trip if the way of asking can, else one after the other."""
        pushes, answers = isinstance(self.line.way, Pushing), list[dict[str, Any]]()
        for group in [commands] if pushes else [(one,) for one in commands]:
            cut = None
            if place is not None:
                size = self.line.sizes[name_of(group)]
                cut = self.line.at(min(place, size.up + size.down), size)
            answers += await self.line.do(group, cut)
        return answers

    async def _apply(self, place: int | None) -> None:
        story, person = self.line.scene.story, self.line.scene.story.persona
        before = {row["id"] for row in await fetch("SELECT id FROM loan_application")}
        self.made += 1
        own_id = f"ap{type(self.line.way).__name__.lower():0<8}{self.made:06d}"
        application = {"applicationId": own_id}
        amount_fen = person.amount_fen - 100_000 * (self.made % 5)
        begun = {"productId": self.product_id, "regionCode": person.region_code}
        filled_in = {
            "amount": amount_fen,
            "months": person.months,
            "purpose": person.purpose,
            "monthlyIncome": person.income_fen,
            "debtPayments": person.debt_service_fen,
        }
        _, filled = await self._do(
            place,
            ("start_application_quietly", application | begun),
            ("fill_in_application", application | filled_in),
        )
        story.application_id = application["applicationId"]
        agreed = agreements(story.application_id, filled["application"]["consents"])
        await self._do(place, *agreed, ("submit_application_quietly", application))
        await self.line.scene.pause(1)
        await self._check(before, amount_fen=amount_fen, consents=len(agreed))
        await story.phone.do("withdraw_application", **application)

    async def _standing(self) -> dict[str, Any]:
        """Read the application; a run that asks faster than people do waits its turn."""
        for _ in range(TRIES_MAX):
            try:
                return await self.line.scene.story.standing()
            except PhoneError as refused:
                if "no answer after" not in str(refused):
                    raise
                await asyncio.sleep(TURN_SECONDS)
        raise AssertionError("the application is never shown")

    async def _check(self, before: set[str], *, amount_fen: int, consents: int) -> None:
        """Hold what there is now to what was typed: one application, its consents, one decision."""
        application_id = self.line.scene.story.application_id
        rows = await fetch("SELECT id FROM loan_application")
        assert {row["id"] for row in rows} - before == {application_id}
        seen = await self._standing()
        assert seen["amount"] == amount_fen
        assert seen["months"] == self.line.scene.story.persona.months
        assert seen["decision"] is not None
        given = "SELECT id FROM application_consent WHERE application_id = ?"
        assert len(await fetch(given, [application_id])) == consents
        decided = "SELECT id FROM decision WHERE application_id = ?"
        assert len(await fetch(decided, [application_id])) == 1
