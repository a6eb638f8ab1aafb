"""What a borrower wishes: hours of peace of their own, and news that is the same for everybody."""

import re
from dataclasses import dataclass
from datetime import time

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise
from app.messaging import queries
from app.messaging.queries import Wishes
from app.messaging.rules import OWN_MOST, QuietHours

_CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuietHours:
    """Be left in peace in these hours too, beside the law's night; none ends that."""

    caller_id: str
    begins: str | None
    ends: str | None
    """`21:30`, in China's time."""
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNewsPersonal:
    """Say whether news of products may be chosen for oneself, or is to be the same for all."""

    caller_id: str
    is_personal: bool
    idempotency_key: str


async def set_quiet_hours(command: SetQuietHours) -> Wishes:
    """
    Set a borrower's own quiet hours, and return all their wishes.

    They add to the law's night and take nothing from it; warnings come in spite of them.

    Raises:
        InvalidInput: A time is none, they end when they begin, or leave less than ten hours.
        IdempotencyConflict: The key was used for another command.
    """
    hours = _hours(command)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await tx.run(
                "INSERT INTO contact_wish (borrower_id, quiet_from, quiet_to, is_news_personal)"
                " VALUES (?, ?, ?, ?) ON CONFLICT (borrower_id) DO UPDATE"
                " SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to",
                [
                    command.caller_id,
                    None if hours is None else f"{hours.begins:%H:%M}",
                    None if hours is None else f"{hours.ends:%H:%M}",
                    False,
                ],
            )
            await _settle(tx, claim, command.caller_id)
        return await queries.wishes_of(command.caller_id)


async def set_news_personal(command: SetNewsPersonal) -> Wishes:
    """
    Let news of products be chosen for a borrower, or not, and return all their wishes.

    It is off until it is switched on (PIPL, article 24: news by automated decision needs an option
    that is not tailored). Whether news comes at all is the consent's and the switch's.

    Raises:
        InvalidInput: The key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await tx.run(
                "INSERT INTO contact_wish (borrower_id, is_news_personal) VALUES (?, ?)"
                " ON CONFLICT (borrower_id) DO UPDATE"
                " SET is_news_personal = excluded.is_news_personal",
                [command.caller_id, command.is_personal],
            )
            await _settle(tx, claim, command.caller_id)
        return await queries.wishes_of(command.caller_id)


async def _settle(tx: Transaction, claim: idempotency.Claim, borrower_id: str) -> None:
    await revise(tx, borrower_id)
    await claim.settle(tx, {})


def _hours(command: SetQuietHours) -> QuietHours | None:
    if command.begins is None and command.ends is None:
        return None
    hours = QuietHours(
        begins=_clock_time(command.begins, "input.hours.from"),
        ends=_clock_time(command.ends, "input.hours.to"),
    )
    if not hours.lasts or hours.lasts > OWN_MOST:
        most = OWN_MOST.seconds // 3_600
        raise InvalidInput("input.hours", "messaging.reason.quiet_hours", most=most)
    return hours


def _clock_time(written: str | None, field: str) -> time:
    if written is None or not _CLOCK_TIME.fullmatch(written):
        raise InvalidInput(field, "messaging.reason.clock_time")
    return time.fromisoformat(written)
