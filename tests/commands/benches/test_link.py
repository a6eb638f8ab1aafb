"""The slow link in a box: its arithmetic, and that nothing of it outlives whoever set it up."""

import json
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.benches.http2.speaking import Counts
from app.commands.benches.link.box import ANSWERED_BYTES, ASKED_BYTES, ROOT, box
from app.commands.benches.link.lanes import MILLISECOND, PROFILES, Flight, Lane, Profile
from app.commands.benches.link.namespaces import NoBox
from tests.commands.conftest import Run

DATAGRAM_HEAD = 28
SECOND = 1_000 * MILLISECOND
LIMIT = 4_000


def lane(*, kbits: int = 8, delay_ms: int = 300, lost: int = 0, seed: int = 1) -> Lane:
    chance = random.Random(seed)  # noqa: S311 - the weather
    return Lane(kbits, delay_ms * MILLISECOND, LIMIT, lost, chance)


def test_a_packet_takes_its_airtime_and_the_delay() -> None:
    up = lane()
    assert up.arrival(1_000, 0) == SECOND + 300 * MILLISECOND
    assert up.arrival(500, 0) == SECOND + SECOND // 2 + 300 * MILLISECOND, "it waits its turn"
    assert up.arrival(1_000, 5 * SECOND) == 6 * SECOND + 300 * MILLISECOND, "the lane was free"
    assert (up.packets_sent, up.bytes_sent) == (3, 2_500)


def test_what_finds_the_queue_full_never_goes_out() -> None:
    up = lane()
    assert [up.arrival(1_000, 0) is None for _ in range(5)] == [False] * 4 + [True]
    assert (up.packets_dropped, up.bytes_sent) == (1, LIMIT)
    assert up.bytes_waiting(SECOND) == 3_000
    assert up.arrival(1_000, SECOND) is not None, "one has gone out meanwhile"


def test_losses_follow_the_seed_and_take_the_air_too() -> None:
    lost, same, other = (lane(lost=100, seed=seed) for seed in (1, 1, 2))
    moments = [number * SECOND for number in range(2_000)]
    first = [lost.arrival(1_000, moment) for moment in moments]
    assert first == [same.arrival(1_000, moment) for moment in moments]
    assert first != [other.arrival(1_000, moment) for moment in moments]
    assert lost.packets_lost == first.count(None)
    assert 150 < lost.packets_lost < 250
    assert lost.bytes_sent == 2_000 * 1_000


@given(st.lists(st.tuples(st.integers(20, 1_500), st.integers(0, SECOND)), min_size=1))
def test_packets_arrive_in_order_never_early_and_all_of_them(sent: list[tuple[int, int]]) -> None:
    up, flight, now_ns = lane(kbits=30), Flight(), 0
    arrivals: list[int] = []
    for number, (size, pause_ns) in enumerate(sent):
        now_ns += pause_ns
        at_ns = up.arrival(size, now_ns)
        if at_ns is None:
            continue
        assert at_ns >= now_ns + up.airtime_ns(size) + up.delay_ns
        arrivals.append(at_ns)
        flight.add(at_ns, 1, number.to_bytes(2, "big"))
        assert flight.next_at_ns() == arrivals[0]
    assert all(before < after for before, after in pairwise(arrivals))
    assert flight.arrived(arrivals[0] - 1) == []
    packets = [packet for _, packet in flight.arrived(arrivals[-1])]
    assert packets == sorted(packets)
    assert len(packets) == len(arrivals) == up.packets_sent
    assert up.packets_sent + up.packets_dropped == len(sent)
    assert len(flight) == 0


def test_two_ways_share_one_flight_by_the_moment_of_arrival() -> None:
    flight = Flight()
    flight.add(20, 1, b"b")
    flight.add(10, 0, b"a")
    flight.add(20, 0, b"c")
    assert flight.arrived(20) == [(0, b"a"), (1, b"b"), (0, b"c")]
    assert flight.next_at_ns() is None


def test_the_profile_of_the_goals_is_the_one_they_are_set_for(run: Run) -> None:
    listed = json.loads(run("bench", "link", "--profile", "list", "--json").stdout)
    assert listed.keys() == PROFILES.keys() == {"2g", "2g-loss", "gprs", "slow3g"}
    two = listed["2g"]
    assert (two["round_trip_ms"], two["up_kbits"], two["down_kbits"]) == (600, 30, 50)
    assert "2g-loss" in run("bench", "link", "--profile", "list").stdout
    up, down = Lane.up(PROFILES["2g"], 0), Lane.down(PROFILES["2g"], 0)
    assert (up.kbits, down.kbits, up.delay_ns + down.delay_ns) == (30, 50, 600 * MILLISECOND)


AS_NOBODY = """
import os
from app.commands.benches.over_the_wire import link
if os.geteuid() == 0:
    os.setuid(65_534)
link(["--runs", "1"])
"""


def test_without_the_rights_it_says_what_it_needs_and_exits_3() -> None:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", AS_NOBODY], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 3, ended.stderr
    assert "needs root on Linux, with /dev/net/tun" in ended.stderr
    assert ended.stdout == ""


QUICK = Profile(code="slow3g", what="", round_trip_ms=400, up_kbits=400, down_kbits=400)
HOLDER = """
import sys, time
from app.commands.benches.link.box import box
from app.commands.benches.link.lanes import PROFILES
with box(PROFILES["slow3g"]) as made:
    print(made.emulator.pid, flush=True)
    time.sleep(60)
"""


def can_box() -> str:
    try:
        with box(QUICK):
            return ""
    except NoBox as refused:
        return str(refused)


@pytest.fixture(scope="module")
def needs_a_box() -> None:
    if reason := can_box():
        pytest.skip(f"THE EMULATED LINK IS NOT TESTED: {reason}; it needs root and /dev/net/tun")


@pytest.mark.usefixtures("needs_a_box")
def test_one_datagram_each_way_takes_the_link_s_time_and_its_exact_bytes() -> None:
    mine = Path("/proc/self/ns/net").stat().st_ino
    with box(PROFILES["slow3g"]) as made:
        assert 0.400 < made.floor_seconds() < 2
        made.wait_until_quiet()
        assert made.counts == Counts(ASKED_BYTES + DATAGRAM_HEAD, ANSWERED_BYTES + DATAGRAM_HEAD)
    assert Path("/proc/self/ns/net").stat().st_ino == mine, "we are where we were"


@pytest.mark.usefixtures("needs_a_box")
def test_nothing_of_a_box_outlives_a_kill() -> None:
    holder = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder.stdout:
        emulator_pid = int(holder.stdout.readline())
        holder.kill()
        holder.wait()
    until = time.monotonic() + 10
    while is_running(emulator_pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_running(emulator_pid)


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
