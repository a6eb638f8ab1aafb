"""Hand-overs on their way: the intent committed, the lender called by our id, the result kept."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import orjson

from app.catalog import queries as catalog
from app.foundation.audit import Entry, record
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, current, transaction
from app.foundation.errands import do_all
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import Forgotten, unseal
from app.origination.events import (
    HandedOver,
    HandoverAnswered,
    HandoverRequested,
    HandoverStopped,
    HandoverTakenBack,
)
from app.origination.models import HandoverRow, handover_cell
from app.origination.operations.handing_over import (
    held_handover,
    is_agreed_to,
    keep_handover,
)
from app.origination.ports import (
    HandoverRefused,
    LenderAnswer,
    LenderUnavailable,
    OtherLender,
)
from app.origination.rules.handovers import (
    KEPT_FOR,
    STEPS,
    HandoverState,
    StopReason,
    declared,
    look_again_after,
    stepped,
)
from app.origination.rules.lender_words import LenderWord
from app.partners import queries as partners
from app.partners.errors import PartnerNotListed

log = logger(__name__)

ACTOR = "origination.handovers"
POLL_BATCH_MAX = 50
_Step = Callable[[str, OtherLender], Awaitable[None]]
ANSWERS = {
    LenderAnswer.ACCEPTED: HandoverState.ACCEPTED,
    LenderAnswer.DECLINED: HandoverState.DECLINED,
}


async def send_handover(fact: HandoverRequested, delivery_id: str, *, lender: OtherLender) -> None:
    """
    Hand over what was agreed to; done again, the same id counts once.

    Raises:
        LenderUnavailable: The lender gave no answer; try again later.
    """
    log.info("handing_over", handover_id=fact.handover_id, delivery_id=delivery_id)
    await _send(fact.handover_id, lender)


async def recall_handover(
    fact: HandoverTakenBack, delivery_id: str, *, lender: OtherLender
) -> None:
    """
    Tell a lender to stop using and delete what it got; done again, it changes nothing.

    Raises:
        LenderUnavailable: The lender gave no answer; try again later.
    """
    log.info("taking_back", handover_id=fact.handover_id, delivery_id=delivery_id)
    await _take_back(fact.handover_id, lender)


async def accept_lender_word(partner_code: str, word: LenderWord) -> None:
    """
    Take a lender's word on what was handed over to it, whatever the order and number of them.

    The first word stands. One about what is none of ours, another lender's, or taken back by the
    borrower changes nothing.
    """
    await _take_word(word.handover_id, partner_code, word.answer, word.reason)


async def poll_handovers(lender: OtherLender) -> int:
    """
    Send and take back what got stuck, and ask about what was not answered; return how many.

    Raises:
        Exception: What one of them failed of, such as a broken seal, once all others were done.
    """
    now = current().clock.now()
    found = HandoverRow.filter(look_at__lte=milliseconds(now)).order_by("look_at", "id")
    rows = await found.limit(POLL_BATCH_MAX)
    await do_all({row.id: partial(_look_after, row, lender) for row in rows})
    return len(rows)


async def _look_after(row: HandoverRow, lender: OtherLender) -> None:
    steps: Mapping[HandoverState, _Step] = {
        HandoverState.REQUESTED: _send,
        HandoverState.SENDING: _send,
        HandoverState.RECALLING: _take_back,
        HandoverState.SENT: _ask,
    }
    try:
        await steps[HandoverState(row.state)](row.id, lender)
    except LenderUnavailable:
        log.warning("lender_unavailable", handover_id=row.id)
        await _look_later(row.id)


async def _send(handover_id: str, lender: OtherLender) -> None:
    order = await _begin_sending(handover_id)
    if order is None:
        return
    partner_code, handed = order
    try:
        reference = await lender.hand_over(partner_code, handover_id, handed)
    except HandoverRefused as refused:
        await _take_word(handover_id, partner_code, LenderAnswer.DECLINED, refused.reason)
        return
    async with transaction() as tx:
        row = await held_handover(handover_id)
        row.lender_ref = reference
        if row.state == HandoverState.SENDING.value:
            row.state = stepped(HandoverState.SENDING, HandoverState.SENT).value
        await keep_handover(tx, row)


async def _begin_sending(handover_id: str) -> tuple[str, Mapping[str, str]] | None:
    """
    Commit the intent to send; None when nothing is to be sent, any more or at all.

    What leaves the house is on record, for the auditors and for the borrower, before it leaves.
    """
    async with transaction() as tx:
        row = await held_handover(handover_id)
        state = HandoverState(row.state)
        if state is HandoverState.REQUESTED:
            reason = await _stops(tx, row)
            if reason is not None:
                await _stop(tx, row, reason)
                return None
            row.state = stepped(state, HandoverState.SENDING).value
            row.sent_at = milliseconds(tx.now)
            await keep_handover(tx, row)
            await _put_on_record(tx, row)
        elif state is not HandoverState.SENDING:
            return None
        try:
            written = await unseal(handover_cell(row.id, row.borrower_id), row.handed)
        except Forgotten:
            # The borrower left: the closing of the account tells whoever has it.
            await HandoverRow.filter(id=row.id).update(look_at=None)
            return None
        handed: dict[str, str] = orjson.loads(written)
        product = (await catalog.product_version(row.product_version_id)).product
        assert set(handed) == set(declared(product)), "only what was declared ever goes"
        return row.partner_code, handed


async def _stops(tx: Transaction, row: HandoverRow) -> StopReason | None:
    """Say why nothing may go, at the last moment before it would."""
    if not await is_agreed_to(row):
        return StopReason.WITHDRAWN
    if tx.now >= moment_of(row.prepared_at) + KEPT_FOR:
        return StopReason.OUT_OF_TIME
    product = (await catalog.product_version(row.product_version_id)).product
    try:
        await partners.lenders_of(product, tx.today)
    except PartnerNotListed:
        return StopReason.PARTNER_NOT_LISTED
    return None


async def _stop(tx: Transaction, row: HandoverRow, reason: StopReason) -> None:
    row.state = stepped(HandoverState(row.state), HandoverState.CANCELLED).value
    row.reason = reason.value
    await keep_handover(tx, row)
    await announce(
        tx,
        HandoverStopped(handover_id=row.id, borrower_id=row.borrower_id, reason=reason.value),
    )


async def _put_on_record(tx: Transaction, row: HandoverRow) -> None:
    about = {
        "handover": row.id,
        "partner": row.partner_code,
        "product": row.product_version_id,
        "consent": row.text_sha256 or "",
    }
    await record(tx, Entry("handover.sent", row.borrower_id, ACTOR, about))
    await announce(
        tx,
        HandedOver(handover_id=row.id, borrower_id=row.borrower_id, partner_code=row.partner_code),
    )


async def _take_back(handover_id: str, lender: OtherLender) -> None:
    known = await HandoverRow.get_or_none(id=handover_id, state=HandoverState.RECALLING.value)
    if known is None:
        return
    await lender.take_back(known.partner_code, handover_id)
    async with transaction() as tx:
        row = await held_handover(handover_id)
        if row.state != HandoverState.RECALLING.value:
            return
        row.state = stepped(HandoverState.RECALLING, HandoverState.RECALLED).value
        row.recalled_at = milliseconds(tx.now)
        await keep_handover(tx, row)
        about = {"handover": row.id, "partner": row.partner_code}
        await record(tx, Entry("handover.recalled", row.borrower_id, ACTOR, about))


async def _ask(handover_id: str, lender: OtherLender) -> None:
    row = await HandoverRow.get(id=handover_id)
    answer = await lender.answer_on(row.partner_code, handover_id)
    if answer is None:
        await _look_later(handover_id)
    else:
        await _take_word(handover_id, row.partner_code, answer, None)


async def _take_word(
    handover_id: str, partner_code: str, answer: LenderAnswer, reason: str | None
) -> None:
    known = HandoverRow.filter(id=handover_id, partner_code=partner_code)
    if not await known.exists():
        log.warning("word_on_nothing_of_ours")
        return
    async with transaction() as tx:
        row = await held_handover(handover_id)
        after = ANSWERS[answer]
        if after not in STEPS[HandoverState(row.state)]:
            return
        row.state = after.value
        row.reason = reason
        row.answered_at = milliseconds(tx.now)
        await keep_handover(tx, row)
        await announce(
            tx,
            HandoverAnswered(handover_id=row.id, borrower_id=row.borrower_id, answer=answer.value),
        )


async def _look_later(handover_id: str) -> None:
    """Put it behind the others, so that one lender who is away holds up nobody else's."""
    async with transaction() as tx:
        row = await held_handover(handover_id)
        waited = tx.now - moment_of(row.sent_at or row.prepared_at)
        look_at = milliseconds(tx.now + look_again_after(waited))
        await HandoverRow.filter(id=handover_id, state=row.state).update(look_at=look_at)
