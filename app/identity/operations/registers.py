"""Asking the register of numbers whether somebody new has a number; silence counts as yes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from app.foundation.log import logger
from app.identity.ports import NumberRegister, Subscriber
from app.identity.rules import recovery

log = logger(__name__)


@dataclass(slots=True)
class _Asked:
    register: NumberRegister | None = None


_asked = _Asked()


def ask_register(register: NumberRegister | None) -> None:
    """Name the register this process asks; without one nothing is known of any number."""
    _asked.register = register


async def subscriber_since(phone: str, since: datetime) -> Subscriber:
    """Ask about a number, outside any transaction; UNKNOWN if there is no answer in time."""
    if _asked.register is None:
        return Subscriber.UNKNOWN
    try:
        async with asyncio.timeout(recovery.REGISTER_TIMEOUT_SECONDS):
            return await _asked.register.same_subscriber_since(phone, since)
    except Exception as failure:  # noqa: BLE001 - a register may fail in any way; none opens anything
        log.warning("register_silent", error=type(failure).__name__)
        return Subscriber.UNKNOWN
