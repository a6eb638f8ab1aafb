"""Password hashing off the event loop, behind a gate that keeps a flood from taking the machine."""

import asyncio
import hmac
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.foundation.errors import RateLimited
from app.foundation.sealing import derived_key

T = TypeVar("T")

JOBS_MAX = 2 * (os.cpu_count() or 1)
"""Two jobs per core at work; whoever comes beyond that is asked to come again."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB, t=2, p=1: OWASP's password storage recommendation."""
_threads = ThreadPoolExecutor(max_workers=JOBS_MAX, thread_name_prefix="password")
gate = threading.BoundedSemaphore(JOBS_MAX)
"""One slot per job at work; a job gives its slot back even when nobody waits for it any more."""


async def hash_password(password: str) -> str:
    """
    Hash a password under the pepper.

    Raises:
        RateLimited: Too many passwords are being worked on.
    """
    peppered = _peppered(password)
    return await _run(lambda: _hasher.hash(peppered))


async def is_password(password: str, password_hash: str | None) -> bool:
    """
    Tell whether a password fits a hash; without a hash it takes as long and does not.

    Raises:
        RateLimited: Too many passwords are being worked on.
    """
    peppered = _peppered(password)
    if password_hash is None:
        await _run(lambda: _hasher.hash(peppered))
        return False
    known = password_hash
    return await _run(lambda: _fits(known, peppered))


def _fits(password_hash: str, peppered: str) -> bool:
    try:
        return _hasher.verify(password_hash, peppered)
    except VerifyMismatchError:
        return False


def _peppered(password: str) -> str:
    """Mix in a key the database does not hold: its thief has nothing to try passwords on."""
    normalized = unicodedata.normalize("NFKC", password)
    return hmac.digest(derived_key("password-pepper"), normalized.encode(), "sha256").hex()


async def _run(job: Callable[[], T]) -> T:
    if not gate.acquire(blocking=False):
        raise RateLimited(1)
    working: Future[T] = _threads.submit(job)
    working.add_done_callback(lambda _: gate.release())
    return await asyncio.wrap_future(working)
