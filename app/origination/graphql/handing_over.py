"""Handing over to another lender: looked at, agreed to, sent, taken back."""

from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Fen,
    Info,
    PlainProblem,
    checked_id,
    checked_text,
    problem_of,
)
from app.origination import operations
from app.origination.graphql.handovers import Handover
from app.origination.graphql.inputs import HASH_MAX, KEY
from app.origination.queries import handovers as queries
from app.origination.rules import handovers as rules

REGION_MAX = 6
_ID = "From prepareHandover or handovers."


@strawberry.input(description="What is wanted of the other lender.")
class PrepareHandoverInput:
    """A wish."""

    product_id: strawberry.ID = strawberry.field(description="A product with a referral.")
    region_code: str = strawberry.field(description="Where the borrower lives; see regions.")
    amount: Fen = strawberry.field(description="How much.")
    months: int = strawberry.field(description="For how long.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.PrepareHandover:
        """Check the shapes and translate."""
        return rules.PrepareHandover(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            product_id=checked_id(self.product_id, "pr", field="input.productId"),
            region_code=checked_text(self.region_code, field="input.regionCode", most=REGION_MAX),
            amount_fen=self.amount,
            months=self.months,
        )


@strawberry.input(description="Agreeing to one hand-over.")
class ConsentToHandoverInput:
    """Agreeing."""

    handover_id: strawberry.ID = strawberry.field(description=_ID)
    text_hash: str = strawberry.field(description="The textHash of the words that were shown.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which hand-over goes.")
class HandOverInput:
    """Handing over."""

    handover_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Which hand-over is taken back.")
class WithdrawHandoverInput:
    """Taking back."""

    handover_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="Show exactly what would go, and the words; nothing has gone.")
class PrepareHandoverSuccess:
    """Prepared."""

    handover: Handover = strawberry.field(description="As it stands.")


@strawberry.type(description="Agreed to; it stands in the consent ledger. Nothing has gone.")
class ConsentToHandoverSuccess:
    """Agreed."""

    handover: Handover = strawberry.field(description="As it stands.")


@strawberry.type(description="It goes now; handovers shows how far it is.")
class HandOverSuccess:
    """Asked for."""

    handover: Handover = strawberry.field(description="As it stands.")


@strawberry.type(description="Taken back: nothing goes any more, and who has it is told.")
class WithdrawHandoverSuccess:
    """Taken back."""

    handover: Handover = strawberry.field(description="As it stands.")


PrepareHandoverResult = Annotated[
    PrepareHandoverSuccess | PlainProblem,
    strawberry.union("PrepareHandoverResult", description="What would go, or why nothing can."),
]
ConsentToHandoverResult = Annotated[
    ConsentToHandoverSuccess | PlainProblem,
    strawberry.union("ConsentToHandoverResult", description="Agreed to, or why not."),
]
HandOverResult = Annotated[
    HandOverSuccess | PlainProblem,
    strawberry.union("HandOverResult", description="On its way, or why not."),
]
WithdrawHandoverResult = Annotated[
    WithdrawHandoverSuccess | PlainProblem,
    strawberry.union("WithdrawHandoverResult", description="Taken back, or why not."),
]


@strawberry.type(description="Hand-overs' queries.")
class HandoverQuery:
    """What a borrower can read of them."""

    @strawberry.field(
        description="The caller's hand-overs to other lenders, newest first, at most twenty; null"
        " when nobody is signed in."
    )
    async def handovers(self, info: Info) -> list[Handover] | None:
        """List them."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        found = await queries.handovers_of(caller.borrower_id)
        return [Handover.of(one, info.context.language) for one in found]


@strawberry.type(description="Hand-overs' mutations.")
class HandoverMutation:
    """What a borrower can do."""

    @strawberry.mutation(
        description="Put together exactly what a referral would hand over, to be looked at; nothing"
        " goes. It is kept for thirty days."
    )
    async def prepare_handover(
        self,
        info: Info,
        input: Annotated[PrepareHandoverInput, strawberry.argument(description="The wish.")],
    ) -> PrepareHandoverResult:
        """Prepare."""
        try:
            borrower_id = info.context.borrower_id
            handover_id = await operations.prepare_handover(input.as_command(borrower_id))
            shown = await _shown(info, handover_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return PrepareHandoverSuccess(handover=shown)

    @strawberry.mutation(
        description="Agree to one hand-over, in exactly the words shown, separately from anything"
        " else; it can be taken back at any time."
    )
    async def consent_to_handover(
        self,
        info: Info,
        input: Annotated[ConsentToHandoverInput, strawberry.argument(description="Which.")],
    ) -> ConsentToHandoverResult:
        """Agree."""
        try:
            caller = info.context.borrower
            command = rules.ConsentToHandover(
                borrower_id=caller.borrower_id,
                idempotency_key=input.idempotency_key,
                handover_id=_id(input.handover_id),
                text_sha256=checked_text(input.text_hash, field="input.textHash", most=HASH_MAX),
            )
            agreed = await operations.consent_to_handover(command, session_id=caller.session_id)
            shown = await _shown(info, agreed)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ConsentToHandoverSuccess(handover=shown)

    @strawberry.mutation(
        description="Hand over what was looked at and agreed to: exactly that, to that lender."
    )
    async def hand_over(
        self,
        info: Info,
        input: Annotated[HandOverInput, strawberry.argument(description="Which.")],
    ) -> HandOverResult:
        """Hand over."""
        try:
            command = rules.HandOver(
                borrower_id=info.context.borrower_id,
                idempotency_key=input.idempotency_key,
                handover_id=_id(input.handover_id),
            )
            shown = await _shown(info, await operations.hand_over(command))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return HandOverSuccess(handover=shown)

    @strawberry.mutation(
        description="Take a hand-over back: what has not gone stays; of what has, the lender is"
        " told to stop using it and delete it."
    )
    async def withdraw_handover(
        self,
        info: Info,
        input: Annotated[WithdrawHandoverInput, strawberry.argument(description="Which.")],
    ) -> WithdrawHandoverResult:
        """Take back."""
        try:
            caller = info.context.borrower
            command = rules.WithdrawHandover(
                borrower_id=caller.borrower_id,
                idempotency_key=input.idempotency_key,
                handover_id=_id(input.handover_id),
            )
            taken = await operations.withdraw_handover(command, session_id=caller.session_id)
            shown = await _shown(info, taken)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return WithdrawHandoverSuccess(handover=shown)


def _id(value: str) -> str:
    return checked_id(value, "ho", field="input.handoverId")


async def _shown(info: Info, handover_id: str) -> Handover:
    own = await queries.handover(info.context.borrower_id, handover_id)
    return Handover.of(own, info.context.language)
