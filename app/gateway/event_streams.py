"""
Answers as server-sent events, after graphql-sse's distinct connections mode.

One request is one stream: `event: next` with an answer in one line of data, as often as there is
one, and `event: complete` at the end. Comments keep a silent line open.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from starlette.responses import StreamingResponse

from app.gateway.negotiation import EVENT_STREAM
from app.gateway.running import Answered
from app.gateway.sessions import Session, ended
from app.gateway.standing import HEARTBEAT_SECONDS, Standing

HEADERS = {"cache-control": "private, no-store, no-transform", "x-accel-buffering": "no"}
BEAT = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"


def next_event(answered: Answered) -> bytes:
    """Return one answer as an event; JSON as we write it has no line breaks."""
    return b"event: next\ndata: " + answered.body + b"\n\n"


def event_stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """Answer with events as they come."""
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=HEADERS)


async def only(answered: Answered) -> AsyncGenerator[bytes, None]:
    """Return the events of an operation that has one answer."""
    yield next_event(answered)
    yield COMPLETE


async def events_of(
    answers: AsyncGenerator[Answered, None], standing: Standing, session: Session
) -> AsyncGenerator[bytes, None]:
    """
    Return the events of a subscription, and beats between them.

    It ends with the subscription, with the session, and when the process is about to stop: a
    client that is told `complete` without having asked for it connects again.
    """
    stops: set[asyncio.Future[None]] = set()
    coming: asyncio.Future[Answered | None] | None = None
    with standing.one(session.name, session.address):
        try:
            stops = {asyncio.ensure_future(one) for one in (standing.ended(), session.over())}
            yield BEAT
            while not any(stop.done() for stop in stops):
                coming = coming or asyncio.ensure_future(anext(answers, None))
                await asyncio.wait(
                    {coming, *stops}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if coming.done():
                    answered, coming = coming.result(), None
                    if answered is None:
                        break
                    yield next_event(answered)
                elif not any(stop.done() for stop in stops):
                    yield BEAT
            yield COMPLETE
        finally:
            for wait in (*stops, coming):
                if wait is not None:
                    await ended(wait)
            await answers.aclose()
