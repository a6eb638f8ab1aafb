"""Pictures that a phone attaches to a ticket."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.origination import queries as origination
from app.origination.graphql.pictures import ApplicationDocument
from app.support.operations.attaching import AttachPicture, attach_picture


@strawberry.input(description="A picture announced for a ticket: which file it is.")
class AttachPictureInput:
    """A picture."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; not a closed one.")
    size: int = strawberry.field(description="The file's length in bytes; at most 8 MB.")
    hash: str = strawberry.field(
        description="SHA-256 of the whole file, 64 lower-case hexadecimal digits."
    )
    idempotency_key: strawberry.ID = strawberry.field(
        description="1 to 64 characters, new for each picture; send it again when retrying."
    )


@strawberry.type(description="The picture is announced; send its bytes to `uploadPath`.")
class AttachPictureSuccess:
    """Announced."""

    document: ApplicationDocument = strawberry.field(
        description="The picture; removeDocument takes it away."
    )


AttachPictureResult = Annotated[
    AttachPictureSuccess | PlainProblem,
    strawberry.union("AttachPictureResult", description="What became of `attachPicture`."),
]


@strawberry.type(description="The part of Mutation about pictures with tickets.")
class AttachingMutation:
    """Attaching."""

    @strawberry.mutation(
        description="Announce a picture for a ticket and learn where its bytes go. Staff see it as"
        " a reveal for that ticket, on record, and nowhere else."
    )
    async def attach_picture(
        self,
        info: Info,
        input: Annotated[AttachPictureInput, strawberry.argument(description="Which picture.")],
    ) -> AttachPictureResult:
        """Attach."""
        try:
            borrower_id = info.context.borrower_id
            command = AttachPicture(
                caller_id=borrower_id,
                ticket_id=checked_id(input.ticket_id, "tk", field="input.ticketId"),
                size_bytes=input.size,
                sha256=input.hash,
                idempotency_key=input.idempotency_key,
            )
            document_id = await attach_picture(command)
            document = await origination.document(borrower_id, document_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AttachPictureSuccess(
            document=ApplicationDocument.of(document, info.context.language)
        )
