"""Making a picture of what arrived, and giving up what went no further."""

import hashlib
from datetime import timedelta

from app.foundation import pictures
from app.foundation.audit import Met, sound_broken_seals
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import RateLimited, Refusal
from app.foundation.log import logger
from app.foundation.pictures import Picture, PictureFault, PictureRefused
from app.foundation.revision import revise
from app.foundation.sealing import SealBroken, seal
from app.origination.errors import DocumentNotAPicture, DocumentTooManyPixels, UploadAltered
from app.origination.models import DocumentPartRow, DocumentRow, document_cell
from app.origination.operations.documents.adding import end_document, locked
from app.origination.operations.documents.receiving import keep_parts
from app.origination.queries.documents import digest_of, joined_parts
from app.origination.rules.documents import (
    KEPT_PART_BYTES,
    LONGEST_SIDE,
    DocumentState,
    stepped,
)

log = logger(__name__)

LEFT_AFTER = timedelta(minutes=1)
"""By then whoever received the last byte has made the picture, or is gone."""
TENDED_AT_ONCE = 20


async def finish_upload(document_id: str) -> None:
    """
    Make a document's picture anew and keep that instead of the file; done again, nothing changes.

    Raises:
        DocumentNotAPicture: It cannot be read as a picture; its bytes are gone.
        DocumentTooManyPixels: It is too wide or high; its bytes are gone.
        UploadAltered: It is not the file that was announced; its bytes are gone.
        RateLimited: Too many pictures wait; the worker comes back to it.
    """
    row = await DocumentRow.get(id=document_id)
    if row.state != DocumentState.RECEIVED.value:
        return
    content = await joined_parts(row)
    try:
        if hashlib.sha256(content).hexdigest() != await digest_of(row):
            raise UploadAltered
        picture = await _made_anew(content)
    except RateLimited:
        raise
    except Refusal as refusal:
        await _refuse(document_id, refusal)
        raise
    async with transaction() as tx:
        fresh = await locked(document_id)
        if fresh.state == DocumentState.RECEIVED.value:
            await _keep(tx, fresh, picture)


async def _made_anew(content: bytes) -> Picture:
    try:
        return await pictures.fit(content, longest=LONGEST_SIDE)
    except PictureRefused as refused:
        if refused.fault is PictureFault.TOO_MANY_PIXELS:
            raise DocumentTooManyPixels from None
        raise DocumentNotAPicture from None


async def _keep(tx: Transaction, row: DocumentRow, picture: Picture) -> None:
    await DocumentPartRow.filter(document_id=row.id).delete()
    await keep_parts(tx, row, picture.content, offset=0, step=KEPT_PART_BYTES)
    row.state = stepped(DocumentState(row.state), DocumentState.READY).value
    digest = hashlib.sha256(picture.content).hexdigest()
    row.digest = await seal(tx, document_cell(row.id, row.borrower_id, "digest"), digest)
    row.width, row.height, row.kept_bytes = picture.width, picture.height, len(picture.content)
    row.changed_at = milliseconds(tx.now)
    await row.save()
    await revise(tx, row.borrower_id)


async def _refuse(document_id: str, refusal: Refusal) -> None:
    async with transaction() as tx:
        row = await locked(document_id)
        if row.state == DocumentState.RECEIVED.value:
            await end_document(tx, row, DocumentState.REFUSED, refusal=refusal.code)
            await revise(tx, row.borrower_id)


async def tend_uploads() -> int:
    """Finish what was left when a process died, give up what went no further; return how many."""
    now = current().clock.now()
    left = DocumentRow.filter(
        state=DocumentState.RECEIVED.value, changed_at__lt=milliseconds(now - LEFT_AFTER)
    )
    found = await left.order_by("id").limit(TENDED_AT_ONCE)
    for row in found:
        try:
            await finish_upload(row.id)
        except RateLimited:
            break
        except Refusal as refusal:
            log.info("document_refused", document_id=row.id, code=refusal.code)
        except SealBroken as broken:
            await sound_broken_seals(broken, Met.WORKER)
    over = DocumentRow.filter(
        state=DocumentState.RECEIVING.value, expires_at__lte=milliseconds(now)
    )
    given_up = await over.order_by("id").limit(TENDED_AT_ONCE)
    for row in given_up:
        await _give_up(row.id)
    return len(found) + len(given_up)


async def _give_up(document_id: str) -> None:
    async with transaction() as tx:
        row = await locked(document_id)
        is_over = row.expires_at <= milliseconds(tx.now)
        if row.state == DocumentState.RECEIVING.value and is_over:
            await end_document(tx, row, DocumentState.EXPIRED)
            await revise(tx, row.borrower_id)
