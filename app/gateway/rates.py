"""
How much a caller may ask for, and how much all may at once: kept in this process's memory.

Points are what operations cost. A caller has a bucket of them that fills up again steadily; who
has not signed in shares one with their address, which may be a whole village behind one carrier's
gateway, and all of them together share another. What is to be spent is taken before an operation
runs, and what it did not use is put back. Beyond a number of operations at once, new ones are
turned away before they cost anything, and the last places are kept for those who come to pay.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from time import monotonic

from app.foundation.caller import BorrowerCaller, Caller, StaffCaller
from app.gateway.wire import BadRequest, Words

POINTS_PER_SECOND = 400
"""The home screen costs about 110, so somebody tapping all day never meets this."""
BURST_SECONDS = 60
"""A bucket that was left alone holds as much as a minute brings."""
ADDRESS_TIMES = 10
"""How many callers' worth an address has that nobody signed in from."""
ALL_TIMES = 100
CALLERS_MAX = 20_000
"""Buckets kept; the one that was left alone longest is full again and is forgotten first."""
PLACES = 256
PLACES_KEPT = 64
"""Places of these that only those who come to pay may have."""
RETRY_SECONDS = 2
_EVERYBODY = "everybody"


class TooOften(BadRequest):
    """A caller has spent what they have; 429 says when there is more."""

    def __init__(self, seconds: int) -> None:
        words = Words("too_often", {"seconds": seconds})
        super().__init__(429, "RATE_LIMITED", words, {"retry-after": str(seconds)})
        self.retry_after_seconds = seconds


class Crowded(BadRequest):
    """Too many operations are running; 503 says when to come back."""

    def __init__(self) -> None:
        words = Words("busy", {"seconds": RETRY_SECONDS})
        wait = {"retry-after": str(RETRY_SECONDS)}
        super().__init__(503, "TEMPORARILY_UNAVAILABLE", words, wait)
        self.retry_after_seconds = RETRY_SECONDS


@dataclass(slots=True)
class _Bucket:
    """What somebody has left, as of a moment, and what a second brings."""

    points: float
    at: float
    rate: float

    def fill(self, now: float) -> None:
        """Add what the time since has brought."""
        points = self.points + (now - self.at) * self.rate
        most = self.rate * BURST_SECONDS
        self.points = min(points, most)
        self.at = now

    def wait(self, points: int) -> float:
        """Return how many seconds it takes until so many may be taken; nothing if they may now."""
        most = self.rate * BURST_SECONDS
        return (min(points, most) - self.points) / self.rate


@dataclass(slots=True)
class Rates:
    """Every caller's bucket of points, within this process."""

    points_per_second: float = POINTS_PER_SECOND
    """What one caller gets; 0 lets everybody ask for as much as they like."""
    clock: Callable[[], float] = monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict[str, _Bucket])

    def spend(self, caller: Caller, address: str, points: int) -> "Spent":
        """
        Take an operation's points, all or none; what it spends less is put back.

        More than a bucket can ever hold needs a full one, and leaves it in debt.

        Raises:
            TooOften: There are not enough.
        """
        if self.points_per_second <= 0:
            return Spent((), points)
        own, everybody = self._buckets_of(caller, address)
        wait = max(own.wait(points), everybody.wait(points))
        if wait > 0:
            raise TooOften(max(1, math.ceil(wait)))
        own.points -= points
        everybody.points -= points
        return Spent((own, everybody), points)

    def charge(self, caller: Caller, address: str, points: int) -> None:
        """Take points for what has run already, into debt if need be."""
        if self.points_per_second > 0:
            for bucket in self._buckets_of(caller, address):
                bucket.points -= points

    def _buckets_of(self, caller: Caller, address: str) -> tuple["_Bucket", "_Bucket"]:
        now, rate = self.clock(), self.points_per_second
        if isinstance(caller, BorrowerCaller):
            own = self._filled(caller.borrower_id, rate, now)
        elif isinstance(caller, StaffCaller):
            own = self._filled(caller.staff_id, rate, now)
        else:
            own = self._filled(f"address {address}", rate * ADDRESS_TIMES, now)
        return own, self._filled(_EVERYBODY, rate * ALL_TIMES, now)

    def _filled(self, name: str, rate: float, now: float) -> "_Bucket":
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(rate * BURST_SECONDS, now, rate)
            while len(self._buckets) > CALLERS_MAX:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        bucket.fill(now)
        return bucket


@dataclass(slots=True)
class Spent:
    """Points that were taken for one operation."""

    _buckets: tuple[_Bucket, ...]
    points: int

    def settle(self, points: int) -> None:
        """Put back what it did not use, or take what it used beyond."""
        for bucket in self._buckets:
            bucket.points += self.points - points


@dataclass(slots=True)
class Places:
    """How many operations run at once in this process."""

    most: int = PLACES
    kept: int = PLACES_KEPT
    taken: int = 0

    def one(self, *, pays: bool) -> "Places":
        """
        Take a place, which the block around what runs gives back; the last are for those who pay.

        Raises:
            Crowded: There is none.
        """
        if self.taken >= (self.most if pays else self.most - self.kept):
            raise Crowded
        self.taken += 1
        return self

    def within(self, *, pays: bool) -> AbstractContextManager[None]:
        """
        Run something else in a place that is taken already, unless it had been for those who pay.

        Raises:
            Crowded: Without that place, there would have been none for what does not pay.
        """
        if not pays and self.taken > self.most - self.kept:
            raise Crowded
        return nullcontext()

    def again(self) -> "Places":
        """Take a place for what has begun already, whether or not one is left."""
        self.taken += 1
        return self

    def __enter__(self) -> None:
        """Run in the place that was taken."""

    def __exit__(self, *_failure: object) -> None:
        """Give it back."""
        self.taken -= 1
