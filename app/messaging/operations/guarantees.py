"""What guarantors are told: asked, bound, late and free again; amounts and dates, never a name."""

from app.foundation.database import Transaction, transaction
from app.messaging.events import InvitationQueued
from app.messaging.models import DeliveryRow
from app.messaging.operations.notifying import Notify, notify
from app.messaging.operations.steps import About, begin_chain
from app.messaging.operations.wanting import Told
from app.messaging.queries import Data
from app.messaging.rules import Kind
from app.origination import queries as origination
from app.origination.events import (
    AgreementSigned,
    ApplicationDecided,
    ApplicationExpired,
    ApplicationWithdrawn,
    DisbursementFailed,
    GuaranteedLoanLate,
    GuaranteeNotNeeded,
    GuarantorAsked,
)
from app.servicing.events import LoanPaidOff


async def tell_guarantor_asked(tx: Transaction, fact: GuarantorAsked) -> None:
    """Say that somebody asks; whoever has no account gets the text message alone, by day."""
    if fact.guarantor_id is not None:
        told = Notify(
            borrower_id=fact.guarantor_id,
            kind=Kind.GUARANTEE_ASKED,
            data={"guarantee_id": fact.guarantee_id},
            dedupe_key=fact.guarantee_id,
            by_sms=fact.by_sms,
        )
        await notify(tx, told)
    elif fact.by_sms:
        await _invite(tx, fact.guarantee_id)


async def _invite(tx: Transaction, guarantee_id: str) -> None:
    """Queue the text message to somebody without an account, once."""
    if await DeliveryRow.filter(guarantee_id=guarantee_id).exists():
        return
    await begin_chain(
        tx,
        Told(kind=Kind.GUARANTEE_ASKED, borrower_id="", notification=None),
        About(borrower_id="", notification_id=None, guarantee_id=guarantee_id, by_sms=True),
    )


async def deliver_invitation(fact: InvitationQueued, _delivery_id: str) -> None:
    """Queue an invitation that was announced before invitations were messages like all others."""
    async with transaction() as tx:
        await _invite(tx, fact.guarantee_id)


async def tell_guarantor_signed(tx: Transaction, fact: AgreementSigned) -> None:
    """Say that the loan is signed, so that the guarantee binds from now on."""
    given = await origination.given_for(fact.application_id)
    if given is not None:
        await _tell(tx, given, Kind.GUARANTEE_BINDS)


async def tell_guarantor_late(tx: Transaction, fact: GuaranteedLoanLate) -> None:
    """Say once of an installment when it was due and what is missing, and nothing else."""
    data: Data = {"number": fact.number, "due_on": fact.due_on, "amount_fen": fact.amount_fen}
    given = origination.Given(guarantee_id=fact.guarantee_id, guarantor_id=fact.guarantor_id)
    await _tell(tx, given, Kind.GUARANTEE_LATE, data, once=f"{fact.number}:{fact.due_on}")


async def tell_guarantor_paid_off(tx: Transaction, fact: LoanPaidOff) -> None:
    """Say that the loan is paid off; a reversal may reopen it, so each day of closing is told."""
    given = await origination.given_for_loan(fact.loan_id)
    if given is not None:
        await _tell(tx, given, Kind.GUARANTEE_ENDED, {"was_lent": 1}, once=tx.today.isoformat())


async def tell_guarantor_not_lent(
    tx: Transaction, fact: ApplicationWithdrawn | ApplicationExpired | DisbursementFailed
) -> None:
    """Say that no loan comes of it, to whoever had agreed."""
    given = await origination.given_for(fact.application_id)
    if given is not None:
        await _tell(tx, given, Kind.GUARANTEE_ENDED, {"was_lent": 0})


async def tell_guarantor_declined(tx: Transaction, fact: ApplicationDecided) -> None:
    """Say the same where the loan was declined; why is the borrower's alone."""
    given = await origination.given_for(fact.application_id)
    if given is not None and fact.outcome == "DECLINE":
        await _tell(tx, given, Kind.GUARANTEE_ENDED, {"was_lent": 0})


async def tell_guarantor_not_needed(tx: Transaction, fact: GuaranteeNotNeeded) -> None:
    """Say that somebody else was named."""
    given = origination.Given(guarantee_id=fact.guarantee_id, guarantor_id=fact.guarantor_id)
    await _tell(tx, given, Kind.GUARANTEE_ENDED, {"was_lent": 0})


async def _tell(
    tx: Transaction,
    given: origination.Given,
    kind: Kind,
    data: Data | None = None,
    *,
    once: str = "",
) -> None:
    told = Notify(
        borrower_id=given.guarantor_id,
        kind=kind,
        data={"guarantee_id": given.guarantee_id, **(data or {})},
        dedupe_key=f"{given.guarantee_id}:{once}" if once else given.guarantee_id,
    )
    await notify(tx, told)


GUARANTEE_EFFECTS = (
    (GuarantorAsked, "messaging.guarantor_asked", tell_guarantor_asked),
    (AgreementSigned, "messaging.guarantor_signed", tell_guarantor_signed),
    (GuaranteedLoanLate, "messaging.guarantor_late", tell_guarantor_late),
    (LoanPaidOff, "messaging.guarantor_paid_off", tell_guarantor_paid_off),
    (ApplicationWithdrawn, "messaging.guarantor_withdrawn", tell_guarantor_not_lent),
    (ApplicationExpired, "messaging.guarantor_expired", tell_guarantor_not_lent),
    (DisbursementFailed, "messaging.guarantor_failed", tell_guarantor_not_lent),
    (ApplicationDecided, "messaging.guarantor_declined", tell_guarantor_declined),
    (GuaranteeNotNeeded, "messaging.guarantor_not_needed", tell_guarantor_not_needed),
)
"""Fact, consumer's name, effect: what messaging tells of guarantees."""
