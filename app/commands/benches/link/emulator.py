"""
The emulator, a process of its own: moves packets between two TUN devices as slowly as the link.

It is started with the two devices open, and told the profile as arguments. Each line on standard
input is answered by a line of JSON with what went over so far; when standard input ends, whoever
started it is gone, and it goes too.
"""

import json
import os
import select
import sys
import time
from contextlib import suppress

from app.commands.benches.link.lanes import NANOSECONDS, PROFILES, Flight, Lane

PACKET_MAX = 2_048
PHONE, SERVER = 0, 1
IPV4 = 4


def main(phone_fd: int, server_fd: int, profile_code: str, seed: int) -> None:
    """Carry packets until standard input ends."""
    profile = PROFILES[profile_code]
    lanes = (Lane.up(profile, seed), Lane.down(profile, seed))
    devices, flight = (phone_fd, server_fd), Flight()
    control = sys.stdin.fileno()
    while True:
        ready, _, _ = select.select([*devices, control], [], [], _wait_seconds(flight))
        for side in (PHONE, SERVER):
            if devices[side] in ready:
                _take(devices[side], side, lanes[side], flight)
        for side, packet in flight.arrived(time.monotonic_ns()):
            os.write(devices[side], packet)
        if control in ready:
            asked = os.read(control, PACKET_MAX)
            if not asked:
                return
            for _ in range(asked.count(b"\n")):
                sys.stdout.write(json.dumps(_counts(lanes, flight)) + "\n")
            sys.stdout.flush()


def _wait_seconds(flight: Flight) -> float | None:
    at_ns = flight.next_at_ns()
    return None if at_ns is None else max(0, at_ns - time.monotonic_ns()) / NANOSECONDS


def _take(device: int, side: int, lane: Lane, flight: Flight) -> None:
    """Send on all that a side has for the other; only IPv4 is carried."""
    while True:
        try:
            packet = os.read(device, PACKET_MAX)
        except BlockingIOError:
            return
        if packet[0] >> 4 != IPV4:
            continue
        arrives_at_ns = lane.arrival(len(packet), time.monotonic_ns())
        if arrives_at_ns is not None:
            flight.add(arrives_at_ns, 1 - side, packet)


def _counts(lanes: tuple[Lane, Lane], flight: Flight) -> dict[str, int]:
    up, down = lanes
    return {
        "up": up.bytes_sent,
        "down": down.bytes_sent,
        "packets_up": up.packets_sent,
        "packets_down": down.packets_sent,
        "lost": up.packets_lost + down.packets_lost,
        "dropped": up.packets_dropped + down.packets_dropped,
        "in_flight": len(flight),
    }


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # whoever asked is gone
        main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
