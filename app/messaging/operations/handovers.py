"""What is said of lenders who left the list, and of what was handed over to others."""

from app.foundation.database import Transaction
from app.messaging.operations.notifying import Notify, notify
from app.messaging.rules import Kind
from app.origination.events import HandoverAnswered, HandoverStopped, LenderLeft

ANSWERS = {"ACCEPTED": Kind.HANDOVER_ACCEPTED, "DECLINED": Kind.HANDOVER_DECLINED}


async def tell_lender_left(tx: Transaction, fact: LenderLeft) -> None:
    """Say that an application waits and why; it may happen again, so each time is told."""
    await notify(
        tx,
        Notify(
            borrower_id=fact.borrower_id,
            kind=Kind.APPLICATION_LENDER_LEFT,
            data={"application_id": fact.application_id},
            dedupe_key=f"{fact.application_id}:{tx.now.isoformat()}",
        ),
    )


async def tell_handover_answered(tx: Transaction, fact: HandoverAnswered) -> None:
    """Say whether the other lender goes on."""
    await _tell(tx, fact.borrower_id, ANSWERS[fact.answer], fact.handover_id)


async def tell_handover_stopped(tx: Transaction, fact: HandoverStopped) -> None:
    """Say that nothing went."""
    await _tell(tx, fact.borrower_id, Kind.HANDOVER_STOPPED, fact.handover_id)


async def _tell(tx: Transaction, borrower_id: str, kind: Kind, handover_id: str) -> None:
    told = Notify(borrower_id=borrower_id, kind=kind, data={}, dedupe_key=handover_id)
    await notify(tx, told)


HANDOVER_EFFECTS = (
    (LenderLeft, "messaging.lender_left", tell_lender_left),
    (HandoverAnswered, "messaging.handover_answered", tell_handover_answered),
    (HandoverStopped, "messaging.handover_stopped", tell_handover_stopped),
)
"""Fact, consumer's name, effect."""
