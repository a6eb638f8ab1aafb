"""Debits handed to the rail: by mandate or once, always under one id."""

import asyncio
from collections.abc import Awaitable, Callable

from app.foundation.database import transaction
from app.foundation.log import logger
from app.payments.operations.initiating import note_order
from app.payments.operations.settling import close_unpaid, locked
from app.payments.ports import DebitAsk, DebitRail, OrderRefused, RailOrder, RailUnavailable
from app.payments.rules import AWAITED, RepaymentStatus

log = logger(__name__)


async def each_of(ids: list[str], do: Callable[[str], Awaitable[bool]], name: str) -> int:
    """Do something for each, side by side: one that fails holds up no other."""
    answers = await asyncio.gather(*(do(one) for one in ids), return_exceptions=True)
    for one, answer in zip(ids, answers, strict=True):
        if isinstance(answer, BaseException):
            log.error("debit_failed", error=type(answer).__name__, **{name: one})
    return sum(answer is True for answer in answers)


async def send_debit(rail: DebitRail, ask: DebitAsk) -> None:
    """Hand a debit to the rail; without an answer it is asked about later."""
    try:
        provider_ref = await rail.debit(ask)
    except RailUnavailable:
        log.warning("rail_unavailable", repayment_id=ask.debit_id)
        return
    except OrderRefused as refusal:
        async with transaction() as tx:
            row = await locked(ask.debit_id)
            if row.status in AWAITED:
                await close_unpaid(tx, row, RepaymentStatus.FAILED, refusal.reason)
        return
    async with transaction() as tx:
        await note_order(tx, await locked(ask.debit_id), RailOrder(provider_ref=provider_ref))
