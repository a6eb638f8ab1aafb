"""What another lender got of a borrower, shown beside the looks of our own staff."""

from app.foundation.caller import StaffRole
from app.foundation.database import Transaction
from app.foundation.text import DEFAULT_LANGUAGE
from app.origination.events import HandedOver
from app.privacy.operations.looks import Look, record_look
from app.privacy.queries import recipient_names
from app.privacy.rules import Reason, What


async def show_handover(tx: Transaction, fact: HandedOver) -> None:
    """Put a hand-over where its borrower sees who looked at their data."""
    names = await recipient_names()
    name = names.get(fact.partner_code, {}).get(DEFAULT_LANGUAGE, fact.partner_code)
    look = Look(
        staff_id=fact.partner_code,
        staff_role=StaffRole.PARTNER_AGENT,
        staff_name=name,
        borrower_id=fact.borrower_id,
        what=What.HANDED_OVER,
        reason=Reason.AGREED_TO,
    )
    await record_look(tx, look, about={"handover": fact.handover_id})
