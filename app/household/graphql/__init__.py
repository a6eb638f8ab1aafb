"""The household's part of the borrower's graph."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.household import operations, queries
from app.household.graphql.inputs import ClearHouseholdInput, SaveHouseholdInput
from app.household.graphql.types import (
    NOT_DECIDED_BY,
    HouseholdCrop,
    HouseholdYear,
    OwnHousehold,
)


@strawberry.type(description="The household as it is kept now.")
class SaveHouseholdSuccess:
    """It was kept."""

    is_saved: bool = strawberry.field(description="Always true.")


@strawberry.type(description="Nothing of the household is kept any more.")
class ClearHouseholdSuccess:
    """It was deleted."""

    is_cleared: bool = strawberry.field(description="Always true.")


SaveHouseholdResult = Annotated[
    SaveHouseholdSuccess | PlainProblem,
    strawberry.union("SaveHouseholdResult", description="What became of `saveHousehold`."),
]
ClearHouseholdResult = Annotated[
    ClearHouseholdSuccess | PlainProblem,
    strawberry.union("ClearHouseholdResult", description="What became of `clearHousehold`."),
]


@strawberry.type
class HouseholdQuery:
    """The household's reads."""

    @strawberry.field(
        description="What the caller said of their household; null if nothing, and where a Proof"
        " header is missing."
    )
    async def household(self, info: Info) -> OwnHousehold | None:
        """Open what was said."""
        borrower_id = info.context.borrower_id
        if not info.context.sees_all:
            return None
        found = await queries.household_of(borrower_id)
        return None if found is None else OwnHousehold.of(found)

    @strawberry.field(
        description="The caller's year beside what falls due on all their loans; null if they said"
        " nothing of their household, and where a Proof header is missing. With an offer that is"
        " not signed yet, what its installments would leave."
    )
    async def household_plan(
        self,
        info: Info,
        offer_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="An offer of the caller's own; none if null."),
        ] = None,
    ) -> HouseholdYear | None:
        """Lay the year out."""
        borrower_id, today = info.context.borrower_id, info.context.today
        if not info.context.sees_all:
            return None
        offer = None if offer_id is None else checked_id(offer_id, "of", field="offerId")
        plan = await queries.plan_of(borrower_id, today, offer_id=offer)
        if plan is None:
            return None
        return HouseholdYear.of(plan, await queries.floor_on(today), info.context.language)

    @strawberry.field(
        description="The crops of a county and how each one's income falls on the months: a"
        " calendar to begin with. Nobody needs to sign in."
    )
    async def household_crops(
        self,
        info: Info,
        region_code: Annotated[str, strawberry.argument(description="The county, six digits.")],
    ) -> list[HouseholdCrop] | None:
        """List crops."""
        language = info.context.language
        return [
            HouseholdCrop(code=one.code, name=one.crop[language], shares=list(one.shares))
            for one in await queries.crops_of(region_code, info.context.today)
        ]


@strawberry.type
class HouseholdMutation:
    """What a borrower does about their household."""

    @strawberry.mutation(
        description="Keep what the caller says of their household, a month or all of it; sealed"
        " under their own key, and safe to send later." + NOT_DECIDED_BY
    )
    async def save_household(
        self,
        info: Info,
        input: Annotated[SaveHouseholdInput, strawberry.argument(description="What they say.")],
    ) -> SaveHouseholdResult:
        """Keep it."""
        try:
            await operations.save_household(input.as_command(info.context.borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return SaveHouseholdSuccess(is_saved=True)

    @strawberry.mutation(description="Delete all that the caller said of their household.")
    async def clear_household(
        self,
        info: Info,
        input: Annotated[ClearHouseholdInput, strawberry.argument(description="The key.")],
    ) -> ClearHouseholdResult:
        """Delete it."""
        command = operations.ClearHousehold(
            borrower_id=info.context.borrower_id, idempotency_key=input.idempotency_key
        )
        try:
            await operations.clear_household(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ClearHouseholdSuccess(is_cleared=True)
