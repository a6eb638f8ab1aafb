"""The emulated phone sends again what was cut off, and says what it did not expect."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from app.commands import phoning as phones
from app.commands.app_phone import AppPhone
from app.commands.phoning import Phone, PhoneError

Answer = Callable[[], httpx.Response]


@dataclass
class Gateway:
    """Answers in a fixed order, the last one for ever."""

    answers: list[Answer]
    heard: list[httpx.Request] = field(default_factory=list[httpx.Request])
    waited: list[float] = field(default_factory=list[float])

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])()

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    @property
    def phone(self) -> Phone:
        return self.phone_of(Phone)

    def phone_of(self, kind: type[Phone]) -> Phone:
        transport = httpx.MockTransport(self.handle)
        return kind("http://gateway", token="t", pause=self.pause, transport=transport)


def cut_off() -> httpx.Response:
    raise httpx.ReadError("cut off")


def overloaded() -> httpx.Response:
    return httpx.Response(503)


def data(**content: object) -> Answer:
    return lambda: httpx.Response(200, json={"data": content})


async def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    gateway = Gateway([cut_off, overloaded, data(repay={"__typename": "RepaySuccess"})])
    phone = gateway.phone
    assert await phone.do("repay", loanId="ln1", amount=1) == {"__typename": "RepaySuccess"}
    assert len({request.content for request in gateway.heard}) == 1
    assert len(gateway.heard) == 3
    assert phone.traffic.retries == 1
    assert phone.traffic.up > len(gateway.heard[0].content)
    assert gateway.heard[0].headers["authorization"] == "Bearer t"


def asked_to_wait(status: int, seconds: str) -> Answer:
    return lambda: httpx.Response(status, headers={"retry-after": seconds})


async def test_it_waits_as_long_as_the_gateway_says() -> None:
    late = "Sun, 22 Nov 2026 02:00:00 GMT"
    refusals = [asked_to_wait(503, "7"), asked_to_wait(429, "12"), asked_to_wait(503, late)]
    gateway = Gateway([*refusals, asked_to_wait(408, ""), data(loans=[])])
    assert await gateway.phone.run("loans") == {"loans": []}
    assert gateway.waited == [7, 12, phones.WAIT_SECONDS, phones.WAIT_SECONDS]


BUSY = {"__typename": "PlainProblem", "code": "TEMPORARILY_UNAVAILABLE"}


def busy(seconds: int | None) -> Answer:
    return data(repay={**BUSY, "retryAfterSeconds": seconds})


def failed(code: str) -> Answer:
    extensions = {"code": code, "retryAfterSeconds": 2}
    told = {"data": {"repay": None}, "errors": [{"message": "no", "extensions": extensions}]}
    return lambda: httpx.Response(294, json=told)


@pytest.mark.parametrize("kind", [Phone, AppPhone])
async def test_what_the_system_was_too_busy_for_is_sent_again_with_the_same_key(
    kind: type[Phone],
) -> None:
    late = [busy(3), failed("TEMPORARILY_UNAVAILABLE"), busy(None), busy(86_400), failed("TIMEOUT")]
    gateway = Gateway([*late, data(repay={"__typename": "RepaySuccess"})])
    phone = gateway.phone_of(kind)
    phone.token = None  # or else our own app writes it down, and pushes
    assert await phone.do("repay", loanId="ln1", amount=1) == {"__typename": "RepaySuccess"}
    assert len({request.content for request in gateway.heard}) == 1
    assert gateway.waited == [3, 2, phones.WAIT_SECONDS, phones.WAIT_SECONDS_MAX, 2]
    assert phone.traffic.retries == len(late)


async def test_a_phone_that_is_told_to_come_back_whenever_it_does_says_so_in_the_end() -> None:
    gateway = Gateway([busy(1)])
    assert (await gateway.phone.tried("repay", loanId="ln1", amount=1))["code"] == BUSY["code"]
    assert len(gateway.heard) == phones.TRIES_MAX
    with pytest.raises(PhoneError, match=r"repay: .*TEMPORARILY_UNAVAILABLE"):
        await Gateway([busy(1), cut_off]).phone.do("repay", loanId="ln1", amount=1)
    with pytest.raises(PhoneError, match=r"repay: .*TEMPORARILY_UNAVAILABLE"):
        await Gateway([failed("TEMPORARILY_UNAVAILABLE")]).phone.run("repay")


@pytest.mark.parametrize(
    "answer",
    [
        data(repay={**BUSY, "code": "RATE_LIMITED", "retryAfterSeconds": 60}),
        data(repay={**BUSY, "code": "AMOUNT_ABOVE_BALANCE"}),
        data(ticket={"code": None, "text": BUSY["code"]}, tickets=[BUSY["code"]]),
        failed("INTERNAL"),
    ],
)
async def test_what_waiting_does_not_mend_is_not_sent_again(answer: Answer) -> None:
    gateway = Gateway([answer])
    with suppress(PhoneError):
        await gateway.phone.run("repay", input={})
    assert (len(gateway.heard), gateway.waited) == (1, [])


@pytest.mark.parametrize("answer", [cut_off, overloaded])
async def test_it_gives_up_in_the_end(answer: Answer) -> None:
    gateway = Gateway([answer])
    with pytest.raises(PhoneError, match="no answer after"):
        await gateway.phone.run("loans")
    assert len(gateway.heard) == phones.TRIES_MAX


async def test_errors_and_refusals_are_told() -> None:
    wrong = Gateway([lambda: httpx.Response(200, json={"errors": [{"message": "no"}]})])
    with pytest.raises(PhoneError, match=r"loans: .*no"):
        await wrong.phone.run("loans")
    refused = Gateway([data(repay={"__typename": "PlainProblem", "code": "NOT_FOUND"})])
    with pytest.raises(PhoneError, match=r"repay: .*NOT_FOUND"):
        await refused.phone.do("repay", loanId="ln1", amount=1)
    with pytest.raises(PhoneError, match="no operation 'borrow'"):
        await refused.phone.run("borrow")


def inbox(*texts: str) -> Answer:
    return lambda: httpx.Response(200, json=[{"text": text} for text in texts])


async def test_the_newest_code_is_read_once_it_is_there() -> None:
    gateway = Gateway(
        [
            cut_off,
            lambda: httpx.Response(200, text="starting"),
            inbox(),
            inbox("您的验证码是 111111。"),
            inbox("还款 1234567 分", "验证码 222222", "您的验证码是 111111。"),
        ]
    )
    assert await gateway.phone.code_in_inbox("19900000001", after="111111") == "222222"
    assert gateway.heard[-1].url.params["phone"] == "19900000001"
    silent = Gateway([inbox("您的验证码是 111111。")])
    assert await silent.phone.newest_code("19900000001") == "111111"
    with pytest.raises(PhoneError, match="no code arrived"):
        await silent.phone.code_in_inbox("19900000001", after="111111")
    with pytest.raises(PhoneError, match="the inbox does not answer"):
        await Gateway([cut_off]).phone.newest_code("19900000001")
