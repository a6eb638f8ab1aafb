"""The journey: a borrower's whole story over real HTTP against a server of one's own."""

import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from app.commands.app_phone import AppPhone
from app.commands.five_moments import Moment, harvest_news, lesson_at, token_copied
from app.commands.own_server import NotReady, OwnServer
from app.commands.personas import StaffPersona, desk, persona
from app.commands.phoning import Phone, PhoneError
from app.commands.story import Story

PERSONA = "tea_grower"
DAYS_BEFORE_DUE = 3
DAYS_LATE = 5
LESSONS = {
    "BEFORE_SIGNING": "lesson before signing",
    "BEFORE_FIRST_DUE": "lesson before due",
    "AFTER_MISSED": "lesson when late",
    "FRAUD_WARNING": "lesson against fraud",
    "BEFORE_HARVEST": "lesson before harvest",
}
"""What the steps of the five moments are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what the person saw, and what it cost on the wire."""

    step: str
    sees: str
    bytes_up: int
    bytes_down: int
    milliseconds: int


@dataclass(slots=True)
class Journey:
    """The story's steps in order, with the service desk and the close of day in between."""

    server: OwnServer
    say: Callable[[Step], None]
    before_sending: Callable[[str], None] = lambda _operation: None
    persona_code: str = PERSONA
    steps: list[Step] = field(default_factory=list[Step])
    today: date = date.min
    """The business date as last moved."""

    async def play(self) -> Story:
        """
        Play the whole story.

        Raises:
            PhoneError: Something was not as it should be.
        """
        phone = AppPhone(self.server.address, before_sending=self.before_sending)
        story = Story(phone=phone, persona=persona(self.persona_code))
        await self._until_money(story)
        await self._until_part_repayment(story)
        await self._until_paid_off(story)
        await self._ask(story)
        return story

    async def _until_money(self, story: Story) -> None:
        await self._take(story.phone, "sign in", story.sign_in())
        await self._take(story.phone, "add this phone", story.add_phone())
        await self._take(story.phone, "sign in by its key", story.sign_in_with_key())
        await self._take(story.phone, "refresh the session", story.refresh())
        await self._take(story.phone, "complete the profile", story.complete_profile())
        await self._take(story.phone, "choose a product", story.choose_product())
        await self._take(story.phone, "apply", story.apply())
        await self._take(story.phone, "decision", story.decision())
        await self._take(story.phone, "told of it", story.inbox("APPLICATION_APPROVED"))
        await self._learn(story, Moment(name="BEFORE_SIGNING"))
        await self._take(story.phone, "choose an offer", story.choose_offer())
        await self._take(story.phone, "cost certificate", story.read_certificate())
        await self._take(story.phone, "sign", story.sign())
        await self._take(story.phone, "money arrives", story.money())
        await self._take(story.phone, "installment plan", story.plan())

    async def _until_part_repayment(self, story: Story) -> None:
        """Be told before the first due date and be late all the same; both bring a lesson."""
        due_on = (await _waiting(story)).due_on
        near, late = due_on - timedelta(days=DAYS_BEFORE_DUE), due_on + timedelta(days=DAYS_LATE)
        await self._take(story.phone, "days pass", self._let_days_pass(near))
        await self._learn(story, Moment(name="BEFORE_FIRST_DUE", since=near, until=near))
        await self._take(story.phone, "days pass", self._miss_installment(story, late))
        await self._take(story.phone, "overdue notice", story.inbox("OVERDUE"))
        missed_on = due_on + timedelta(days=1)
        await self._learn(story, Moment(name="AFTER_MISSED", since=missed_on, until=late))
        await self._take(story.phone, "what could be arranged", story.look_for_relief())
        await self._take(story.phone, "pay what is due", story.pay_what_is_due())
        await self._take(story.phone, "early part-repayment", story.pay_part())

    async def _until_paid_off(self, story: Story) -> None:
        """See somebody try a copied token, wait for the harvest, and pay the loan off before it."""
        await self._take(story.phone, "a copied token", token_copied(story))
        await self._learn(story, Moment(name="FRAUD_WARNING"))
        near = harvest_news(story.persona, since=self.today, until=(await _waiting(story)).last_on)
        while (due_on := (await _waiting(story)).due_on) <= near:
            await self._take(story.phone, "days pass", self._let_days_pass(due_on))
            await self._take(story.phone, "pay what is due", story.pay_what_is_due())
        await self._take(story.phone, "days pass", self._let_days_pass(near))
        await self._learn(story, Moment(name="BEFORE_HARVEST", since=near, until=near))
        await self._take(story.phone, "pay off", story.pay_off())
        await self._take(story.phone, "told of it", story.inbox("LOAN_PAID_OFF"))
        await self._take(story.phone, "payoff certificate", story.hold_certificate())

    async def _ask(self, story: Story) -> None:
        await self._take(story.phone, "ask for help", story.ask_for_help())
        await self._take(story.phone, "service desk", self._serve_at_desk(story, desk()[0]))
        await self._take(story.phone, "answer arrives", story.inbox("TICKET_ANSWERED"))
        await self._take(story.phone, "who looked at me", story.who_looked())
        await self._take(story.phone, "ledger", self._verify_ledger())

    async def _take(self, phone: Phone, name: str, telling: Awaitable[str]) -> None:
        before, began = (phone.traffic.up, phone.traffic.down), time.perf_counter()
        sees = await telling
        step = Step(
            step=name,
            sees=sees,
            bytes_up=phone.traffic.up - before[0],
            bytes_down=phone.traffic.down - before[1],
            milliseconds=round((time.perf_counter() - began) * 1000),
        )
        self.steps.append(step)
        self.say(step)

    async def _learn(self, story: Story, moment: Moment) -> None:
        await self._take(story.phone, LESSONS[moment.name], lesson_at(story, moment))

    async def _let_days_pass(self, to: date) -> str:
        code, printed = await self.server.command("close-day", "--to", to.isoformat())
        if code != 0:
            raise PhoneError(f"close-day: {printed}")
        self.today = to
        return f"日子到了 {to.isoformat()}"

    async def _miss_installment(self, story: Story, to: date) -> str:
        waiting = await _waiting(story)
        passed = await self._let_days_pass(to)
        return f"{passed}，第 {waiting.number} 期晚了 {(to - waiting.due_on).days} 天"

    async def _serve_at_desk(self, story: Story, agent: StaffPersona) -> str:
        desk_phone = Phone(
            story.phone.address,
            path="/staff/graphql",
            graph="staff",
            traffic=story.phone.traffic,
            before_sending=self.before_sending,
        )
        entered = await desk_phone.do("staff_sign_in", **agent.proofs(datetime.now(UTC)))
        desk_phone.token = entered["accessToken"]
        found = await desk_phone.run("find_by_phone", phone=story.persona.phone)
        card = found["findBorrowers"][0]
        by_tail = await desk_phone.run("find_by_last_four", lastFour=story.persona.phone[-4:])
        if card["id"] not in {one["id"] for one in by_tail["findBorrowers"]}:
            raise PhoneError("the last four digits do not find the borrower")
        seen = (await desk_phone.run("borrower_view", borrowerId=card["id"]))["borrowerView"]
        if story.persona.name in str(seen) or story.persona.phone in str(seen):
            raise PhoneError("the service desk sees what it must not")
        await desk_phone.do(
            "answer_ticket",
            ticketId=story.ticket_id,
            text="您好，到期后三天内还上，不收罚息；您这次晚了五天，现在已经全部还清了，不用担心。",
        )
        return f"坐席看到的是 {seen['name']} {seen['phone']}，已回复"

    async def _verify_ledger(self) -> str:
        code, printed = await self.server.command("ledger", "verify")
        if code != 0:
            raise PhoneError(f"ledger verify: {printed}")
        return printed.strip().splitlines()[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """The installment that is to be paid next, and when the loan's last one is due."""

    number: int
    due_on: date
    last_on: date


async def _waiting(story: Story) -> _Waiting:
    rows = (await story.loan())["installments"]
    waiting = next(row for row in rows if row["left"] > 0)
    return _Waiting(
        number=waiting["number"],
        due_on=date.fromisoformat(waiting["dueOn"]),
        last_on=date.fromisoformat(rows[-1]["dueOn"]),
    )


async def run(*, as_json: bool) -> int:
    """Play the journey on a server of its own; return the exit code."""
    console = Console(soft_wrap=True)

    def say(step: Step) -> None:
        if as_json:
            print(json.dumps(asdict(step), ensure_ascii=False), flush=True)  # noqa: T201
        else:
            console.print(
                f"[bold]{step.step:<22}[/] ↑{step.bytes_up:>6} ↓{step.bytes_down:>6} B"
                f" {step.milliseconds:>6} ms  {step.sees}",
                highlight=False,
            )

    with tempfile.TemporaryDirectory(prefix="qingmiao-") as folder:
        server = OwnServer(Path(folder))
        journey = Journey(server, say)
        began = time.perf_counter()
        problem: str | None = None
        try:
            async with server:
                await journey.play()
        except (PhoneError, NotReady, httpx.HTTPError) as failure:
            problem = str(failure)
        return _conclude(journey, problem, round(time.perf_counter() - began, 1), as_json=as_json)


def _conclude(journey: Journey, problem: str | None, seconds: float, *, as_json: bool) -> int:
    totals: dict[str, Any] = {
        "ok": problem is None,
        "steps": len(journey.steps),
        "bytes_up": sum(step.bytes_up for step in journey.steps),
        "bytes_down": sum(step.bytes_down for step in journey.steps),
        "seconds": seconds,
    }
    if problem is not None:
        totals["problem"] = problem
    if as_json:
        print(json.dumps(totals, ensure_ascii=False), flush=True)  # noqa: T201
    else:
        Console(soft_wrap=True).print(totals, highlight=False)
    return 0 if problem is None else 1
