"""Hearing of refunds: the rail's notices, and questions about what it did not tell."""

import asyncio

from app.foundation.clock import milliseconds
from app.foundation.database import current, transaction
from app.foundation.log import logger
from app.payments.models import RefundRow
from app.payments.operations.refunding.sending import send_refund
from app.payments.operations.refunding.words import take_refund_word
from app.payments.operations.wallet_requests import has_wallet_request
from app.payments.ports import RailStatus, RailUnavailable, RefundRail
from app.payments.rules import FIRST_POLL_AFTER, RailNotice, RailWord, WordOutcome
from app.payments.rules.refunds import RETURNS_ASKED_EVERY, RETURNS_WATCHED_FOR, RefundStatus

log = logger(__name__)

POLL_BATCH = 50


async def accept_refund_notice(notice: RailNotice) -> WordOutcome:
    """
    Take one notice about a refund, whose signature has been checked.

    However often and in whatever order notices come, the refund ends as the money went: the word
    about the latest moment counts. A failure after a payment is the bank's return.

    Raises:
        TemporarilyUnavailable: Nothing was taken; the rail sends the notice again.
    """
    return await take_refund_word(RailWord.of_notice(notice))


async def poll_refunds(rail: RefundRail) -> int:
    """
    Ask about refunds that have waited 30 s for a notice, and send what got stuck.

    What has been paid is asked about once a day until the fifth day after the wish, because banks
    return money. Run by any number of workers.

    Returns:
        How many refunds moved.
    """
    due = await _lease_due()
    answers = await asyncio.gather(
        *(_look_after(rail, refund_id) for refund_id in due), return_exceptions=True
    )
    for refund_id, answer in zip(due, answers, strict=True):
        if isinstance(answer, RailUnavailable):
            log.warning("rail_unavailable", refund_id=refund_id)
        elif isinstance(answer, BaseException):
            log.error("poll_failed", refund_id=refund_id, error=type(answer).__name__)
    return sum(answer is True for answer in answers)


async def _lease_due() -> list[str]:
    """Take the refunds to be asked about, and put their next turn off."""
    async with transaction() as tx:
        skip = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
        rows = await tx.rows(
            "UPDATE refund SET poll_at = ? WHERE id IN (SELECT id FROM refund"
            f" WHERE poll_at <= ? ORDER BY poll_at LIMIT {POLL_BATCH}{skip}) RETURNING id",
            [milliseconds(tx.now + FIRST_POLL_AFTER), milliseconds(tx.now)],
        )
    return [row["id"] for row in rows]


async def _look_after(rail: RefundRail, refund_id: str) -> bool:
    row = await RefundRow.get(id=refund_id)
    if row.status == RefundStatus.REQUESTED:
        await send_refund(refund_id, rail)
        return True
    report = await rail.order_status(refund_id)
    is_unheard_of = report.status is RailStatus.UNKNOWN
    if report.awaits_payee:  # what accepts it may have been lost with an answer: it is asked for
        is_unheard_of = not await has_wallet_request(refund_id)
    if is_unheard_of and row.status == RefundStatus.SENDING:
        await send_refund(refund_id, rail)
        return False
    word = RailWord.of_report(refund_id, report, asked_at=current().clock.now())
    outcome = await take_refund_word(word)
    if outcome is WordOutcome.NOTHING_NEW:
        await _put_off_paid(refund_id)
    return outcome is WordOutcome.MOVED


async def _put_off_paid(refund_id: str) -> None:
    """Ask about a payment again tomorrow, while a bank may still return it."""
    async with transaction() as tx:
        row = await RefundRow.filter(id=refund_id).select_for_update().get()
        if row.status != RefundStatus.PAID:
            return
        is_watched = tx.now < row.requested_at + RETURNS_WATCHED_FOR
        row.poll_at = milliseconds(tx.now + RETURNS_ASKED_EVERY) if is_watched else None
        await row.save(update_fields=["poll_at"])
