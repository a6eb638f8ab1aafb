"""Receiving a document's bytes, a transaction each step: what was taken stays."""

import base64

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.pictures import HEAD_BYTES, format_of
from app.foundation.sealing import seal
from app.origination.errors import (
    DocumentNotAPicture,
    UploadCompleted,
    UploadLengthWrong,
    UploadOffsetWrong,
    UploadOver,
)
from app.origination.models import ApplicationRow, DocumentPartRow, DocumentRow, part_cell
from app.origination.queries.documents import DocumentView, view_of_document
from app.origination.rules.documents import PART_BYTES, SHOWN, DocumentKind, DocumentState
from app.origination.rules.states import ENDED


async def append_bytes(
    borrower_id: str, document_id: str, *, offset: int, content: bytes
) -> DocumentView:
    """
    Keep bytes that begin where the upload stands; of two senders at one offset one is taken.

    Raises:
        NotFound: It is not the borrower's document.
        UploadOffsetWrong: The upload stands elsewhere.
        UploadCompleted: All bytes are here.
        UploadLengthWrong: It would grow longer than announced.
        UploadOver: It was given up or refused, or its application has ended.
        DocumentNotAPicture: The first bytes are of no picture that we take.
    """
    async with transaction() as tx:
        row = await _receiving(borrower_id, document_id, offset)
        after = offset + len(content)
        if after > row.size_bytes:
            raise UploadLengthWrong(expected=row.size_bytes, provided=after)
        if offset == 0 and len(content) >= HEAD_BYTES and format_of(content[:HEAD_BYTES]) is None:
            raise DocumentNotAPicture
        if not content:
            return view_of_document(row)
        await _moved_on(tx, row, after)
        await keep_parts(tx, row, content, offset=offset, step=PART_BYTES)
        row.offset_bytes = after
        return view_of_document(row)


async def _receiving(borrower_id: str, document_id: str, offset: int) -> DocumentRow:
    """Lock a document that may take bytes at an offset."""
    row = (
        await DocumentRow.filter(id=document_id, borrower_id=borrower_id)
        .select_for_update()
        .get_or_none()
    )
    if row is None or DocumentState(row.state) not in SHOWN:
        raise NotFound
    match DocumentState(row.state):
        case DocumentState.RECEIVED | DocumentState.READY:
            raise UploadCompleted
        case DocumentState.REFUSED | DocumentState.EXPIRED | DocumentState.REMOVED:
            raise UploadOver(row.state)
        case DocumentState.RECEIVING:
            if row.kind != DocumentKind.TICKET_EVIDENCE:
                application = await ApplicationRow.get(id=row.application_id)
                if application.state in ENDED:
                    raise UploadOver(application.state)
    if row.offset_bytes != offset:
        raise UploadOffsetWrong(expected=row.offset_bytes, provided=offset)
    return row


async def _moved_on(tx: Transaction, row: DocumentRow, after: int) -> None:
    """Move the offset on if it still stands where it was seen; its time begins anew."""
    moved = await tx.rows(
        "UPDATE application_document SET offset_bytes = ?, changed_at = ?, expires_at = ?"
        " WHERE id = ? AND state = ? AND offset_bytes = ? RETURNING offset_bytes",
        [
            after,
            milliseconds(tx.now),
            milliseconds(tx.now) + row.expires_at - row.changed_at,
            row.id,
            DocumentState.RECEIVING.value,
            row.offset_bytes,
        ],
    )
    if not moved:
        raise UploadOffsetWrong(expected=row.offset_bytes, provided=row.offset_bytes)


async def keep_parts(
    tx: Transaction, row: DocumentRow, content: bytes, *, offset: int, step: int
) -> None:
    """Seal bytes in steps, each a cell of its own."""
    parts: list[DocumentPartRow] = []
    for start in range(0, len(content), step):
        part_id = tx.new_id("dp")
        text = base64.b64encode(content[start : start + step]).decode()
        sealed = await seal(tx, part_cell(part_id, row.borrower_id), text)
        parts.append(
            DocumentPartRow(
                id=part_id,
                document_id=row.id,
                borrower_id=row.borrower_id,
                place=offset + start,
                content=sealed,
            )
        )
    await DocumentPartRow.bulk_create(parts)


async def take_back_bytes(borrower_id: str, document_id: str, *, since: int, now_at: int) -> None:
    """Give up what one request brought: its bytes are not those it was signed for."""
    async with transaction() as tx:
        taken = await tx.rows(
            "UPDATE application_document SET offset_bytes = ?"
            " WHERE id = ? AND borrower_id = ? AND state = ? AND offset_bytes = ? RETURNING id",
            [since, document_id, borrower_id, DocumentState.RECEIVING.value, now_at],
        )
        if taken:
            await DocumentPartRow.filter(document_id=document_id, place__gte=since).delete()


async def receive_last(borrower_id: str, document_id: str, *, offset: int) -> DocumentView:
    """
    Note that all bytes are here; `finish_upload` makes a picture of them.

    Raises:
        UploadLengthWrong: They are fewer than announced; nothing changed, more may follow.
        NotFound, UploadOffsetWrong, UploadCompleted, UploadOver: As `append_bytes`.
    """
    async with transaction() as tx:
        row = await _receiving(borrower_id, document_id, offset)
        if row.offset_bytes != row.size_bytes:
            raise UploadLengthWrong(expected=row.size_bytes, provided=row.offset_bytes)
        row.state = DocumentState.RECEIVED.value
        row.changed_at = milliseconds(tx.now)
        await row.save(update_fields=["state", "changed_at"])
        return view_of_document(row)
