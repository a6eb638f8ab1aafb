"""Identity's part of the staff graph for money held back: who is affected, and letting it flow."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.identity import operations
from app.identity.graphql.inputs import KEY
from app.identity.rules.pins import Freeze, LiftFreeze


@strawberry.type(description="Money out to a borrower is held back: they typed a PIN for duress.")
class DisbursementFreeze:
    """One borrower's money, held back."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    borrower_id: strawberry.ID = strawberry.field(
        description="Whose money; speak to them where nobody can listen."
    )
    frozen_at: datetime = strawberry.field(description="Since when.")

    @classmethod
    def of(cls, freeze: Freeze) -> "DisbursementFreeze":
        """Show a freeze."""
        return cls(
            id=strawberry.ID(freeze.freeze_id),
            borrower_id=strawberry.ID(freeze.borrower_id),
            frozen_at=freeze.frozen_at,
        )


@strawberry.input(description="Which freeze to lift, and why.")
class LiftDisbursementFreezeInput:
    """A freeze and a reason."""

    freeze_id: strawberry.ID = strawberry.field(description="From disbursementFreezes.")
    reason: str = strawberry.field(
        description="How it is known that the borrower is free again, up to 300 characters."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, staff_id: str) -> LiftFreeze:
        """
        Return the command.

        Raises:
            InvalidInput: The freeze's id has another shape.
        """
        return LiftFreeze(
            staff_id=staff_id,
            freeze_id=checked_id(self.freeze_id, "fz", field="input.freezeId"),
            reason=self.reason,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="Money out flows again; the borrower names a new card themselves.")
class LiftDisbursementFreezeSuccess:
    """Lifted."""

    freeze_id: strawberry.ID = strawberry.field(description="The freeze that was lifted.")


LiftDisbursementFreezeResult = Annotated[
    LiftDisbursementFreezeSuccess | PlainProblem,
    strawberry.union("LiftDisbursementFreezeResult", description="Whether money flows again."),
]


@strawberry.type(description="Identity's queries for staff about money held back.")
class StaffFreezeQuery:
    """Who was forced."""

    @strawberry.field(
        description="Borrowers whose money out is held back, oldest first, at most 200; null for"
        " anybody but risk."
    )
    async def disbursement_freezes(self, info: Info) -> list[DisbursementFreeze] | None:
        """Show risk whose money is held back."""
        found = await operations.freezes_for(info.context.caller)
        return None if found is None else [DisbursementFreeze.of(one) for one in found]


@strawberry.type(description="Identity's mutations for staff about money held back.")
class StaffFreezeMutation:
    """How money flows again."""

    @strawberry.mutation(
        description="Let money out to a borrower flow again, for a reason that is kept; risk only,"
        " with a fresh authenticator code."
    )
    async def lift_disbursement_freeze(
        self,
        info: Info,
        input: Annotated[
            LiftDisbursementFreezeInput, strawberry.argument(description="Which, and why.")
        ],
    ) -> LiftDisbursementFreezeResult:
        """Lift a freeze."""
        try:
            staff = info.context.staff
            await operations.lift_freeze(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return LiftDisbursementFreezeSuccess(freeze_id=input.freeze_id)
