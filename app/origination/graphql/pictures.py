"""Documents of an application as the schema shows them, in the caller's language."""

from datetime import datetime

import strawberry

from app.catalog.rules.documents import RequiredDocument
from app.foundation.text import text
from app.origination import queries
from app.origination.graphql.words import DocumentKind, DocumentState
from app.origination.rules import documents as rules

UPLOADS = "/u/"
"""Where the upload resources stand; the gateway answers there."""


@strawberry.type(
    description="A kind of picture that goes with an application, and whether it must."
)
class DocumentAsk:
    """What is of use."""

    kind: DocumentKind = strawberry.field(description="Send it to addDocument.")
    title: str = strawberry.field(description="What to call it.")
    is_required: bool = strawberry.field(
        description="Whether the application cannot be handed in without it."
    )
    why: str | None = strawberry.field(description="What it is needed for; null if not required.")

    @classmethod
    def of(
        cls, kind: rules.DocumentKind, required: RequiredDocument | None, language: str
    ) -> "DocumentAsk":
        """Show it in a language."""
        return cls(
            kind=DocumentKind[kind.name],
            title=_title(kind, language),
            is_required=required is not None,
            why=None if required is None else required.why[language],
        )


@strawberry.type(description="A picture that goes with an application.")
class ApplicationDocument:
    """A document."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    kind: DocumentKind = strawberry.field(description="What it shows.")
    title: str = strawberry.field(description="What to call it.")
    state: DocumentState = strawberry.field(description="Where it stands.")
    problem: str | None = strawberry.field(
        description="Why it was not kept, in the caller's language; null otherwise."
    )
    upload_path: str = strawberry.field(
        description="The upload resource: HEAD tells the offset, PATCH with"
        " application/partial-upload appends from there (IETF resumable upload)."
    )
    size: int = strawberry.field(description="How many bytes were announced.")
    offset: int = strawberry.field(description="How many of them are here for good.")
    width: int | None = strawberry.field(description="Of the kept picture, in pixels; null before.")
    height: int | None = strawberry.field(
        description="Of the kept picture, in pixels; null before."
    )
    added_at: datetime = strawberry.field(description="When it was announced.")
    expires_at: datetime = strawberry.field(
        description="Until when an unfinished upload can be gone on with."
    )

    @classmethod
    def of(cls, view: queries.DocumentView, language: str) -> "ApplicationDocument":
        """Show a document."""
        problem = None
        if view.refusal is not None:
            problem = text(f"origination.refusal.{view.refusal}", language)
        return cls(
            id=strawberry.ID(view.document_id),
            kind=DocumentKind[view.kind.name],
            title=_title(view.kind, language),
            state=DocumentState[view.state.name],
            problem=problem,
            upload_path=f"{UPLOADS}{view.document_id}",
            size=view.size_bytes,
            offset=view.offset_bytes,
            width=view.width,
            height=view.height,
            added_at=view.added_at,
            expires_at=view.expires_at,
        )


def _title(kind: rules.DocumentKind, language: str) -> str:
    return text(f"origination.document.{kind.value}", language)
