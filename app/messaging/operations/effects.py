"""Which facts borrowers are told about, and what is said of each."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from app.collections import operations as collections
from app.collections.events import PromiseNear, ReliefOffered
from app.foundation.database import Transaction
from app.foundation.outbox import Fact
from app.household.events import TightMonthNear
from app.identity.events import (
    BorrowerForgotten,
    DeviceEnded,
    DeviceEnrolled,
    NumberLost,
    SessionFamilyRevoked,
    SessionWaits,
)
from app.identity.rules.devices import EndReason
from app.literacy.events import LessonSuggested
from app.messaging.operations.cash import tell_cash_received
from app.messaging.operations.debits import DEBIT_EFFECTS, tell_debited
from app.messaging.operations.forgetting import forget_messages
from app.messaging.operations.guarantees import GUARANTEE_EFFECTS
from app.messaging.operations.handovers import HANDOVER_EFFECTS
from app.messaging.operations.notifying import Notify, notify
from app.messaging.operations.pushing import forget_ended_device, forget_revoked_session
from app.messaging.operations.refunds import REFUND_EFFECTS
from app.messaging.operations.rewards import REWARD_EFFECTS
from app.messaging.queries import Data
from app.messaging.rules import Kind
from app.origination.events import (
    ActionRequired,
    ApplicationDecided,
    ApplicationExpired,
    DisbursementFailed,
    DrawLimitLowered,
    LoanDisbursed,
)
from app.payments.events import (
    PayoffCertificateIssued,
    PayoffCertificateRevoked,
    RepaymentFailed,
    RepaymentReversed,
    RepaymentTaken,
)
from app.payments.ports import FailureReason
from app.payments.queries import is_debit_announced
from app.payments.rules import RepaymentChannel
from app.servicing.events import (
    HardshipArranged,
    InstallmentDueSoon,
    InstallmentDueToday,
    InstallmentOverdue,
    LoanCorrected,
    LoanPaidOff,
)

DECISIONS = {
    "APPROVE": Kind.APPLICATION_APPROVED,
    "REFER": Kind.APPLICATION_REFERRED,
    "DECLINE": Kind.APPLICATION_DECLINED,
}


async def tell_decided(tx: Transaction, fact: ApplicationDecided) -> None:
    """Say how an application was decided; once more where a person had to look once more."""
    data: Data = {"application_id": fact.application_id}
    kind = DECISIONS[fact.outcome]
    key = f"{fact.application_id}:{fact.recall_id}" if fact.recall_id else fact.application_id
    await _tell(tx, fact.borrower_id, kind, data, key=key)


async def tell_action_required(tx: Transaction, fact: ActionRequired) -> None:
    """Ask for what an application lacks; it may happen again, so each time is told."""
    data: Data = {"application_id": fact.application_id}
    key = f"{fact.application_id}:{tx.now.isoformat()}"
    await _tell(tx, fact.borrower_id, Kind.APPLICATION_NEEDS_MORE, data, key=key)


async def tell_expired(tx: Transaction, fact: ApplicationExpired) -> None:
    """Say that an application is over, what ran out, and that nothing is owed."""
    stage = "OFFERS" if fact.had_offers else "WAIT" if fact.was_submitted else "DRAFT"
    data: Data = {"application_id": fact.application_id, "expired": stage}
    await _tell(tx, fact.borrower_id, Kind.APPLICATION_EXPIRED, data, key=fact.application_id)


async def tell_limit_lowered(tx: Transaction, fact: DrawLimitLowered) -> None:
    """Say that less can be borrowed anew, and that what was signed stays as it is."""
    data: Data = {"limit_fen": fact.limit_fen}
    key = f"{fact.borrower_id}:{fact.set_on}"
    await _tell(tx, fact.borrower_id, Kind.LIMIT_LOWERED, data, key=key)


async def tell_disbursed(tx: Transaction, fact: LoanDisbursed) -> None:
    """Say that the money has arrived."""
    data: Data = {
        "loan_id": fact.loan_id,
        "application_id": fact.application_id,
        "amount_fen": fact.amount_fen,
    }
    await _tell(tx, fact.borrower_id, Kind.LOAN_DISBURSED, data, key=fact.loan_id)


async def tell_disbursement_failed(tx: Transaction, fact: DisbursementFailed) -> None:
    """Say that the money could not be paid out and nothing is owed; of a name, that it is why."""
    data: Data = {"application_id": fact.application_id}
    if fact.reason == FailureReason.NAME_MISMATCH:  # the one reason that they can mend themselves
        data = {**data, "payout_failure": fact.reason}
    await _tell(tx, fact.borrower_id, Kind.DISBURSEMENT_FAILED, data, key=fact.application_id)


async def tell_due_soon(tx: Transaction, fact: InstallmentDueSoon) -> None:
    """Remind three days ahead, in the inbox."""
    await _tell_installment(tx, fact, Kind.DUE_SOON)


async def tell_due_today(tx: Transaction, fact: InstallmentDueToday) -> None:
    """Remind on the day, unless the due is debited that day, as was announced."""
    if await is_debit_announced(fact.loan_id, date.fromisoformat(fact.due_on)):
        return
    await _tell_installment(tx, fact, Kind.DUE_TODAY)


async def tell_overdue(tx: Transaction, fact: InstallmentOverdue) -> None:
    """
    Say that an installment is late, until when that costs nothing, and where help is.

    Its words offer relief, so collections notes with it that relief was offered, and when.
    """
    await _tell_installment(tx, fact, Kind.OVERDUE, grace_until=fact.grace_until)
    _ = await collections.offered_in_inbox(tx, borrower_id=fact.borrower_id, loan_id=fact.loan_id)


async def _tell_installment(
    tx: Transaction,
    fact: InstallmentDueSoon | InstallmentDueToday | InstallmentOverdue,
    kind: Kind,
    **more: str | int,
) -> None:
    data: Data = {
        "loan_id": fact.loan_id,
        "number": fact.number,
        "due_on": fact.due_on,
        "amount_fen": fact.amount_fen,
        **more,
    }
    key = f"{fact.loan_id}:{fact.number}:{fact.due_on}"
    await notify(tx, Notify(borrower_id=fact.borrower_id, kind=kind, data=data, dedupe_key=key))


async def tell_repayment_taken(tx: Transaction, fact: RepaymentTaken) -> None:
    """Give a receipt; the one that closes a loan leaves the text message to `tell_paid_off`."""
    if fact.channel == RepaymentChannel.AUTO_DEBIT:
        await tell_debited(tx, fact)
        return
    if fact.channel == RepaymentChannel.AGENT_CASH:
        await tell_cash_received(tx, fact)
        return
    data: Data = {
        "loan_id": fact.loan_id,
        "repayment_id": fact.repayment_id,
        "amount_fen": fact.amount_fen,
        "unapplied_fen": fact.unapplied_fen,
        "balance_fen": fact.balance_fen,
    }
    told = Notify(
        borrower_id=fact.borrower_id,
        kind=Kind.REPAYMENT_RECEIVED,
        data=data,
        dedupe_key=fact.repayment_id,
        by_sms=fact.balance_fen > 0,
    )
    await notify(tx, told)


async def tell_repayment_failed(tx: Transaction, fact: RepaymentFailed) -> None:
    """Say that a payment did not go through; of a debit, `DebitFailed` says more."""
    if fact.channel == RepaymentChannel.AUTO_DEBIT:
        return
    data: Data = {
        "loan_id": fact.loan_id,
        "repayment_id": fact.repayment_id,
        "amount_fen": fact.amount_fen,
    }
    await _tell(tx, fact.borrower_id, Kind.REPAYMENT_FAILED, data, key=fact.repayment_id)


async def tell_repayment_reversed(tx: Transaction, fact: RepaymentReversed) -> None:
    """Say that a payment was undone and why, and what is owed now."""
    data: Data = {
        "loan_id": fact.loan_id,
        "repayment_id": fact.repayment_id,
        "amount_fen": fact.amount_fen,
        "balance_fen": fact.balance_fen,
        "correction_reason": fact.reason,
    }
    await _tell(tx, fact.borrower_id, Kind.REPAYMENT_REVERSED, data, key=fact.repayment_id)


async def tell_corrected(tx: Transaction, fact: LoanCorrected) -> None:
    """Say what staff put right about a loan, why, and what is left to pay."""
    data: Data = {
        "loan_id": fact.loan_id,
        "act": fact.act,
        "part": fact.part,
        "correction_reason": fact.reason,
        "amount_fen": fact.amount_fen,
        "balance_fen": fact.balance_fen,
        "next_due_on": fact.next_due_on,
        "next_amount_fen": fact.next_amount_fen,
    }
    told = Notify(
        borrower_id=fact.borrower_id,
        kind=Kind.LOAN_CORRECTED,
        data=data,
        dedupe_key=fact.correction_id,
        by_sms=fact.balance_fen > 0,
    )
    await notify(tx, told)


async def tell_paid_off(tx: Transaction, fact: LoanPaidOff) -> None:
    """Say that a loan is over; a reversal may reopen it, so each day of closing is told."""
    data: Data = {"loan_id": fact.loan_id}
    key = f"{fact.loan_id}:{tx.today.isoformat()}"
    await _tell(tx, fact.borrower_id, Kind.LOAN_PAID_OFF, data, key=key)


async def tell_certificate_issued(tx: Transaction, fact: PayoffCertificateIssued) -> None:
    """Say that the payoff certificate is there."""
    data: Data = {"loan_id": fact.loan_id}
    await _tell(tx, fact.borrower_id, Kind.PAYOFF_CERTIFICATE_READY, data, key=fact.certificate_id)


async def tell_certificate_revoked(tx: Transaction, fact: PayoffCertificateRevoked) -> None:
    """Say that a payoff certificate no longer holds."""
    data: Data = {"loan_id": fact.loan_id}
    await _tell(
        tx, fact.borrower_id, Kind.PAYOFF_CERTIFICATE_REVOKED, data, key=fact.certificate_id
    )


async def tell_hardship_arranged(tx: Transaction, fact: HardshipArranged) -> None:
    """Say that the arrangement the borrower chose holds, and what comes next."""
    data: Data = {
        "loan_id": fact.loan_id,
        "next_due_on": fact.next_due_on,
        "next_amount_fen": fact.next_amount_fen,
    }
    await _tell(tx, fact.borrower_id, Kind.HARDSHIP_ARRANGED, data, key=fact.request_id)


async def tell_relief_offered(tx: Transaction, fact: ReliefOffered) -> None:
    """Say that nobody asks for late money for now, and that payments can be put off."""
    data: Data = {"loan_id": fact.loan_id, "until_on": fact.until_on}
    key = f"{fact.loan_id}:{fact.until_on}"
    await _tell(tx, fact.borrower_id, Kind.RELIEF_OFFERED, data, key=key)


async def tell_promise_near(tx: Transaction, fact: PromiseNear) -> None:
    """Say on the eve what was promised; once, and that nothing is charged if it fails."""
    data: Data = {"loan_id": fact.loan_id, "due_on": fact.due_on, "amount_fen": fact.amount_fen}
    await _tell(tx, fact.borrower_id, Kind.PROMISE_NEAR, data, key=fact.promise_id)


async def tell_lesson_suggested(tx: Transaction, fact: LessonSuggested) -> None:
    """Offer a lesson at a moment it fits; the same lesson at the same moment once a day."""
    data: Data = {"lesson_slug": fact.lesson_slug}
    key = f"{fact.lesson_slug}:{fact.moment}:{tx.today.isoformat()}"
    await _tell(tx, fact.borrower_id, Kind.LESSON_SUGGESTED, data, key=key)


async def tell_tight_month(tx: Transaction, fact: TightMonthNear) -> None:
    """Warn of a month in which too little will be left, while something can be done; once."""
    data: Data = {"due_on": f"{fact.month}-01"}
    if not fact.has_loan:
        data["circumstance"] = "WITHOUT_LOAN"
    await _tell(tx, fact.borrower_id, Kind.TIGHT_MONTH, data, key=fact.month)


async def tell_session_family_revoked(tx: Transaction, fact: SessionFamilyRevoked) -> None:
    """Warn that somebody used old sign-in details."""
    await _tell(tx, fact.borrower_id, Kind.SIGNED_OUT_FOR_SAFETY, data={}, key=fact.session_id)


async def tell_device_enrolled(tx: Transaction, fact: DeviceEnrolled) -> None:
    """Say that a new phone can sign in: whoever did not add it must hear at once."""
    await _tell(tx, fact.borrower_id, Kind.DEVICE_ENROLLED, data={}, key=fact.device_id)


async def tell_session_waits(tx: Transaction, fact: SessionWaits) -> None:
    """Say that a new phone signed in by the number alone, while there is time to object."""
    await _tell(tx, fact.borrower_id, Kind.SESSION_WAITS, data={}, key=fact.session_id)


async def tell_number_lost(tx: Transaction, fact: NumberLost) -> None:
    """Tell whoever still has another way in that somebody else has their number now."""
    await _tell(tx, fact.borrower_id, Kind.NUMBER_LOST, data={}, key=fact.borrower_id)


async def tell_device_ended(tx: Transaction, fact: DeviceEnded) -> None:
    """Say that a phone can no longer sign in; of one that was replaced, the new one says it."""
    if fact.reason != EndReason.REPLACED:
        await _tell(tx, fact.borrower_id, Kind.DEVICE_ENDED, data={}, key=fact.device_id)


async def _tell(tx: Transaction, borrower_id: str, kind: Kind, data: Data, *, key: str) -> None:
    await notify(tx, Notify(borrower_id=borrower_id, kind=kind, data=data, dedupe_key=key))


LOCAL_EFFECTS: tuple[tuple[type[Fact], str, Callable[[Transaction, Any], Awaitable[None]]], ...] = (
    (ApplicationDecided, "messaging.decided", tell_decided),
    (ActionRequired, "messaging.action_required", tell_action_required),
    (ApplicationExpired, "messaging.expired", tell_expired),
    (DrawLimitLowered, "messaging.limit_lowered", tell_limit_lowered),
    (LoanDisbursed, "messaging.disbursed", tell_disbursed),
    (DisbursementFailed, "messaging.disbursement_failed", tell_disbursement_failed),
    (InstallmentDueSoon, "messaging.due_soon", tell_due_soon),
    (InstallmentDueToday, "messaging.due_today", tell_due_today),
    (InstallmentOverdue, "messaging.overdue", tell_overdue),
    (RepaymentTaken, "messaging.repayment_taken", tell_repayment_taken),
    (RepaymentFailed, "messaging.repayment_failed", tell_repayment_failed),
    (RepaymentReversed, "messaging.repayment_reversed", tell_repayment_reversed),
    (LoanCorrected, "messaging.corrected", tell_corrected),
    (LoanPaidOff, "messaging.paid_off", tell_paid_off),
    (PayoffCertificateIssued, "messaging.certificate_issued", tell_certificate_issued),
    (PayoffCertificateRevoked, "messaging.certificate_revoked", tell_certificate_revoked),
    (HardshipArranged, "messaging.hardship_arranged", tell_hardship_arranged),
    (ReliefOffered, "messaging.relief_offered", tell_relief_offered),
    (PromiseNear, "messaging.promise_near", tell_promise_near),
    (LessonSuggested, "messaging.lesson_suggested", tell_lesson_suggested),
    (TightMonthNear, "messaging.tight_month", tell_tight_month),
    *DEBIT_EFFECTS,
    *HANDOVER_EFFECTS,
    *REFUND_EFFECTS,
    *GUARANTEE_EFFECTS,
    *REWARD_EFFECTS,
    (SessionFamilyRevoked, "messaging.session_family_revoked", tell_session_family_revoked),
    (BorrowerForgotten, "messaging.forgotten", forget_messages),
    (DeviceEnrolled, "messaging.device_enrolled", tell_device_enrolled),
    (DeviceEnded, "messaging.device_ended", tell_device_ended),
    (SessionWaits, "messaging.session_waits", tell_session_waits),
    (NumberLost, "messaging.number_lost", tell_number_lost),
    (DeviceEnded, "messaging.push_device_ended", forget_ended_device),
    (SessionFamilyRevoked, "messaging.push_session_revoked", forget_revoked_session),
)
"""Fact, consumer's name, effect: what the worker subscribes for messaging."""
