"""A copy of one's data on the borrower's graph."""

from datetime import datetime

import strawberry

from app.foundation.graphql import Info
from app.identity.errors import ProofRequired
from app.privacy.operations.exporting import DataCopy, export_data


@strawberry.type(description="Everything we hold on the caller: keep it safe.")
class MyData:
    """A copy."""

    id: strawberry.ID = strawberry.field(description="The copy's id, on record with us.")
    made_at: datetime = strawberry.field(description="When it was put together.")
    is_masked: bool = strawberry.field(
        description="Whether resident ID and card numbers are masked: so they are unless the"
        " request is signed by the key of the caller's phone."
    )
    json: str = strawberry.field(
        description="For other services: JSON in UTF-8, keys as the read copy names them, amounts"
        " in whole fen, moments in ISO 8601."
    )
    text: str = strawberry.field(description="To read, in the caller's language.")
    sha256: str = strawberry.field(description="SHA-256 of the JSON, in hexadecimal.")

    @classmethod
    def of(cls, copy: DataCopy) -> "MyData":
        """Show a copy."""
        return cls(
            id=strawberry.ID(copy.copy_id),
            made_at=copy.made_at,
            is_masked=copy.is_masked,
            json=copy.json,
            text=copy.text,
            sha256=copy.sha256,
        )


@strawberry.type(description="Queries about the caller's own data.")
class CopyQuery:
    """Taking one's data away."""

    @strawberry.field(
        description="Everything we hold on the caller, to read and to take elsewhere, a few times"
        " a day; resident ID and card numbers in full if the phone's key signs the request."
    )
    async def my_data(self, info: Info) -> MyData | None:
        """Put a copy together; a session bound to a key proves it, as for all that is unmasked."""
        borrower = info.context.borrower
        if not borrower.sees_all:
            raise ProofRequired
        copy = await export_data(
            borrower.borrower_id, language=info.context.language, is_clear=borrower.is_proven
        )
        return MyData.of(copy)
