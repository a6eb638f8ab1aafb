"""A picture with a ticket travels like an application's, and staff see it for that ticket alone."""

import base64
import hashlib
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from app.foundation.caller import StaffCaller
from app.foundation.errors import NotFound
from app.foundation.paging import PageAsk
from app.origination import queries as origination
from app.origination.errors import DocumentNotAsked, DocumentTooLarge
from app.origination.operations.documents import (
    add_document,
    append_bytes,
    finish_upload,
    receive_last,
    remove_document,
)
from app.origination.rules.documents import AddDocument, DocumentKind, DocumentState, RemoveDocument
from app.privacy.errors import TicketNeeded
from app.privacy.queries import looks_at
from app.privacy.rules import Reason, What
from app.privacy.rules.reveals import Field
from app.support.operations import Revealed, RevealValue, reveal
from app.support.operations.attaching import AttachPicture, attach_picture
from app.support.rules import Category
from tests.support.conftest import bring_up


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "PNG")
    return file.getvalue()


async def attach(borrower_id: str, ticket_id: str, content: bytes, *, key: str = "a") -> str:
    document_id = await attach_picture(
        AttachPicture(
            caller_id=borrower_id,
            ticket_id=ticket_id,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            idempotency_key=key,
        )
    )
    half = len(content) // 2
    await append_bytes(borrower_id, document_id, offset=0, content=content[:half])
    await append_bytes(borrower_id, document_id, offset=half, content=content[half:])
    await receive_last(borrower_id, document_id, offset=len(content))
    await finish_upload(document_id)
    return document_id


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_picture_goes_with_a_ticket_and_is_seen_for_that_ticket_on_record(
    mei: str, jun: str, agent: StaffCaller
) -> None:
    ticket = await bring_up(mei, category=Category.COMPLAINT)
    other = await bring_up(mei, key="other")
    document_id = await attach(mei, ticket.ticket_id, picture())
    (shown,) = (await origination.documents_by_application([ticket.ticket_id]))[0]
    assert (shown.state, shown.kind) == (DocumentState.READY, DocumentKind.TICKET_EVIDENCE)
    with pytest.raises(NotFound):
        await attach(jun, ticket.ticket_id, picture())
    wish = RevealValue(
        staff_id=agent.staff_id,
        borrower_id=mei,
        field=Field.TICKET_PICTURES,
        reason=Reason.COMPLAINT,
        ticket_id=None,
        idempotency_key="none",
    )
    with pytest.raises(TicketNeeded):
        await reveal(agent, wish)
    with pytest.raises(NotFound):
        await reveal(agent, replace(wish, ticket_id=other.ticket_id, idempotency_key="other"))
    with pytest.raises(NotFound):
        await reveal(
            agent,
            replace(wish, field=Field.DOCUMENTS, ticket_id=ticket.ticket_id, idempotency_key="d"),
        )
    assert (await looks_at(mei, PageAsk())).items == ()
    seen = await reveal(agent, replace(wish, ticket_id=ticket.ticket_id, idempotency_key="ok"))
    assert isinstance(seen, Revealed)
    (one,) = json.loads(seen.value)
    kept = await origination.picture_of(mei, document_id)
    assert base64.b64decode(one["jpeg"]) == kept
    assert [look.what for _, look in (await looks_at(mei, PageAsk())).items] == [
        What.PICTURES_CLEAR
    ]
    gone = RemoveDocument(borrower_id=mei, idempotency_key="gone", document_id=document_id)
    assert await remove_document(gone) == ticket.ticket_id
    assert (await origination.documents_by_application([ticket.ticket_id]))[0] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_tickets_picture_is_no_applications_and_has_its_bounds(mei: str) -> None:
    ticket = await bring_up(mei)
    with pytest.raises(DocumentTooLarge):
        await attach_picture(
            AttachPicture(
                caller_id=mei,
                ticket_id=ticket.ticket_id,
                size_bytes=9_000_000,
                sha256="0" * 64,
                idempotency_key="large",
            )
        )
    with pytest.raises(DocumentNotAsked):
        await add_document(
            AddDocument(
                borrower_id=mei,
                idempotency_key="no",
                application_id="ap00000abcdefghi",
                kind=DocumentKind.TICKET_EVIDENCE,
                size_bytes=1,
                sha256="0" * 64,
            )
        )
