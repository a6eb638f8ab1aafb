"""Naming a guarantor, and answering as one: the parts of the borrower's graph for it."""

from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, checked_text, problem_of
from app.identity.errors import WrongCode
from app.identity.graphql.intents import ApprovalInput, Intent
from app.identity.graphql.types import WrongCodeProblem
from app.origination import operations, queries
from app.origination.graphql.guarantees import Guarantee
from app.origination.graphql.inputs import HASH_MAX, KEY
from app.origination.graphql.problems import StepOutOfOrderProblem, step_problem
from app.origination.graphql.types import LoanApplication
from app.origination.rules import guarantees as rules

PHONE_MAX = 40
_ID = "From guaranteesAsked."


def _guarantee_id(value: str) -> str:
    return checked_id(value, "gt", field="input.guaranteeId")


@strawberry.input(description="Whom to ask to stand behind an application.")
class NameGuarantorInput:
    """Naming a guarantor."""

    application_id: strawberry.ID = strawberry.field(description="From startApplication.")
    phone: str = strawberry.field(description="Their mobile number; never the borrower's own.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.NameGuarantor:
        """Check the shapes and translate."""
        return rules.NameGuarantor(
            borrower_id=borrower_id,
            idempotency_key=self.idempotency_key,
            application_id=checked_id(self.application_id, "ap", field="input.applicationId"),
            phone=checked_text(self.phone, field="input.phone", most=PHONE_MAX),
        )


@strawberry.input(description="Which guarantee is to be given.")
class BeginGuaranteeInput:
    """Beginning to give a guarantee."""

    guarantee_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: BorrowerCaller) -> rules.BeginGuarantee:
        """Check the shapes and translate."""
        return rules.BeginGuarantee(
            caller=caller,
            idempotency_key=self.idempotency_key,
            guarantee_id=_guarantee_id(self.guarantee_id),
        )


@strawberry.input(description="A guarantee given: the words' hash, and the approval of its intent.")
class GiveGuaranteeInput:
    """Giving a guarantee."""

    guarantee_id: strawberry.ID = strawberry.field(description=_ID)
    text_hash: str = strawberry.field(description="The textHash of the words that were shown.")
    approval: ApprovalInput = strawberry.field(description="Of the intent in beginGuarantee.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: BorrowerCaller) -> rules.GiveGuarantee:
        """Check the shapes and translate."""
        return rules.GiveGuarantee(
            caller=caller,
            idempotency_key=self.idempotency_key,
            guarantee_id=_guarantee_id(self.guarantee_id),
            text_sha256=checked_text(self.text_hash, field="input.textHash", most=HASH_MAX),
            approval=self.approval.as_approval(),
        )


@strawberry.input(description="Which guarantee is refused, or taken back.")
class RefuseGuaranteeInput:
    """Refusing a guarantee."""

    guarantee_id: strawberry.ID = strawberry.field(description=_ID)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: BorrowerCaller) -> rules.RefuseGuarantee:
        """Check the shapes and translate."""
        return rules.RefuseGuarantee(
            caller=caller,
            idempotency_key=self.idempotency_key,
            guarantee_id=_guarantee_id(self.guarantee_id),
        )


@strawberry.type(description="The guarantor is named and told; they see it when they sign in.")
class NameGuarantorSuccess:
    """Named."""

    application: LoanApplication = strawberry.field(description="The application as it stands.")


@strawberry.type(description="Show the guarantee's words and the intent; then giveGuarantee.")
class BeginGuaranteeSuccess:
    """Begun."""

    guarantee: Guarantee = strawberry.field(description="What is to be agreed to.")
    intent: Intent = strawberry.field(description="What to show, and how it is approved.")


@strawberry.type(description="The guarantee is given; until the borrower signs it can be undone.")
class GiveGuaranteeSuccess:
    """Given."""

    guarantee: Guarantee = strawberry.field(description="As it stands now.")


@strawberry.type(description="The guarantee is refused, or taken back.")
class RefuseGuaranteeSuccess:
    """Refused."""

    guarantee: Guarantee = strawberry.field(description="As it stands now.")


NameGuarantorResult = Annotated[
    NameGuarantorSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("NameGuarantorResult", description="Named, or why not."),
]
BeginGuaranteeResult = Annotated[
    BeginGuaranteeSuccess | PlainProblem,
    strawberry.union("BeginGuaranteeResult", description="What to show, or why not."),
]
GiveGuaranteeResult = Annotated[
    GiveGuaranteeSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("GiveGuaranteeResult", description="Given, or why not."),
]
RefuseGuaranteeResult = Annotated[
    RefuseGuaranteeSuccess | PlainProblem,
    strawberry.union("RefuseGuaranteeResult", description="Refused, or why it cannot be."),
]


@strawberry.type(description="Guarantees' queries.")
class GuaranteeQuery:
    """What somebody who is asked can read."""

    @strawberry.field(
        description="Guarantees the caller is asked for by their own number, or has given, newest"
        " first, at most twenty; null when nobody is signed in."
    )
    async def guarantees_asked(self, info: Info) -> list[Guarantee] | None:
        """List them."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        views = await queries.guarantees_asked(caller.borrower_id)
        return [Guarantee.of(view, info.context.language) for view in views]


@strawberry.type(description="Guarantees' mutations.")
class GuaranteeMutation:
    """What a borrower and a guarantor can do."""

    @strawberry.mutation(
        description="Ask somebody to stand behind an application; whoever was asked before counts"
        " no more. Five people at most. They get one text message, which names nobody."
    )
    async def name_guarantor(
        self,
        info: Info,
        input: Annotated[NameGuarantorInput, strawberry.argument(description="Whom.")],
    ) -> NameGuarantorResult:
        """Name."""
        try:
            borrower_id = info.context.borrower_id
            application_id = await operations.name_guarantor(input.as_command(borrower_id))
            view = await queries.application(borrower_id, application_id)
        except Refusal as refusal:
            return step_problem(info, refusal)
        return NameGuarantorSuccess(application=LoanApplication.of(info, view))

    @strawberry.mutation(
        description="Get the text to show and approve before giving a guarantee; the caller's own"
        " profile must be complete."
    )
    async def begin_guarantee(
        self,
        info: Info,
        input: Annotated[BeginGuaranteeInput, strawberry.argument(description="Which.")],
    ) -> BeginGuaranteeResult:
        """Begin."""
        try:
            command = input.as_command(info.context.borrower)
            opened = await operations.begin_guarantee(command)
            _, view = await queries.guarantee_for(command.caller_id, command.guarantee_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        guarantee = Guarantee.of(view, info.context.language)
        return BeginGuaranteeSuccess(guarantee=guarantee, intent=Intent.of(opened))

    @strawberry.mutation(
        description="Stand behind the loan, in exactly the words shown, by approving the intent."
    )
    async def give_guarantee(
        self,
        info: Info,
        input: Annotated[GiveGuaranteeInput, strawberry.argument(description="The approval.")],
    ) -> GiveGuaranteeResult:
        """Give."""
        try:
            command = input.as_command(info.context.borrower)
            given = await operations.give_guarantee(command)
            if isinstance(given, WrongCode):
                return WrongCodeProblem.of(info, given)
            _, view = await queries.guarantee_for(command.caller_id, given)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return GiveGuaranteeSuccess(guarantee=Guarantee.of(view, info.context.language))

    @strawberry.mutation(
        description="Say no, or step back from a guarantee, as long as the borrower has not signed."
    )
    async def refuse_guarantee(
        self,
        info: Info,
        input: Annotated[RefuseGuaranteeInput, strawberry.argument(description="Which.")],
    ) -> RefuseGuaranteeResult:
        """Refuse."""
        try:
            command = input.as_command(info.context.borrower)
            refused = await operations.refuse_guarantee(command)
            _, view = await queries.guarantee_for(command.caller_id, refused)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RefuseGuaranteeSuccess(guarantee=Guarantee.of(view, info.context.language))
