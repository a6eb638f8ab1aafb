"""The mutations that add pictures to an application and take them away."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, Problem, checked_id, problem_parts
from app.origination import operations, queries
from app.origination.errors import DocumentTooLarge
from app.origination.graphql.inputs import KEY
from app.origination.graphql.pictures import ApplicationDocument
from app.origination.graphql.problems import StepOutOfOrderProblem, step_problem
from app.origination.graphql.words import DocumentKind
from app.origination.rules import documents as rules


@strawberry.input(description="A picture announced: what it shows, and which file it is.")
class AddDocumentInput:
    """Adding a document."""

    application_id: strawberry.ID = strawberry.field(description="From startApplication.")
    kind: DocumentKind = strawberry.field(description="One of `documentsAsked`.")
    size: int = strawberry.field(description="The file's length in bytes; at most 8 MB.")
    hash: str = strawberry.field(
        description="SHA-256 of the whole file, 64 lower-case hexadecimal digits."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.AddDocument:
        """Check the shapes and translate."""
        return rules.AddDocument(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=checked_id(self.application_id, "ap", field="input.applicationId"),
            kind=rules.DocumentKind[self.kind.name],
            size_bytes=self.size,
            sha256=self.hash,
        )


@strawberry.input(description="A picture to be taken away.")
class RemoveDocumentInput:
    """Removing a document."""

    document_id: strawberry.ID = strawberry.field(description="The document's id.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.RemoveDocument:
        """Check the shapes and translate."""
        return rules.RemoveDocument(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            document_id=checked_id(self.document_id, "do", field="input.documentId"),
        )


@strawberry.type(description="The file is larger than is taken.")
class DocumentTooLargeProblem(Problem):
    """Too large."""

    size_max: int = strawberry.field(description="The most bytes a file may have.")

    @classmethod
    def of(cls, info: Info, refusal: DocumentTooLarge) -> "DocumentTooLargeProblem":
        """Show the bound."""
        return cls(**problem_parts(info, refusal), size_max=refusal.bytes_max)


@strawberry.type(description="The picture is announced; send its bytes to `uploadPath`.")
class AddDocumentSuccess:
    """Announced."""

    document: ApplicationDocument = strawberry.field(description="The document.")


@strawberry.type(description="The picture was taken away; its bytes are gone.")
class RemoveDocumentSuccess:
    """Taken away."""

    documents: list[ApplicationDocument] = strawberry.field(
        description="The application's other documents, or the ticket's, oldest first."
    )


AddDocumentResult = Annotated[
    AddDocumentSuccess | DocumentTooLargeProblem | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("AddDocumentResult", description="Announced, or why not."),
]
RemoveDocumentResult = Annotated[
    RemoveDocumentSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("RemoveDocumentResult", description="Taken away, or why not."),
]


@strawberry.type(description="Documents' mutations.")
class DocumentMutation:
    """What a borrower can do with pictures."""

    @strawberry.mutation(
        description="Announce a picture and learn where its bytes go, in as many pieces as the"
        " line takes. None is required; each helps a person who looks."
    )
    async def add_document(
        self,
        info: Info,
        input: Annotated[AddDocumentInput, strawberry.argument(description="Which picture.")],
    ) -> AddDocumentResult:
        """Announce."""
        try:
            borrower_id = info.context.borrower_id
            document_id = await operations.add_document(input.as_command(borrower_id))
            view = await queries.document(borrower_id, document_id)
        except DocumentTooLarge as refusal:
            return DocumentTooLargeProblem.of(info, refusal)
        except Refusal as refusal:
            return step_problem(info, refusal)
        document = ApplicationDocument.of(view, info.context.language)
        return AddDocumentSuccess(document=document)

    @strawberry.mutation(
        description="Take a picture away, before the application is handed in; its bytes go."
    )
    async def remove_document(
        self,
        info: Info,
        input: Annotated[RemoveDocumentInput, strawberry.argument(description="Which picture.")],
    ) -> RemoveDocumentResult:
        """Take away."""
        try:
            command = input.as_command(info.context.borrower_id)
            application_id = await operations.remove_document(command)
        except Refusal as refusal:
            return step_problem(info, refusal)
        left = (await queries.documents_by_application([application_id]))[0]
        return RemoveDocumentSuccess(
            documents=[ApplicationDocument.of(view, info.context.language) for view in left]
        )
