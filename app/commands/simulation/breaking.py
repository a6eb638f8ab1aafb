"""Breaking one promise on purpose, to see that its check finds it and names it."""

from collections.abc import Mapping
from datetime import datetime

from app.commands.simulation.world import World
from app.foundation.clock import SHANGHAI, milliseconds
from app.foundation.database import transaction

AT_NIGHT = ":night"
"""Stands for a moment at half past two in the morning."""

BREACHES: Mapping[str, tuple[str, ...]] = {
    "collections": (
        (
            "UPDATE contact_permit SET used_at = NULL"
            " WHERE id = (SELECT permit_id FROM contact_attempt ORDER BY id LIMIT 1)"
        ),
    ),
    "contacts": (
        (
            "UPDATE contact_attempt SET began_at = :night"
            " WHERE id = (SELECT MIN(id) FROM contact_attempt WHERE channel <> 'LETTER')"
        ),
    ),
    "told-once": (
        (
            "INSERT INTO notification (id, borrower_id, kind, data, dedupe_key, created_at)"
            " SELECT 'ntbreach00000000', borrower_id, kind, data, 'breach', created_at"
            " FROM notification WHERE id ="
            " (SELECT MIN(id) FROM notification WHERE kind = 'REPAYMENT_RECEIVED')"
        ),
    ),
    "relief-first": (
        (
            "UPDATE collection_case SET offered_at = NULL"
            " WHERE id = (SELECT MIN(id) FROM collection_case)"
        ),
    ),
    "complaints": (
        (
            "UPDATE ticket SET answered_at = NULL, state = 'OPEN', due_at = opened_at"
            " WHERE id = (SELECT MIN(id) FROM ticket WHERE category = 'COMPLAINT')"
        ),
        (
            "DELETE FROM ticket_step WHERE what = 'ESCALATED'"
            " AND ticket_id = (SELECT MIN(id) FROM ticket WHERE category = 'COMPLAINT')"
        ),
    ),
    "messages": (
        (
            "UPDATE message_delivery SET state = 'SUPPRESSED' WHERE id ="
            " (SELECT MIN(id) FROM message_delivery WHERE channel = 'SMS' AND state = 'DELIVERED')"
        ),
    ),
    "reports": (
        (
            "UPDATE ledger_entry SET amount_fen = amount_fen + 1 WHERE id ="
            " (SELECT MIN(id) FROM ledger_entry WHERE account LIKE 'loan:%:principal')"
        ),
    ),
    "money": (
        (
            "UPDATE servicing_loan SET principal_fen = principal_fen + 1"
            " WHERE id = (SELECT MIN(id) FROM servicing_loan)"
        ),
    ),
}
"""What is done to the database by the name of the check that must find it."""
NOT_IN_DATABASE = ("nights", "faults")


async def break_promise(world: World, name: str) -> None:
    """Break what a check proves: of the fewest rows that show it."""
    if name == "faults":
        world.faults.append("a fault made on purpose")
        return
    if name == "nights":
        await _ring_at_night(world)
        return
    night = datetime.combine(world.today, datetime.min.time(), SHANGHAI).replace(hour=2, minute=30)
    async with transaction() as tx:
        for sql in BREACHES[name]:
            asked = [milliseconds(night)] if AT_NIGHT in sql else []
            await tx.run(sql.replace(AT_NIGHT, "?"), asked)


async def _ring_at_night(world: World) -> None:
    """Let a carrier hand a message over that it took by day, at half past two."""
    carrier = world.carriers[0]
    known = (await carrier.everything())[0]
    was = world.clock.now()
    world.clock.advance(world.at(2, 30) - was)
    await carrier.take(known.phone, known.text, request_id=f"{known.message_id}0")
    world.clock.advance(was - world.clock.now())
