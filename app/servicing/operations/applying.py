"""Letting one event happen to a loan: worked out, posted, recorded, kept and told."""

from app.foundation.database import Transaction
from app.foundation.working_days import working_days
from app.loanmath.life import Event
from app.servicing.models import LoanRow
from app.servicing.operations.restatement import Cause, append_event, keep, post_difference
from app.servicing.queries import events_of
from app.servicing.rules import Projection, project


async def apply_event(
    tx: Transaction,
    row: LoanRow,
    event: Event,
    *,
    source_key: str,
    about: str,
    posting: str,
) -> Projection:
    """
    Let an event happen to a loan whose row is held, in the transaction that holds it.

    Args:
        tx: The transaction.
        row: The loan.
        event: What happens.
        source_key: What caused it, once.
        about: The cause's id.
        posting: The kind of the ledger's posting, where money moves.

    Raises:
        EventRefused: The event makes no life of this loan.
        CalendarUnpublished: A due date has come whose year's working days are not published.
        ChargeNotInCertificate: It would take a charge that was not agreed.
    """
    on = max(tx.today, row.as_of)
    events = [*await events_of(row.id), event]
    projection = project(row.signed(), events, on, working_days())
    await post_difference(
        tx,
        row.id,
        before=row.kept_position(),
        after=projection.position,
        cause=Cause(kind=posting, source=event.id, effective_on=event.effective_on),
    )
    await append_event(tx, row, event, source_key=source_key, about=about)
    await keep(tx, row, projection, on)
    return projection
