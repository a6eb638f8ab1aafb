"""Staff look after money that hangs, and after what differs from the provider's statements."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import (
    Connection,
    Fen,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    enum_value,
    problem_of,
)
from app.origination import queries
from app.origination.graphql.inputs import KEY
from app.payments import operations as payments
from app.payments import queries as payments_queries
from app.payments.rules import reconciling as rules

First = Annotated[int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")]
After = Annotated[
    str | None, strawberry.argument(description="The endCursor of the page before; null to begin.")
]


@strawberry.enum(description="How our books and the provider's statement of a day differ.")
class ReconciliationDifferenceKind(Enum):
    """Kinds."""

    MISSING_HERE = enum_value("MISSING_HERE", "The provider moved money that is no order of ours.")
    MISSING_THERE = enum_value("MISSING_THERE", "We have money moved that no statement has.")
    AMOUNT = enum_value("AMOUNT", "The amounts differ; nothing more is booked until it is clear.")
    STATE = enum_value("STATE", "One says it moved, the other that it did not.")


@strawberry.enum(description="Where a difference stands.")
class ReconciliationDifferenceState(Enum):
    """States."""

    OPEN = enum_value("OPEN", "Somebody must look.")
    HEALED = enum_value("HEALED", "The provider's word, taken as ever, made both agree.")
    RESOLVED = enum_value("RESOLVED", "Two members of staff cleared it up.")


@strawberry.enum(description="How a difference was cleared up.")
class ReconciliationResolution(Enum):
    """Ways."""

    PROVIDER_CORRECTED = enum_value("PROVIDER_CORRECTED", "The provider was wrong and says so.")
    CORRECTED_HERE = enum_value("CORRECTED_HERE", "Our books were put right by a correction.")
    MONEY_RETURNED = enum_value("MONEY_RETURNED", "The money went back to where it came from.")
    NOT_OURS = enum_value("NOT_OURS", "The money is no business of ours.")


@strawberry.type(description="Money out that hangs; it names an order, nobody's name or number.")
class StuckOrder:
    """An order to look after."""

    order_id: strawberry.ID = strawberry.field(
        description="The disbursement (db…) or refund (rf…), as the provider knows it."
    )
    amount: Fen = strawberry.field(description="How much.")
    state: str = strawberry.field(
        description="RESERVED, SENT or DISPUTED; of a refund its state, or what did not fit."
    )
    since: datetime = strawberry.field(description="Since when it was wanted.")


@strawberry.type(description="One order on which our books and a statement differ.")
class ReconciliationDifference:
    """A difference."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, at most 16 characters; send it to resolveReconciliationDifference."
    )
    on: date = strawberry.field(description="The statement's day.")
    order_id: strawberry.ID = strawberry.field(description="The order, as the provider has it.")
    kind: ReconciliationDifferenceKind = strawberry.field(description="How they differ.")
    state: ReconciliationDifferenceState = strawberry.field(description="Where it stands.")
    ours: str | None = strawberry.field(description="MOVED, NOT_MOVED or AWAITED; null if none.")
    our_amount: Fen | None = strawberry.field(description="Our amount; null where there is none.")
    theirs: str | None = strawberry.field(
        description="SUCCEEDED, FAILED, PENDING or UNKNOWN, as the provider says."
    )
    their_amount: Fen | None = strawberry.field(description="Theirs; null where there is none.")
    found_at: datetime = strawberry.field(description="Since when we know.")
    resolution: ReconciliationResolution | None = strawberry.field(
        description="How it was cleared up, or what one person proposed; null if nothing yet."
    )
    is_proposed_by_me: bool = strawberry.field(
        description="Whether the caller proposed it, so that somebody else must agree."
    )

    @classmethod
    def of(cls, info: Info, view: rules.DifferenceView) -> "ReconciliationDifference":
        """Show a difference."""
        resolution = view.resolution
        return cls(
            id=strawberry.ID(view.difference_id),
            on=view.on,
            order_id=strawberry.ID(view.order_id),
            kind=ReconciliationDifferenceKind[view.kind.name],
            state=ReconciliationDifferenceState[view.state.name],
            ours=view.ours,
            our_amount=None if view.ours_fen is None else Fen(view.ours_fen),
            theirs=view.theirs,
            their_amount=None if view.theirs_fen is None else Fen(view.theirs_fen),
            found_at=view.found_at,
            resolution=None if resolution is None else ReconciliationResolution[resolution.name],
            is_proposed_by_me=view.proposed_by == info.context.staff.staff_id,
        )


@strawberry.input(description="How a difference was cleared up.")
class ResolveReconciliationDifferenceInput:
    """A resolution."""

    difference_id: strawberry.ID = strawberry.field(description="From reconciliationDifferences.")
    resolution: ReconciliationResolution = strawberry.field(description="How.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="It is proposed, or with a colleague's agreement resolved.")
class ResolveReconciliationDifferenceSuccess:
    """Taken."""

    difference: ReconciliationDifference = strawberry.field(description="As it stands now.")


ResolveReconciliationDifferenceResult = Annotated[
    ResolveReconciliationDifferenceSuccess | PlainProblem,
    strawberry.union(
        "ResolveReconciliationDifferenceResult", description="Proposed or resolved, or why not."
    ),
]


def _check_role(info: Info) -> None:
    if info.context.staff.role not in payments.RESOLVERS:
        raise Forbidden


@strawberry.type(description="Staff's queries about money that hangs or differs.")
class StaffReconcilingQuery:
    """What supervisors, risk and the head of lending watch."""

    @strawberry.field(
        description="Disbursements and refunds on their way for more than an hour, or disputed,"
        " oldest first, at most 100; for supervisors, risk and the head of lending."
    )
    async def orders_stuck(self, info: Info) -> list[StuckOrder] | None:
        """List them."""
        _check_role(info)
        return [
            StuckOrder(
                order_id=strawberry.ID(one.order_id),
                amount=Fen(one.amount_fen),
                state=one.state,
                since=one.since,
            )
            for one in await queries.orders_stuck()
        ]

    @strawberry.field(
        description="What differs from the provider's daily statements, oldest first; for"
        " supervisors, risk and the head of lending."
    )
    async def reconciliation_differences(
        self,
        info: Info,
        state: Annotated[
            ReconciliationDifferenceState,
            strawberry.argument(description="Which; open ones unless said."),
        ] = ReconciliationDifferenceState.OPEN,
        first: First = None,
        after: After = None,
    ) -> Connection[ReconciliationDifference] | None:
        """Page through them."""
        _check_role(info)
        list_name = f"differences:{state.name}"
        ask = asked_page(list_name, first, after)
        page = await payments_queries.differences(rules.DifferenceState[state.name], ask)
        return connection_of(
            list_name, ask, page, lambda one: ReconciliationDifference.of(info, one)
        )


@strawberry.type(description="Staff's mutations about differences.")
class StaffReconcilingMutation:
    """Clearing up, by two."""

    @strawberry.mutation(
        description="Say how an open difference was cleared up, after `staffStepUp`; it is resolved"
        " once a second person says the same. It moves no money and books nothing by itself."
    )
    async def resolve_reconciliation_difference(
        self,
        info: Info,
        input: Annotated[
            ResolveReconciliationDifferenceInput, strawberry.argument(description="Which and how.")
        ],
    ) -> ResolveReconciliationDifferenceResult:
        """Propose or agree."""
        try:
            staff = info.context.staff
            command = payments.ResolveDifference(
                staff_id=staff.staff_id,
                difference_id=checked_id(input.difference_id, "rd", field="input.differenceId"),
                resolution=rules.Resolution[input.resolution.name],
                idempotency_key=input.idempotency_key,
            )
            view = await payments.resolve_difference(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ResolveReconciliationDifferenceSuccess(
            difference=ReconciliationDifference.of(info, view)
        )
