"""Extensions of complaints: one, those that wait for a second person, and what is written there."""

from dataclasses import dataclass
from datetime import datetime

from app.foundation.clock import moment_of
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.sealing import Cell
from app.support.models import TicketExtensionRow
from app.support.rules.complaints import Extension, ExtensionState

WAITING_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketExtension:
    """More time for a complaint, without its reason, which stands in the ticket once granted."""

    extension_id: str
    ticket_id: str
    kind: Extension
    days: int
    state: ExtensionState
    asked_name: str
    asked_at: datetime
    decided_at: datetime | None


async def extension(extension_id: str) -> TicketExtension:
    """
    Return an extension.

    Raises:
        NotFound: There is none of this id.
    """
    row = None
    if has_id_shape(extension_id, "te"):
        row = await TicketExtensionRow.get_or_none(id=extension_id)
    if row is None:
        raise NotFound
    return extension_from(row)


async def extensions_asked() -> list[TicketExtension]:
    """Return those that wait for a second person, oldest first, at most a hundred."""
    rows = TicketExtensionRow.filter(state=ExtensionState.ASKED.value).order_by("asked_at", "id")
    return [extension_from(row) for row in await rows.limit(WAITING_MAX)]


def extension_cell(extension_id: str, borrower_id: str) -> Cell:
    """Return the place of an extension's reason."""
    return TicketExtensionRow.seals.cell("reason", extension_id, borrower_id)


def extension_from(row: TicketExtensionRow) -> TicketExtension:
    """Turn a row into the value that leaves the room."""
    return TicketExtension(
        extension_id=row.id,
        ticket_id=row.ticket_id,
        kind=Extension(row.kind),
        days=row.days,
        state=ExtensionState(row.state),
        asked_name=row.asked_name,
        asked_at=moment_of(row.asked_at),
        decided_at=None if row.decided_at is None else moment_of(row.decided_at),
    )
