"""What a borrower's phone may wait for: changes of what it could read as well."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated, TypeVar

import strawberry

from app.foundation import database
from app.foundation.changes import changes_of
from app.foundation.graphql import Info
from app.foundation.paging import PageAsk
from app.messaging import queries as messaging
from app.messaging.graphql.types import Notification
from app.origination import queries as origination
from app.origination.graphql import LoanApplication
from app.servicing import queries as servicing
from app.servicing.graphql import Loan
from app.servicing.rules import LoanSummary

V = TypeVar("V")
LoanId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Which loan; all, if it is left out.")
]
ApplicationId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Which application; the newest 20, if it is left out."),
]


@strawberry.type(
    description="What a phone can wait for, over graphql-transport-ws or as an event stream. Each"
    " tells what there is now; whoever was away asks by a query first, for nothing is told later."
)
class Subscription:
    """The borrower graph's subscriptions."""

    @strawberry.subscription(
        description="A loan of the caller, whenever it stands otherwise than before."
    )
    async def loan_changed(self, info: Info, loan_id: LoanId = None) -> AsyncGenerator[Loan, None]:
        """Tell a loan that changed."""
        borrower_id = info.context.borrower_id

        async def loans() -> dict[str, LoanSummary]:
            found = await servicing.loans_of(borrower_id, await database.business_date())
            return {one.ref.loan_id: one for one in found if loan_id in {None, one.ref.loan_id}}

        async for loan in _changed(borrower_id, loans):
            yield Loan.of(loan, info.context.language)

    @strawberry.subscription(
        description="A loan application of the caller, whenever it moved on or its terms changed."
    )
    async def application_changed(
        self, info: Info, application_id: ApplicationId = None
    ) -> AsyncGenerator[LoanApplication, None]:
        """Tell an application that changed."""
        borrower_id = info.context.borrower_id

        async def applications() -> dict[str, origination.ApplicationView]:
            page = await origination.applications_of(borrower_id, PageAsk())
            return {
                one.application_id: one
                for _, one in page.items
                if application_id in {None, one.application_id}
            }

        async for application in _changed(borrower_id, applications):
            yield LoanApplication.of(info, application)

    @strawberry.subscription(description="Each notification that the caller gets, as it arrives.")
    async def notification_arrived(self, info: Info) -> AsyncGenerator[Notification, None]:
        """Tell a notification that is new."""
        borrower_id = info.context.borrower_id

        async def newest() -> dict[str, messaging.Notification]:
            page = await messaging.inbox_of(borrower_id, PageAsk())
            return {told.notification_id: told for _, told in reversed(page.items)}

        async for told in _changed(borrower_id, newest, only_new=True):
            yield Notification.of(told, info.context.language)


async def _changed(
    borrower_id: str, read: Callable[[], Awaitable[dict[str, V]]], *, only_new: bool = False
) -> AsyncGenerator[V, None]:
    """Yield what is another than it was when it was read last, or only what was not there."""
    before: dict[str, V] | None = None
    async with aclosing(changes_of(borrower_id)) as changes:
        async for _ in changes:
            now = await read()
            for name, value in now.items():
                if before is None or before.get(name) == value:
                    continue
                if not (only_new and name in before):
                    yield value
            before = now
