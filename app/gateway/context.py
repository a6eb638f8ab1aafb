"""One request's context: its caller, language, moment and lending day."""

from starlette.requests import Request

from app.foundation import database
from app.foundation.graphql import Context
from app.foundation.text import language_of
from app.gateway.authentication import caller_of, sent_request


async def context_of(request: Request, body: bytes) -> Context:
    """Return the context of a request; its batched reads live as long as it does."""
    now = database.current().clock.now()
    return Context(
        caller=await caller_of(request, now),
        language=language_of(request.headers.get("accept-language")),
        now=now,
        today=await database.business_date(),
        address=request.client.host if request.client else "",
        sent=sent_request(request, body),
    )
