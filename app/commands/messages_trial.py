"""Messages through carriers that fail: a storm on a clock of its own, and what came of each."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from app.adapters.messages import Messengers
from app.adapters.sms import STORM, CodeChain, Guarded, SmsTwin, Weather
from app.commands.simulation.proving import wrong_message
from app.foundation import outbox
from app.foundation.clock import FixedClock, milliseconds
from app.foundation.database import fetch, transaction
from app.foundation.outbox import Subscription
from app.gateway.routes import MESSAGES_PATH
from app.identity import operations as identity
from app.identity.events import CodeIssued
from app.identity.rules import RequestCode, SignedIn, VerifyCode
from app.main import app_over, outside_of
from app.messaging import operations as messaging
from app.messaging.ports import Channel, Providers
from app.messaging.rules import Kind
from app.settings import Settings

ADDRESS = "http://messages.test"
STEP = timedelta(minutes=2)
LONGEST = timedelta(days=4)
WAVES = timedelta(hours=2)
OUTAGE_FROM, OUTAGE_TO = timedelta(minutes=20), timedelta(minutes=80)
"""The first carrier is down for an hour on top of the storm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """What came of every message; a trial is passed where nothing is wrong."""

    messages: int
    states: Counter[str]
    taken: int
    calls: int
    receipts_left: int
    wrong: tuple[str, ...]


class _Storm(SmsTwin):
    """A carrier in bad weather that counts what it did to its callers."""

    def __init__(self, path: Path, **options: Any) -> None:  # noqa: ANN401 - the twin's own
        super().__init__(path, **options)
        self.calls = 0

    async def send(self, message: Any) -> Any:  # noqa: ANN401 - the twin's own
        """Count, and go on."""
        self.calls += 1
        return await super().send(message)


async def run_trial(
    settings: Settings,
    clock: FixedClock,
    *,
    messages: int,
    borrowers: int = 4,
    seed: int = 1,
    weather: Weather = STORM,
) -> TrialReport:
    """
    Send messages to some borrowers through two carriers in a storm, and look at each afterwards.

    The database is open. Time is the clock's, which is moved on until nothing waits; receipts go
    over HTTP to the app's own address for them, signed. The law that is checked: over both carriers
    together a message is taken at most once, whatever was refused, lost, repeated or late; one that
    is called delivered arrived once, and every other one says why not.
    """
    twins = [
        _Storm(
            settings.data_folder / f"{name}.sqlite3",
            clock=clock,
            name=name,
            seed=seed + number,
            weather=weather,
            callback_url=ADDRESS + MESSAGES_PATH,
            secret=settings.messages_secret,
        )
        for number, name in enumerate(("storm-1", "storm-2"))
    ]
    guarded = tuple(Guarded(twin, now=lambda: milliseconds(clock.now())) for twin in twins)
    providers: Providers = {Channel.SMS: guarded}
    outbox.subscribe(
        [
            Subscription(
                fact_type=messaging.MessageQueued,
                consumer="messaging.deliver_sms",
                outside=partial(messaging.deliver, providers=providers),
            ),
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=twins[1]),
            ),
        ]
    )
    people = [await _join(clock, twins[1], number) for number in range(borrowers)]
    joined = {one for twin in twins for one in await twin.taken_ids()}
    told = _Waves(people, messages, began=clock.now())
    await _weather_it(settings, clock, twins, providers, told)
    return await _report(twins, joined)


@dataclass
class _Waves:
    """Messages that come over two hours, so that some meet the outage and some its end."""

    people: list[str]
    messages: int
    began: datetime
    told: int = 0

    @property
    def is_over(self) -> bool:
        """Whether everybody was told everything."""
        return self.told >= self.messages

    async def tell_due(self, now: datetime) -> None:
        """Tell as many as are due by now."""
        share = min(1.0, (now - self.began) / WAVES + 0.05)
        while self.told < int(share * self.messages + 0.5):
            borrower_id = self.people[self.told % len(self.people)]
            async with transaction() as tx:
                _ = await messaging.notify(
                    tx,
                    messaging.Notify(
                        borrower_id=borrower_id,
                        kind=Kind.LOAN_DISBURSED,
                        data={"loan_id": "ln00000abcdefghi", "amount_fen": 600_000 + self.told},
                        dedupe_key=f"trial-{self.told}",
                    ),
                )
            self.told += 1


async def _weather_it(
    settings: Settings,
    clock: FixedClock,
    twins: list[_Storm],
    providers: Providers,
    told: _Waves,
) -> None:
    """Move time on until nothing waits any more."""
    outside = outside_of(settings, clock)
    messengers = Messengers(
        inbox=twins[0], codes=CodeChain(providers[Channel.SMS]), providers=providers, twins=()
    )
    app = app_over(settings, replace(outside, messengers=messengers))
    began = clock.now()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        while clock.now() - began < LONGEST:
            passed = clock.now() - began
            twins[0].is_down = OUTAGE_FROM <= passed < OUTAGE_TO
            await told.tell_due(clock.now())
            _ = await outbox.drain()
            _ = await messaging.tend(providers)
            for twin in twins:
                _ = await twin.send_due(client)
            left = await fetch("SELECT min(look_at) AS due FROM message_delivery")
            if told.is_over and left[0]["due"] is None:
                return
            clock.advance(STEP if passed < timedelta(hours=3) else 10 * STEP)
            await asyncio.sleep(0)


async def _report(twins: list[_Storm], joined: set[str]) -> TrialReport:
    rows = await fetch("SELECT id, state, reason FROM message_delivery ORDER BY id")
    taken: Counter[str] = Counter()
    arrived: Counter[str] = Counter()
    for twin in twins:
        for request in await twin.taken_ids():
            if request not in joined:
                taken[request.rpartition(".")[0]] += 1
        for one in await twin.everything():
            if one.message_id not in joined:
                arrived[one.message_id.rpartition(".")[0]] += 1
    wrong: list[str] = []
    for row in rows:
        wrong += wrong_message(row, taken[row["id"]], arrived[row["id"]])
    return TrialReport(
        messages=len(rows),
        states=Counter(f"{row['state']} {row['reason'] or ''}".strip() for row in rows),
        taken=sum(taken.values()),
        calls=sum(twin.calls for twin in twins),
        receipts_left=sum([await twin.receipts_left() for twin in twins]),
        wrong=tuple(wrong),
    )


async def _join(clock: FixedClock, carrier: SmsTwin, number: int) -> str:
    """Sign somebody in by a code, in fair weather."""
    phone = f"+8619900{number:06}"
    storm, carrier.weather = carrier.weather, Weather()
    asked = await identity.request_code(RequestCode(phone=phone, idempotency_key=f"ask-{number}"))
    _ = await outbox.drain()
    carrier.weather = storm
    words = (await carrier.inbox(phone))[0].text
    signed_in = await identity.verify_code(
        VerifyCode(
            challenge_id=asked.challenge_id,
            code=words.rsplit("#", 1)[1],
            idempotency_key=f"verify-{number}",
        )
    )
    assert isinstance(signed_in, SignedIn), "the code was right"
    clock.advance(timedelta(seconds=1))
    return signed_in.borrower_id
