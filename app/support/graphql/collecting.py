"""A late loan opened at the desk, with its borrower masked; the borrower sees who looked."""

from typing import Annotated

import strawberry

from app.collections.graphql.cases import CollectionCase, CollectionContact, ContactPermit
from app.collections.graphql.types import PaymentPromise
from app.foundation.errors import NotFound
from app.foundation.graphql import Info, checked_id
from app.support.graphql.desk_types import BorrowerCard
from app.support.operations.collecting import OpenedCase, open_case


@strawberry.type(description="A case with its borrower, masked, and what was done about it.")
class OpenedCollectionCase:
    """An opened case."""

    case: CollectionCase = strawberry.field(description="The case.")
    borrower: BorrowerCard | None = strawberry.field(
        description="Who owes, masked; null once they are forgotten."
    )
    contacts: list[CollectionContact] = strawberry.field(
        description="The newest 50 contacts and tries, newest first."
    )
    permits: list[ContactPermit] = strawberry.field(
        description="The newest 50 permits, refused ones too, newest first."
    )
    promises: list[PaymentPromise] = strawberry.field(
        description="What the borrower promised, newest first; a few."
    )

    @classmethod
    def of(cls, opened: OpenedCase, staff_id: str) -> "OpenedCollectionCase":
        """Show an opened case."""
        borrower = opened.borrower
        return cls(
            case=CollectionCase.of(opened.queued, staff_id),
            borrower=None if borrower is None else BorrowerCard.of(borrower),
            contacts=[CollectionContact.of(one) for one in opened.attempts],
            permits=[ContactPermit.of(one) for one in opened.permits],
            promises=[PaymentPromise.of(one) for one in opened.promises],
        )


@strawberry.type(description="The desk's queries about late loans.")
class StaffCollectingQuery:
    """Opening a case."""

    @strawberry.field(
        description="One late loan with its borrower, masked; null when there is none. The borrower"
        " sees who looked and why."
    )
    async def collection_case(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The case.")],
    ) -> OpenedCollectionCase | None:
        """Open a case."""
        staff = info.context.staff
        try:
            opened = await open_case(staff, checked_id(id, "cc", field="id"))
        except NotFound:
            return None
        return OpenedCollectionCase.of(opened, staff.staff_id)
