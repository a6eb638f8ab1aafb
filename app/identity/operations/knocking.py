"""
Codes that anybody may ask for, counted before the database is asked.

Where Redis is configured a flood of requests ends there, for all processes together, and costs no
transaction. The database counts again what comes through, in the transaction that sends the code:
it is the judge of every limit, also while Redis is away, so nothing opens and nobody waits then.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from app.foundation.database import current
from app.foundation.errors import RateLimited
from app.foundation.rates import Rates, RatesAway, Take
from app.foundation.sealing import blind_index
from app.identity.rules import codes
from app.identity.rules.codes import Purpose


class _Installed:
    rates: Rates | None = None


def count_first_with(rates: Rates | None) -> None:
    """Count requests for codes here before the database does; with None only the database does."""
    _Installed.rates = rates


@asynccontextmanager
async def counted(phone: str, device_id: str | None, idempotency_key: str) -> AsyncIterator[None]:
    """
    Count a request for a sign-in code, and take that back if the block refuses it.

    A request that comes again under its key has been counted. `phone` is normalized.

    Raises:
        RateLimited: The phone or device asked for too many codes; the block was not begun.
    """
    rates = _Installed.rates
    if rates is None:
        yield
        return
    takes = _takes(phone, device_id, idempotency_key)
    try:
        wait = await rates.take(takes, current().clock.now())
    except RatesAway:
        yield
        return
    if wait > timedelta(0):
        raise RateLimited(codes.whole_seconds(wait))
    try:
        yield
    except BaseException:
        with suppress(RatesAway):
            await rates.give_back(takes[:1])
        raise


def _takes(phone: str, device_id: str | None, idempotency_key: str) -> list[Take]:
    phone_index = blind_index("one_time_code.phone", phone)
    key = hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]
    takes = [Take(name=f"{Purpose.SIGN_IN}:{phone_index}", mark=key, spans=codes.SENDS_MAX)]
    if device_id is not None:
        takes.append(
            Take(
                name=f"device:{blind_index('code_send.device', device_id)}",
                mark=phone_index,
                spans=[(timedelta(days=1), codes.PHONES_PER_DEVICE_MAX)],
                counts_again=True,
            )
        )
    return takes
