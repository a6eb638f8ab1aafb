"""Bodies as a server hands them in: part by part, and its last word perhaps much later."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive

from app.gateway.wire import BODY_BYTES_MAX, BadRequest, bounded_body

BODY = b'{"query": "{ hello }"}'


def handing_in(parts: Sequence[bytes]) -> Receive:
    """Return what hands parts in one by one, and then never says that there are no more."""
    left = list(parts)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    return receive


def request(receive: Receive, *declared: str) -> Request:
    headers = [(b"content-length", one.encode()) for one in declared]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


@pytest.mark.anyio
@pytest.mark.parametrize("parts", [[BODY], [BODY[:7], BODY[7:]], [b"", BODY]])
async def test_a_body_is_whole_once_all_that_was_declared_is_here(parts: list[bytes]) -> None:
    sent = request(handing_in(parts), str(len(BODY)))
    assert await asyncio.wait_for(bounded_body(sent), 5) == BODY


@pytest.mark.anyio
async def test_a_body_of_no_declared_length_is_waited_for_to_its_end() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bounded_body(request(handing_in([BODY]))), 0.2)


@pytest.mark.anyio
@pytest.mark.parametrize("declared", [str(BODY_BYTES_MAX + 1), "9" * 5_000])
async def test_a_length_that_is_too_long_is_refused_before_anything_is_read(declared: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await bounded_body(request(handing_in([]), declared))
    assert (refused.value.status, refused.value.code) == (413, "BODY_TOO_LARGE")
