"""One message over one channel after another: where a chain begins, and how it goes on."""

from dataclasses import dataclass
from datetime import datetime

from app.foundation import outbox
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction
from app.foundation.metrics import Counts
from app.foundation.revision import revise
from app.messaging import queries
from app.messaging.events import MessageQueued
from app.messaging.models import DeliveryRow, PushTokenRow
from app.messaging.operations.wanting import Told, allowed_at
from app.messaging.ports import Channel
from app.messaging.rules import MANNERS, Kind, Reason, Standing, State, chain_of
from app.messaging.rules.deliveries import dropped, next_channel, watched

_CAME_TO = Counts(
    "messages_total", "Messages that came to a state, such as SENT or FAILED", "channel", "state"
)
VISIBLE = {State.CALLING: State.QUEUED}
"""A call under way looks to its reader as what waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What all messages of one chain share."""

    borrower_id: str
    notification_id: str | None
    guarantee_id: str | None
    by_sms: bool
    is_counted: bool = False
    expires_at: datetime | None = None
    """None before the first channel, which says it."""

    @property
    def chain(self) -> str:
        """Return the name that the places of the chain's messages begin with."""
        return str(self.notification_id or self.guarantee_id)

    def place(self, channel: Channel) -> str:
        """Return the one place of a message over a channel."""
        return f"{self.chain}:{channel}"

    @classmethod
    def of(cls, row: DeliveryRow) -> "About":
        """Return what a message hands on to the next channel."""
        return cls(
            borrower_id=row.borrower_id,
            notification_id=row.notification_id,
            guarantee_id=row.guarantee_id,
            by_sms=row.by_sms,
            is_counted=row.is_counted,
            expires_at=moment_of(row.expires_at),
        )


async def begin_chain(tx: Transaction, told: Told, about: About) -> None:
    """Queue the first message of a kind's chain, if it has any."""
    await _begin(tx, told, about, chain_for(told.kind, about))


def chain_for(kind: Kind, about: About) -> tuple[Channel, ...]:
    """Return the channels of what is told; somebody without an account has text messages only."""
    if about.notification_id is None:
        return (Channel.SMS,)
    return chain_of(kind, by_sms=about.by_sms)


async def save(tx: Transaction, row: DeliveryRow, standing: Standing, told: Told) -> None:
    """
    Write down how a message stands now, and see to what follows: its next look, the next channel.

    The row is held by this transaction. Whoever is told sees a change only where there is one.
    """
    chain, channel = chain_for(told.kind, About.of(row)), Channel(row.channel)
    before = row.standing
    after = watched(standing, channel, tx.now, is_last=chain[-1] is channel)
    if before == after:
        return
    row.take(after)
    await row.save()
    if before.state is not after.state:
        tx.after_commit(_CAME_TO.of(channel.value, after.state.value).add)
    if after.state is State.QUEUED:
        message = MessageQueued(message_id=row.id)
        await outbox.announce(tx, message, not_before=after.not_before)
    else:
        await pass_on(tx, row, told)
    if row.borrower_id and VISIBLE.get(before.state, before.state) != VISIBLE.get(
        after.state, after.state
    ):
        await revise(tx, row.borrower_id)


async def pass_on(tx: Transaction, row: DeliveryRow, told: Told) -> None:
    """Begin the next channel, once, where this one could not deliver; the row is held."""
    about = About.of(row)
    chain = chain_for(told.kind, about)
    rows = await DeliveryRow.filter(place__in=[about.place(channel) for channel in chain])
    steps = {Channel(one.channel): one.standing for one in rows}
    channel = next_channel(chain, steps, tx.now)
    if channel is not None and tx.now < moment_of(row.expires_at):
        await _begin(tx, told, about, chain[chain.index(channel) :])


async def _begin(tx: Transaction, told: Told, about: About, chain: tuple[Channel, ...]) -> None:
    """Queue a message over the first channel there is a way for; note those switched off."""
    for channel in chain:
        token_id = await _push_token(told.borrower_id) if channel is Channel.PUSH else None
        if channel is Channel.PUSH and token_id is None:
            continue
        if await _queue(tx, told, about, channel, token_id):
            return


async def _queue(
    tx: Transaction, told: Told, about: About, channel: Channel, token_id: str | None
) -> bool:
    """Write a message down; False where its channel is switched off, so that the next counts."""
    manner = MANNERS[told.kind]
    is_wanted = about.notification_id is None or await queries.wants(
        told.borrower_id, manner.category, channel
    )
    not_before = await allowed_at(told, channel, tx.now)
    standing = Standing(
        state=State.QUEUED,
        not_before=not_before,
        expires_at=about.expires_at or not_before + manner.lifetime,
        look_at=not_before,
    )
    if not is_wanted:
        standing = dropped(standing, Reason.SWITCHED_OFF, tx.now)
    row = DeliveryRow(
        id=tx.new_id("ms"),
        borrower_id=about.borrower_id,
        notification_id=about.notification_id,
        guarantee_id=about.guarantee_id,
        place=about.place(channel),
        channel=channel,
        by_sms=about.by_sms,
        is_counted=about.is_counted,
        push_token_id=token_id,
        queued_at=milliseconds(tx.now),
    )
    row.take(standing)
    await row.save(force_create=True)
    tx.after_commit(_CAME_TO.of(channel.value, standing.state.value).add)
    if is_wanted:
        await outbox.announce(tx, MessageQueued(message_id=row.id), not_before=not_before)
    return is_wanted


async def _push_token(borrower_id: str) -> str | None:
    row = await PushTokenRow.filter(borrower_id=borrower_id).order_by("-registered_at").first()
    return None if row is None else row.id
