"""Assisted applications on the staff graph: for partners' agents, and for whoever calls back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import (
    Fen,
    Info,
    PlainProblem,
    checked_id,
    checked_text,
    problem_of,
)
from app.origination import operations, queries
from app.origination.graphql.assisting import product_names
from app.origination.graphql.inputs import KEY, REGION_CODE_MAX
from app.origination.graphql.words import AssistedState, CallBackQuestion
from app.origination.rules import assisting as rules
from app.origination.rules.completeness import PURPOSE_MAX

PHONE_MAX = 40
_ID = "From assistedToCall."


@strawberry.type(description="What an agent filled in: nothing that the person told only us.")
class AssistedApplication:
    """Filled in."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    phone: str | None = strawberry.field(
        description="The number, masked; null once it is answered: it is let go of then."
    )
    product: str | None = strawberry.field(
        description="The product's name; null where it is no longer offered."
    )
    region_code: str = strawberry.field(description="Where the money is to be borrowed.")
    amount: Fen = strawberry.field(description="How much was filled in.")
    months: int = strawberry.field(description="For how many months.")
    state: AssistedState = strawberry.field(description="What became of it.")
    started_at: datetime = strawberry.field(description="When it was filled in.")
    expires_at: datetime = strawberry.field(description="When it is void unless confirmed.")

    @classmethod
    async def all_of(
        cls, info: Info, views: Sequence[queries.AssistedView]
    ) -> list["AssistedApplication"]:
        """Show them to their agent."""
        return [
            cls(
                id=strawberry.ID(view.assisted_id),
                phone=view.phone,
                product=product,
                region_code=view.region_code,
                amount=Fen(view.amount_fen),
                months=view.months,
                state=AssistedState[view.state.name],
                started_at=view.started_at,
                expires_at=view.expires_at,
            )
            for view, product in zip(views, await product_names(info, views), strict=True)
        ]


@strawberry.type(description="Somebody to call back; amount and months are theirs to say.")
class AssistedToCall:
    """Waiting."""

    id: strawberry.ID = strawberry.field(description="Send it to beginCallBack.")
    region_code: str = strawberry.field(description="Where the money is to be borrowed.")
    agent_id: strawberry.ID = strawberry.field(description="Who filled it in.")
    started_at: datetime = strawberry.field(description="When.")
    expires_at: datetime = strawberry.field(description="Until when an answer counts.")

    @classmethod
    def of(cls, view: queries.AssistedView) -> "AssistedToCall":
        """Show it to whoever calls back."""
        return cls(
            id=strawberry.ID(view.assisted_id),
            region_code=view.region_code,
            agent_id=strawberry.ID(view.agent_id),
            started_at=view.started_at,
            expires_at=view.expires_at,
        )


@strawberry.type(description="One question to ask, in its exact words.")
class CallBackAsk:
    """A question."""

    question: CallBackQuestion = strawberry.field(description="Which.")
    words: str = strawberry.field(description="Read them out as they are.")


@strawberry.input(description="What somebody in the shop wishes, and their number.")
class StartAssistedInput:
    """Filling in."""

    phone: str = strawberry.field(description="Their own mobile number.")
    product_id: strawberry.ID = strawberry.field(description="A product's id.")
    region_code: str = strawberry.field(description="Where they live: six digits.")
    amount: Fen = strawberry.field(description="How much.")
    months: int = strawberry.field(description="For how many months.")
    purpose: str = strawberry.field(description="What for, one line of at most 60 characters.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, info: Info) -> rules.StartAssisted:
        """Check the shapes and translate."""
        return rules.StartAssisted(
            caller=info.context.staff,
            idempotency_key=self.idempotency_key,
            phone=checked_text(self.phone, field="input.phone", most=PHONE_MAX),
            product_id=checked_id(self.product_id, "pr", field="input.productId"),
            region_code=checked_text(
                self.region_code, field="input.regionCode", most=REGION_CODE_MAX
            ),
            amount_fen=self.amount,
            months=self.months,
            purpose=checked_text(self.purpose, field="input.purpose", most=PURPOSE_MAX),
        )


@strawberry.input(description="Whom to call back.")
class BeginCallBackInput:
    """Calling back."""

    assisted_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, info: Info) -> rules.BeginCallBack:
        """Check the shapes and translate."""
        return rules.BeginCallBack(
            caller=info.context.staff,
            idempotency_key=self.idempotency_key,
            assisted_id=checked_id(self.assisted_id, "as", field="input.assistedId"),
        )


@strawberry.input(description="What the person said on the phone.")
class AnswerCallBackInput:
    """Answers."""

    assisted_id: strawberry.ID = strawberry.field(description=_ID)
    amount: Fen = strawberry.field(description="How much they said.")
    months: int = strawberry.field(description="How many months they said.")
    is_own_wish: bool = strawberry.field(description="Whether it is their own, unprompted wish.")
    paid_nobody: bool = strawberry.field(
        description="Whether nobody asked them for money or a code."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, info: Info) -> rules.AnswerCallBack:
        """Check the shapes and translate."""
        return rules.AnswerCallBack(
            caller=info.context.staff,
            idempotency_key=self.idempotency_key,
            assisted_id=checked_id(self.assisted_id, "as", field="input.assistedId"),
            amount_fen=self.amount,
            months=self.months,
            is_own_wish=self.is_own_wish,
            paid_nobody=self.paid_nobody,
        )


@strawberry.type(description="Filled in; the person confirms it on their own phone, or is called.")
class StartAssistedSuccess:
    """Filled in."""

    assisted: AssistedApplication = strawberry.field(description="As it stands.")


@strawberry.type(description="Call this number and ask; that you saw it is on record.")
class BeginCallBackSuccess:
    """Begun."""

    phone: str = strawberry.field(description="The number, in clear: for this call only.")
    questions: list[CallBackAsk] = strawberry.field(description="What to ask, in this order.")


@strawberry.type(description="The answers are noted.")
class AnswerCallBackSuccess:
    """Noted."""

    state: AssistedState = strawberry.field(
        description="CONFIRMED; ASKED where something was wrong and one call is left; DECLINED."
    )


StartAssistedResult = Annotated[
    StartAssistedSuccess | PlainProblem,
    strawberry.union("StartAssistedResult", description="Filled in, or why not."),
]
BeginCallBackResult = Annotated[
    BeginCallBackSuccess | PlainProblem,
    strawberry.union("BeginCallBackResult", description="Whom to call, or why not."),
]
AnswerCallBackResult = Annotated[
    AnswerCallBackSuccess | PlainProblem,
    strawberry.union("AnswerCallBackResult", description="Noted, or why not."),
]


@strawberry.type(description="Assisted applications' queries.")
class StaffAssistedQuery:
    """What agents and callers can read."""

    @strawberry.field(
        description="What the caller filled in, newest first, at most fifty; for partners' agents."
    )
    async def assisted_by_me(self, info: Info) -> list[AssistedApplication] | None:
        """List an agent's own."""
        staff = info.context.staff
        if staff.role not in rules.AGENTS:
            raise Forbidden
        views = await queries.assisted_by(staff.staff_id)
        return await AssistedApplication.all_of(info, views)

    @strawberry.field(
        description="Who waits to be called back, oldest first, at most fifty; for the desk."
    )
    async def assisted_to_call(self, info: Info) -> list[AssistedToCall] | None:
        """List who waits."""
        if info.context.staff.role not in rules.CALLERS:
            raise Forbidden
        return [AssistedToCall.of(view) for view in await queries.assisted_to_call()]


@strawberry.type(description="Assisted applications' mutations.")
class StaffAssistedMutation:
    """What agents and callers can do."""

    @strawberry.mutation(
        description="Fill an application in for somebody in the shop, by their number; for"
        " partners' agents. Never ask for their code, resident ID or income."
    )
    async def start_assisted(
        self,
        info: Info,
        input: Annotated[StartAssistedInput, strawberry.argument(description="The wish.")],
    ) -> StartAssistedResult:
        """Fill in."""
        try:
            assisted_id = await operations.start_assisted(input.as_command(info))
            view = await queries.assisted_view(assisted_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        (assisted,) = await AssistedApplication.all_of(info, [view])
        return StartAssistedSuccess(assisted=assisted)

    @strawberry.mutation(
        description="See the number of somebody to call back and what to ask; for agents and"
        " supervisors of the desk, stepped up, on record."
    )
    async def begin_call_back(
        self,
        info: Info,
        input: Annotated[BeginCallBackInput, strawberry.argument(description="Whom.")],
    ) -> BeginCallBackResult:
        """Begin."""
        try:
            phone = await operations.begin_call_back(input.as_command(info))
        except Refusal as refusal:
            return problem_of(info, refusal)
        asks = [
            CallBackAsk(
                question=question,
                words=info.context.text(f"origination.assisted.question_{question.name.lower()}"),
            )
            for question in CallBackQuestion
        ]
        return BeginCallBackSuccess(phone=phone, questions=asks)

    @strawberry.mutation(
        description="Note what the person said: right, and it is their application; wrong twice,"
        " and it is void."
    )
    async def answer_call_back(
        self,
        info: Info,
        input: Annotated[AnswerCallBackInput, strawberry.argument(description="The answers.")],
    ) -> AnswerCallBackResult:
        """Note."""
        try:
            state = await operations.answer_call_back(input.as_command(info))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AnswerCallBackSuccess(state=AssistedState[state.name])
