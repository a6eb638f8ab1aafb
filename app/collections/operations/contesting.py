"""A borrower says that a contact was not as it should have been: their case rests, staff look."""

from dataclasses import dataclass

from app.collections import queries
from app.collections.errors import AlreadyContested
from app.collections.events import ContactContested
from app.collections.models import ContactAttemptRow
from app.collections.operations.holding import hold
from app.collections.rules import Attempt, ContestReason, HoldReason
from app.foundation import idempotency, outbox
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestContact:
    """Two taps: this contact, and what was wrong with it."""

    borrower_id: str
    attempt_id: str
    why: ContestReason
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


async def contest_contact(command: ContestContact) -> Attempt:
    """
    Take a borrower's word against a contact: nobody contacts them until staff have answered.

    Raises:
        NotFound: There is no such contact, or it was with somebody else.
        AlreadyContested: They contested it before.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await revise(tx, command.borrower_id)
            row = await ContactAttemptRow.get_or_none(
                id=command.attempt_id, borrower_id=command.borrower_id
            )
            if row is None:
                raise NotFound("input.attemptId")
            if row.contested_at is not None:
                raise AlreadyContested
            row.contested_at, row.contested_why = milliseconds(tx.now), command.why.value
            await row.save(update_fields=["contested_at", "contested_why"])
            await rest_and_tell(tx, row, command.why)
            await claim.settle(tx, {"attempt_id": row.id})
    return await queries.recorded_attempt(command.borrower_id, command.attempt_id)


async def rest_and_tell(tx: Transaction, row: ContactAttemptRow, why: ContestReason) -> None:
    """Leave the borrower in peace, and tell the desk, which opens a complaint."""
    await hold(tx, borrower_id=row.borrower_id, reason=HoldReason.CONTESTED, reference=row.id)
    fact = ContactContested(
        attempt_id=row.id,
        case_id=row.case_id,
        loan_id=row.loan_id,
        borrower_id=row.borrower_id,
        channel=row.channel,
        why=why.value,
    )
    await outbox.announce(tx, fact)
