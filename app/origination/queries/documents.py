"""Reads of documents: where uploads stand, and pictures opened for those who may see them."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from app.catalog import queries as catalog
from app.foundation.clock import moment_of
from app.foundation.database import business_date
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.sealing import SealBroken, unseal, unseal_all
from app.origination.models import DocumentPartRow, DocumentRow, document_cell, part_cell
from app.origination.rules.documents import (
    SHOWN,
    DocumentKind,
    DocumentRules,
    DocumentState,
)

OPENED_AT_ONCE = 128
"""Pieces opened with one call: a megabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """One document, without its picture."""

    document_id: str
    application_id: str
    borrower_id: str
    kind: DocumentKind
    state: DocumentState
    refusal: str | None
    size_bytes: int
    offset_bytes: int
    width: int | None
    height: int | None
    added_at: datetime
    expires_at: datetime

    @property
    def is_complete(self) -> bool:
        """Whether all bytes have arrived."""
        return self.offset_bytes == self.size_bytes and self.state is not DocumentState.RECEIVING


async def document_rules() -> DocumentRules:
    """Return what holds for documents today."""
    return DocumentRules.of(await catalog.policy_book(await business_date()))


async def document(borrower_id: str, document_id: str) -> DocumentView:
    """
    Return one of a borrower's documents.

    Raises:
        NotFound: There is none of this id, it was taken away, or it is somebody else's.
    """
    row = None
    if has_id_shape(document_id, "do"):
        row = await DocumentRow.get_or_none(id=document_id, borrower_id=borrower_id)
    if row is None or DocumentState(row.state) not in SHOWN:
        raise NotFound
    return view_of_document(row)


async def documents_by_application(application_ids: Sequence[str]) -> list[list[DocumentView]]:
    """Return documents, oldest first, with one query for any number of applications."""
    found: defaultdict[str, list[DocumentView]] = defaultdict(list)
    rows = DocumentRow.filter(
        application_id__in=list(application_ids), state__in=[state.value for state in SHOWN]
    )
    for row in await rows.order_by("added_at", "id"):
        found[row.application_id].append(view_of_document(row))
    return [found[application_id] for application_id in application_ids]


async def picture_of(borrower_id: str, document_id: str) -> bytes:
    """
    Return a kept picture, as JPEG.

    Raises:
        NotFound: There is no such picture, or it is somebody else's.
        SealBroken: It was altered, or a piece of it is gone.
        Forgotten: Its borrower's keys were destroyed.
    """
    row = await DocumentRow.get_or_none(
        id=document_id, borrower_id=borrower_id, state=DocumentState.READY.value
    )
    if row is None:
        raise NotFound
    content = await joined_parts(row)
    if hashlib.sha256(content).hexdigest() != await digest_of(row):
        raise SealBroken(document_cell(row.id, row.borrower_id, "digest"))
    return content


async def documents_data(borrower_id: str, *, about: str | None = None) -> str | None:
    """
    Return the kept pictures of the newest application that has some, as JSON; None without any.

    For a reveal that is on record. `about` asks for those of one ticket instead.

    Raises:
        SealBroken: One was altered, or a piece of it is gone.
        Forgotten: The borrower's data was deleted at their wish.
    """
    ready = DocumentRow.filter(borrower_id=borrower_id, state=DocumentState.READY.value)
    if about is None:
        others = ready.exclude(kind=DocumentKind.TICKET_EVIDENCE.value)
        newest = await others.order_by("-added_at", "-id").first()
        about = None if newest is None else newest.application_id
    rows = await ready.filter(application_id=about).order_by("added_at", "id") if about else []
    if not rows:
        return None
    pictures = [
        {
            "document_id": row.id,
            "kind": row.kind,
            "jpeg": base64.b64encode(await picture_of(borrower_id, row.id)).decode(),
        }
        for row in rows
    ]
    return orjson.dumps(pictures).decode()


async def digest_of(row: DocumentRow) -> str:
    """Return the SHA-256 that a document's bytes must have."""
    return await unseal(document_cell(row.id, row.borrower_id, "digest"), row.digest)


async def joined_parts(row: DocumentRow) -> bytes:
    """
    Open all that is kept of a document, in order.

    Raises:
        SealBroken: A piece was altered.
    """
    parts = await DocumentPartRow.filter(document_id=row.id).order_by("place")
    pieces: list[bytes] = []
    for start in range(0, len(parts), OPENED_AT_ONCE):
        some = parts[start : start + OPENED_AT_ONCE]
        cells = [(part_cell(part.id, row.borrower_id), bytes(part.content)) for part in some]
        pieces += [base64.b64decode(text) for text in await unseal_all(cells)]
    return b"".join(pieces)


def view_of_document(row: DocumentRow) -> DocumentView:
    """Show a row without anything sealed."""
    return DocumentView(
        document_id=row.id,
        application_id=row.application_id,
        borrower_id=row.borrower_id,
        kind=DocumentKind(row.kind),
        state=DocumentState(row.state),
        refusal=row.refusal,
        size_bytes=row.size_bytes,
        offset_bytes=row.offset_bytes,
        width=row.width,
        height=row.height,
        added_at=moment_of(row.added_at),
        expires_at=moment_of(row.expires_at),
    )
