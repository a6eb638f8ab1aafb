"""Deleting a part of one's data without closing the account."""

from dataclasses import dataclass

from app.foundation import audit, idempotency
from app.foundation.database import transaction
from app.identity import operations as identity
from app.literacy import operations as literacy
from app.privacy.errors import DataStillNeeded
from app.privacy.rules.closing import DELETABLE, DataPart
from app.rewards import operations as rewards


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDeletion:
    """Delete one part."""

    caller_id: str
    part: DataPart
    idempotency_key: str


async def request_deletion(command: RequestDeletion) -> None:
    """
    Delete a part of what we hold on the borrower, at once and for good.

    Raises:
        DataStillNeeded: The part is needed while the account is open, or the law keeps it.
        NotFound: There is no such borrower.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        if command.part not in DELETABLE:
            raise DataStillNeeded(command.part.value)
        if command.part is DataPart.LEARNING:
            await literacy.forget_learning(tx, command.caller_id)
            await rewards.forget_points(tx, command.caller_id)
        else:
            await identity.forget_address(tx, command.caller_id)
        about = {"part": command.part.value}
        await audit.record(
            tx, audit.Entry("privacy.part_deleted", command.caller_id, command.caller_id, about)
        )
        await claim.settle(tx, {})
