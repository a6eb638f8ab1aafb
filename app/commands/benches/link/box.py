"""The box: both ends of a slow link with the emulator between them, and what went over it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.commands.benches.http2.speaking import Counts
from app.commands.benches.link.lanes import Profile
from app.commands.benches.link.namespaces import Side, side

ROOT = Path(__file__).parents[4]
PHONE_ADDRESS, SERVER_ADDRESS = "10.9.0.1", "10.9.0.2"
ENDS_SECONDS = 10.0
QUIET_SECONDS = 0.4
"""Longer than a receiver waits before it acknowledges without being asked anything."""
LOOKS_SECONDS = 0.05
DATAGRAM_PORT = 9
ASKED_BYTES, ANSWERED_BYTES = 60, 200
"""A question and an answer in one datagram each: the least that a home screen could be."""


class Companion:
    """A process of ours that answers lines with JSON lines, and ends when its input does."""

    def __init__(self, module: str, *arguments: str, pass_fds: tuple[int, ...] = ()) -> None:
        # In a session of its own Ctrl-C is ours to hear; when we are gone, its input ends.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    def ask(self, line: str) -> dict[str, Any]:
        """
        Send a line and return the answer.

        Raises:
            EOFError: The process has ended.
        """
        assert self._process.stdin is not None, "it has pipes"
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise EOFError(f"exit code {self._process.wait()}") from None
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """
        Return the next answer.

        Raises:
            EOFError: The process has ended.
        """
        assert self._process.stdout is not None, "it has pipes"
        line = self._process.stdout.readline()
        if not line:
            raise EOFError(f"exit code {self._process.wait()}")
        return json.loads(line)

    def end(self) -> None:
        """Close its input and wait; kill it if it does not end."""
        assert self._process.stdin is not None, "it has pipes"
        assert self._process.stdout is not None, "it has pipes"
        self._process.stdin.close()
        try:
            self._process.wait(ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@contextmanager
def companion(module: str, *arguments: str, pass_fds: tuple[int, ...] = ()) -> Iterator[Companion]:
    """Run a companion for a while."""
    running = Companion(module, *arguments, pass_fds=pass_fds)
    try:
        yield running
    finally:
        running.end()


@dataclass(frozen=True, slots=True)
class Box:
    """A link that is up."""

    profile: Profile
    phone: Side
    server: Side
    emulator: Companion

    @property
    def counts(self) -> Counts:
        """Return the bytes of IP packets that went up and down, lost ones included."""
        seen = self.emulator.ask("")
        return Counts(seen["up"], seen["down"])

    def wait_until_quiet(self) -> None:
        """Wait until nothing is on its way and nobody has anything more to say."""
        before, since = self.emulator.ask(""), time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS or before["in_flight"]:
            time.sleep(LOOKS_SECONDS)
            now = self.emulator.ask("")
            if now != before:
                before, since = now, time.monotonic()

    def floor_seconds(self) -> float:
        """Measure the least there is: one datagram up, one datagram down."""
        with _datagrams(self.phone) as asks, _datagrams(self.server) as answers:
            answers.bind((SERVER_ADDRESS, DATAGRAM_PORT))
            began = time.perf_counter()
            while True:
                asks.sendto(bytes(ASKED_BYTES), (SERVER_ADDRESS, DATAGRAM_PORT))
                try:
                    _, sender = answers.recvfrom(ASKED_BYTES)
                    answers.sendto(bytes(ANSWERED_BYTES), sender)
                    asks.recv(ANSWERED_BYTES)
                except TimeoutError:  # one of them was lost
                    continue
                return time.perf_counter() - began


def _datagrams(end: Side) -> socket.socket:
    with end.entered():
        found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.settimeout(3)
    return found


@contextmanager
def box(profile: Profile, *, seed: int = 0) -> Iterator[Box]:
    """
    Set a link up, and take it down again whatever happens.

    Raises:
        NoBox: The kernel or our rights do not allow it.
    """
    with (
        side(PHONE_ADDRESS, SERVER_ADDRESS) as phone,
        side(SERVER_ADDRESS, PHONE_ADDRESS) as server,
        companion(
            "app.commands.benches.link.emulator",
            str(phone.device_fd),
            str(server.device_fd),
            profile.code,
            str(seed),
            pass_fds=(phone.device_fd, server.device_fd),
        ) as emulator,
    ):
        emulator.ask("")
        yield Box(profile, phone, server, emulator)
