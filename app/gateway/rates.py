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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from app.foundation.caller import BorrowerCaller, Caller, StaffCaller
from app.gateway.wire import BadRequest

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
        message = f"Too much at once; try again in {seconds} s."
        super().__init__(429, "RATE_LIMITED", message, {"retry-after": str(seconds)})
        self.seconds = seconds


class Crowded(BadRequest):
    """Too many operations are running; 503 says when to come back."""

    def __init__(self) -> None:
        message = f"Many people are using this right now; try again in {RETRY_SECONDS} s."
        wait = {"retry-after": str(RETRY_SECONDS)}
        super().__init__(503, "TEMPORARILY_UNAVAILABLE", message, wait)


@dataclass(slots=True)
class _Bucket:
    points: float
    at: float


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
        filled = [self._filled(name, rate) for name, rate in self._shares(caller, address)]
        wait = max(
            (min(points, rate * BURST_SECONDS) - bucket.points) / rate for bucket, rate in filled
        )
        if wait > 0:
            raise TooOften(max(1, math.ceil(wait)))
        for bucket, _ in filled:
            bucket.points -= points
        return Spent(tuple(bucket for bucket, _ in filled), points)

    def charge(self, caller: Caller, address: str, points: int) -> None:
        """Take points for what has run already, into debt if need be."""
        if self.points_per_second > 0:
            for name, rate in self._shares(caller, address):
                self._filled(name, rate)[0].points -= points

    def _shares(self, caller: Caller, address: str) -> list[tuple[str, float]]:
        own = self.points_per_second
        everybody = (_EVERYBODY, own * ALL_TIMES)
        match caller:
            case BorrowerCaller(borrower_id=who):
                return [(who, own), everybody]
            case StaffCaller(staff_id=who):
                return [(who, own), everybody]
            case _:
                return [(f"address {address}", own * ADDRESS_TIMES), everybody]

    def _filled(self, name: str, rate: float) -> tuple[_Bucket, float]:
        now = self.clock()
        most = rate * BURST_SECONDS
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(most, now)
            while len(self._buckets) > CALLERS_MAX:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        bucket.points = min(most, bucket.points + (now - bucket.at) * rate)
        bucket.at = now
        return bucket, rate


@dataclass(frozen=True, slots=True)
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

    @contextmanager
    def one(self, *, pays: bool) -> Iterator[None]:
        """
        Hold a place while an operation runs; the last ones are for those who pay.

        Raises:
            Crowded: There is none.
        """
        if self.taken >= (self.most if pays else self.most - self.kept):
            raise Crowded
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
