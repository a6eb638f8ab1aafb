"""The world of a simulation: its clock, its people, its carriers in bad weather, what happened."""

import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import httpx

from app.adapters.messages import Messengers
from app.adapters.rail import RailTwin
from app.adapters.sms import STORM, CodeChain, Guarded, SmsTwin
from app.foundation import outbox
from app.foundation.caller import StaffCaller
from app.foundation.clock import SHANGHAI, FixedClock, local_date, milliseconds
from app.foundation.database import fetch
from app.foundation.errors import Refusal
from app.foundation.log import place_of
from app.foundation.sealing import install_vault
from app.foundation.working_days import (
    ChineseWorkingDays,
    Holiday,
    PublishedYear,
    install_working_days,
)
from app.gateway.routes import CALLBACK_PATH, MESSAGES_PATH
from app.main import Outside, app_over, connected, opened, outside_of, vault_of
from app.messaging.ports import Channel
from app.servicing.rules import LoanRef
from app.settings import Settings, SettingsRefused

T = TypeVar("T")

BEGINS_ON = date(2026, 12, 1)
"""By then every policy of the fixtures is in force."""
INVENTED_YEAR = PublishedYear(
    year=2027,
    source="invented for the simulation: the State Council has not published it",
    holidays=(
        Holiday(name="元旦", begins=date(2027, 1, 1), ends=date(2027, 1, 3)),
        Holiday(name="春节", begins=date(2027, 2, 5), ends=date(2027, 2, 11)),
        Holiday(name="清明节", begins=date(2027, 4, 3), ends=date(2027, 4, 5)),
        Holiday(name="劳动节", begins=date(2027, 5, 1), ends=date(2027, 5, 5)),
        Holiday(name="国庆节", begins=date(2027, 10, 1), ends=date(2027, 10, 7)),
    ),
)
FAULTS_KEPT = 20


class Temper(StrEnum):
    """How somebody pays."""

    PUNCTUAL = "PUNCTUAL"
    EARLY = "EARLY"
    FORGETFUL = "FORGETFUL"
    """Some days late, most months."""
    IN_PARTS = "IN_PARTS"
    STRUGGLING = "STRUGGLING"
    """Asks for relief, before or after the day."""
    GONE = "GONE"
    """Stops paying at all."""


TEMPERS = {
    Temper.PUNCTUAL: 58,
    Temper.EARLY: 14,
    Temper.FORGETFUL: 13,
    Temper.IN_PARTS: 6,
    Temper.STRUGGLING: 6,
    Temper.GONE: 3,
}
"""Of a hundred people."""


@dataclass(slots=True, kw_only=True)
class Person:
    """A borrower of the simulation, with what drives them."""

    borrower_id: str
    phone: str = field(repr=False)
    county: str
    temper: Temper
    learns: bool
    loans: list[LoanRef] = field(default_factory=list[LoanRef])
    contested: int = 0


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that a day of the simulation needs."""

    settings: Settings = field(repr=False)
    clock: FixedClock
    outside: Outside
    rail: RailTwin
    carriers: tuple[SmsTwin, ...]
    client: httpx.AsyncClient
    chance: random.Random
    people: list[Person] = field(default_factory=list[Person], repr=False)
    by_id: dict[str, Person] = field(default_factory=dict[str, Person], repr=False)
    staff: dict[str, StaffCaller] = field(default_factory=dict[str, StaffCaller])
    done: Counter[str] = field(default_factory=Counter[str])
    """What people did, by what it was; refusals by their code."""
    faults: list[str] = field(default_factory=list[str])
    """What ended in anything but an answer or a refusal; there should be none."""
    agenda: defaultdict[date, list["Intention"]] = field(
        default_factory=lambda: defaultdict(list), repr=False
    )
    later: list[Person] = field(default_factory=list[Person], repr=False)
    """Who borrows while the days go by."""
    owed: defaultdict[str, float] = field(default_factory=lambda: defaultdict(lambda: 1.0))
    """What happens seldom, as far as it has not happened yet; each thing happens once at first."""
    keys: int = 0

    @property
    def today(self) -> date:
        """The calendar day in China."""
        return local_date(self.clock.now())

    def at(self, hour: int, minute: int = 0) -> datetime:
        """Return a time of the clock's day."""
        day = self.today
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until a moment, unless it is past."""
        if moment > self.clock.now():
            self.clock.advance(moment - self.clock.now())

    def times(self, what: str, rate: float) -> int:
        """Return how often something happens now that happens so often on average."""
        self.owed[what] += rate
        whole = int(self.owed[what])
        self.owed[what] -= whole
        return whole

    def key(self, what: str) -> str:
        """Return an idempotency key of its own."""
        self.keys += 1
        return f"sim-{what}-{self.keys}"

    async def doing(self, what: str, act: Awaitable[T]) -> T | None:
        """Do something; count it, or why it was refused, or keep what went wrong with it."""
        try:
            done = await act
        except Refusal as refusal:
            self.done[f"{what}: {refusal.code}"] += 1
            return None
        except Exception as failure:  # noqa: BLE001 - a fault of the product is a finding
            self.done[f"{what}: FAULT"] += 1
            if len(self.faults) < FAULTS_KEPT:
                self.faults.append(
                    f"{what} on {self.today}: {type(failure).__name__} {failure}"
                    f" at {place_of(failure)}"
                )
            return None
        self.done[what] += 1
        return done


@dataclass(frozen=True, slots=True)
class Intention:
    """What somebody means to do on a day, from an hour on."""

    hour: int
    what: str
    person: Person
    loan: LoanRef | None = None
    share: int = 100
    """Of what is asked, in percent."""


@asynccontextmanager
async def world_in(folder: Path, *, url: str | None, seed: int) -> AsyncIterator[World]:
    """
    Open a new world in a folder: its database, its twins, its own calendar and clock.

    Raises:
        SettingsRefused: Somebody lives in the database already.
    """
    environ = {"DATA_FOLDER": str(folder), "LOG_JSON": "true"}
    settings = Settings.from_environ(environ if url is None else {**environ, "DATABASE_URL": url})
    await _check_nobody_lives_in(settings)
    begins = datetime(BEGINS_ON.year, BEGINS_ON.month, BEGINS_ON.day, 0, 10, tzinfo=SHANGHAI)
    clock = FixedClock(begins.astimezone(UTC))
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    install_working_days(ChineseWorkingDays([INVENTED_YEAR]))
    vault = vault_of(settings)
    install_vault(vault)
    carriers = tuple(_carrier(settings, clock, number, seed) for number in (1, 2))
    rail = RailTwin(
        settings.data_folder / "twin-rail.sqlite3",
        callback_url=settings.address + CALLBACK_PATH,
        secret=settings.rail_secret,
        clock=clock,
        seed=seed,
    )
    outside = _outside(settings, clock, carriers, rail)
    try:
        async with opened(settings, clock=clock, outside=outside, vault=vault) as database:
            database.entropy = random.Random(seed).randbytes  # noqa: S311 - ids of a made-up world
            transport = httpx.ASGITransport(app_over(settings, outside))
            async with httpx.AsyncClient(transport=transport, base_url=settings.address) as client:
                yield World(
                    settings=settings,
                    clock=clock,
                    outside=outside,
                    rail=rail,
                    carriers=carriers,
                    client=client,
                    chance=chance,
                )
    finally:
        outbox.subscribe([])
        install_working_days(None)


async def _check_nobody_lives_in(settings: Settings) -> None:
    """Touch no database but an empty one: real people must never meet what is made up."""
    async with connected(settings) as database:
        tables = (
            "SELECT 1 FROM sqlite_master WHERE name = 'borrower'"
            if database.dialect == "sqlite"
            else "SELECT 1 FROM information_schema.tables WHERE table_name = 'borrower'"
        )
        if await fetch(tables) and await fetch("SELECT 1 FROM borrower LIMIT 1"):
            raise SettingsRefused("the database is not empty; a simulation begins in a new one")


def _carrier(settings: Settings, clock: FixedClock, number: int, seed: int) -> SmsTwin:
    return SmsTwin(
        settings.data_folder / f"carrier-{number}.sqlite3",
        clock=clock,
        name=f"storm-{number}",
        seed=seed * 10 + number,
        weather=STORM,
        callback_url=settings.address + MESSAGES_PATH,
        secret=settings.messages_secret,
    )


def _outside(
    settings: Settings, clock: FixedClock, carriers: tuple[SmsTwin, ...], rail: RailTwin
) -> Outside:
    usual = outside_of(settings, clock)
    guarded = tuple(Guarded(one, now=lambda: milliseconds(clock.now())) for one in carriers)
    providers = {**usual.messengers.providers, Channel.SMS: guarded}
    messengers = Messengers(
        inbox=carriers[0], codes=CodeChain(guarded), providers=providers, twins=()
    )
    return replace(usual, rail=rail, messengers=messengers)
