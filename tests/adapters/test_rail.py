"""The rail's twin keeps its word: once per id, signed, in the end told, and after a kill."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.adapters.rail import QUIET, USUAL, Knobs, RailTwin
from app.foundation.clock import FixedClock
from app.origination.ports import DisbursementRail
from app.payments.ports import (
    CollectionRail,
    FailureReason,
    OrderAsk,
    RailStatus,
    RailUnavailable,
)
from app.payments.rules import RailNotice, RailOrderKind, parse_notice, verify_signature

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SECRET = "between-rail-and-us"


@dataclass
class Listener:
    """Our side of the callback address: a real HTTP server that keeps what it hears."""

    clock: FixedClock
    url: str = ""
    answers: list[int] = field(default_factory=list[int])
    notices: list[RailNotice] = field(default_factory=list[RailNotice])
    refused: int = 0

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:]
                headers = dict(line.lower().split(": ", 1) for line in lines if line)
                body = await reader.readexactly(int(headers["content-length"]))
                status = self.take(headers, body)
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        assert verify_signature(SECRET, headers, body, self.clock.now())
        if self.answers:
            self.refused += 1
            return self.answers.pop(0)
        self.notices.append(parse_notice(body))
        return 200


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
async def listener(clock: FixedClock) -> AsyncIterator[Listener]:
    heard = Listener(clock)
    server = await asyncio.start_server(heard.hear, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    heard.url = f"http://{host}:{port}/callbacks/rail"
    try:
        yield heard
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as opened:
        yield opened


NewTwin = Callable[..., RailTwin]


@pytest.fixture
def new_twin(tmp_path: Path, listener: Listener, clock: FixedClock) -> NewTwin:
    def make(knobs: Knobs = QUIET, seed: int = 1, secret: str = SECRET) -> RailTwin:
        return RailTwin(
            tmp_path / "rail.sqlite3",
            callback_url=listener.url,
            secret=secret,
            clock=clock,
            seed=seed,
            knobs=knobs,
        )

    return make


def an_order(order_id: str = "rp00000000000001", amount_fen: int = 10_000) -> OrderAsk:
    return OrderAsk(
        order_id=order_id,
        amount_fen=amount_fen,
        description="还款",
        expires_at=START + timedelta(minutes=25),
    )


async def test_it_speaks_both_ports(new_twin: NewTwin) -> None:
    collecting: CollectionRail = new_twin()
    paying_out: DisbursementRail = new_twin()
    assert collecting is not paying_out


async def test_an_order_is_settled_and_told(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient
) -> None:
    twin = new_twin()
    order = await twin.create_order(an_order())
    assert order.provider_ref in str(order.pay_link)

    assert await twin.send_due(client) == 1
    (notice,) = listener.notices
    assert (notice.kind, notice.order_id) == (RailOrderKind.COLLECTION, "rp00000000000001")
    assert (notice.status, notice.amount_fen) == (RailStatus.SUCCEEDED, 10_000)
    assert (notice.provider_ref, notice.occurred_at) == (order.provider_ref, START)
    report = await twin.order_status("rp00000000000001")
    assert (report.status, report.amount_fen, report.settled_at) == (
        RailStatus.SUCCEEDED,
        10_000,
        START,
    )
    assert await twin.send_due(client) == 0


async def test_a_disbursement_is_settled_and_told(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient
) -> None:
    twin = new_twin()
    provider_ref = (
        await twin.pay_out("db00000000000001", 500_000, "6217000012345678901")
    ).provider_ref
    await twin.send_due(client)
    (notice,) = listener.notices
    assert (notice.kind, notice.provider_ref) == (RailOrderKind.DISBURSEMENT, provider_ref)
    report = await twin.order_status("db00000000000001")
    assert (report.status, report.amount_fen) == (RailStatus.SUCCEEDED, 500_000)


async def test_an_unknown_order_is_unknown(new_twin: NewTwin) -> None:
    assert (await new_twin().order_status("rp9")).status is RailStatus.UNKNOWN


async def test_a_hundred_askers_get_one_order_and_one_notice(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient
) -> None:
    twin = new_twin()
    orders = await asyncio.gather(*(twin.create_order(an_order()) for _ in range(100)))
    assert len(set(orders)) == 1
    await twin.send_due(client)
    assert len(listener.notices) == 1


async def test_an_id_used_for_another_order_is_refused_and_changes_nothing(
    new_twin: NewTwin,
) -> None:
    twin = new_twin()
    await twin.pay_out("db00000000000001", 500_000, "6217000012345678901")
    with pytest.raises(ValueError, match="another order"):
        await twin.pay_out("db00000000000001", 500_001, "6217000012345678901")
    with pytest.raises(ValueError, match="another order"):
        await twin.pay_out("db00000000000001", 500_000, "6217000012345678902")
    with pytest.raises(ValueError, match="another order"):
        await twin.create_order(an_order("db00000000000001", 500_000))
    report = await twin.order_status("db00000000000001")
    assert report.amount_fen == 500_000


async def test_it_keeps_no_payee(new_twin: NewTwin, tmp_path: Path) -> None:
    await new_twin().pay_out("db00000000000001", 500_000, "6217000012345678901")
    assert b"6217000012345678901" not in (tmp_path / "rail.sqlite3").read_bytes()


@pytest.mark.parametrize(
    ("amount_fen", "status", "reason"),
    [
        (1313, RailStatus.FAILED, FailureReason.INSUFFICIENT_FUNDS),
        (211_414, RailStatus.FAILED, FailureReason.DECLINED),
        (1313_00, RailStatus.SUCCEEDED, None),
    ],
)
async def test_some_amounts_fail(
    new_twin: NewTwin,
    listener: Listener,
    client: httpx.AsyncClient,
    *,
    amount_fen: int,
    status: RailStatus,
    reason: FailureReason | None,
) -> None:
    twin = new_twin()
    await twin.create_order(an_order(amount_fen=amount_fen))
    await twin.send_due(client)
    assert [(one.status, one.reason) for one in listener.notices] == [(status, reason)]
    report = await twin.order_status("rp00000000000001")
    assert (report.status, report.reason) == (status, reason)


async def test_a_payee_may_be_out_of_reach(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient
) -> None:
    twin = new_twin()
    await twin.pay_out("db00000000000001", 201_300, "6217000012345678901")
    await twin.send_due(client)
    assert listener.notices[0].reason is FailureReason.PAYEE_UNREACHABLE


async def test_an_order_nobody_pays_fails_when_its_time_is_over(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    twin = new_twin()
    await twin.create_order(an_order(amount_fen=1515))
    clock.advance(timedelta(minutes=24))
    assert (await twin.order_status("rp00000000000001")).status is RailStatus.PENDING
    clock.advance(timedelta(minutes=1))
    report = await twin.order_status("rp00000000000001")
    assert (report.status, report.reason) == (RailStatus.FAILED, FailureReason.EXPIRED)
    await twin.send_due(client)
    assert listener.notices[0].reason is FailureReason.EXPIRED


async def test_a_silent_order_is_found_only_by_asking(
    new_twin: NewTwin, client: httpx.AsyncClient
) -> None:
    twin = new_twin()
    await twin.create_order(an_order(amount_fen=1616))
    assert await twin.send_due(client) == 0
    assert (await twin.order_status("rp00000000000001")).status is RailStatus.SUCCEEDED


async def test_a_wrong_amount_is_told_as_it_was_moved(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient
) -> None:
    twin = new_twin()
    await twin.create_order(an_order(amount_fen=1717))
    await twin.send_due(client)
    assert listener.notices[0].amount_fen == 1718


async def test_an_answer_may_be_lost_and_is_there_when_asked_again(new_twin: NewTwin) -> None:
    twin = new_twin()
    with pytest.raises(RailUnavailable):
        await twin.create_order(an_order(amount_fen=1818))
    order = await twin.create_order(an_order(amount_fen=1818))
    assert order.provider_ref


async def test_a_notice_is_tried_again_later_and_later_until_it_is_taken(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    twin = new_twin()
    await twin.create_order(an_order())
    listener.answers = [500, 404, 302]
    for seconds in (0.5, 1, 2):
        assert await twin.send_due(client) == 1
        assert await twin.send_due(client) == 0
        clock.advance(timedelta(seconds=seconds))
    assert listener.refused == 3
    assert await twin.send_due(client) == 1
    assert len(listener.notices) == 1


async def test_a_notice_nobody_takes_is_given_up_in_the_end(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    twin = new_twin()
    await twin.create_order(an_order())
    listener.answers = [500] * 100
    for _ in range(40):
        await twin.send_due(client)
        clock.advance(timedelta(seconds=61))
    assert listener.refused == 30


async def test_nobody_listening_is_no_reason_to_forget(
    tmp_path: Path, clock: FixedClock, listener: Listener, client: httpx.AsyncClient
) -> None:
    deaf = RailTwin(
        tmp_path / "rail.sqlite3",
        callback_url="http://127.0.0.1:9/callbacks/rail",
        secret=SECRET,
        clock=clock,
        knobs=QUIET,
    )
    await deaf.create_order(an_order())
    assert await deaf.send_due(client) == 1
    clock.advance(timedelta(seconds=1))
    heard = RailTwin(
        tmp_path / "rail.sqlite3", callback_url=listener.url, secret=SECRET, clock=clock
    )
    assert await heard.send_due(client) == 1
    assert len(listener.notices) == 1


async def test_two_processes_send_a_notice_once_and_a_dead_ones_is_taken_over(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    first, second = new_twin(), new_twin()
    await first.create_order(an_order())
    tried = await asyncio.gather(first.send_due(client), second.send_due(client))
    assert sum(tried) == 1
    assert len(listener.notices) == 1

    await first.create_order(an_order("rp00000000000002"))
    first._books.lease_due(clock.now())  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - dies here
    assert await second.send_due(client) == 0
    clock.advance(timedelta(seconds=15))
    assert await second.send_due(client) == 1
    assert len(listener.notices) == 2


async def test_the_usual_twin_is_late_repeats_itself_and_speaks_out_of_order(
    new_twin: NewTwin, listener: Listener, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    twin = new_twin(knobs=USUAL)
    ids = [f"rp{number:014d}" for number in range(100)]
    for order_id in ids:
        await twin.create_order(an_order(order_id))
    assert await twin.send_due(client) == 0
    for _ in range(60):
        clock.advance(timedelta(milliseconds=100))
        await twin.send_due(client)

    finals = Counter(n.event_id for n in listener.notices if n.status is RailStatus.SUCCEEDED)
    assert set(finals) == {f"{order_id}.final" for order_id in ids}
    assert set(finals.values()) == {1, 2}
    last = {notice.order_id: notice.status for notice in listener.notices}
    assert RailStatus.PENDING in last.values()


async def test_the_same_seed_tells_the_same_story(
    tmp_path: Path, listener: Listener, clock: FixedClock
) -> None:
    stories: list[list[tuple[object, ...]]] = []
    for run in range(2):
        path = tmp_path / f"{run}.sqlite3"
        twin = RailTwin(
            path,
            callback_url=listener.url,
            secret=SECRET,
            clock=clock,
            seed=7,
            knobs=Knobs(failure_rate=0.5),
        )
        for number in range(20):
            await twin.create_order(an_order(f"rp{number:014d}"))
        books = sqlite3.connect(path)
        stories.append(books.execute("SELECT * FROM rail_notice ORDER BY notice_id").fetchall())
        books.close()
    assert stories[0] == stories[1]
    assert any(b'"FAILED"' in bytes(row[1]) for row in stories[0] if isinstance(row[1], bytes))


async def test_it_runs_until_it_is_told_to_stop(
    tmp_path: Path, listener: Listener, clock: FixedClock
) -> None:
    twin = RailTwin(
        tmp_path / "rail.sqlite3",
        callback_url=listener.url,
        secret=SECRET,
        clock=clock,
        knobs=Knobs(delay_seconds=(10, 10), repeat_rate=0, late_processing_rate=0, drop_rate=0),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(twin.run(stop))
    await asyncio.sleep(0.05)
    await twin.create_order(an_order())
    await asyncio.sleep(0.05)
    assert listener.notices == []
    clock.advance(timedelta(seconds=10))
    async with asyncio.timeout(5):
        while not listener.notices:
            await asyncio.sleep(0.01)
        stop.set()
        await running


ENDLESS = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from app.adapters.rail import QUIET, RailTwin
from app.foundation.clock import SystemClock

async def main():
    twin = RailTwin(Path(sys.argv[1]), callback_url=sys.argv[2], secret=sys.argv[3],
                    clock=SystemClock(), knobs=QUIET)
    asyncio.get_running_loop().create_task(twin.run(asyncio.Event()))
    number = 0
    while True:
        number += 1
        taken = await twin.pay_out(f"db{number:014d}", 1000 + number, "6217000012345678901")
        print(f"db{number:014d}", taken.provider_ref, flush=True)

asyncio.run(main())
"""


async def test_killed_at_any_moment_it_keeps_what_it_promised(
    tmp_path: Path, listener: Listener, clock: FixedClock
) -> None:
    path = tmp_path / "rail.sqlite3"
    clock.advance(datetime.now(UTC) - clock.now())
    promised: dict[str, str] = {}
    for seconds in (0.8, 1.1, 1.4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ENDLESS, str(path), listener.url, SECRET, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        first = await process.stdout.readline()
        await asyncio.sleep(seconds - 0.7)
        process.send_signal(signal.SIGKILL)
        rest = await process.stdout.read()
        await process.wait()
        lines = [line for line in (first + rest).split(b"\n") if line.count(b" ") == 1]
        for line in lines:
            order_id, reference = line.decode().split(" ")
            if len(reference) == len("TW") + 20:
                assert promised.setdefault(order_id, reference) == reference

    assert promised
    clock.advance(timedelta(minutes=1))
    twin = RailTwin(path, callback_url=listener.url, secret=SECRET, clock=clock, knobs=QUIET)
    async with httpx.AsyncClient(trust_env=False) as client:
        while await twin.send_due(client):
            pass
    told = {notice.order_id: notice.provider_ref for notice in listener.notices}
    assert promised.items() <= told.items()
    events = {notice.event_id for notice in listener.notices}
    assert events == {f"{order_id}.final" for order_id in told}
