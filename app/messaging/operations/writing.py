"""What a provider is handed: to whom, which words, and what only the phone can open."""

from dataclasses import replace
from typing import cast

import orjson

from app.foundation.clock import moment_of
from app.foundation.database import Transaction
from app.foundation.revision import revision_of
from app.foundation.sealing import Sealed, unseal
from app.foundation.text import Sentence, sentence_of
from app.identity.queries import contact_of, sessions_of
from app.messaging import queries
from app.messaging.models import DeliveryRow, PushTokenRow, token_cell
from app.messaging.operations.boxes import BoxKey, seal_box
from app.messaging.operations.steps import About, chain_for
from app.messaging.operations.wanting import Told
from app.messaging.ports import Channel, Outgoing
from app.messaging.queries import Notification
from app.messaging.rules import sendable
from app.messaging.rules.deliveries import PATIENCE, request_id
from app.origination import queries as origination

PUSH_TEMPLATE = "messaging.push.body"
"""What a locked screen shows: nothing of loans, as the phone may lie on a table."""
SEALED_BYTES_MAX = 2_800
"""Before base64; vendors take 4 KB a message in all."""


class NoAddress(Exception):
    """There is nowhere to send it to any more."""


async def outgoing(tx: Transaction, row: DeliveryRow, told: Told) -> Outgoing:
    """
    Write one message.

    Raises:
        NoAddress: The app was removed, or whoever was asked has answered.
        KeyError: A template mentions what its notification does not have.
        ValueError: A value is not what its placeholder shows, or no words are left.
    """
    if row.channel == Channel.PUSH:
        return await _push(tx, row, told)
    to, language = await _number(row)
    section = told.kind.lower()
    if told.notification is None:
        words = sentence_of(f"messaging.{section}.sms", language)
    else:
        name = "sms" if row.channel == Channel.SMS else "voice"
        words = told.notification.sentence(name, language)
    return _outgoing(row, to=to, words=words)


async def _number(row: DeliveryRow) -> tuple[str, str]:
    if row.guarantee_id is not None:
        invited = await origination.invited(row.guarantee_id)
        if invited is None:
            raise NoAddress
        return invited.phone, invited.language
    contact = await contact_of(row.borrower_id)
    return contact.phone, contact.language


async def _push(tx: Transaction, row: DeliveryRow, told: Told) -> Outgoing:
    token = await PushTokenRow.get_or_none(id=row.push_token_id, borrower_id=row.borrower_id)
    if token is None or told.notification is None:
        raise NoAddress
    if all(
        one.session_id != token.session_id for one in await sessions_of(row.borrower_id, tx.now)
    ):
        await token.delete()  # whoever has the phone now has signed out of it
        raise NoAddress
    to = await unseal(token_cell(token.id, token.borrower_id, "token"), token.token)
    contact = await contact_of(row.borrower_id)
    sealed = None
    box_key = cast("Sealed | None", token.box_key)
    if box_key is not None:
        key = await unseal(token_cell(token.id, token.borrower_id, "box_key"), box_key)
        delta = await _delta(told.notification, contact.language)
        if delta is not None:
            sealed = seal_box(BoxKey.kept(key), delta, entropy=tx.random_bytes)
    words = sentence_of(PUSH_TEMPLATE, contact.language)
    message = _outgoing(row, to=to, words=words, vendor=token.vendor, sealed=sealed)
    if chain_for(told.kind, About.of(row))[-1] is Channel.PUSH:
        return message
    # The next channel begins then: who turns a phone on at night was told by text message.
    over_at = tx.now + PATIENCE[Channel.PUSH]
    return replace(message, expires_at=min(over_at, moment_of(row.expires_at)))


async def _delta(told: Notification, language: str) -> bytes | None:
    """
    Return what the phone may show before it has asked: the new line of its inbox.

    It is what `notifications` would answer, with the count and the revision it belongs to. None
    where it is too long for a push: the phone asks then.
    """
    links = ("loan_id", "application_id", "repayment_id", "ticket_id", "guarantee_id")
    delta = orjson.dumps(
        {
            "revision": await revision_of(told.borrower_id),
            "unreadCount": await queries.unread_count(told.borrower_id),
            "notification": {
                "id": told.notification_id,
                "kind": told.kind,
                "title": told.title(language),
                "body": told.body(language),
                "createdAt": told.created_at.isoformat(),
                **{_camel(name): value for name in links if (value := told.link(name))},
            },
        }
    )
    return delta if len(delta) <= SEALED_BYTES_MAX else None


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(one.title() for one in others)


def _outgoing(
    row: DeliveryRow, *, to: str, words: Sentence, vendor: str = "", sealed: bytes | None = None
) -> Outgoing:
    clean = sendable(words)
    if not clean.strip():
        message = f"{words.key} has no words"
        raise ValueError(message)
    return Outgoing(
        request_id=request_id(row.id, row.turn),
        to=to,
        sentence=clean,
        template=words.key,
        values={name: sendable(value) for name, value in words.values.items()},
        language=words.language,
        vendor=vendor,
        sealed=sealed,
        expires_at=moment_of(row.expires_at),
    )
