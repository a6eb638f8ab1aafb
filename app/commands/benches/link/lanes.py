"""The emulated link's arithmetic: when a packet arrives, or that it never does. Pure."""

import heapq
import random
from dataclasses import dataclass, field

NANOSECONDS = 1_000_000_000
MILLISECOND = 1_000_000
BITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What kind of link it is; `up` is from the phone to the server."""

    code: str
    what: str
    round_trip_ms: int
    up_kbits: int
    """Thousand bits a second, IP headers included."""
    down_kbits: int
    loss_permille: int = 0
    """How many of a thousand packets are lost, each way."""
    queue_bytes: int = 64_000
    """What waits for its turn at most; a packet that finds the queue full is dropped."""


PROFILES = {
    one.code: one
    for one in (
        Profile(
            code="2g", what="EDGE far from town", round_trip_ms=600, up_kbits=30, down_kbits=50
        ),
        Profile(
            code="2g-loss",
            what="the same, one packet of fifty lost",
            round_trip_ms=600,
            up_kbits=30,
            down_kbits=50,
            loss_permille=20,
        ),
        Profile(
            code="gprs",
            what="GPRS, two timeslots down and one up",
            round_trip_ms=900,
            up_kbits=12,
            down_kbits=24,
        ),
        Profile(
            code="slow3g", what="a crowded 3G cell", round_trip_ms=400, up_kbits=400, down_kbits=400
        ),
    )
}


@dataclass(slots=True)
class Lane:
    """One direction: packets go out one after the other at a rate, and arrive a delay later."""

    kbits: int
    delay_ns: int
    queue_bytes: int
    loss_permille: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - weather
    bytes_sent: int = 0
    """Of IP packets that went out, those lost on the way included."""
    packets_sent: int = 0
    packets_lost: int = 0
    packets_dropped: int = 0
    """Of those that found the queue full; they never went out."""
    _free_at_ns: int = 0

    @classmethod
    def up(cls, profile: Profile, seed: int) -> "Lane":
        """Return the phone's way to the server."""
        return cls._of(profile, profile.up_kbits, seed)

    @classmethod
    def down(cls, profile: Profile, seed: int) -> "Lane":
        """Return the server's way to the phone."""
        return cls._of(profile, profile.down_kbits, seed + 1)

    @classmethod
    def _of(cls, profile: Profile, kbits: int, seed: int) -> "Lane":
        return cls(
            kbits,
            profile.round_trip_ms * MILLISECOND // 2,
            profile.queue_bytes,
            profile.loss_permille,
            random.Random(seed),  # noqa: S311 - weather
        )

    def arrival(self, size: int, now_ns: int) -> int | None:
        """
        Send a packet of so many bytes; return when it arrives, None if it never does.

        A lost packet takes the air as long as any other. The delay is always the same, so packets
        arrive in the order they were sent.
        """
        begins_at = max(now_ns, self._free_at_ns)
        if self.bytes_waiting(now_ns) + size > self.queue_bytes:
            self.packets_dropped += 1
            return None
        self._free_at_ns = begins_at + self.airtime_ns(size)
        self.bytes_sent += size
        self.packets_sent += 1
        if self.chance.randrange(1_000) < self.loss_permille:
            self.packets_lost += 1
            return None
        return self._free_at_ns + self.delay_ns

    def airtime_ns(self, size: int) -> int:
        """Return how long so many bytes take to go out, rounded up."""
        return -(-size * BITS * NANOSECONDS // (self.kbits * 1_000))

    def bytes_waiting(self, now_ns: int) -> int:
        """Return how much has yet to go out, rounded up."""
        left_ns = max(0, self._free_at_ns - now_ns)
        return -(-left_ns * self.kbits * 1_000 // (BITS * NANOSECONDS))


@dataclass(slots=True)
class Flight:
    """Packets on their way, whichever way; the next to arrive comes out first."""

    _heap: list[tuple[int, int, int, bytes]] = field(
        default_factory=list[tuple[int, int, int, bytes]], repr=False
    )
    _number: int = 0

    def add(self, arrives_at_ns: int, side: int, packet: bytes) -> None:
        """Take a packet that arrives at a side then; of two at the same moment the first goes."""
        heapq.heappush(self._heap, (arrives_at_ns, self._number, side, packet))
        self._number += 1

    def next_at_ns(self) -> int | None:
        """Return when the next one arrives; None if none is on its way."""
        return self._heap[0][0] if self._heap else None

    def arrived(self, now_ns: int) -> list[tuple[int, bytes]]:
        """Take out what has arrived by now, in order: each with its side."""
        found: list[tuple[int, bytes]] = []
        while self._heap and self._heap[0][0] <= now_ns:
            _, _, side, packet = heapq.heappop(self._heap)
            found.append((side, packet))
        return found

    def __len__(self) -> int:
        return len(self._heap)
