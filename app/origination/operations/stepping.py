"""What every step shares: the application held fast, moved along the table, and its time limit."""

from datetime import datetime, timedelta

from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.origination.errors import OfferExpired, StepOutOfOrder
from app.origination.models import ApplicationRow
from app.origination.rules.states import ApplicationState, Move, moved

WAITS_FOR_BORROWER = frozenset(
    {
        ApplicationState.OFFERED,
        ApplicationState.OFFER_ACCEPTED,
        ApplicationState.COST_CONFIRMED,
    }
)
"""What ends these is the offers' own time."""


async def held(application_id: str, borrower_id: str | None = None) -> ApplicationRow:
    """
    Lock an application until the transaction ends.

    Raises:
        NotFound: There is none, or it is not this borrower's.
    """
    found = ApplicationRow.filter(id=application_id)
    if borrower_id is not None:
        found = found.filter(borrower_id=borrower_id)
    row = await found.select_for_update().get_or_none()
    if row is None:
        raise NotFound("input.applicationId")
    return row


async def hold_all_of(borrower_id: str) -> None:
    """Lock all of a borrower's applications, in one order, so that limits are checked in turn."""
    await ApplicationRow.filter(borrower_id=borrower_id).order_by("id").select_for_update()


def check_move(tx: Transaction, row: ApplicationRow, move: Move) -> ApplicationState:
    """
    Return where a borrower's move leads.

    Raises:
        StepOutOfOrder: The move is not in the table, or an idle draft's time is over.
        OfferExpired: The offers' time is over.
    """
    state = ApplicationState(row.state)
    after = moved(state, move)
    if move is not Move.WITHDRAW and is_over(row, tx):
        if state in WAITS_FOR_BORROWER:
            raise OfferExpired
        raise StepOutOfOrder(ApplicationState.EXPIRED.value, move.value)
    return after


async def advance(tx: Transaction, row: ApplicationRow, move: Move) -> None:
    """
    Make a move and keep it, with everything else changed in the row.

    Raises:
        StepOutOfOrder: The move is not in the table.
    """
    row.state = moved(ApplicationState(row.state), move).value
    row.changed_at = tx.now
    await row.save()
    await revise(tx, row.borrower_id)


def is_over(row: ApplicationRow, tx: Transaction) -> bool:
    """Tell whether an application's time is over: by the clock, or by the business date."""
    return tx.now >= row.expires_at or tx.today > row.expires_on


def set_lifetime(tx: Transaction, row: ApplicationRow, lifetime: timedelta) -> None:
    """Give an application so much time from now, by the clock and in business days."""
    row.expires_at = tx.now + lifetime
    row.expires_on = tx.today + timedelta(days=-(-lifetime // timedelta(days=1)))


def moment_text(moment: datetime) -> str:
    """Write a moment for evidence: ISO 8601 with its zone."""
    return moment.isoformat(timespec="milliseconds")
