"""What borrowers are told of automatic debits: before, after, and when nothing was taken."""

from app.foundation.database import Transaction
from app.messaging.operations.notifying import Notify, notify
from app.messaging.queries import Data
from app.messaging.rules import Kind
from app.payments.events import (
    DebitFailed,
    DebitPlanned,
    MandateAgreed,
    MandatePaused,
    MandateRevoked,
    RepaymentTaken,
)
from app.payments.queries import attempt_of


async def tell_agreed(tx: Transaction, fact: MandateAgreed) -> None:
    """Say that debits are on, so that whoever did not agree learns it at once."""
    data: Data = {
        "loan_id": fact.loan_id,
        "consent_id": fact.consent_id,
        "amount_fen": fact.cap_fen,
        "floor_fen": fact.floor_fen,
    }
    await _tell(tx, fact.borrower_id, Kind.AUTO_DEBIT_ON, data, key=fact.consent_id)


async def tell_revoked(tx: Transaction, fact: MandateRevoked) -> None:
    """Say that debits are off."""
    data: Data = {"loan_id": fact.loan_id}
    await _tell(tx, fact.borrower_id, Kind.AUTO_DEBIT_OFF, data, key=fact.mandate_id)


async def tell_planned(tx: Transaction, fact: DebitPlanned) -> None:
    """Announce a debit, or say in time that a cap stands in its way."""
    data: Data = {
        "loan_id": fact.loan_id,
        "consent_id": fact.consent_id,
        "due_on": fact.on,
        "amount_fen": fact.amount_fen,
    }
    kind = Kind.AUTO_DEBIT_ABOVE_CAP if fact.is_above_cap else Kind.AUTO_DEBIT_SOON
    await _tell(tx, fact.borrower_id, kind, data, key=f"{fact.consent_id}:{fact.on}")


async def tell_debited(tx: Transaction, fact: RepaymentTaken) -> None:
    """Say what was taken from which card."""
    attempt = await attempt_of(fact.repayment_id)
    assert attempt is not None, "a debit has its attempt"
    data: Data = {
        "loan_id": fact.loan_id,
        "repayment_id": fact.repayment_id,
        "consent_id": attempt.consent_id,
        "amount_fen": fact.amount_fen,
        "balance_fen": fact.balance_fen,
    }
    told = Notify(
        borrower_id=fact.borrower_id,
        kind=Kind.AUTO_DEBIT_TAKEN,
        data=data,
        dedupe_key=fact.repayment_id,
        by_sms=fact.balance_fen > 0,
    )
    await notify(tx, told)


async def tell_not_debited(tx: Transaction, fact: DebitFailed) -> None:
    """Say that nothing was taken and nothing charged, and what comes next."""
    data: Data = {
        "loan_id": fact.loan_id,
        "consent_id": fact.consent_id,
        "amount_fen": fact.amount_fen,
        "next_due_on": fact.next_on,
    }
    await _tell(tx, fact.borrower_id, Kind.AUTO_DEBIT_FAILED, data, key=fact.attempt_id)


async def tell_paused(tx: Transaction, fact: MandatePaused) -> None:
    """Say that debits have stopped by themselves, and where help is."""
    data: Data = {
        "loan_id": fact.loan_id,
        "consent_id": fact.consent_id,
        "amount_fen": fact.amount_fen,
    }
    await _tell(tx, fact.borrower_id, Kind.AUTO_DEBIT_PAUSED, data, key=fact.attempt_id)


async def _tell(tx: Transaction, borrower_id: str, kind: Kind, data: Data, *, key: str) -> None:
    await notify(tx, Notify(borrower_id=borrower_id, kind=kind, data=data, dedupe_key=key))


DEBIT_EFFECTS = (
    (MandateAgreed, "messaging.mandate_agreed", tell_agreed),
    (MandateRevoked, "messaging.mandate_revoked", tell_revoked),
    (MandatePaused, "messaging.mandate_paused", tell_paused),
    (DebitPlanned, "messaging.debit_planned", tell_planned),
    (DebitFailed, "messaging.debit_failed", tell_not_debited),
)
"""Fact, consumer's name, effect; what a debit took is told by the receipt's own consumer."""
