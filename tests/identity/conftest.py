"""A phone that gets codes, and people who sign in with it by identity's own operations."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest

from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.foundation.outbox import Fact, Subscription
from app.identity import operations, rules
from app.identity.events import (
    BorrowerJoined,
    CodeIssued,
    DeviceEnded,
    DeviceEnrolled,
    ProfileCompleted,
    SessionFamilyRevoked,
)
from app.identity.ports import CarrierUnavailable

MEI = "13800138000"
MEI_E164 = "+8613800138000"
LAN = "19900000003"
PROFILE = rules.CompleteProfile(
    borrower_id="",
    name="石宝塬",
    resident_id="612629198003120014",
    region_code="610629",
    income_fen=450_000,
    purpose="买肥料和果袋",
    bank_card="6200000000000013",
    address="洛川县凤栖街道果园村三组",
    phone_tenure_months=84,
    idempotency_key="profile",
)
"""The orchard farmer of fixtures/personas: synthetic, with valid check digits."""


@dataclass(slots=True)
class Phones:
    """Every phone in the country, as its owner sees it."""

    texts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    is_down: bool = False
    _taken: set[str] = field(default_factory=set[str])

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        if self.is_down:
            raise CarrierUnavailable
        if message_id not in self._taken:
            self._taken.add(message_id)
            self.texts.append((phone, text))

    def code(self) -> str:
        """Read the code in the newest message."""
        found = re.search(r"#([0-9]{6}|[0-9]{8})$", self.texts[-1][1])
        assert found is not None
        return found[1]


@dataclass(slots=True)
class Heard:
    """Facts that were announced and delivered."""

    facts: list[Fact] = field(default_factory=list[Fact])

    async def hear(self, _tx: object, fact: Fact) -> None:
        self.facts.append(fact)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def phones(database: Database, heard: Heard) -> Phones:
    """Deliver codes to phones, and let the test hear what else is announced."""
    assert database is not None
    carried = Phones()
    overheard = (
        BorrowerJoined,
        ProfileCompleted,
        SessionFamilyRevoked,
        DeviceEnrolled,
        DeviceEnded,
    )
    outbox.subscribe(
        [
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(operations.deliver_code, sender=carried),
            ),
            *(
                Subscription(fact_type=one, consumer=f"test.{one.__name__}", local=heard.hear)
                for one in overheard
            ),
        ]
    )
    return carried


@dataclass(slots=True)
class Person:
    """Somebody at a phone: asks for codes and types them in."""

    phones: Phones
    clock: FixedClock
    _asked: int = 0

    def key(self) -> str:
        """Return an idempotency key never used before."""
        self._asked += 1
        return f"key-{self._asked}"

    async def ask(self, phone: str = MEI, **more: str) -> rules.CodeRequested:
        """Ask for a code and wait for the message."""
        command = rules.RequestCode(phone=phone, idempotency_key=self.key())
        asked = await operations.request_code(replace(command, **more))
        await outbox.drain()
        return asked

    async def type_code(self, challenge_id: str, code: str, **more: str) -> object:
        """Type a code in."""
        command = rules.VerifyCode(challenge_id=challenge_id, code=code, idempotency_key=self.key())
        return await operations.verify_code(replace(command, **more))

    async def sign_in(self, phone: str = MEI, **more: str) -> rules.SignedIn:
        """Ask for a code and type it in."""
        asked = await self.ask(phone)
        signed_in = await self.type_code(asked.challenge_id, self.phones.code(), **more)
        assert isinstance(signed_in, rules.SignedIn)
        await outbox.drain()
        return signed_in

    async def sign_in_later(self) -> rules.SignedIn:
        """Sign in once more on another phone, late enough for every limit on codes."""
        self.clock.advance(timedelta(hours=4))
        return await self.sign_in()

    async def complete(self, borrower_id: str, **changes: object) -> None:
        """Complete a profile: the orchard farmer's, but for what the test changes."""
        command = replace(PROFILE, borrower_id=borrower_id, idempotency_key=self.key())
        await operations.complete_profile(replace(command, **changes))
        await outbox.drain()


@pytest.fixture
def person(phones: Phones, clock: FixedClock) -> Person:
    return Person(phones, clock)


Enroll = Callable[..., Awaitable[rules.Enrolled]]
PASSWORD = "correct horse battery"


@pytest.fixture
def enroll(database: Database) -> Enroll:
    """Give somebody a place at the service desk."""
    assert database is not None

    async def enroll_now(
        name: str = "zhou", role: StaffRole = StaffRole.AGENT, **more: str
    ) -> rules.Enrolled:
        command = rules.EnrollStaff(name=name, password=PASSWORD, role=role)
        return await operations.enroll_staff(replace(command, **more))

    return enroll_now
