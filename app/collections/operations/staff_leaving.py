"""When a member of staff leaves or does other work: their cases have nobody, their permits end."""

from datetime import timedelta

from app.collections.models import CollectionCaseRow
from app.collections.operations.casing import locked_case
from app.collections.operations.holding import end_permits
from app.collections.operations.roles import COLLECTORS
from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.identity.events import StaffEnded, StaffRoleChanged
from app.identity.queries import works_as

PERMITS_SINCE = timedelta(days=1)
"""A permit lasts a quarter of an hour; those of the last day are all that may still run."""


async def give_cases_back(tx: Transaction, fact: StaffEnded | StaffRoleChanged) -> None:
    """Let somebody else take the open cases of somebody who collects no more, where they stand."""
    if await works_as(fact.staff_id, COLLECTORS):
        return
    since = milliseconds(tx.now - PERMITS_SINCE)
    await end_permits(tx, asked_by=fact.staff_id, asked_at__gt=since)
    theirs = CollectionCaseRow.filter(assigned_to=fact.staff_id, open_key__not_isnull=True)
    for found in await theirs.order_by("borrower_id", "id"):
        row = await locked_case(tx, found.id)
        if row.assigned_to != fact.staff_id:
            continue
        row.assigned_to = row.assigned_at = None
        await row.save(update_fields=["assigned_to", "assigned_at"])
        about = {"case": row.id, "staff": fact.staff_id}
        await record(tx, Entry("collections.given_back", row.borrower_id, SYSTEM, about))
