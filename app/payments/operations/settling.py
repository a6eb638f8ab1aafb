"""What the rail says becomes what is true: notices, answers to our questions, and giving up."""

import asyncio
from datetime import date

import msgspec

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import Refusal, TemporarilyUnavailable
from app.foundation.ids import has_id_shape
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.payments.events import RepaymentFailed, RepaymentTaken
from app.payments.models import PayoffQuoteRow, RailNoticeRow, RepaymentRow
from app.payments.operations.wallet_requests import drop_wallet_request
from app.payments.ports import CollectionRail, FailureReason, RailStatus, RailUnavailable
from app.payments.rules import (
    AWAITED,
    FAULTS,
    FIRST_POLL_AFTER,
    RailNotice,
    RailWord,
    Receipt,
    RepaymentChannel,
    RepaymentStatus,
    WordOutcome,
    keeps_quoted_price,
    received_on,
    step,
    step_on_word,
)
from app.servicing import operations as servicing

log = logger(__name__)

POLL_BATCH = 50


async def accept_callback(notice: RailNotice) -> WordOutcome:
    """
    Take one notice whose signature has been checked.

    However often and in whatever order notices come, the repayment ends the same and is posted
    once. A notice that does not fit (another amount, an order we never made) posts nothing and is
    kept among `queries.faults`.

    Raises:
        TemporarilyUnavailable: Nothing was taken; the rail sends the notice again.
    """
    return await take_word(RailWord.of_notice(notice))


async def poll_pending(rail: CollectionRail) -> int:
    """
    Ask the rail about repayments that have waited 30 s for a notice, and so every 30 s.

    What the rail has settled is settled; what nobody has paid after 30 minutes is given up. An
    order the rail does not answer for stays as it is. Run by any number of workers.

    Returns:
        How many repayments moved.
    """
    due = await lease_due(RepaymentChannel.MOBILE)
    answers = await asyncio.gather(
        *(_ask(rail, repayment_id) for repayment_id in due), return_exceptions=True
    )
    for repayment_id, answer in zip(due, answers, strict=True):
        if isinstance(answer, BaseException):
            log.error("poll_failed", repayment_id=repayment_id, error=type(answer).__name__)
    return sum(answer is True for answer in answers)


async def lease_due(channel: RepaymentChannel) -> list[str]:
    """Take the repayments of a channel to be asked about, and put their next turn off."""
    async with transaction() as tx:
        skip = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
        rows = await tx.rows(
            "UPDATE repayment SET poll_at = ? WHERE id IN (SELECT id FROM repayment"
            f" WHERE poll_at <= ? AND channel = ? ORDER BY poll_at LIMIT {POLL_BATCH}{skip})"
            " RETURNING id",
            [milliseconds(tx.now + FIRST_POLL_AFTER), milliseconds(tx.now), channel.value],
        )
    return [row["id"] for row in rows]


async def _ask(rail: CollectionRail, repayment_id: str) -> bool:
    try:
        report = await rail.order_status(repayment_id)
    except RailUnavailable:
        log.warning("rail_unavailable", repayment_id=repayment_id)
        return False
    now = current().clock.now()
    outcome = await take_word(RailWord.of_report(repayment_id, report, asked_at=now))
    if outcome is WordOutcome.NOTHING_NEW and report.status in {
        RailStatus.PENDING,
        RailStatus.UNKNOWN,
    }:
        return await _give_up_if_late(rail, repayment_id)
    return outcome is WordOutcome.MOVED


async def _give_up_if_late(rail: CollectionRail, repayment_id: str) -> bool:
    """
    Give an order up that nobody paid in time; first the rail lets nobody pay it any more.

    What was paid at the last moment is there when it is asked about after that.
    """
    if not _is_late(await RepaymentRow.get(id=repayment_id)):
        return False
    try:
        await rail.close_order(repayment_id)
        report = await rail.order_status(repayment_id)
    except RailUnavailable:
        log.warning("rail_unavailable", repayment_id=repayment_id)
        return False
    if report.status is RailStatus.SUCCEEDED:
        word = RailWord.of_report(repayment_id, report, asked_at=current().clock.now())
        return await take_word(word) is WordOutcome.MOVED
    async with transaction() as tx:
        row = await locked(repayment_id)
        if not _is_late(row):
            return False
        await close_unpaid(tx, row, RepaymentStatus.EXPIRED, FailureReason.EXPIRED)
    return True


def _is_late(row: RepaymentRow) -> bool:
    return row.status in AWAITED and current().clock.now() >= row.as_view().gives_up_at


async def take_word(word: RailWord) -> WordOutcome:
    """
    Take what the rail says of one order, by a notice or when asked, once.

    Raises:
        TemporarilyUnavailable: Nothing was taken.
    """
    try:
        async with transaction() as tx:
            return await _take_once(tx, word)
    except TemporarilyUnavailable:
        raise
    except Refusal as refusal:
        code = refusal.code
    # The money is there, but the loan cannot take it: nothing was posted, and a person must look.
    log.error("repayment_not_allocated", repayment_id=word.order_id, code=code)
    async with transaction() as tx:
        outcome = await _hold(await locked(word.order_id), WordOutcome.NOT_ALLOCATED)
        await note_word(tx, word, outcome)
    return outcome


async def _take_once(tx: Transaction, word: RailWord) -> WordOutcome:
    row = await _find_locked(word.order_id)
    if await is_known(word):
        return WordOutcome.NOTHING_NEW
    outcome = WordOutcome.UNKNOWN_ORDER if row is None else await _move(tx, row, word)
    if outcome in FAULTS:
        log.error("rail_word_does_not_fit", order_id=word.order_id, outcome=outcome.value)
    if word.event_id is not None or outcome in FAULTS:
        await note_word(tx, word, outcome)
    return outcome


async def _move(tx: Transaction, row: RepaymentRow, word: RailWord) -> WordOutcome:
    """Take the step the word leads to, if it is a new one and the word fits."""
    wanted = step_on_word(RepaymentStatus(row.status), word.status, word.reason)
    if wanted is None:
        return WordOutcome.NOTHING_NEW
    fault = word.fault(amount_fen=row.amount_fen, provider_ref=row.provider_ref)
    if fault is None and row.provider_ref is None:
        fault = await _fault_of_new_reference(word)
        row.provider_ref = word.provider_ref
    if fault is not None:
        return await _hold(row, fault)
    match wanted:
        case RepaymentStatus.RECEIVED:
            await allocate(tx, row, _counts_on(row, word, tx.today))
        case RepaymentStatus.FAILED | RepaymentStatus.EXPIRED:
            await close_unpaid(tx, row, wanted, word.reason or FailureReason.UNSTATED)
        case _:
            row.status = step(RepaymentStatus(row.status), wanted).value
            await row.save()
            await revise(tx, row.borrower_id)
    return WordOutcome.MOVED


async def allocate(tx: Transaction, row: RepaymentRow, counts_on: date) -> None:
    """
    Hand money that came to servicing and write the receipt, all in the same transaction.

    Raises:
        RepaymentStepRefused: It came before; nothing is changed.
    """
    received = step(RepaymentStatus(row.status), RepaymentStatus.RECEIVED)
    outcome = await servicing.take_payment(
        tx,
        row.loan,
        row.amount_fen,
        repayment_id=row.id,
        received_on=counts_on,
        prepayment=row.direction(),
        returns=await _returns(row),
    )
    receipt = Receipt.of(outcome, amount_fen=row.amount_fen, received_on=counts_on)
    row.status = step(received, RepaymentStatus.ALLOCATED).value
    row.received_on = counts_on
    row.receipt = msgspec.json.encode(receipt).decode()
    row.poll_at = row.failure = row.fault = None
    await row.save()
    await _end_wallet_request(row)
    await announce(
        tx,
        RepaymentTaken(
            repayment_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=row.amount_fen,
            unapplied_fen=receipt.unapplied_fen,
            balance_fen=receipt.balance_fen,
            channel=row.channel,
        ),
    )
    await revise(tx, row.borrower_id)


async def _returns(row: RepaymentRow) -> bool:
    """Tell whether a repayment gives its loan back: then it came with a quote that says so."""
    quote_id = row.payoff_quote_id
    return quote_id is not None and await PayoffQuoteRow.exists(id=quote_id, returns=True)


def _counts_on(row: RepaymentRow, word: RailWord, today: date) -> date:
    if row.payoff_quote_id is not None and keeps_quoted_price(
        initiated_at=row.initiated_at, paid_at=word.occurred_at
    ):
        return row.initiated_on
    return received_on(
        initiated_on=row.initiated_on,
        initiated_at=row.initiated_at,
        paid_at=word.occurred_at,
        today=today,
    )


async def close_unpaid(
    tx: Transaction, row: RepaymentRow, status: RepaymentStatus, reason: FailureReason
) -> None:
    """
    End a locked repayment for which no money was taken, and tell.

    Raises:
        RepaymentStepRefused: It is past that step; nothing is changed.
    """
    row.status = step(RepaymentStatus(row.status), status).value
    row.failure = reason.value
    row.poll_at = None
    await row.save()
    await _end_wallet_request(row)
    await announce(
        tx,
        RepaymentFailed(
            repayment_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=row.amount_fen,
            reason=reason.value,
            channel=row.channel,
        ),
    )
    await revise(tx, row.borrower_id)


async def _end_wallet_request(row: RepaymentRow) -> None:
    if row.in_wallet:
        await drop_wallet_request(row.id)


async def _find_locked(order_id: str) -> RepaymentRow | None:
    if not has_id_shape(order_id, "rp"):
        return None
    return await RepaymentRow.filter(id=order_id).select_for_update().get_or_none()


async def locked(repayment_id: str) -> RepaymentRow:
    """Return a repayment we know to exist, locked until the open transaction ends."""
    return await RepaymentRow.filter(id=repayment_id).select_for_update().get()


async def _fault_of_new_reference(word: RailWord) -> WordOutcome | None:
    """One payment at the rail pays one repayment of ours."""
    is_taken = word.provider_ref is not None and await RepaymentRow.exists(
        provider_ref=word.provider_ref
    )
    return WordOutcome.REFERENCE_DIFFERS if is_taken else None


async def _hold(row: RepaymentRow, fault: WordOutcome) -> WordOutcome:
    """Leave a repayment where it stands, for a person to look at."""
    row.fault = fault.value
    row.poll_at = None
    await row.save(update_fields=["fault", "poll_at"])
    return fault


async def is_known(word: RailWord) -> bool:
    """Tell whether a notice has been taken before."""
    return word.event_id is not None and await RailNoticeRow.exists(id=_key(word))


async def note_word(tx: Transaction, word: RailWord, outcome: WordOutcome) -> None:
    """Keep what the rail said and what it did, so that it is taken once."""
    await tx.run(
        "INSERT INTO rail_notice (id, order_id, status, amount_fen, outcome, taken_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        [
            _key(word),
            word.order_id,
            word.status.value,
            word.amount_fen,
            outcome.value,
            tx.now,
        ],
    )


def _key(word: RailWord) -> str:
    return f"{word.order_id}/{word.event_id or 'asked'}"
