"""The development carrier delivers once per id, badly when asked to, into a readable file."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.sms import SmsTwin, Weather
from app.foundation.clock import FixedClock
from app.foundation.errors import InvalidInput
from app.identity.ports import CarrierUnavailable

MEI = "+8613800138000"
LAN = "+8619900000003"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "twins" / "sms.sqlite3"


async def test_what_is_sent_stands_in_the_inbox_newest_first(path: Path, clock: FixedClock) -> None:
    carrier = SmsTwin(path, clock=clock)
    await carrier.send_code(MEI, "first", message_id="dl1")
    clock.advance(timedelta(seconds=1))
    await carrier.send(LAN, "second", message_id="dl2")

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
        *(twin.send(MEI, "once", message_id="dl1") for twin in (carrier, other_process) * 10)
    )
    assert len(await carrier.inbox()) == 1


async def test_a_carrier_that_is_down_takes_nothing(path: Path, clock: FixedClock) -> None:
    carrier = SmsTwin(path, clock=clock, weather=Weather(failure_percent=100))
    with pytest.raises(CarrierUnavailable):
        await carrier.send(MEI, "lost", message_id="dl1")
    assert await carrier.inbox() == []


async def test_messages_may_arrive_late_twice_and_out_of_order(
    path: Path, clock: FixedClock
) -> None:
    weather = Weather(delay=timedelta(minutes=2), duplicate_percent=100)
    carrier = SmsTwin(path, clock=clock, seed=7, weather=weather)
    for number in range(5):
        await carrier.send(MEI, str(number), message_id=f"dl{number}")

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
                await carrier.send(MEI, str(number), message_id=f"dl{number}")
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
    await carrier.send(MEI, "code 123456", message_id="dl1")
    shown = repr(await carrier.inbox())
    assert "123456" not in shown
    assert "8000" not in shown
