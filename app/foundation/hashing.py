"""Slow hashes of passwords and PINs, off the event loop, behind a gate that a flood stops at."""

import asyncio
import base64
import hmac
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.foundation.errors import RateLimited
from app.foundation.ids import Entropy
from app.foundation.sealing import derived_key

T = TypeVar("T")

AT_WORK_MAX = os.cpu_count() or 1
"""One job per core at work: a second one there finishes none earlier."""
JOBS_MAX = 2 * AT_WORK_MAX
"""Two jobs per core: the one at work and the one after it."""
WAITING_MAX = 2 * JOBS_MAX
"""A short queue: its last one waits for about two jobs more; who comes beyond it comes again."""
PLACES_MAX = JOBS_MAX + WAITING_MAX
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one argon2id hash costs: on one thread, so many KiB gone through so many times."""

    memory_kib: int
    passes: int

    @property
    def hasher(self) -> PasswordHasher:
        """Return what hashes at this cost."""
        return PasswordHasher(memory_cost=self.memory_kib, time_cost=self.passes, parallelism=1)


USUAL_COST = Cost(memory_kib=19 * 1024, passes=2)
"""19 MiB, t=2, p=1: OWASP's password storage recommendation."""


class _Installed:
    cost: Cost = USUAL_COST
    hasher: PasswordHasher = USUAL_COST.hasher


def set_cost(cost: Cost) -> None:
    """Hash at another cost from now on; hashes made before still fit, and are renewed when used."""
    _Installed.cost, _Installed.hasher = cost, cost.hasher


NICENESS = 10
"""
How far hashing stands back behind the threads that answer: a tenth of their share of a core.

On two busy cores, with two jobs always at work, other requests' 95th percentile stays what it is
without (5 ms; 40 ms with four jobs that do not stand back) and the 99th grows by 40 % (from 10.7 to
14.7 ms; to 95 ms), with as many hashes a second. A thread further back (19) is held up for longer
while it has Python's lock, and the event loop with it: 30 ms.
"""


def _stand_back() -> None:
    if sys.platform == "linux":  # elsewhere a process has a priority, a thread of it has not
        with suppress(OSError):  # the whole process stands back further already
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_threads = ThreadPoolExecutor(AT_WORK_MAX, "hashing", _stand_back)
gate = threading.BoundedSemaphore(PLACES_MAX)
"""One place per job at work or waiting, given back even when nobody waits for the job any more."""


def is_crowded() -> bool:
    """Tell whether a secret brought now would be asked to come again."""
    if not gate.acquire(blocking=False):
        return True
    gate.release()
    return False


@dataclass(frozen=True, slots=True)
class Compared:
    """How a secret compared with a hash."""

    fits: bool
    renewed: str | None = field(default=None, repr=False)
    """A hash with today's parameters to keep instead, if it fits and was made with others."""


async def hashed(secret: str, *, pepper: str) -> str:
    """
    Hash a secret under a pepper: the label of a key that the database does not hold.

    Raises:
        RateLimited: Too many secrets are being worked on.
    """
    peppered = _peppered(secret, pepper)
    return await _run(lambda: _Installed.hasher.hash(peppered))


def decoy(entropy: Entropy) -> str:
    """Return what looks like a hash, takes as long to compare, and fits no secret anybody has."""
    salt, tag = (base64.b64encode(entropy(size)).decode().rstrip("=") for size in (16, 32))
    cost = _Installed.cost
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p=1${salt}${tag}"


async def compared(secret: str, *hashes: str, pepper: str) -> list[Compared]:
    """
    Compare a secret with each of some hashes; all are worked through, whichever fits.

    Raises:
        RateLimited: Too many secrets are being worked on.
    """
    peppered = _peppered(secret, pepper)
    return await _run(lambda: [_compare(one, peppered) for one in hashes])


def _compare(known: str, peppered: str) -> Compared:
    hasher = _Installed.hasher
    try:
        hasher.verify(known, peppered)
    except VerifyMismatchError:
        return Compared(fits=False)
    is_dated = hasher.check_needs_rehash(known)
    return Compared(fits=True, renewed=hasher.hash(peppered) if is_dated else None)


def _peppered(secret: str, pepper: str) -> str:
    """Mix in a key the database does not hold: its thief has nothing to try secrets on."""
    normalized = unicodedata.normalize("NFKC", secret)
    return hmac.digest(derived_key(pepper), normalized.encode(), "sha256").hex()


async def _run(job: Callable[[], T]) -> T:
    if not gate.acquire(blocking=False):
        raise RateLimited(RETRY_AFTER_SECONDS)
    working: Future[T] = _threads.submit(job)
    working.add_done_callback(lambda _: gate.release())
    return await asyncio.wrap_future(working)
