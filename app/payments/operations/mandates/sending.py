"""Debits on their way: decided under the loan's lock, sent under one id, asked about until over."""

from datetime import timedelta

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, transaction
from app.foundation.log import logger
from app.foundation.revision import revise
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.identity.queries import bank_card_of, name_of
from app.payments.models import DebitAttemptRow, MandateRow, RepaymentRow
from app.payments.operations.debiting import each_of, send_debit
from app.payments.operations.mandates.following import pause, tell_failed
from app.payments.operations.mandates.planning import is_marked, policy_of
from app.payments.operations.settling import close_unpaid, lease_due, locked, take_word
from app.payments.ports import (
    DebitAsk,
    DebitRail,
    FailureReason,
    RailStatus,
    RailUnavailable,
)
from app.payments.queries import taken_in_month
from app.payments.rules import (
    AWAITED,
    FIRST_POLL_AFTER,
    RailWord,
    RepaymentChannel,
    RepaymentStatus,
    WordOutcome,
)
from app.payments.rules.mandates import (
    DEBITED,
    DebitPolicy,
    DebitStatus,
    MandateStatus,
    NotSent,
    attempt_key,
)
from app.servicing import operations as servicing
from app.servicing.rules import LoanSummary

log = logger(__name__)

BATCH = 50
LOOK_AGAIN_AFTER = timedelta(seconds=60)
"""A mandate that was looked at, or waits for another repayment, is looked at again after this."""


async def start_debits(rail: DebitRail) -> int:
    """
    Send the debits whose day and hour have come.

    What is due is worked out when a debit is sent, with the loan held: after a repayment by other
    means less is taken, or nothing. While one is on its way none is sent. Run by any number of
    workers; a debit over which one was killed is sent again under the same id, or taken back.

    Returns:
        How many were sent.
    """
    sent = 0
    while due := await _lease():
        sent += await each_of(due, lambda mandate_id: _start(rail, mandate_id), "mandate_id")
    return sent


async def poll_debits(rail: DebitRail) -> int:
    """
    Ask the rail about debits that have waited 30 s for a notice, and so every 30 s.

    One the rail never saw is sent again while it still may be, else taken back. One that the rail
    is busy with is never given up: money may still be taken.

    Returns:
        How many repayments moved.
    """
    due = await lease_due(RepaymentChannel.AUTO_DEBIT)
    return await each_of(due, lambda repayment_id: _ask(rail, repayment_id), "repayment_id")


async def _lease() -> list[str]:
    """Take the mandates whose debit is due, and put their next turn off."""
    async with transaction() as tx:
        skip = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
        rows = await tx.rows(
            "UPDATE mandate SET next_at = ? WHERE id IN (SELECT id FROM mandate"
            f" WHERE next_on <= ? AND next_at <= ? ORDER BY next_on LIMIT {BATCH}{skip})"
            " RETURNING id",
            [milliseconds(tx.now + LOOK_AGAIN_AFTER), tx.today, milliseconds(tx.now)],
        )
    return [row["id"] for row in rows]


async def _start(rail: DebitRail, mandate_id: str) -> bool:
    ask = await _decide(mandate_id)
    if ask is None:
        return False
    await send_debit(rail, ask)
    return True


async def _decide(mandate_id: str) -> DebitAsk | None:
    """Commit the intent to debit; None when there is nothing to send, now or any more."""
    known = await MandateRow.get(id=mandate_id)
    async with transaction() as tx:
        loan = await servicing.hold_loan(known.loan)
        row = await MandateRow.filter(id=mandate_id).select_for_update().get()
        if row.next_on is None or row.next_on > tx.today:
            return None
        policy = await policy_of(row)
        allowed_at = policy.first_allowed(tx.now)
        if allowed_at > tx.now:
            row.next_at = milliseconds(allowed_at)
            await row.save()
            return None
        # Counting the change makes the borrower's own commands wait: none begins unseen meanwhile.
        await revise(tx, row.borrower_id)
        if await _is_under_way(row.loan_id):
            return None
        return await _begin(tx, row, loan, policy)


async def _begin(
    tx: Transaction, row: MandateRow, loan: LoanSummary, policy: DebitPolicy
) -> DebitAsk | None:
    assert row.round_on is not None, "a debit is planned within a round"
    row.next_on = None
    is_over = tx.today > policy.last_attempt_on(row.round_on)
    if is_over or loan.due_now_fen == 0 or loan.status not in DEBITED:
        await row.save()
        return None
    taken_fen = await taken_in_month(row.id, tx.today)
    amount_fen, refused = row.caps.takes(
        loan.due_now_fen, taken_fen=taken_fen, takes_part=policy.takes_part
    )
    card = await _card_of(row)
    if card is None:
        refused = NotSent.CARD_CHANGED
    attempt = DebitAttemptRow(
        id=tx.new_id("at"),
        attempt_key=attempt_key(row.loan_id, row.round_on, row.round_number),
        mandate_id=row.id,
        consent_id=row.consent_id,
        borrower_id=row.borrower_id,
        loan_id=row.loan_id,
        due_on=row.round_on,
        number=row.round_number,
        amount_fen=amount_fen,
        attempted_on=tx.today,
        attempted_at=tx.now,
    )
    row.round_number += 1
    await row.save()
    if card is None or refused is not None:
        await _note_not_sent(tx, row, attempt, refused or NotSent.CARD_CHANGED)
        return None
    repayment = await _repayment(tx, row, amount_fen)
    attempt.status = DebitStatus.SENT.value
    attempt.repayment_id = repayment.id
    await attempt.save()
    return await _ask_of(repayment, row, policy, card)


async def _note_not_sent(
    tx: Transaction, row: MandateRow, attempt: DebitAttemptRow, refused: NotSent
) -> None:
    """Tell the borrower why nothing is debited; the same attempt again would end the same."""
    attempt.status = DebitStatus.NOT_SENT.value
    attempt.reason = refused.value
    await attempt.save()
    if refused is NotSent.CARD_CHANGED:
        await pause(tx, row, attempt)
    else:
        await tell_failed(tx, row, attempt, None)


async def _repayment(tx: Transaction, row: MandateRow, amount_fen: int) -> RepaymentRow:
    return await RepaymentRow.create(
        id=tx.new_id("rp"),
        borrower_id=row.borrower_id,
        loan_id=row.loan_id,
        amount_fen=amount_fen,
        status=RepaymentStatus.INITIATED.value,
        channel=RepaymentChannel.AUTO_DEBIT.value,
        initiated_at=tx.now,
        initiated_on=tx.today,
        poll_at=milliseconds(tx.now + FIRST_POLL_AFTER),
    )


async def _ask_of(
    repayment: RepaymentRow, row: MandateRow, policy: DebitPolicy, card: str
) -> DebitAsk:
    gives_up_at = repayment.as_view().gives_up_at
    return DebitAsk(
        debit_id=repayment.id,
        amount_fen=repayment.amount_fen,
        card=card,
        holder=await name_of(row.borrower_id),
        floor_fen=row.floor_fen,
        description=text("payments.debit.description", DEFAULT_LANGUAGE),
        expires_at=min(gives_up_at, policy.closes_at(repayment.initiated_at)),
    )


async def _card_of(row: MandateRow) -> str | None:
    """Return the card agreed to, in clear; None if the borrower has another one now."""
    card = await bank_card_of(row.borrower_id)
    return card if card is not None and is_marked(row.card_mark, card) else None


async def _is_under_way(loan_id: str) -> bool:
    """Tell whether a repayment of any kind may still bring money."""
    awaited = [one.value for one in AWAITED]
    return await RepaymentRow.exists(loan_id=loan_id, status__in=awaited)


async def _ask(rail: DebitRail, repayment_id: str) -> bool:
    try:
        report = await rail.order_status(repayment_id)
    except RailUnavailable:
        log.warning("rail_unavailable", repayment_id=repayment_id)
        return False
    if report.status is RailStatus.UNKNOWN:
        return await _send_again(rail, repayment_id)
    now = current().clock.now()
    outcome = await take_word(RailWord.of_report(repayment_id, report, asked_at=now))
    return outcome is WordOutcome.MOVED


async def _send_again(rail: DebitRail, repayment_id: str) -> bool:
    """Send a debit the rail never saw, if all still stands as when it was decided."""
    async with transaction() as tx:
        repayment = await locked(repayment_id)
        if repayment.status not in AWAITED:
            return False
        loan = await servicing.hold_loan(repayment.loan)
        attempt = await DebitAttemptRow.get(repayment_id=repayment_id)
        row = await MandateRow.filter(id=attempt.mandate_id).select_for_update().get()
        card = await _card_of(row)
        is_wanted = row.status == MandateStatus.ACTIVE and row.consent_id == attempt.consent_id
        if not is_wanted or card is None or loan.due_now_fen < repayment.amount_fen:
            await close_unpaid(tx, repayment, RepaymentStatus.FAILED, FailureReason.WITHDRAWN)
            return True
        ask = await _ask_of(repayment, row, await policy_of(row), card)
        if tx.now >= ask.expires_at:
            await close_unpaid(tx, repayment, RepaymentStatus.EXPIRED, FailureReason.EXPIRED)
            return True
    await send_debit(rail, ask)
    return False
