"""The door that every automated message about late money passes right before it goes out."""

from app.collections.models import ContactPermitRow
from app.collections.operations.casing import follow, record_offer
from app.collections.operations.permitting import Reminder, circumstances, give_or_refuse
from app.collections.operations.recording import write_attempt
from app.collections.queries.contacts import permit_from
from app.collections.rules import (
    Asked,
    ContactChannel,
    ContactOutcome,
    ContactPurpose,
    OfferedBy,
    PermitRefusal,
    refusals,
)
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction


async def may_remind(tx: Transaction, reminder: Reminder) -> tuple[PermitRefusal, ...]:
    """
    Give leave for one reminder, and write it down as a contact; one message has it once.

    A message that is tried again because a carrier failed keeps its permit, unless something
    stands against it by then.

    Returns:
        Every reason against it; none where it may go out now.
    """
    case = await follow(tx, reminder.loan_id, reminder.borrower_id)
    if case is None:
        return (PermitRefusal.CASE_OVER,)
    asked = Asked(channel=reminder.channel, purpose=ContactPurpose.REMIND)
    seen = await circumstances(tx, case, own_quiet=reminder.own_quiet)
    known = await ContactPermitRow.get_or_none(message_id=reminder.message_id)
    if known is not None:
        return refusals(asked, seen)
    row = await give_or_refuse(tx, case, asked, seen, message_id=reminder.message_id)
    if row.reasons:
        return permit_from(row).reasons
    is_voice = asked.channel is ContactChannel.VOICE
    outcome = ContactOutcome.REACHED if is_voice else ContactOutcome.SENT
    row.used_at, row.is_effective = milliseconds(tx.now), is_voice
    await row.save(update_fields=["used_at", "is_effective"])
    _ = await write_attempt(tx, case, row, outcome=outcome, began_at=tx.now)
    return ()


async def offered_in_inbox(tx: Transaction, *, borrower_id: str, loan_id: str) -> bool:
    """
    Write down that the notice of a late installment offered relief; the inbox has it at any hour.

    Returns:
        Whether it is the first offer of the loan's case.
    """
    return await record_offer(tx, borrower_id=borrower_id, loan_id=loan_id, by=OfferedBy.INBOX)
