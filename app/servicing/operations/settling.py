"""Settling closed days with partners, each once; what is kept never changes."""

from datetime import date, timedelta

from app.foundation.canonical import sha256_of
from app.foundation.clock import milliseconds
from app.foundation.database import business_date, transaction
from app.foundation.log import logger
from app.servicing.queries.settling import days_to_settle, last_kept, worked_out
from app.servicing.rules.settling import DaySettlement

log = logger(__name__)


async def settle_days(until: date | None = None) -> list[DaySettlement]:
    """
    Settle every closed day that is not settled yet, oldest first; return them.

    A posting belongs to one settlement: to its day's, or, made later for a day settled before, to
    the next. A day whose sums are not the ledger's is not kept, nor any after it; the last returned
    then names what is off. Done again, or by two at once, nothing changes.
    """
    closed = await business_date() - timedelta(days=1)
    made: list[DaySettlement] = []
    for day in await days_to_settle(min(until or closed, closed)):
        one = await _settle(day)
        made.append(one)
        if one.problems:
            log.error("settlement_off", on=one.on_date, problems=len(one.problems))
            break
    return made


async def _settle(on: date) -> DaySettlement:
    async with transaction() as tx:
        made = await worked_out(on, await last_kept(before=on), is_final=True)
        if made.problems:
            return made
        content = made.as_json()
        await tx.run(
            "INSERT INTO servicing_settlement (on_date, through_number, content, sha256, made_at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (on_date) DO NOTHING",
            [
                made.on_date,
                made.through_number,
                content,
                sha256_of(content),
                milliseconds(tx.now),
            ],
        )
    return made
