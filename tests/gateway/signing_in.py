"""A phone that has signed in by a code, for tests of what comes after."""

import re
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from app.commands.keystore import Keystore
from app.commands.phoning import Phone
from app.foundation import outbox
from app.foundation.database import Database, fetch
from app.foundation.outbox import Subscription
from app.gateway.http import GraphQLEndpoint
from app.gateway.schema import BORROWER_SCHEMA
from app.identity import operations
from app.identity.events import CodeIssued

MEI = "13800138000"


class Inbox:
    """The phone's text messages."""

    def __init__(self) -> None:
        self.newest = ""

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        assert phone
        assert message_id
        found = re.search(r"#([0-9]{6})$", text)
        assert found is not None
        self.newest = found[1]


async def signed_in(database: Database) -> tuple[Phone, str]:
    """Sign a phone in by a code, over the real graph; return it with its borrower."""
    assert database.dialect
    inbox = Inbox()
    sending = partial(operations.deliver_code, sender=inbox)
    outbox.subscribe(
        [Subscription(fact_type=CodeIssued, consumer="identity.deliver_code", outside=sending)]
    )
    endpoint = GraphQLEndpoint(BORROWER_SCHEMA, explorer=None)
    app = Starlette(routes=[Route("/graphql", endpoint.answer, methods=["POST"])])
    phone = Phone("http://test", transport=httpx.ASGITransport(app), keystore=Keystore())
    asked = await phone.do("request_otp", phone=MEI)
    await outbox.drain()
    entered = await phone.do("verify_otp", challengeId=asked["challengeId"], code=inbox.newest)
    phone.token = entered["accessToken"]
    return phone, (await fetch("SELECT id FROM borrower"))[0]["id"]
