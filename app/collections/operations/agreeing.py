"""When and how a borrower agrees to be contacted about late money."""

from dataclasses import dataclass

from app.collections import queries
from app.collections.queries import Agreement
from app.foundation import audit, idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import transaction
from app.foundation.day_hours import DayHours
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeToContact:
    """A borrower names their hours, or takes them back, and says whether visits are welcome."""

    borrower_id: str
    hours: DayHours | None
    agrees_to_visits: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


async def agree_to_contact(command: AgreeToContact) -> Agreement:
    """
    Keep what a borrower agrees to; without hours the law's day counts again.

    Hours that end when they begin are none: whoever wants no contact at all asks for relief, and
    their own quiet hours count beside these.

    Raises:
        InvalidInput: The hours end when they begin.
        IdempotencyConflict: The key was used for another command.
    """
    hours = command.hours
    if hours is not None and hours.begins == hours.ends:
        raise InvalidInput("input.hours", "collections.reason.hours")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await revise(tx, command.borrower_id)
            await tx.run(
                "INSERT INTO contact_agreement (borrower_id, hours_from, hours_to,"
                " agrees_to_visits, agreed_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (borrower_id) DO UPDATE SET hours_from = excluded.hours_from,"
                " hours_to = excluded.hours_to, agrees_to_visits = excluded.agrees_to_visits,"
                " agreed_at = excluded.agreed_at",
                [
                    command.borrower_id,
                    None if hours is None else hours.begins.isoformat("minutes"),
                    None if hours is None else hours.ends.isoformat("minutes"),
                    command.agrees_to_visits,
                    milliseconds(tx.now),
                ],
            )
            about = {
                "hours": "law" if hours is None else "own",
                "visits": "yes" if command.agrees_to_visits else "no",
            }
            entry = audit.Entry(
                "collections.agreed", command.borrower_id, command.borrower_id, about
            )
            await audit.record(tx, entry)
            await claim.settle(tx, {})
    return await queries.agreement_of(command.borrower_id)
