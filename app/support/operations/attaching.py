"""A picture with a ticket: sent like an application's, made anew, seen by staff as a reveal."""

from dataclasses import dataclass, field

from app.foundation import idempotency
from app.foundation.database import transaction
from app.origination.operations.documents import attach_document
from app.origination.rules.documents import AddDocument, DocumentKind
from app.support.errors import TicketClosed
from app.support.operations.steps import locked_ticket
from app.support.rules import TicketState


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachPicture:
    """Announce a picture for one's own ticket: how long its file is, and its SHA-256."""

    caller_id: str
    ticket_id: str
    size_bytes: int
    sha256: str = field(repr=False)
    idempotency_key: str


async def attach_picture(command: AttachPicture) -> str:
    """
    Announce a picture for a ticket and return the document's id, to which its bytes go.

    Raises:
        NotFound: There is no such ticket, or it is somebody else's.
        TicketClosed: It is over.
        DocumentTooLarge: The file is longer than is taken.
        InvalidUpload: The length or the hash is malformed.
        TooManyDocuments: There are as many as may be, or three are on their way.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["document_id"]
        ticket = await locked_ticket(command.ticket_id, borrower_id=command.caller_id)
        if ticket.state == TicketState.CLOSED:
            raise TicketClosed
        wish = AddDocument(
            borrower_id=command.caller_id,
            idempotency_key=command.idempotency_key,
            application_id=ticket.id,
            kind=DocumentKind.TICKET_EVIDENCE,
            size_bytes=command.size_bytes,
            sha256=command.sha256,
        )
        document_id = await attach_document(tx, wish)
        await claim.settle(tx, {"document_id": document_id})
        return document_id
