"""Dead letters: staff see what failed for reasons of ours, and have it tried again."""

from dataclasses import dataclass

from app.foundation import audit, idempotency
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import transaction
from app.foundation.errors import Forbidden, NotFound
from app.messaging.errors import CannotRepeat
from app.messaging.models import DeliveryRow
from app.messaging.operations.delivering import told_of
from app.messaging.operations.steps import save
from app.messaging.queries import Delivery, delivery_from
from app.messaging.rules import MANNERS
from app.messaging.rules.deliveries import repeated

READERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK})
"""Who looks after messages that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatMessage:
    """Try a dead letter again."""

    staff_id: str
    message_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who asks."""
        return self.staff_id


async def repeat_message(caller: StaffCaller, command: RepeatMessage) -> Delivery:
    """
    Queue a message again that certainly never went out; it is delivered as any other.

    Raises:
        Forbidden: The role does not look after messages.
        NotFound: There is no such message.
        CannotRepeat: It may have gone out, or did not fail for a reason of ours.
        IdempotencyConflict: The key was used for another command.
    """
    assert caller.staff_id == command.staff_id, "nobody repeats in another's name"
    if caller.role not in READERS:
        raise Forbidden
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        row = await DeliveryRow.select_for_update().get_or_none(id=command.message_id)
        if row is None:
            raise NotFound("input.messageId")
        if claim.answer is None:
            told = await told_of(row)
            again = repeated(row.standing, tx.now, MANNERS[told.kind].lifetime)
            if again is None:
                raise CannotRepeat
            await save(tx, row, again, told)
            about = {"message": row.id, "channel": row.channel}
            entry = audit.Entry("message.repeated", row.borrower_id or None, caller.staff_id, about)
            await audit.record(tx, entry)
            await claim.settle(tx, {})
    return delivery_from(row)
