"""Looking after messages on their way: asking providers, going on to the next channel, tidying."""

import asyncio
from datetime import timedelta

from app.foundation.clock import milliseconds
from app.foundation.database import current, fetch, transaction
from app.foundation.log import logger, place_of
from app.messaging.events import MessageQueued
from app.messaging.models import DeliveryRow
from app.messaging.operations.delivering import deliver, take_in, told_of
from app.messaging.operations.moving import move_old_messages
from app.messaging.operations.steps import pass_on
from app.messaging.operations.wanting import forget_counts
from app.messaging.operations.writing import NoAddress, outgoing
from app.messaging.ports import (
    Asked,
    Channel,
    OutcomeUnknown,
    Outgoing,
    Provider,
    Providers,
    Receipt,
    Report,
)
from app.messaging.rules import State
from app.messaging.rules.deliveries import request_parts

log = logger(__name__)

BATCH_MAX = 100
AT_ONCE = 10
SLACK = timedelta(minutes=5)
"""How late the outbox may be with a message before it is taken up here."""


async def tend(providers: Providers) -> int:
    """
    Look at every message whose time has come, a hundred at most; return how many.

    It is the completer of calls: what was begun and has no outcome is asked about by our own id. So
    are messages whose receipt is missing. What the outbox has lost sight of is delivered from here.
    """
    _ = await move_old_messages()
    now = current().clock.now()
    rows = await fetch(
        "SELECT id FROM message_delivery WHERE look_at <= ? ORDER BY look_at, id LIMIT ?",
        [milliseconds(now), BATCH_MAX],
    )
    ids = [str(row["id"]) for row in rows]
    for start in range(0, len(ids), AT_ONCE):
        await asyncio.gather(*(_look(one, providers) for one in ids[start : start + AT_ONCE]))
    if ids:
        async with transaction() as tx:
            await forget_counts(tx)
    return len(ids)


async def accept_receipt(receipt: Receipt, providers: Providers) -> State | None:
    """
    Take in a receipt that was checked; return the message's state since, None for none of ours.

    It may come twice, late and before the call's own answer: what ends up is the same.
    """
    parts = request_parts(receipt.request_id)
    if parts is None:
        return None
    report = Report(
        answer=receipt.answer,
        provider_ref=receipt.provider_ref,
        why=receipt.why,
        is_address_gone=receipt.is_address_gone,
    )
    return await take_in(parts[0], parts[1], report, providers)


async def ask_about(request: str, providers: Providers) -> State | None:
    """
    Ask the provider itself about a request somebody says has moved; None for none of ours.

    For receipts that nobody signs: they say only that it is worth asking.
    """
    parts = request_parts(request)
    if parts is None:
        return None
    row = await DeliveryRow.get_or_none(id=parts[0])
    if row is None or row.turn != parts[1] or row.state not in {State.CALLING, State.SENT}:
        return None
    return await _ask(row, providers)


async def _look(message_id: str, providers: Providers) -> None:
    try:
        row = await DeliveryRow.get(id=message_id)
        if row.state == State.QUEUED:
            await _take_up(row, providers)
        elif row.state in {State.CALLING, State.SENT}:
            _ = await _ask(row, providers)
            await _go_on(message_id)
    except Exception as failure:  # noqa: BLE001 - one bad message must not hold up the others
        log.warning("message_not_tended", message_id=message_id, place=place_of(failure))


async def _take_up(row: DeliveryRow, providers: Providers) -> None:
    """Deliver what the outbox should have delivered by now."""
    is_late = current().clock.now() - row.standing.not_before >= SLACK
    if is_late:
        await deliver(MessageQueued(message_id=row.id), "", providers=providers)


async def _go_on(message_id: str) -> None:
    """Begin the next channel where the time of this one is over without an arrival."""
    async with transaction() as tx:
        row = await DeliveryRow.select_for_update().get(id=message_id)
        if row.state in {State.CALLING, State.SENT}:
            await pass_on(tx, row, await told_of(row))


async def _ask(row: DeliveryRow, providers: Providers) -> State | None:
    provider = _named(providers, row)
    report = None if provider is None else await _asked(row, provider)
    return await take_in(row.id, row.turn, report, providers)


async def _asked(row: DeliveryRow, provider: Provider) -> Report | None:
    standing = row.standing
    assert standing.called_at is not None, "it was called"
    try:
        message = await _message(row)
        return await provider.ask(
            Asked(
                request_id=message.request_id,
                to=message.to,
                vendor=message.vendor,
                called_at=standing.called_at,
                provider_ref=standing.provider_ref or "",
            )
        )
    except (OutcomeUnknown, NoAddress):
        return None
    except Exception as failure:  # noqa: BLE001 - an adapter's fault is no answer
        log.warning("provider_failed", provider=provider.name, place=place_of(failure))
        return None


async def _message(row: DeliveryRow) -> Outgoing:
    async with transaction() as tx:
        return await outgoing(tx, row, await told_of(row))


def _named(providers: Providers, row: DeliveryRow) -> Provider | None:
    channel = providers.get(Channel(row.channel), ())
    return next((one for one in channel if one.name == row.provider), None)
