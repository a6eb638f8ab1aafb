"""Collections' part of the staff graph: the queue, permits, contacts, stages and marks."""

from typing import Annotated

import strawberry

from app.collections import operations, queries, rules
from app.collections.errors import ContactNotPermitted
from app.collections.graphql import inputs
from app.collections.graphql.borrower import After, First
from app.collections.graphql.cases import (
    CollectionCase,
    CollectionContact,
    CollectionHold,
    ContactPermit,
)
from app.collections.graphql.words import CollectionStage
from app.foundation.errors import Refusal
from app.foundation.graphql import Connection, Info, asked_page, connection_of, problem_of


@strawberry.type(description="Collections' queries for staff.")
class StaffCollectionsQuery:
    """The queue."""

    @strawberry.field(
        description="Loans that are late, the oldest case first; for agents, supervisors, directors"
        " and auditors. It names nobody; collectionCase does."
    )
    async def collection_cases(
        self,
        info: Info,
        mine: Annotated[
            bool | None, strawberry.argument(description="True for only those that the caller has.")
        ] = None,
        stage: Annotated[
            CollectionStage | None, strawberry.argument(description="Only those of a stage.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[CollectionCase] | None:
        """Page through the queue."""
        staff = info.context.staff
        operations.check_role(staff, operations.READERS)
        list_name = f"cases:{bool(mine)}:{stage}"
        ask = asked_page(list_name, first, after)
        page = await queries.queue(
            ask,
            info.context.today,
            assigned_to=staff.staff_id if mine else None,
            stage=None if stage is None else rules.Stage(stage.value),
        )
        return connection_of(
            list_name, ask, page, lambda one: CollectionCase.of(one, staff.staff_id)
        )


@strawberry.type(description="Collections' mutations for staff.")
class StaffCollectionsMutation:
    """Asking, recording, assigning, marking."""

    @strawberry.mutation(
        description="Ask for leave to contact a debtor once; for agents and supervisors, for"
        " themselves or an agency that has the case. A refusal is on record as well."
    )
    async def request_contact_permit(
        self,
        info: Info,
        input: Annotated[
            inputs.RequestContactPermitInput, strawberry.argument(description="Which contact.")
        ],
    ) -> inputs.RequestContactPermitResult:
        """Ask."""
        try:
            staff = info.context.staff
            permit = await operations.request_permit(staff, input.as_command(staff))
            if not permit.is_given:
                refused = ContactNotPermitted(tuple(one.value for one in permit.reasons))
                return inputs.ContactNotPermittedProblem.of(info, refused)
            script = await queries.script(permit, info.context.language, info.context.today)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return inputs.RequestContactPermitSuccess(permit=ContactPermit.of(permit), script=script)

    @strawberry.mutation(
        description="Write down what came of a permitted contact; the borrower sees it."
    )
    async def record_contact(
        self,
        info: Info,
        input: Annotated[
            inputs.RecordContactInput, strawberry.argument(description="What came of it.")
        ],
    ) -> inputs.RecordContactResult:
        """Record."""
        try:
            staff = info.context.staff
            attempt = await operations.record_attempt(staff, input.as_command(staff))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return inputs.RecordContactSuccess(contact=CollectionContact.of(attempt))

    @strawberry.mutation(
        description="Give a case to a member of staff, or to an agency on today's list; for"
        " supervisors and directors."
    )
    async def assign_collection_case(
        self,
        info: Info,
        input: Annotated[
            inputs.AssignCollectionCaseInput, strawberry.argument(description="To whom.")
        ],
    ) -> inputs.AssignCollectionCaseResult:
        """Assign."""
        try:
            staff = info.context.staff
            case = await operations.assign_case(staff, input.as_command(staff))
            shown = await _shown(info, case)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return inputs.AssignCollectionCaseSuccess(case=shown)

    @strawberry.mutation(
        description="Pursue a case more firmly or less, never more before relief was offered; for"
        " supervisors and directors."
    )
    async def advance_collection_case(
        self,
        info: Info,
        input: Annotated[
            inputs.AdvanceCollectionCaseInput, strawberry.argument(description="How firmly.")
        ],
    ) -> inputs.AdvanceCollectionCaseResult:
        """Advance."""
        try:
            staff = info.context.staff
            case = await operations.advance_case(staff, input.as_command(staff))
            shown = await _shown(info, case)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return inputs.AdvanceCollectionCaseSuccess(case=shown)

    @strawberry.mutation(
        description="Leave the borrower of a case in peace from now on: they may have died, have a"
        " misfortune of their own, another number, or the case is to rest."
    )
    async def mark_collection_case(
        self,
        info: Info,
        input: Annotated[inputs.MarkCollectionCaseInput, strawberry.argument(description="Why.")],
    ) -> inputs.MarkCollectionCaseResult:
        """Mark."""
        try:
            staff = info.context.staff
            case = await operations.mark_case(staff, input.as_command(staff))
            shown = await _shown(info, case)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return inputs.MarkCollectionCaseSuccess(case=shown)

    @strawberry.mutation(
        description="Confirm a mark as a second person, or end it; for supervisors and directors."
    )
    async def decide_collection_mark(
        self,
        info: Info,
        input: Annotated[
            inputs.DecideCollectionMarkInput, strawberry.argument(description="The decision.")
        ],
    ) -> inputs.DecideCollectionMarkResult:
        """Decide."""
        try:
            staff = info.context.staff
            hold = await operations.decide_mark(staff, input.as_command(staff))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return inputs.DecideCollectionMarkSuccess(hold=CollectionHold.of(hold, staff.staff_id))


async def _shown(info: Info, case: rules.Case) -> CollectionCase:
    queued = await queries.queued_case(case, info.context.today)
    return CollectionCase.of(queued, info.context.staff.staff_id)
