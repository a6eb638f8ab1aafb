"""Handing text messages to the carrier: by day, while they are still true, once or honestly not."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.foundation import outbox
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.log import logger
from app.foundation.revision import revise
from app.identity.ports import SmsSender
from app.identity.queries import contact_of, is_number_stopped
from app.messaging import queries
from app.messaging.events import MessageQueued
from app.messaging.models import NotificationRow, SmsRow
from app.messaging.queries import Notification
from app.messaging.rules import MANNERS, Kind, SmsReason, SmsState, retry_after_seconds
from app.origination.queries import is_late_still
from app.servicing.queries import plans_by_loan

log = logger(__name__)

_OF_A_DAY = frozenset({Kind.DUE_TODAY, Kind.AUTO_DEBIT_SOON, Kind.AUTO_DEBIT_ABOVE_CAP})
"""What is not worth telling once its day is over."""


@dataclass(frozen=True, slots=True)
class _Try:
    """One try with the carrier, counted before it is made."""

    notification: Notification
    number: int


async def deliver_sms(fact: MessageQueued, _delivery_id: str, *, sender: SmsSender) -> None:
    """
    Hand one message to the carrier, in the borrower's language.

    At night it waits for the morning; what has been switched off or is no longer true is
    suppressed. A failed try is repeated over eight hours; after that the message is marked failed.
    Repeating this does no harm: the carrier knows the message by our id.
    """
    attempt = await _begin(fact.message_id)
    if attempt is None:
        return
    try:
        contact = await contact_of(attempt.notification.borrower_id)
        sentence = attempt.notification.sms(contact.language)
        await sender.send(contact.phone, sentence, message_id=fact.message_id)
    except Exception as failure:  # noqa: BLE001 - a carrier may fail in any way; it is retried
        log.warning(
            "sms_try_failed",
            message_id=fact.message_id,
            attempts=attempt.number,
            error=type(failure).__name__,
        )
        await _try_later(fact.message_id, attempt.number)
    else:
        await _settle(fact.message_id, SmsState.SENT, None)


async def _begin(message_id: str) -> _Try | None:
    """Count a try, unless the message is settled, must wait, or should not go out any more."""
    async with transaction() as tx:
        message = await SmsRow.select_for_update().get(id=message_id)
        if message.state != SmsState.QUEUED:
            return None
        quiet_hours = await queries.quiet_hours(local_date(tx.now))
        allowed_at = quiet_hours.first_allowed(max(tx.now, message.not_before))
        if allowed_at > tx.now:
            await _wait(tx, message, allowed_at)
            return None
        told = await queries.told_by(await NotificationRow.get(id=message.notification_id))
        reason = await _reason_not_to_send(told, tx.today)
        if reason is not None:
            await _close(tx, message, SmsState.SUPPRESSED, reason)
            return None
        message.attempts += 1
        await message.save(update_fields=["attempts"])
    return _Try(told, message.attempts)


async def _reason_not_to_send(told: Notification, today: date) -> SmsReason | None:
    if await is_number_stopped(told.borrower_id):
        return SmsReason.NOT_THEIR_NUMBER
    if not await queries.wants_sms(told.borrower_id, MANNERS[told.kind].category):
        return SmsReason.SWITCHED_OFF
    if told.kind in _OF_A_DAY and today.isoformat() > str(told.data["due_on"]):
        return SmsReason.NO_LONGER_TRUE
    if told.kind in {Kind.DUE_TODAY, Kind.OVERDUE} and not await _is_still_owed(told):
        return SmsReason.NO_LONGER_TRUE
    if told.kind is Kind.GUARANTEE_LATE and not await _is_still_late(told):
        return SmsReason.NO_LONGER_TRUE
    return None


async def _is_still_late(told: Notification) -> bool:
    """Look again: a guarantor need not hear of what the borrower has paid since."""
    return await is_late_still(str(told.data["guarantee_id"]), int(told.data["number"]))


async def _is_still_owed(told: Notification) -> bool:
    """Look again: between midnight and morning the borrower may have paid."""
    plan = (await plans_by_loan([str(told.data["loan_id"])]))[0]
    return any(line.left_fen > 0 for line in plan if line.number == told.data["number"])


async def _settle(message_id: str, state: SmsState, reason: SmsReason | None) -> None:
    async with transaction() as tx:
        message = await SmsRow.select_for_update().get(id=message_id)
        if message.state == SmsState.QUEUED:
            await _close(tx, message, state, reason)


async def _close(
    tx: Transaction, message: SmsRow, state: SmsState, reason: SmsReason | None
) -> None:
    message.state = state
    message.reason = reason
    message.settled_at = tx.now
    await message.save(update_fields=["state", "reason", "settled_at"])
    await revise(tx, message.borrower_id)


async def _try_later(message_id: str, attempts: int) -> None:
    seconds = retry_after_seconds(attempts)
    if seconds is None:
        await _settle(message_id, SmsState.FAILED, SmsReason.OUT_OF_TRIES)
        return
    async with transaction() as tx:
        message = await SmsRow.select_for_update().get(id=message_id)
        is_latest_try = message.attempts == attempts
        if message.state == SmsState.QUEUED and is_latest_try:
            await _wait(tx, message, tx.now + timedelta(seconds=seconds))


async def _wait(tx: Transaction, message: SmsRow, until: datetime) -> None:
    """Queue the message anew; if that makes two facts of it, the second finds it settled."""
    message.not_before = until
    await message.save(update_fields=["not_before"])
    await outbox.announce(tx, MessageQueued(message_id=message.id), not_before=until)
