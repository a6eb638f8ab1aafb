"""Announcing a document and taking it away."""

import re
from datetime import timedelta

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.origination.errors import DocumentNotAsked, InvalidUpload, TooManyDocuments
from app.origination.models import DocumentPartRow, DocumentRow, document_cell
from app.origination.operations.stepping import advance, check_move, held
from app.origination.queries import offered_of
from app.origination.rules.documents import (
    ADDED_EVER_MAX,
    COUNTED,
    RECEIVING_MAX,
    AddDocument,
    DocumentKind,
    DocumentRules,
    DocumentState,
    RemoveDocument,
    stepped,
)
from app.origination.rules.states import Move

_HASH_SHAPE = re.compile(r"[0-9a-f]{64}")


async def add_document(command: AddDocument) -> str:
    """
    Announce a picture for an application and return the document's id, to which its bytes go.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: It was handed in already, or has ended.
        DocumentNotAsked: What the picture shows is of no use here.
        DocumentTooLarge: The file is longer than is taken.
        InvalidUpload: The length or the hash is malformed.
        TooManyDocuments: There are as many as may be, or three are on their way.
    """
    if not _HASH_SHAPE.fullmatch(command.sha256):
        raise InvalidUpload("input.hash")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["document_id"]
        if command.kind is DocumentKind.TICKET_EVIDENCE:
            raise DocumentNotAsked
        application = await held(command.application_id, command.borrower_id)
        check_move(tx, application, Move.EDIT)
        rules = DocumentRules.of(await catalog.policy_book(tx.today))
        rules.check_asked(command.kind, offered_of(application.offered).product.need)
        rules.check_size(command.size_bytes)
        document_id = await _announced(tx, command, rules)
        await advance(tx, application, Move.EDIT)
        await claim.settle(tx, {"document_id": document_id})
    return document_id


async def attach_document(tx: Transaction, command: AddDocument) -> str:
    """
    Announce a picture that goes with a ticket, which the caller has locked; return its id.

    Raises:
        DocumentTooLarge: The file is longer than is taken.
        InvalidUpload: The length or the hash is malformed.
        TooManyDocuments: There are as many as may be, or three are on their way.
    """
    assert command.kind is DocumentKind.TICKET_EVIDENCE, "others go with an application"
    if not _HASH_SHAPE.fullmatch(command.sha256):
        raise InvalidUpload("input.hash")
    rules = DocumentRules.of(await catalog.policy_book(tx.today))
    rules.check_size(command.size_bytes)
    return await _announced(tx, command, rules)


async def _announced(tx: Transaction, command: AddDocument, rules: DocumentRules) -> str:
    """Keep that a picture is on its way; what it goes with is the command's application."""
    # Counting the change first makes the borrower's commands wait for each other.
    await revise(tx, command.borrower_id)
    await _check_room(command, rules)
    document_id = tx.new_id("do")
    cell = document_cell(document_id, command.borrower_id, "digest")
    await DocumentRow.create(
        id=document_id,
        application_id=command.application_id,
        borrower_id=command.borrower_id,
        kind=command.kind.value,
        state=DocumentState.RECEIVING.value,
        size_bytes=command.size_bytes,
        offset_bytes=0,
        digest=await seal(tx, cell, command.sha256),
        added_at=milliseconds(tx.now),
        changed_at=milliseconds(tx.now),
        expires_at=milliseconds(tx.now + timedelta(days=rules.upload_days)),
    )
    return document_id


async def _check_room(command: AddDocument, rules: DocumentRules) -> None:
    counted = [state.value for state in COUNTED]
    ever = DocumentRow.filter(application_id=command.application_id)
    if await ever.count() >= ADDED_EVER_MAX:
        raise TooManyDocuments(ADDED_EVER_MAX)
    if await ever.filter(state__in=counted).count() >= rules.per_application_max:
        raise TooManyDocuments(rules.per_application_max)
    on_their_way = DocumentRow.filter(
        borrower_id=command.borrower_id, state=DocumentState.RECEIVING.value
    )
    if await on_their_way.count() >= RECEIVING_MAX:
        raise TooManyDocuments(RECEIVING_MAX)


async def remove_document(command: RemoveDocument) -> str:
    """
    Take a document away, its picture or whatever has arrived of it.

    Returns:
        The id of the application it went with, or of the ticket.

    Raises:
        NotFound: It is not the borrower's document, or it was taken away before.
        StepOutOfOrder: The application was handed in already, or has ended.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        found = await DocumentRow.get_or_none(
            id=command.document_id, borrower_id=command.borrower_id
        )
        if found is None or found.state == DocumentState.REMOVED.value:
            raise NotFound("input.documentId")
        if found.kind == DocumentKind.TICKET_EVIDENCE:
            await end_document(tx, await locked(found.id), DocumentState.REMOVED)
            await revise(tx, command.borrower_id)
        else:
            application = await held(found.application_id, command.borrower_id)
            check_move(tx, application, Move.EDIT)
            await end_document(tx, await locked(found.id), DocumentState.REMOVED)
            await advance(tx, application, Move.EDIT)
        await claim.settle(tx, {"application_id": found.application_id})
    return found.application_id


async def locked(document_id: str) -> DocumentRow:
    """Lock a document until the transaction ends."""
    return await DocumentRow.filter(id=document_id).select_for_update().get()


async def end_document(
    tx: Transaction, row: DocumentRow, to: DocumentState, *, refusal: str | None = None
) -> None:
    """
    End a document: its bytes go, that it was there stays.

    Raises:
        UploadOver: From where it stands that is no step.
    """
    row.state = stepped(DocumentState(row.state), to).value
    row.refusal = refusal
    row.changed_at = milliseconds(tx.now)
    await row.save(update_fields=["state", "refusal", "changed_at"])
    await DocumentPartRow.filter(document_id=row.id).delete()
