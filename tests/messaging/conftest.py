"""A borrower with a phone, a carrier that can fail, and the policies of the day."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.foundation.database import Database
from app.identity import operations as identity
from app.identity.events import CodeIssued
from app.identity.ports import CarrierUnavailable
from app.identity.rules import Language, RequestCode, SignedIn, VerifyCode
from app.literacy.operations import load_course
from app.messaging.ports import (
    Answer,
    Asked,
    Channel,
    OutcomeUnknown,
    Outgoing,
    Providers,
    Report,
)
from tests.published import publish_catalog

MEI_PHONE = "+8613800138000"


@dataclass
class Carrier:
    """Takes messages, each request once; refuses them while it is down, or says nothing."""

    name: str = "carrier"
    absent_after: timedelta = timedelta(seconds=20)
    is_down: bool = False
    is_silent: bool = False
    is_resting: bool = False
    loses_answers: bool = False
    rejects: bool = False
    finds_nobody: bool = False
    tries: int = 0
    asked: int = 0
    taken: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    outgoing: list[Outgoing] = field(default_factory=list[Outgoing])
    arrived: dict[str, Answer] = field(default_factory=dict[str, Answer])

    async def send(self, message: Outgoing) -> Report:
        self.tries += 1
        if self.is_silent:
            raise OutcomeUnknown
        if self.is_down or self.rejects:
            answer = Answer.REJECTED if self.rejects else Answer.REFUSED
            return Report(answer=answer, is_address_gone=self.finds_nobody)
        self.taken.setdefault(message.request_id, (message.to, message.sentence))
        self.outgoing.append(message)
        if self.loses_answers:
            raise OutcomeUnknown
        return Report(answer=Answer.ACCEPTED, provider_ref=f"ref-{message.request_id}")

    async def ask(self, asked: Asked) -> Report:
        self.asked += 1
        if self.is_silent:
            raise OutcomeUnknown
        known = Answer.ACCEPTED if asked.request_id in self.taken else Answer.ABSENT
        return Report(answer=self.arrived.get(asked.request_id, known))

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        if self.is_down:
            raise CarrierUnavailable
        self.taken.setdefault(message_id, (phone, text))

    @property
    def providers(self) -> Providers:
        """Return it as who carries text messages."""
        return {Channel.SMS: (self,)}

    @property
    def texts(self) -> list[str]:
        """Return what has arrived, in order."""
        return [text for _, text in self.taken.values()]


async def join(phone: str = MEI_PHONE, *, language: Language = Language.ZH_HANS) -> str:
    """Sign somebody in with a code as their phone would, and return their borrower id."""
    asked = await identity.request_code(RequestCode(phone=phone, idempotency_key="ask"))
    carrier = Carrier()
    issued = CodeIssued(challenge_id=asked.challenge_id, purpose="SIGN_IN")
    await identity.deliver_code(issued, "dl00000abcdefghi", sender=carrier)
    code = carrier.texts[0].rsplit("#", 1)[1]
    signed_in = await identity.verify_code(
        VerifyCode(
            challenge_id=asked.challenge_id, code=code, idempotency_key="verify", language=language
        )
    )
    assert isinstance(signed_in, SignedIn)
    return signed_in.borrower_id


@pytest.fixture
async def policies(database: Database) -> None:
    """Put the catalog's dated policy values into the database."""
    assert database.dialect
    await publish_catalog()


@pytest.fixture
async def mei(policies: None) -> str:
    """Give a borrower who has signed in."""
    assert policies is None
    return await join()


@pytest.fixture
def carrier() -> Carrier:
    """Give a carrier that works until a test breaks it."""
    return Carrier()


@pytest.fixture(scope="session")
def course() -> None:
    """Teach the real course."""
    load_course()
