"""Other lenders over HTTP: every call signed, every answer read with care."""

from collections.abc import Callable
from datetime import datetime

import httpx
import pytest

from app.adapters.lenders import HttpLenders
from app.foundation.clock import FixedClock
from app.origination.ports import HandoverRefused, LenderAnswer, LenderUnavailable
from app.origination.rules.lender_words import LENDER_HEADER, is_signed, lender_secret
from tests.conftest import START

SECRET = "between-us"
HANDED = {"NAME": "周建国", "AMOUNT": "30000000"}
Answering = Callable[[httpx.Request], httpx.Response]


def lenders(answering: Answering, now: datetime = START) -> HttpLenders:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answering))
    return HttpLenders(
        "https://lenders.example.cn/v1", secret=SECRET, clock=FixedClock(now), client=client
    )


async def test_a_lender_gets_exactly_the_fields_under_our_signature_and_id() -> None:
    seen: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.method == "GET":
            return httpx.Response(200, json={"answer": "ACCEPTED"})
        return httpx.Response(200, json={"reference": "L-77"})

    other = lenders(answering)
    assert await other.hand_over("mailang_bank", "ho1", HANDED) == "L-77"
    await other.take_back("mailang_bank", "ho1")
    assert await other.answer_on("mailang_bank", "ho1") is LenderAnswer.ACCEPTED
    assert [(one.method, one.url.path) for one in seen] == [
        ("POST", "/v1/mailang_bank/handovers/ho1"),
        ("POST", "/v1/mailang_bank/handovers/ho1/take-back"),
        ("GET", "/v1/mailang_bank/handovers/ho1"),
    ]
    assert httpx.Response(200, content=seen[0].content).json() == HANDED
    for one in seen:
        path = one.url.path.removeprefix("/v1")
        signed = f"{one.method} {path}\n".encode() + one.content
        headers = {LENDER_HEADER: one.headers[LENDER_HEADER]}
        assert is_signed(lender_secret(SECRET, "mailang_bank"), headers, signed, START)
        assert not is_signed(lender_secret(SECRET, "other_bank"), headers, signed, START)
        assert not is_signed(lender_secret(SECRET, "mailang_bank"), headers, signed + b" ", START)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (httpx.Response(422, json={"reason": "TOO_MUCH"}), HandoverRefused),
        (httpx.Response(422, json={"reason": "please call"}), LenderUnavailable),
        (httpx.Response(500), LenderUnavailable),
        (httpx.Response(200, content=b"<html>"), LenderUnavailable),
        (httpx.Response(200, json={"reference": "x" * 65}), LenderUnavailable),
        (httpx.Response(200, content=b" " * 5_000), LenderUnavailable),
    ],
)
async def test_what_cannot_be_read_is_no_answer(
    answer: httpx.Response, raised: type[Exception]
) -> None:
    other = lenders(lambda _request: answer)
    with pytest.raises(raised) as caught:
        await other.hand_over("mailang_bank", "ho1", HANDED)
    assert "周建国" not in str(caught.value)


async def test_a_lender_that_cannot_be_reached_gives_no_answer() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    other = lenders(away)
    for call in (
        other.hand_over("mailang_bank", "ho1", HANDED),
        other.take_back("mailang_bank", "ho1"),
        other.answer_on("mailang_bank", "ho1"),
    ):
        with pytest.raises(LenderUnavailable):
            await call
