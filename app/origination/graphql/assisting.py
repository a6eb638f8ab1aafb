"""Applications that somebody else filled in, on the graph of the person they are for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from app.catalog import queries as catalog
from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, checked_id, problem_of
from app.identity import queries as identity
from app.origination import operations, queries
from app.origination.graphql.inputs import KEY
from app.origination.graphql.types import LoanApplication
from app.origination.rules import assisting as rules

AssistedId = Annotated[strawberry.ID, strawberry.argument(description="From assistedForMe.")]


@strawberry.type(description="An application that somebody filled in for the caller's number.")
class AssistedForMe:
    """Filled in by somebody else."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    warning: str = strawberry.field(
        description="Who filled it in, and what to beware of: show it before anything else."
    )
    region_code: str = strawberry.field(description="Where the money is to be borrowed.")
    product: str | None = strawberry.field(
        description="The product's name; null where it is no longer offered."
    )
    amount: Fen = strawberry.field(description="How much was filled in.")
    months: int = strawberry.field(description="For how many months.")
    started_at: datetime = strawberry.field(description="When it was filled in.")
    expires_at: datetime = strawberry.field(description="When it is void unless confirmed.")

    @classmethod
    async def all_of(
        cls, info: Info, views: Sequence[queries.AssistedView]
    ) -> list["AssistedForMe"]:
        """Show them to the person they are for."""
        agents = await identity.staff_by_id([view.agent_id for view in views]) if views else []
        products = await product_names(info, views)
        return [
            cls(
                id=strawberry.ID(view.assisted_id),
                warning=info.context.text(
                    "origination.assisted.warning", agent="—" if agent is None else agent.name
                ),
                region_code=view.region_code,
                product=product,
                amount=Fen(view.amount_fen),
                months=view.months,
                started_at=view.started_at,
                expires_at=view.expires_at,
            )
            for view, agent, product in zip(views, agents, products, strict=True)
        ]


async def product_names(info: Info, views: Sequence[queries.AssistedView]) -> list[str | None]:
    """Name the products in the caller's language; None where one is no longer offered."""
    asked = [(view.product_id, view.region_code) for view in views]
    offered = await catalog.offered_terms_of(asked, info.context.today)
    return [None if one is None else one.wording[info.context.language].name for one in offered]


def _assisted_id(value: str) -> str:
    return checked_id(value, "as", field="input.assistedId")


@strawberry.input(description="Which application, filled in by somebody else, is meant.")
class ConfirmAssistedInput:
    """Confirming."""

    assisted_id: strawberry.ID = strawberry.field(description="From assistedForMe.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.ConfirmAssisted:
        """Check the shapes and translate."""
        return rules.ConfirmAssisted(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            assisted_id=_assisted_id(self.assisted_id),
        )


@strawberry.input(description="Which application the caller did not ask for.")
class DeclineAssistedInput:
    """Declining."""

    assisted_id: strawberry.ID = strawberry.field(description="From assistedForMe.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.DeclineAssisted:
        """Check the shapes and translate."""
        return rules.DeclineAssisted(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            assisted_id=_assisted_id(self.assisted_id),
        )


@strawberry.type(description="It is the caller's own application now; income is theirs to fill in.")
class ConfirmAssistedSuccess:
    """Confirmed."""

    application: LoanApplication = strawberry.field(description="The application.")


@strawberry.type(description="It is void; the number and the purpose were let go of.")
class DeclineAssistedSuccess:
    """Declined."""

    assisted_id: strawberry.ID = strawberry.field(description="Which one.")


ConfirmAssistedResult = Annotated[
    ConfirmAssistedSuccess | PlainProblem,
    strawberry.union("ConfirmAssistedResult", description="Confirmed, or why not."),
]
DeclineAssistedResult = Annotated[
    DeclineAssistedSuccess | PlainProblem,
    strawberry.union("DeclineAssistedResult", description="Declined, or why not."),
]


@strawberry.type(description="Queries of what others filled in.")
class AssistedQuery:
    """What a person can read."""

    @strawberry.field(
        description="Applications that an agent or merchant filled in for the caller's number and"
        " that wait for their word, at most fifty; null when nobody is signed in."
    )
    async def assisted_for_me(self, info: Info) -> list[AssistedForMe] | None:
        """List them."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        views = await queries.assisted_for(caller.borrower_id)
        return await AssistedForMe.all_of(info, views)


@strawberry.type(description="Mutations of what others filled in.")
class AssistedMutation:
    """What a person can do."""

    @strawberry.mutation(
        description="Make what an agent filled in one's own application, on one's own phone; the"
        " agent sees from then on only that it was confirmed."
    )
    async def confirm_assisted(
        self,
        info: Info,
        input: Annotated[ConfirmAssistedInput, strawberry.argument(description="Which.")],
    ) -> ConfirmAssistedResult:
        """Confirm."""
        try:
            borrower_id = info.context.borrower_id
            application_id = await operations.confirm_assisted(input.as_command(borrower_id))
            view = await queries.application(borrower_id, application_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ConfirmAssistedSuccess(application=LoanApplication.of(info, view))

    @strawberry.mutation(description="Say that one did not ask for this; nothing comes of it.")
    async def decline_assisted(
        self,
        info: Info,
        input: Annotated[DeclineAssistedInput, strawberry.argument(description="Which.")],
    ) -> DeclineAssistedResult:
        """Decline."""
        try:
            command = input.as_command(info.context.borrower_id)
            assisted_id = await operations.decline_assisted(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DeclineAssistedSuccess(assisted_id=strawberry.ID(assisted_id))
