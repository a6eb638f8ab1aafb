"""One request's context: its caller, language, moment and lending day."""

from starlette.requests import HTTPConnection, Request

from app.foundation import database
from app.foundation.caller import Caller
from app.foundation.graphql import Context
from app.foundation.text import language_of
from app.gateway.authentication import caller_with_versions
from app.gateway.wire import header_of


async def context_of(request: Request) -> Context:
    """Return the context of a request; its batched reads live as long as it does."""
    now = database.current().clock.now()
    caller, versions = await caller_with_versions(request, now)
    return Context(
        caller=caller,
        language=language_in(request),
        now=now,
        today=await database.business_date() if versions is None else versions.today,
        address=address_of(request),
        versions=versions,
    )


async def context_for(caller: Caller, language: str, address: str) -> Context:
    """Return the context of an operation that no request of its own carried."""
    return Context(
        caller=caller,
        language=language,
        now=database.current().clock.now(),
        today=await database.business_date(),
        address=address,
    )


def language_in(connection: HTTPConnection) -> str:
    """Return the language that a connection prefers."""
    return language_of(header_of(connection, b"accept-language"))


def address_of(connection: HTTPConnection) -> str:
    """Return the address that a connection comes from."""
    client = connection.scope.get("client")
    return client[0] if client else ""
