"""A borrower with a phone, a carrier that can fail, and the policies of the day."""

from dataclasses import dataclass, field

import pytest

from app.foundation.database import Database
from app.identity import operations as identity
from app.identity.events import CodeIssued
from app.identity.ports import CarrierUnavailable
from app.identity.rules import Language, RequestCode, SignedIn, VerifyCode
from app.literacy.operations import load_course
from tests.published import publish_catalog

MEI_PHONE = "+8613800138000"


@dataclass
class Carrier:
    """Takes text messages, each id once; refuses them while it is down."""

    is_down: bool = False
    tries: int = 0
    taken: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    async def send(self, phone: str, text: str, *, message_id: str) -> None:
        self.tries += 1
        if self.is_down:
            raise CarrierUnavailable
        self.taken.setdefault(message_id, (phone, text))

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        await self.send(phone, text, message_id=message_id)

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
