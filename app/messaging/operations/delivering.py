"""
Handing messages to providers: by day, while they are still true, once or honestly not.

A call is made in three steps: what will be asked is committed, the provider is called under our own
id, and what it said is committed. Whoever finds a message after the first step asks the provider
and sends nothing (`tending`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.foundation.database import Transaction, transaction
from app.foundation.log import logger, place_of
from app.messaging import queries
from app.messaging.events import MessageQueued
from app.messaging.models import DeliveryRow, NotificationRow
from app.messaging.operations.moving import moved
from app.messaging.operations.pushing import forget_dead_target
from app.messaging.operations.steps import About, chain_for, save
from app.messaging.operations.wanting import (
    Told,
    allowed_at,
    count_towards_cap,
    leave_to_ask,
    next_span_begins,
    reason_against,
)
from app.messaging.operations.writing import NoAddress, outgoing
from app.messaging.ports import (
    Answer,
    Channel,
    OutcomeUnknown,
    Outgoing,
    Provider,
    Providers,
    Report,
)
from app.messaging.rules import Kind, Reason, Standing, State
from app.messaging.rules.deliveries import (
    after_answer,
    after_silence,
    after_waiting,
    broken,
    called,
    dropped,
    expired,
    nobody_carries,
    request_id,
)

log = logger(__name__)

REST = timedelta(seconds=30)
"""How long a message waits where every provider of its channel rests."""
PROVIDERS_MAX = 3
"""How many providers of a channel are called for one message in a row."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One call that has been written down and not yet made."""

    provider: Provider
    message: Outgoing
    number: int


async def deliver(fact: MessageQueued, _delivery_id: str, *, providers: Providers) -> None:
    """
    Hand one message to a provider of its channel, in the borrower's language.

    At night it waits for the morning; what has been switched off, is no longer true or comes too
    often is suppressed. Where one provider refuses, another is asked at once; where none takes it,
    it is tried again over eight hours, then by the next channel, and at last marked failed. Where a
    provider does not answer, nothing is sent until it has said what it did.
    """
    for _ in range(PROVIDERS_MAX):
        call = await _begin(fact.message_id, providers)
        if call is None:
            return
        report = await _made(call, fact.message_id)
        await take_in(fact.message_id, call.number, report, providers)
        if report is None or report.answer is not Answer.REFUSED:
            return


async def take_in(
    message_id: str, number: int, report: Report | None, providers: Providers
) -> State | None:
    """
    Write down what a provider said of a turn, or that it said nothing; return the state since.

    It may come from a call, a question or a receipt, twice and in any order.
    """
    async with transaction() as tx:
        row = await DeliveryRow.select_for_update().get_or_none(id=message_id)
        if row is None:
            return None
        standing = row.standing
        if report is None:
            is_current = number == standing.turn
            after = after_silence(standing, tx.now) if is_current else standing
        else:
            channel = providers.get(Channel(row.channel), ())
            after = after_answer(
                standing,
                number,
                report,
                tx.now,
                absent_after=_absent_after(channel, standing.provider),
                others=_others(channel, standing),
            )
            was_asked = standing.called_at is not None and number <= standing.turn
            if report.is_address_gone and was_asked and row.push_token_id is not None:
                await forget_dead_target(tx, row.borrower_id, row.push_token_id)
        await save(tx, row, after, await told_of(row))
        return after.state


async def told_of(row: DeliveryRow) -> Told:
    """Return what a message is about."""
    if row.notification_id is None:
        return Told(kind=Kind.GUARANTEE_ASKED, borrower_id=row.borrower_id, notification=None)
    told = await queries.told_by(await NotificationRow.get(id=row.notification_id))
    return Told(kind=told.kind, borrower_id=told.borrower_id, notification=told)


async def _begin(message_id: str, providers: Providers) -> _Call | None:
    """Write down whom to call, unless the message is settled, must wait or should not go out."""
    async with transaction() as tx:
        row = await DeliveryRow.select_for_update().get_or_none(id=message_id)
        row = row or await moved(tx, message_id)
        if row is None or row.state != State.QUEUED:
            return None
        told = await told_of(row)
        standing = await _held_back(tx, row, told)
        if standing is None:
            standing = replace(row.standing, begun_at=row.standing.begun_at or tx.now)
            candidates = providers.get(Channel(row.channel), ())
            call = await _ready(tx, row, told, standing, candidates)
            if isinstance(call, _Call):
                against = await leave_to_ask(tx, told, Channel(row.channel), row.id)
                if against is None:
                    await save(tx, row, called(standing, call.provider.name, tx.now), told)
                    return call
                call = dropped(standing, against, tx.now)
            standing = call
        await save(tx, row, standing, told)
    return None


async def _ready(
    tx: Transaction,
    row: DeliveryRow,
    told: Told,
    standing: Standing,
    candidates: Sequence[Provider],
) -> _Call | Standing:
    """Write the words and choose whom to call; where there is no way, return how it ends."""
    try:
        message = await outgoing(tx, row, told)
    except NoAddress:
        if row.channel == Channel.PUSH:
            return nobody_carries(standing, tx.now)
        return dropped(standing, Reason.NO_LONGER_TRUE, tx.now)
    except (KeyError, ValueError, TypeError) as failure:
        log.warning("message_without_words", message_id=row.id, place=place_of(failure))
        return broken(standing, tx.now)
    if not candidates:
        return nobody_carries(standing, tx.now)
    provider = _chosen(candidates, standing)
    if provider is None:
        return after_waiting(standing, tx.now + REST)
    return _Call(provider, message, standing.turn)


async def _held_back(tx: Transaction, row: DeliveryRow, told: Told) -> Standing | None:
    """Return how a message stands that is not handed over now; None where nothing is against it."""
    standing, channel = row.standing, Channel(row.channel)
    is_last = chain_for(told.kind, About.of(row))[-1] is channel
    ended = expired(standing, tx.now, channel=channel, is_last=is_last)
    if ended is not standing:
        return ended
    at = await allowed_at(told, channel, max(tx.now, standing.not_before))
    if at > tx.now:
        return after_waiting(standing, at)
    reason = await reason_against(told, channel, tx.today)
    if reason is not None:
        return dropped(standing, reason, tx.now)
    if not row.is_counted:
        row.is_counted = await count_towards_cap(tx, told)
        if not row.is_counted:
            return await _another_day(tx.now, standing, told, channel)
    return None


async def _another_day(now: datetime, standing: Standing, told: Told, channel: Channel) -> Standing:
    at = await allowed_at(told, channel, next_span_begins(told.kind, now))
    if at < standing.expires_at:
        return after_waiting(standing, at)
    return dropped(standing, Reason.TOO_MANY, now)


async def _made(call: _Call, message_id: str) -> Report | None:
    """Call; None where nobody knows what it did."""
    try:
        report = await call.provider.send(call.message)
    except OutcomeUnknown:
        report = None
    except Exception as failure:  # noqa: BLE001 - an adapter's fault must not send anything twice
        log.warning("provider_failed", provider=call.provider.name, place=place_of(failure))
        report = None
    log.info(
        "message_handed_over",
        message_id=message_id,
        request_id=request_id(message_id, call.number),
        provider=call.provider.name,
        answer=None if report is None else report.answer.value,
    )
    return report


def _chosen(providers: Sequence[Provider], standing: Standing) -> Provider | None:
    """Return the first that has not refused and does not rest."""
    return next(
        (one for one in providers if one.name not in standing.refused_by and not one.is_resting),
        None,
    )


def _others(providers: Sequence[Provider], standing: Standing) -> int:
    tried = {*standing.refused_by, standing.provider}
    return sum(1 for one in providers if one.name not in tried and not one.is_resting)


def _absent_after(providers: Sequence[Provider], name: str | None) -> timedelta:
    return next((one.absent_after for one in providers if one.name == name), timedelta.max)
