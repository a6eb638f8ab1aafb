"""The development carrier delivers once per id, badly when asked to, into a readable file."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.adapters.push import PushTwin
from app.adapters.sms import STORM, CodeChain, Guarded, SmsTwin, Weather
from app.foundation.clock import FixedClock
from app.foundation.errors import InvalidInput
from app.foundation.text import sentence_of
from app.identity.ports import CarrierUnavailable
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Report
from app.messaging.rules import Breaker
from app.messaging.rules.receipts import is_signed, parse_receipts

MEI = "+8613800138000"
LAN = "+8619900000003"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "twins" / "sms.sqlite3"


async def test_what_is_sent_stands_in_the_inbox_newest_first(path: Path, clock: FixedClock) -> None:
    carrier = SmsTwin(path, clock=clock)
    await carrier.send_code(MEI, "first", message_id="dl1")
    clock.advance(timedelta(seconds=1))
    await carrier.send_code(LAN, "second", message_id="dl2")

    messages = await carrier.inbox()
    assert [(message.phone, message.text) for message in messages] == [
        (LAN, "second"),
        (MEI, "first"),
    ]
    assert [message.text for message in await carrier.inbox("138 0013 8000")] == ["first"]
    assert [message.text for message in await carrier.inbox(limit=1)] == ["second"]


async def test_a_message_handed_over_again_is_delivered_once(path: Path, clock: FixedClock) -> None:
    carrier = SmsTwin(path, clock=clock)
    other_process = SmsTwin(path, clock=clock)
    await asyncio.gather(
        *(twin.send_code(MEI, "once", message_id="dl1") for twin in (carrier, other_process) * 10)
    )
    assert len(await carrier.inbox()) == 1


async def test_a_carrier_that_is_down_takes_nothing(path: Path, clock: FixedClock) -> None:
    carrier = SmsTwin(path, clock=clock, weather=Weather(failure_percent=100))
    with pytest.raises(CarrierUnavailable):
        await carrier.send_code(MEI, "lost", message_id="dl1")
    assert await carrier.inbox() == []


async def test_messages_may_arrive_late_twice_and_out_of_order(
    path: Path, clock: FixedClock
) -> None:
    weather = Weather(delay=timedelta(minutes=2), duplicate_percent=100)
    carrier = SmsTwin(path, clock=clock, seed=7, weather=weather)
    for number in range(5):
        await carrier.send_code(MEI, str(number), message_id=f"dl{number}")

    early = await carrier.inbox()
    clock.advance(timedelta(minutes=2))
    late = await carrier.inbox()
    assert len(early) < len(late) == 10
    assert [message.text for message in late] != sorted(message.text for message in late)[::-1]


async def test_the_same_seed_brings_the_same_weather(tmp_path: Path, clock: FixedClock) -> None:
    async def taken(name: str) -> list[int]:
        carrier = SmsTwin(tmp_path / name, clock=clock, seed=3, weather=Weather(failure_percent=50))
        numbers: list[int] = []
        for number in range(20):
            try:
                await carrier.send_code(MEI, str(number), message_id=f"dl{number}")
            except CarrierUnavailable:
                continue
            numbers.append(number)
        return numbers

    first = await taken("first.sqlite3")
    assert 0 < len(first) < 20
    assert await taken("second.sqlite3") == first


async def test_a_developer_sees_the_text_and_a_masked_number(
    path: Path, clock: FixedClock, capfd: pytest.CaptureFixture[str]
) -> None:
    carrier = SmsTwin(path, clock=clock, is_overheard=True)
    await carrier.send_code(MEI, "code 123456", message_id="dl1")
    assert capfd.readouterr().err == "SMS to 138****8000: code 123456\n"


async def test_a_log_that_is_kept_holds_no_message(
    path: Path, clock: FixedClock, capfd: pytest.CaptureFixture[str]
) -> None:
    carrier = SmsTwin(path, clock=clock)
    await carrier.send_code(MEI, "code 123456", message_id="dl1")
    assert capfd.readouterr().err == ""


async def test_the_inbox_of_no_phone_is_refused(path: Path, clock: FixedClock) -> None:
    with pytest.raises(InvalidInput):
        await SmsTwin(path, clock=clock).inbox("12345")


async def test_a_message_shows_neither_number_nor_text_when_printed(
    path: Path, clock: FixedClock
) -> None:
    carrier = SmsTwin(path, clock=clock)
    await carrier.send_code(MEI, "code 123456", message_id="dl1")
    shown = repr(await carrier.inbox())
    assert "123456" not in shown
    assert "8000" not in shown


def outgoing(number: int = 0, *, to: str = MEI, sealed: bytes | None = None) -> Outgoing:
    return Outgoing(
        request_id=f"ms{number:014}.1",
        to=to,
        sentence=f"【青苗】{number}",
        template="messaging.loan_disbursed.sms",
        values={},
        language="zh-Hans",
        sealed=sealed,
    )


def asked(number: int, clock: FixedClock) -> Asked:
    return Asked(request_id=f"ms{number:014}.1", to=MEI, called_at=clock.now())


async def test_a_storm_posts_a_signed_receipt_for_what_it_took_often_twice(
    path: Path, clock: FixedClock
) -> None:
    said: Counter[str] = Counter()
    tries = 0

    def take(request: httpx.Request) -> httpx.Response:
        nonlocal tries
        tries += 1
        assert is_signed("secret", request.headers, request.content, clock.now())
        assert not is_signed("other", request.headers, request.content, clock.now())
        said.update(one.request_id for one in parse_receipts(request.content))
        return httpx.Response(503 if tries % 3 == 0 else 200)

    carrier = SmsTwin(
        path, clock=clock, seed=3, weather=STORM, callback_url="http://us", secret="secret"
    )
    unknown = taken = 0
    for number in range(60):
        try:
            taken += (await carrier.send(outgoing(number))).answer is Answer.ACCEPTED
        except OutcomeUnknown:
            unknown += 1
    assert unknown
    assert len(await carrier.taken_ids()) == taken + unknown < 60
    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as client:
        for _ in range(8):
            clock.advance(timedelta(seconds=11))
            await carrier.send_due(client)
    assert set(said) < set(await carrier.taken_ids())
    assert max(said.values()) > 1
    assert await carrier.receipts_left() == 0


async def test_a_carrier_says_what_it_knows_of_a_request(path: Path, clock: FixedClock) -> None:
    weather = Weather(receipt_delay=timedelta(0), undelivered_percent=100)
    carrier = SmsTwin(path, clock=clock, weather=weather)
    assert (await carrier.ask(asked(1, clock))).answer is Answer.ABSENT
    await carrier.send(outgoing(1))
    assert (await carrier.ask(asked(1, clock))).answer is Answer.UNDELIVERED
    carrier.is_down = True
    for call in (carrier.ask(asked(1, clock)), carrier.send(outgoing(2))):
        with pytest.raises(OutcomeUnknown):
            await call
    with pytest.raises(CarrierUnavailable):
        await carrier.send_code(MEI, "code", message_id="dl1")


async def test_a_push_carries_no_more_than_services_take(path: Path, clock: FixedClock) -> None:
    push = PushTwin(path, clock=clock)
    assert (await push.send(outgoing(to="gone-token"))).answer is Answer.REJECTED
    assert (await push.send(outgoing(sealed=bytes(4_000)))).why == "TOO_LONG"
    assert (await push.send(outgoing(to="token", sealed=b"box"))).answer is Answer.ACCEPTED


class Hung(SmsTwin):
    """Takes a call and never answers."""

    async def send(self, message: object) -> Report:
        assert message
        await asyncio.sleep(60)
        raise AssertionError

    async def ask(self, asked: object) -> Report:
        return await self.send(asked)


async def test_a_carrier_that_hangs_is_left_alone_and_the_code_goes_by_the_other(
    path: Path, clock: FixedClock
) -> None:
    now = 0
    hung = Guarded(
        Hung(path, clock=clock, name="hung"),
        breaker=Breaker(failures_max=2),
        seconds=0.02,
        now=lambda: now,
    )
    second = SmsTwin(path.parent / "second.sqlite3", clock=clock, name="second")
    chain = CodeChain([hung, Guarded(second)])
    for number in range(3):
        words = sentence_of("identity.sms.sign_in", "zh-Hans", code=f"12345{number}", minutes=5)
        await chain.send_code(MEI, words, message_id=f"dl{number}")
    assert hung.is_resting
    assert (await hung.send(outgoing())).why == "RESTING"
    assert [one.text[6:16] for one in await second.inbox()][::-1] == [
        f"验证码 12345{number}" for number in range(3)
    ]
    with pytest.raises(OutcomeUnknown):
        await hung.ask(asked(1, clock))
    second.is_down = True
    with pytest.raises(CarrierUnavailable):
        await chain.send_code(MEI, "code", message_id="dl9")
    now = 31_000
    assert not hung.is_resting
