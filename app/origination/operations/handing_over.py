"""The borrower's part of a hand-over: look at it, agree to it, ask for it, take it back."""

from collections.abc import Sequence
from datetime import date

import orjson

from app.catalog import queries as catalog
from app.catalog.errors import ProductNotOffered, RegionUnknown
from app.catalog.rules import Consent, OfferedProduct, Product
from app.foundation import idempotency
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.rules.consents import ConsentTo, ConsentWords
from app.origination.errors import (
    HandoverConsentMissing,
    HandoverProfileNeeded,
    HandoverStepRefused,
    HandoverTextChanged,
    NoReferral,
    TooManyHandovers,
)
from app.origination.events import HandoverRequested, HandoverTakenBack
from app.origination.models import HandoverRow, handover_cell
from app.origination.rules.handovers import (
    GONE,
    KEPT_FOR,
    LOOK_AFTER,
    OPEN_MAX,
    STAYING,
    TEXT_VERSION,
    ConsentToHandover,
    HandOver,
    HandoverState,
    PrepareHandover,
    StopReason,
    Wish,
    WithdrawHandover,
    handed_of,
    language_of_words,
    lender_of,
    stepped,
)
from app.partners import queries as partners

OPEN = (
    HandoverState.PREPARED,
    HandoverState.REQUESTED,
    HandoverState.SENDING,
    HandoverState.SENT,
)


async def prepare_handover(command: PrepareHandover) -> str:
    """
    Put together exactly what a referral would hand over, to be looked at; nothing goes.

    What is shown is kept sealed, so that what goes later is what was seen. Returns its id.

    Raises:
        NotFound: There is no product of this id.
        RegionUnknown: There is no lending in this region.
        ProductNotOffered: The product is not offered there today.
        NoReferral: We lend the product ourselves.
        AmountNotOffered, MonthsNotOffered: The lender does not lend so.
        PartnerNotListed: The lender is not on the published list today.
        HandoverProfileNeeded: The borrower's profile is not complete.
        TooManyHandovers: Five are prepared or under way.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["handover_id"]
        offered = await _referral(command, tx.today)
        product = offered.product
        offered.check_wish(command.amount_fen, command.months)
        await partners.lenders_of(product, tx.today)
        await revise(tx, command.borrower_id)
        await _check_room(tx, command.borrower_id)
        try:
            party = await identity_queries.party_of(command.borrower_id)
        except NotFound:
            raise HandoverProfileNeeded from None
        wish = Wish(
            region_code=command.region_code, amount_fen=command.amount_fen, months=command.months
        )
        handover_id = tx.new_id("ho")
        handed = handed_of(product, party, wish)
        written = orjson.dumps({one.value: value for one, value in handed.items()}).decode()
        await HandoverRow.create(
            id=handover_id,
            borrower_id=command.borrower_id,
            product_version_id=offered.version_id,
            product_code=product.code,
            partner_code=lender_of(product),
            state=HandoverState.PREPARED.value,
            handed=await seal(tx, handover_cell(handover_id, command.borrower_id), written),
            prepared_at=milliseconds(tx.now),
        )
        await claim.settle(tx, {"handover_id": handover_id})
    return handover_id


async def consent_to_handover(command: ConsentToHandover, *, session_id: str | None = None) -> str:
    """
    Agree to one hand-over, in exactly the words shown; it stands in the consent ledger by itself.

    Raises:
        NotFound: It is not the borrower's.
        HandoverStepRefused: It was asked for already, or is over.
        HandoverTextChanged: The hash is of other words.
        PartnerNotListed: The lender is not on the published list today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["handover_id"]
        row = await _held_open(tx, command.handover_id, command.borrower_id, wanted="CONSENT")
        product = await _product(row)
        await partners.lenders_of(product, tx.today)
        language = language_of_words(product, command.text_sha256)
        if language is None:
            raise HandoverTextChanged
        row.text_sha256 = command.text_sha256
        row.consented_at = milliseconds(tx.now)
        await keep_handover(tx, row)
        await identity.note_consent(
            tx,
            row.borrower_id,
            _agreed_to(row),
            ConsentWords(version=TEXT_VERSION, language=language, sha256=command.text_sha256),
            session_id=session_id,
        )
        await claim.settle(tx, {"handover_id": row.id})
    return row.id


async def hand_over(command: HandOver) -> str:
    """
    Ask for what was looked at and agreed to to be handed over, once per idempotency key.

    Raises:
        NotFound: It is not the borrower's.
        HandoverStepRefused: It was asked for already, or is over.
        HandoverConsentMissing: There is no consent to exactly this, or it was taken back.
        PartnerNotListed: The lender is not on the published list today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["handover_id"]
        row = await _held_open(tx, command.handover_id, command.borrower_id, wanted="HAND_OVER")
        if not await is_agreed_to(row):
            raise HandoverConsentMissing
        await partners.lenders_of(await _product(row), tx.today)
        row.state = stepped(HandoverState(row.state), HandoverState.REQUESTED).value
        await keep_handover(tx, row)
        await announce(tx, HandoverRequested(handover_id=row.id, borrower_id=row.borrower_id))
        await claim.settle(tx, {"handover_id": row.id})
    return row.id


async def withdraw_handover(command: WithdrawHandover, *, session_id: str | None = None) -> str:
    """
    Take the consent to one hand-over back: what has not gone stays, of what has the lender is told.

    Raises:
        NotFound: It is not the borrower's.
        HandoverStepRefused: It is over already.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["handover_id"]
        row = await held_handover(command.handover_id, command.borrower_id)
        if not await _let_go(tx, row):
            raise HandoverStepRefused(row.state, "WITHDRAW")
        await identity.note_withdrawal(
            tx,
            row.borrower_id,
            Consent.HAND_OVER.value,
            row.partner_code,
            about=row.id,
            session_id=session_id,
        )
        await claim.settle(tx, {"handover_id": row.id})
    return row.id


async def let_go_of_handovers(
    tx: Transaction,
    borrower_id: str,
    recipient: str | None = None,
    *,
    about: str | None = None,
) -> int:
    """
    Stop what has not gone to a lender, or to any, and tell those who have it; return how many.

    `about` names the one hand-over that is meant.

    The ledger is written by the caller.
    """
    found = HandoverRow.filter(borrower_id=borrower_id)
    if recipient is not None:
        found = found.filter(partner_code=recipient)
    if about is not None:
        found = found.filter(id=about)
    rows: Sequence[HandoverRow] = await found.order_by("id").select_for_update()
    return sum([await _let_go(tx, row) for row in rows])


async def held_handover(handover_id: str, borrower_id: str | None = None) -> HandoverRow:
    """
    Lock a hand-over until the transaction ends.

    Raises:
        NotFound: There is none, or it is not this borrower's.
    """
    found = HandoverRow.filter(id=handover_id)
    if borrower_id is not None:
        found = found.filter(borrower_id=borrower_id)
    row = await found.select_for_update().get_or_none()
    if row is None:
        raise NotFound("input.handoverId")
    return row


async def is_agreed_to(row: HandoverRow) -> bool:
    """Tell whether the consent to exactly this hand-over, in its own words, stands right now."""
    line = (await identity_queries.consents_standing(row.borrower_id)).get(_agreed_to(row))
    return line is not None and line.words.sha256 == row.text_sha256


async def _let_go(tx: Transaction, row: HandoverRow) -> bool:
    state = HandoverState(row.state)
    if state in STAYING:
        row.state = stepped(state, HandoverState.CANCELLED).value
        row.reason = StopReason.WITHDRAWN.value
    elif state in GONE:
        row.state = stepped(state, HandoverState.RECALLING).value
        await announce(tx, HandoverTakenBack(handover_id=row.id, borrower_id=row.borrower_id))
    else:
        return False
    await keep_handover(tx, row)
    return True


async def keep_handover(tx: Transaction, row: HandoverRow) -> None:
    """Write a hand-over down, and when due work is to look after it."""
    after = LOOK_AFTER.get(HandoverState(row.state))
    row.look_at = None if after is None else milliseconds(tx.now + after)
    await row.save()
    await revise(tx, row.borrower_id)


async def _held_open(
    tx: Transaction, handover_id: str, borrower_id: str, *, wanted: str
) -> HandoverRow:
    row = await held_handover(handover_id, borrower_id)
    is_over = tx.now >= moment_of(row.prepared_at) + KEPT_FOR
    if row.state != HandoverState.PREPARED.value or is_over:
        raise HandoverStepRefused(row.state, wanted)
    return row


async def _check_room(tx: Transaction, borrower_id: str) -> None:
    since = milliseconds(tx.now - KEPT_FOR)
    found = HandoverRow.filter(borrower_id=borrower_id, state__in=[one.value for one in OPEN])
    if await found.filter(prepared_at__gt=since).count() >= OPEN_MAX:
        raise TooManyHandovers(OPEN_MAX)


async def _referral(command: PrepareHandover, on: date) -> OfferedProduct:
    try:
        offered = await catalog.offered_terms(command.product_id, command.region_code, on)
    except NotFound:
        raise NotFound("input.productId") from None
    except RegionUnknown:
        raise RegionUnknown(field="input.regionCode") from None
    except ProductNotOffered:
        raise ProductNotOffered(field="input.productId") from None
    if not offered.product.is_referral:
        raise NoReferral
    return offered


async def _product(row: HandoverRow) -> Product:
    return (await catalog.product_version(row.product_version_id)).product


def _agreed_to(row: HandoverRow) -> ConsentTo:
    return ConsentTo(purpose=Consent.HAND_OVER.value, recipient=row.partner_code, about=row.id)
